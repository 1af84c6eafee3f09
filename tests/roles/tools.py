"""A role's tools, called as a worker calls them: arguments as JSON, validated, under the role's own call."""

from __future__ import annotations

from typing import Any

from agents.registry import spec_of
from tests.people import acting


def use(role: str, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The answer of a role's tool as its client reads it."""
    found = spec_of(role).tool(tool)
    assert found is not None, f"the {role} has no {tool}"
    return found.call(acting(role), found.validate(arguments))
