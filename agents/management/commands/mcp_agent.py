"""`manage.py mcp_agent <role>`: a stdio MCP server for one role."""

from __future__ import annotations

import gc
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from agents import wire


class Command(BaseCommand):
    help = "Serve one role to an MCP client over stdin and stdout."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="ceo, cto, chro, operations_head, product_manager, …")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        channel = wire.claim()
        ready = import_string(settings.ECHO_ATTACH)()  # begins to start what is missing, and does not wait for it
        import anyio

        from agents.registry import NAMES, spec_of
        from agents.server import RoleServer
        from org.charter import SHIPPED, read

        if role not in NAMES:
            sys.exit(f"mcp_agent: there is no role {role!r}. Roles: {', '.join(NAMES)}.")
        title = read(SHIPPED.read_text()).roles[role].title
        server = RoleServer(spec_of(role), title, ready)
        gc.collect()
        gc.freeze()
        gc.enable()
        sys.exit(anyio.run(partial(wire.serve, server.mcp, channel, on_answered=server.answered)))
