"""The roles that have a server: every room in `agents/roles/` called as a role of the charter, in the charter's order.

A room is imported when its role is asked for: a server of one role needs no other's.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from agents import roles
from agents.role import RoleSpec
from org.charter import SHIPPED


def _named() -> tuple[str, ...]:
    rooms = {each.name for each in iter_modules(roles.__path__)}
    return tuple(name for name in tomllib.loads(SHIPPED.read_text())["roles"] if name in rooms)


NAMES: tuple[str, ...] = _named()


@cache
def spec_of(name: str) -> RoleSpec:
    """The role called `name`. KeyError: no such role."""
    if name not in NAMES:
        raise KeyError(name)
    spec: RoleSpec = import_module(f"{roles.__name__}.{name}").ROLE
    return spec


def all_roles() -> tuple[RoleSpec, ...]:
    """Every role."""
    return tuple(map(spec_of, NAMES))
