"""An agent's side: the official MCP client, one server process for a role over stdio, as Claude Desktop starts it."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from echo_project.demo.errors import Deviation

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """A tool's answer, and how long the client waited for it."""

    tool: str
    data: dict[str, Any]
    is_error: bool
    text: str
    ms: float

    def __getitem__(self, name: str) -> Any:
        return self.data.get(name)

    @property
    def say(self) -> str:
        return str(self.data.get("say") or self.text)


@dataclass
class Agent:
    """A role with its client. `replies` holds everything it was ever told."""

    role: str
    client: Client
    replies: list[Reply] = field(default_factory=list)

    async def call(self, tool: str, /, **arguments: Any) -> Reply:
        begun = perf_counter()
        try:
            result = await self.client.call_tool(tool, arguments)
        except MCPError as error:
            raise Deviation(f"{tool} of the {self.role} broke off: {error}") from error
        ms = (perf_counter() - begun) * 1000
        text = "\n".join(part.text for part in result.content if part.type == "text")
        data = result.structured_content or {}
        reply = Reply(tool, json.loads(json.dumps(data)), bool(result.is_error), text, ms)
        self.replies.append(reply)
        return reply


@asynccontextmanager
async def connect(role: str, manage: Path, env: Mapping[str, str], log: Path) -> AsyncIterator[Agent]:
    """An agent whose server is answering. The server's stderr goes to `log`."""
    server = StdioServerParameters(command=sys.executable, args=[str(manage), "mcp_agent", role], env=dict(env))
    with log.open("w") as errors:
        async with Client(stdio_client(server, errlog=errors), read_timeout_seconds=TIMEOUT_SECONDS) as client:
            await client.list_tools()  # a client lists them before it calls; what follows times calls alone
            yield Agent(role, client)
