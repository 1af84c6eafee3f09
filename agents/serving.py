"""From a role's name to its server on the standard streams."""

from __future__ import annotations

import gc
import sys
from functools import partial
from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

from agents import doorbell, wire
from org import credentials

PRELOADED = (
    "agents.server",
    "agents.wire_streams",
    "anyio._backends._asyncio",
    "org.charter",
    "psutil",
    "redis.asyncio",
)


def serve(role: str, client_pid: int) -> None:
    """Serve a role until its client has gone; leaves by SystemExit. `client_pid`: the process that asked for it."""
    channel = wire.claim()
    credentials.use(role, quietly=True)
    ready = import_string(settings.ECHO_ATTACH)()  # begins to start what is missing, and does not wait for it
    import anyio

    from agents.calling import client_process
    from agents.registry import NAMES, spec_of
    from agents.server import RoleServer
    from org.charter import SHIPPED, read

    if role not in NAMES:
        sys.exit(f"mcp_agent: there is no role {role!r}. Roles: {', '.join(NAMES)}.")
    title = read(SHIPPED.read_text()).roles[role].title
    server = RoleServer(spec_of(role), title, client_process(client_pid), ready)
    gc.collect()
    gc.freeze()
    gc.enable()
    sys.exit(anyio.run(partial(wire.serve, server.mcp, channel, on_answered=server.answered)))


def preload() -> None:
    """Import everything a server will need, its first call included."""
    for name in (*PRELOADED, f"{settings.DATABASES['default']['ENGINE']}.base"):
        import_module(name)
    from agents.registry import ROLES
    from agents.server import RoleServer

    for spec in ROLES:
        RoleServer(spec, spec.name, {}, str)  # its schemas are kept with its tools
    doorbell.warm()
