"""From a role's name, or `all`, to its server on the standard streams."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

from agents import doorbell, wire
from org import credentials
from org.credentials import Folder
from org.enums import ALL

PRELOADED = (
    "agents.server",
    "agents.wire_streams",
    "anyio._backends._asyncio",
    "org.charter",
    "psutil",
    "redis.asyncio",
)


def serve(name: str, client_pid: int, roles: Sequence[str] = ()) -> None:
    """Serve a role, or `all`, until the client has gone; leaves by SystemExit. `client_pid`: the process that asked for
    it. `roles`: those that `all` acts for, where it is not to be every one whose credential this process holds.
    """
    channel = wire.claim()
    if name == ALL:
        roles = held_roles(roles)
        credentials.hold(roles)
    else:
        credentials.use(name, quietly=True)
        _require_credential(name)
    ready = import_string(settings.ECHO_ATTACH)()  # begins to start what is missing, and does not wait for it
    import anyio

    from agents.calling import client_process
    from agents.registry import NAMES, spec_of
    from agents.selection import OneRole, Selection, SeveralRoles
    from agents.server import EchoServer
    from org.charter import SHIPPED, read

    selection: Selection
    if name == ALL:
        selection = SeveralRoles([spec_of(role) for role in roles])
    elif name in NAMES:
        selection = OneRole(spec_of(name), read(SHIPPED.read_text()).roles[name].title)
    else:
        sys.exit(f"mcp_agent: there is no role {name!r}. Roles: {', '.join(NAMES)}; or {ALL} for one chat with all.")
    server = EchoServer(selection, client_process(client_pid), ready)
    gc.collect()
    gc.freeze()
    gc.enable()
    sys.exit(anyio.run(partial(wire.serve, server.mcp, channel, on_answered=server.answered)))


def held_roles(wanted: Sequence[str]) -> Sequence[str]:
    """The wanted roles, or each whose credential this process holds: every role where the database has one login for
    all. Leaves by SystemExit for a role there is not, and where there is no role's credential.
    """
    from agents.registry import NAMES

    folder = Folder.configured()
    held = NAMES if folder.serves_one_login() else [name for name in NAMES if folder.read(name)]
    for role in wanted:
        if role not in NAMES:
            sys.exit(f"mcp_agent: there is no role {role!r}. Roles: {', '.join(NAMES)}.")
        if role not in held:
            sys.exit(f"mcp_agent: there is no credential of the {role} in {folder.path}. Held: {', '.join(held)}.")
    if not held:
        sys.exit(f"mcp_agent: {folder.missing('any role')}")
    return wanted or held


def _require_credential(role: str) -> None:
    """Leaves by SystemExit where others have their credentials here, and this role has none."""
    from agents.registry import NAMES

    folder = Folder.configured()
    if role in NAMES and not folder.serves_one_login() and folder.read(role) is None:
        sys.exit(f"mcp_agent: {folder.missing(f'the {role}')}")


def preload() -> None:
    """Import everything a server will need, its first call included."""
    for name in (*PRELOADED, f"{settings.DATABASES['default']['ENGINE']}.base"):
        import_module(name)
    from agents.registry import all_roles
    from agents.selection import OneRole
    from agents.server import EchoServer

    for spec in all_roles():
        EchoServer(OneRole(spec, spec.name), {}, str)
        assert OneRole(spec, spec.name).tools  # their schemas are kept with them
    doorbell.warm()
