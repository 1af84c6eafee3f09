"""The roles that one server acts for, and which of them a request is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mcp.types import Tool as McpTool

from agents import persona, results
from agents.role import RoleSpec
from agents.tool import Tool
from org.enums import ALL
from org.errors import InvalidInput
from org.names import meant

AS_ROLE = "as_role"


@dataclass(frozen=True)
class Chosen:
    """A tool of a role, and the arguments that are for the tool itself."""

    role: str
    tool: Tool
    arguments: dict[str, Any]


class OneRole:
    """A server of one role: every request is for it."""

    def __init__(self, spec: RoleSpec, title: str) -> None:
        self.specs: Sequence[RoleSpec] = (spec,)
        self.name, self.title = spec.name, title
        self.instructions = persona.instructions(spec, title)

    @cached_property
    def tools(self) -> list[McpTool]:
        return [results.listed(tool) for tool in self.specs[0].tools]

    def choose(self, name: str, arguments: Mapping[str, Any]) -> Chosen:
        """What a call is for. Raises InvalidInput."""
        [spec] = self.specs
        tool = spec.tool(name)
        if tool is None:
            raise _unknown(f"the {spec.name}", name, [tool.name for tool in spec.tools])
        return Chosen(spec.name, tool, dict(arguments))

    def split(self, arguments: Mapping[str, Any]) -> tuple[RoleSpec, dict[str, Any]]:
        """For whom something is that every role has, and the arguments that are for itself."""
        return self.specs[0], dict(arguments)

    def reader(self, uri: str) -> tuple[str, str]:
        """As whom a resource is read, and its address for that role."""
        return self.specs[0].name, uri

    def own(self, name: str, uri: str) -> list[tuple[str, str]]:
        """The names and addresses of a resource that each role has of its own."""
        return [(name, uri)]

    def own_template(self, template: str) -> str:
        """The address of resources that each role sees in its own way."""
        return template


class SeveralRoles:
    """A server of several roles: a call says by `as_role` for which of them it is; that selects and never adds.

    A tool of one role may leave it out. Roles share a tool, or have none of the same name.
    """

    name = ALL

    def __init__(self, specs: Sequence[RoleSpec]) -> None:
        self.specs = specs
        self.title = f"{len(specs)} roles"
        self.instructions = persona.instructions_for_several([spec.name for spec in specs])
        self._holders: dict[str, list[str]] = {}
        self._tools: dict[str, Tool] = {}
        for spec in specs:
            for tool in spec.tools:
                self._holders.setdefault(tool.name, []).append(spec.name)
                self._tools[tool.name] = tool

    @cached_property
    def tools(self) -> list[McpTool]:
        return [_with_as_role(results.listed(tool), self._holders[name]) for name, tool in self._tools.items()]

    def choose(self, name: str, arguments: Mapping[str, Any]) -> Chosen:
        """What a call is for. Raises InvalidInput."""
        if name not in self._tools:
            raise _unknown("this server", name, list(self._tools))
        role, rest = _role_among(self._holders[name], arguments, name)
        return Chosen(role, self._tools[name], rest)

    def split(self, arguments: Mapping[str, Any]) -> tuple[RoleSpec, dict[str, Any]]:
        """For whom something is that every role has, and the arguments that are for itself. Raises InvalidInput."""
        names = {spec.name: spec for spec in self.specs}
        role, rest = _role_among(list(names), arguments, "place")
        return names[role], rest

    def reader(self, uri: str) -> tuple[str, str]:
        """As whom a resource is read, `echo://cto/inbox` as the cto, and its address for that role."""
        scheme, _, path = uri.partition("://")
        first, _, rest = path.partition("/")
        names = [spec.name for spec in self.specs]
        return (first, f"{scheme}://{rest}") if rest and first in names else (names[0], uri)

    def own(self, name: str, uri: str) -> list[tuple[str, str]]:
        """The names and addresses of a resource that each role has of its own."""
        return [(f"{name} of {spec.name}", _of(spec.name, uri)) for spec in self.specs]

    def own_template(self, template: str) -> str:
        """The address of resources that each role sees in its own way."""
        return _of("{role}", template)


Selection = OneRole | SeveralRoles


def _role_among(holders: Sequence[str], arguments: Mapping[str, Any], what: str) -> tuple[str, dict[str, Any]]:
    rest = dict(arguments)
    role = rest.pop(AS_ROLE, holders[0] if len(holders) == 1 else None)
    if role is None:
        raise InvalidInput(AS_ROLE, "is required: as which of your roles you act.", _choose_from(holders))
    if role not in holders:
        raise InvalidInput(
            AS_ROLE, f"{str(role)[:80]!r} has no {what} here.{meant(role, holders)}", _choose_from(holders)
        )
    return str(role), rest


def _of(role: str, uri: str) -> str:
    scheme, _, path = uri.partition("://")
    return f"{scheme}://{role}/{path}"


def _with_as_role(tool: McpTool, holders: Sequence[str]) -> McpTool:
    schema = {
        name: part for name, part in tool.input_schema.items() if name != "additionalProperties"
    }  # refused anyway
    schema["properties"] = {AS_ROLE: {"type": "string", "enum": list(holders)}, **schema.get("properties", {})}
    if len(holders) > 1:
        schema["properties"][AS_ROLE]["description"] = "Who acts."
        schema["required"] = [AS_ROLE, *schema.get("required", [])]
    else:
        schema["properties"][AS_ROLE]["description"] = "Role."
    return tool.model_copy(update={"input_schema": schema})


def _unknown(whose: str, name: str, known: Sequence[str]) -> InvalidInput:
    return InvalidInput(
        "name", f"{whose} has no tool {name[:80]!r}.{meant(name, known)}", f"It has: {', '.join(known)}."
    )


def _choose_from(holders: Sequence[str]) -> str:
    return f"Send one of {', '.join(holders)}."
