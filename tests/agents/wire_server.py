"""A small low-level MCP server over agents.wire, for tests: `python -m tests.agents.wire_server`, tuned by WIRE_*."""

print("printed before the claim, still buffered")

from agents import wire  # noqa: E402

wire.claim()
print("printed before serving")

import gc  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import AsyncIterator  # noqa: E402
from contextlib import asynccontextmanager  # noqa: E402
from typing import Any  # noqa: E402

import anyio  # noqa: E402
from mcp.server import Server, ServerRequestContext  # noqa: E402
from mcp.types import (  # noqa: E402
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

TOOLS = "echo", "sleep", "block", "stick", "noise", "big", "not_a_number", "surrogate"


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def lifespan(_: Server[None]) -> AsyncIterator[None]:
    log("lifespan entering")
    await anyio.sleep(float(os.environ.get("WIRE_SLOW_START", 0)))
    log("lifespan entered")
    try:
        yield
    finally:
        await anyio.sleep(0.01)  # leaving may await
        log("lifespan left")


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
        case "stick":  # a fault: the event loop itself is blocked
            time.sleep(float(arguments["seconds"]))
        case "noise":
            print("printed while serving")
            sys.stdout.write("written without a newline")
            subprocess.run(["echo", "echoed by a child"], check=True)
            os.write(1, b"written to fd 1\n")
            logging.getLogger("noise").warning("logged")
            text = repr(sys.stdin.read())
        case "big":
            text = "é" * int(arguments["characters"])
        case "not_a_number":
            structured = {"number": float("nan"), "echoed": arguments}
        case "surrogate":
            text = "\ud800"
    return CallToolResult(content=[TextContent(text=text)], structured_content=structured)


async def main() -> int:
    server = Server("wire-test", version="1", lifespan=lifespan, on_list_tools=list_tools, on_call_tool=call_tool)
    return await wire.serve(
        server,
        max_line_bytes=int(os.environ.get("WIRE_LIMIT", wire.MAX_LINE_BYTES)),
        stall_seconds=float(os.environ.get("WIRE_STALL", wire.STALL_SECONDS)),
        on_eof=lambda: log("eof seen"),
    )


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=os.environ.get("WIRE_LOG", "WARNING"))
    gc.collect()
    gc.freeze()
    sys.exit(anyio.run(main))
