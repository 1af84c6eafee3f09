"""Tools and their answers as MCP has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcp.types import CallToolResult, TextContent, ToolAnnotations
from mcp.types import Tool as McpTool

from agents.tool import Tool
from org.enums import Effect
from org.legible import plain, plain_json


def listed(tool: Tool) -> McpTool:
    """A tool as clients are told of it."""
    reads = tool.effect is Effect.READS
    return McpTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema if reads else _or_still_running(tool.output_schema),
        annotations=ToolAnnotations(
            read_only_hint=reads,
            destructive_hint=False,
            idempotent_hint=tool.effect is not Effect.CREATES,
            open_world_hint=False,
        ),
    )


def _or_still_running(schema: dict[str, Any]) -> dict[str, Any]:
    """The output of a call that may outlast its client's patience: the answer, or the call's id to wait for."""
    late = {"call_id": {"type": "string"}, "still_running": {"type": "boolean"}}
    return {
        **schema,
        "properties": {**schema["properties"], **late},
        "required": ["acted_as", "say"],
        "anyOf": [{"required": schema["required"]}, {"required": list(late)}],
    }


def fitting(tool: Tool, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the tool's schema has it, in its order; the stored one may be of another version."""
    return {name: answer[name] for name in tool.output_schema["properties"] if name in answer}


def told(answer: Mapping[str, Any]) -> CallToolResult:
    """An answer, legible, as structured content and as text."""
    legible = plain_json(dict(answer))
    text = json.dumps(legible, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=legible)


def failed(text: str) -> CallToolResult:
    """Bad input, or an outage: the sentence the model reads."""
    return CallToolResult(content=[TextContent(type="text", text=plain(text))], is_error=True)
