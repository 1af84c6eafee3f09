"""The roles that have a server, in the order people know them. The charter names the same ones; a test compares."""

from __future__ import annotations

from agents.role import RoleSpec
from agents.roles import (
    ceo,
    chro,
    cto,
    operations_head,
    product_manager,
    senior_architect,
    senior_developer,
    test_lead,
    uiux_engineer,
)

ROLES: tuple[RoleSpec, ...] = (
    ceo.ROLE,
    cto.ROLE,
    chro.ROLE,
    operations_head.ROLE,
    product_manager.ROLE,
    senior_architect.ROLE,
    uiux_engineer.ROLE,
    senior_developer.ROLE,
    test_lead.ROLE,
)
NAMES: tuple[str, ...] = tuple(role.name for role in ROLES)


def spec_of(name: str) -> RoleSpec:
    """The role called `name`. KeyError: no such role."""
    return {role.name: role for role in ROLES}[name]
