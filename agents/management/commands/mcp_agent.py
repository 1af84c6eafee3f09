"""`manage.py mcp_agent <role>`: a stdio MCP server for one role; `mcp_agent all` for one chat with several."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.serving import serve
from org.enums import ALL


class Command(BaseCommand):
    help = "Serve one role, or all of them, to an MCP client over stdin and stdout."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="ceo, cto, chro, operations_head, product_manager, …; or all")
        parser.add_argument(
            "--roles", metavar="ceo,cto", help="with all: for these only; default: whose credentials there are"
        )

    def handle(self, *args: Any, role: str, roles: str | None, **options: Any) -> None:
        if roles is not None and role != ALL:
            raise CommandError("--roles goes with all. Leave it out.")
        chosen = list(dict.fromkeys((roles or "").replace(",", " ").split()))
        if roles is not None and not chosen:
            raise CommandError("--roles names no role. Leave it out, or name some, like ceo,cto.")
        serve(role, os.getppid(), chosen)
