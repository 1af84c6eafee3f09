"""Prompts and completion as MCP has them: what a server lists, writes and completes for a role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import (
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    PromptArgument,
    PromptMessage,
    PromptReference,
    TextContent,
)
from mcp.types import Prompt as McpPrompt

from agents import completions, resources
from agents.prompts.board_case import board_case
from agents.prompts.briefing import briefing
from agents.prompts.prompt import Prompt
from agents.prompts.run_vote import run_vote
from agents.role import RoleSpec
from org.errors import InvalidInput, OrgError
from org.legible import plain

PROMPTS: Mapping[str, Prompt] = {each.name: each for each in (briefing, board_case, run_vote)}


async def list_prompts(ctx: Any, params: Any) -> ListPromptsResult:
    return ListPromptsResult(prompts=[_listed(each) for each in PROMPTS.values()])


def get(params: GetPromptRequestParams, spec: RoleSpec) -> GetPromptResult:
    """One prompt, written for the role with what the record says now."""
    try:
        found = _named(params.name)
        text = found.write(spec, params.arguments or {})
    except OrgError as error:
        raise _refused(error) from None
    message = PromptMessage(role="user", content=TextContent(type="text", text=text))
    return GetPromptResult(description=found.description, messages=[message])


def complete(params: CompleteRequestParams, spec: RoleSpec) -> CompleteResult:
    """What fits an argument of a prompt or of a resource's template so far, at most a hundred."""
    try:
        known = _arguments(params)
        if params.argument.name not in known:
            raise InvalidInput(
                "argument", f"there is none called {params.argument.name[:80]!r}.", f"There is: {', '.join(known)}."
            )
        values, total = completions.of(params.argument.name, params.argument.value, spec.name)
    except OrgError as error:
        raise _refused(error) from None
    return CompleteResult(completion=Completion(values=values, total=total, has_more=total > len(values)))


async def require_text(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware. The SDK refuses arguments of a prompt that are no text as well, but without a word on which."""
    arguments = (ctx.params or {}).get("arguments")
    if ctx.method == "prompts/get" and ctx.request_id is not None and arguments is not None:
        if not isinstance(arguments, Mapping):
            raise _refused(InvalidInput("arguments", "they are not an object of names and texts.", EXAMPLE))
        for name, value in arguments.items():
            if not isinstance(value, str):
                raise _refused(InvalidInput(str(name)[:80], "an argument of a prompt is text, in quotes.", EXAMPLE))
    return await call_next(ctx)


EXAMPLE = 'Send them like {"amount_usd": "5000000"}.'


def _named(name: str) -> Prompt:
    if name not in PROMPTS:
        raise InvalidInput("name", f"there is no prompt {name[:80]!r}.", f"There is: {', '.join(PROMPTS)}.")
    return PROMPTS[name]


def _arguments(params: CompleteRequestParams) -> list[str]:
    """The arguments of what is to be completed."""
    if isinstance(params.ref, PromptReference):
        return list(_named(params.ref.name).arguments)
    templates = [each.uri_template for each in resources.TEMPLATES]
    if params.ref.uri not in templates:
        raise InvalidInput(
            "uri", f"there is no template {params.ref.uri[:80]!r}.", f"There is: {', '.join(templates)}."
        )
    return re.findall(r"\{(\w+)\}", params.ref.uri)


def _refused(error: OrgError) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=plain(str(error)))


def _listed(prompt: Prompt) -> McpPrompt:
    arguments = [
        PromptArgument(name=name, description=description, required=False)
        for name, description in prompt.arguments.items()
    ]
    return McpPrompt(name=prompt.name, title=prompt.title, description=prompt.description, arguments=arguments)
