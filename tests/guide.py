"""What CONTRIBUTING shows, for the tests that do as it says."""

from __future__ import annotations

import re
from textwrap import dedent

from tests.stack import ROOT

BLOCK = re.compile(r"^ *```\w+\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def shown(telling: str) -> str:
    """The one block of code of the guide that has these words in it."""
    [found] = [code for code in BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text()) if telling in code]
    return dedent(found)
