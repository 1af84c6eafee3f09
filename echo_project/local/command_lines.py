"""What a person types: this Python and this clone's `manage.py`, as short as they can be written from here."""

from __future__ import annotations

import sys
from pathlib import Path

from echo_project.local.releases import HERE


def manage(words: str) -> str:
    """The command line `manage.py <words>`."""
    return f"{shown(Path(sys.executable))} {shown(HERE / 'manage.py')} {words}"


def shown(path: Path) -> str:
    here = Path.cwd()
    text = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
    return f"'{text}'" if " " in text else text
