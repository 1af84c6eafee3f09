from __future__ import annotations

from dataclasses import dataclass

from agents.tool import Tool


@dataclass(frozen=True)
class RoleSpec:
    """One role as an MCP server: who the model is when it holds these tools. Rights are the charter's, not here."""

    name: str
    persona: str
    tools: tuple[Tool, ...]

    def tool(self, name: str) -> Tool | None:
        return next((tool for tool in self.tools if tool.name == name), None)
