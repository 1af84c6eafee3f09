"""The official Python client, in both eras of the protocol."""

from __future__ import annotations

from typing import Any, Literal

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from agents.registry import spec_of
from tests.stack import Organisation

Mode = Literal["legacy", "auto", "2026-07-28"]


@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
def test_the_main_job_through_the_python_sdk(organisation: Organisation, mode: Mode) -> None:
    command, *args = organisation.client_command("ceo")
    server = StdioServerParameters(command=command, args=args, env=organisation.env)

    async def approve(client: Client, initiative: str, budget: float) -> CallToolResult:
        given: dict[str, Any] = {"initiative": f"{initiative} {mode}", "business_value": "Much.", "budget": budget}
        return await client.call_tool("approve_strategic_initiative", given)  # the SDK checks it against the schema

    async def play() -> None:
        async with Client(server, mode=mode, read_timeout_seconds=30) as client:
            assert client.protocol_version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
            if client.server_info is not None:  # a client that insists on a revision asks nobody who it talks to
                assert client.server_info.name == "echo-ceo"
            assert [tool.name for tool in (await client.list_tools()).tools] == [t.name for t in spec_of("ceo").tools]
            within = (await approve(client, "Research", 750_000)).structured_content
            assert within is not None
            assert (within["status"], within["remaining_usd"]) == ("approved", 250_000)
            over = (await approve(client, "Expansion", 5_000_000)).structured_content
            assert over is not None
            assert over["status"] == "escalated"
            assert over["escalation_id"].startswith("E-")
            refused = await approve(client, "Nothing", -5)
            assert refused.is_error
            resources = await client.read_resource("echo://inbox")
            assert resources.contents

    anyio.run(play)
