"""`manage.py doctor`: whether identity holds in the database in use; what does not, and what mends it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string
from rich.console import Console
from rich.text import Text

from org.credentials import Folder
from org.queries import identity
from org.queries.identity import Level

MARKS = {Level.FINE: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.FAULT: ("✗", "bold red")}


class Command(BaseCommand):
    help = (
        "Look whether each process has a database login of its own, with its rights and no more. Ends with 1 on faults."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs, with keys that stay")

    def handle(self, *_: Any, as_json: bool, **__: Any) -> None:
        import_string(settings.ECHO_ATTACH)()()
        findings = identity.examine(Folder.configured())
        if as_json:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        else:
            screen = Console(file=sys.stdout, highlight=False, soft_wrap=True)
            for finding in findings:
                mark, style = MARKS[finding.level]
                screen.print(Text.assemble((f"{mark} ", style), (f"{finding.about}: ", "bold"), finding.says))
                if finding.fix:
                    screen.print(Text(f"  {finding.fix}"))
        if any(finding.level is Level.FAULT for finding in findings):
            sys.exit(1)
