"""What each migration that publishes a charter stores beside the document."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator


def reporting_lines(document: str) -> dict[str, list[str]]:
    """For each role those above it, nearest first; what `CharterVersion.save` works out of a charter of today."""
    above = {role: row["reports_to"] for role, row in tomllib.loads(document)["roles"].items()}
    return {role: list(_line(above, role)) for role in above}


def _line(above: dict[str, str], role: str) -> Iterator[str]:
    while (role := above[role]) != "board":
        yield role
