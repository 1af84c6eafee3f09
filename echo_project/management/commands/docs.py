"""`manage.py docs`: writes the documents that are made from the code; `--check` only compares."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.client_configs import entries, files, known
from agents.registry import NAMES
from echo_project import tool_pages, verifier
from echo_project.configuration import BASE_DIR, VARIABLES

ANYWHERE = PurePosixPath("/path/to/echo")  # what a reader puts the own clone's path for


def configuration() -> str:
    """Every environment variable, by section."""
    lines = [
        "# Configuration",
        "",
        "Echo needs no configuration: without any, it runs a PostgreSQL and a Valkey of its own. What can be set is",
        "set in the environment, or as `NAME=value` lines in a file `.env` beside `manage.py`.",
        "",
        "<!-- Written by `manage.py docs` from echo_project/configuration.py. -->",
    ]
    for section, variables in groupby(VARIABLES, key=lambda variable: variable.section):
        lines += ["", f"## {section}", "", "| variable | default | what it is for |", "|---|---|---|"]
        for variable in variables:
            default = variable.shown or (f"`{variable.default}`" if variable.default not in ("", []) else "")
            lines.append(f"| `{variable.name}` | {default} | {variable.explains} |")
    return "\n".join(lines) + "\n"


def client_example() -> str:
    """What `manage.py client_config` prints, with a placeholder where it names this machine's paths."""
    python = str(ANYWHERE / ".venv/bin/python")
    servers = entries.build(known.named("claude-desktop"), NAMES, python, ANYWHERE / "manage.py", {})
    return json.dumps({files.SERVERS: servers}, indent=2) + "\n"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/CONFIGURATION.md": configuration,
    "docs/MCP_TOOLS.md": tool_pages.written,
    "examples/claude_desktop_config.json": client_example,
    "tools/verify_audit.py": verifier.joined,
}


class Command(BaseCommand):
    help = "Write the documents that are made from the code."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when a document is out of step.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        for name, write in DOCUMENTS.items():
            path, text = BASE_DIR / name, write()
            if path.exists() and path.read_text() == text:
                continue
            if check:
                raise CommandError(f"{name} is out of step with the code; run `make docs`.")
            path.write_text(text)
            self.stdout.write(f"wrote {name}")
