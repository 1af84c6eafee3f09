"""`manage.py mcp_agent <role>`: a stdio MCP server for one role."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents.serving import serve


class Command(BaseCommand):
    help = "Serve one role to an MCP client over stdin and stdout."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="ceo, cto, chro, operations_head, product_manager, …")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        serve(role, os.getppid())
