"""A small low-level MCP server over agents.wire, for tests: `python -m tests.agents.wire_server`, tuned by WIRE_*."""

import gc
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agents import wire

if __name__ == "__main__":  # as in manage.py: before anything else is imported
    print("printed before the claim, still buffered")
    wire.claim()
    print("printed before serving")

import anyio
from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

TOOLS = "echo", "sleep", "block", "stick", "noise", "big", "not_a_number", "surrogate", "surrogate_error"


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def lifespan(_: Server[None]) -> AsyncIterator[None]:
    log("lifespan entering")
    await anyio.sleep(float(os.environ.get("WIRE_SLOW_START", "0")))
    log("lifespan entered")
    try:
        yield
    finally:
        await anyio.sleep(0.01)  # leaving may await
        log("lifespan left")


def shout() -> str:
    """Everything that could reach stdout by mistake; returns what stdin gives."""
    print("printed while serving")
    sys.stdout.write("written without a newline")
    subprocess.run(["echo", "echoed by a child"], check=True)
    os.write(1, b"written to fd 1\n")
    logging.getLogger("noise").warning("logged")
    return sys.stdin.read()


def stick(seconds: float) -> None:
    """A fault: called on the event loop, it blocks it."""
    time.sleep(seconds)


def described(value: Any) -> Any:
    """What arrived: the type and the exact text of each number."""
    match value:
        case dict():
            return {key: described(item) for key, item in value.items()}
        case list():
            return [described(item) for item in value]
        case wire.NumberLiteral():
            return f"NumberLiteral {value.literal}"
        case int() | float() if not isinstance(value, bool):
            return f"{type(value).__name__} {value}"
    return value


async def list_tools(_: ServerRequestContext[None], __: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=[Tool(name=name, input_schema={"type": "object"}) for name in TOOLS])


async def call_tool(_: ServerRequestContext[None], params: CallToolRequestParams) -> CallToolResult:
    arguments = params.arguments or {}
    text, structured = "done", None
    match params.name:
        case "echo":
            structured = described(arguments)
        case "sleep":
            try:
                await anyio.sleep(float(arguments["seconds"]))
            except anyio.get_cancelled_exc_class():
                log("sleep cancelled")
                raise
        case "block":
            await anyio.to_thread.run_sync(time.sleep, float(arguments["seconds"]))
        case "stick":
            stick(float(arguments["seconds"]))
        case "noise":
            text = repr(shout())
        case "big":
            text = "é" * int(arguments["characters"])
        case "not_a_number":
            structured = {"number": float("nan"), "echoed": arguments}
        case "surrogate":
            text = "\ud800"
        case "surrogate_error":
            raise MCPError(code=-32000, message="\ud800")
    return CallToolResult(content=[TextContent(text=text)], structured_content=structured)


async def main() -> int:
    server = Server("wire-test", version="1", lifespan=lifespan, on_list_tools=list_tools, on_call_tool=call_tool)
    return await wire.serve(
        server,
        max_line_bytes=int(os.environ.get("WIRE_LIMIT") or wire.MAX_LINE_BYTES),
        stall_seconds=float(os.environ.get("WIRE_STALL") or wire.STALL_SECONDS),
    )


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level="INFO")
    gc.collect()
    gc.freeze()
    sys.exit(anyio.run(main))
