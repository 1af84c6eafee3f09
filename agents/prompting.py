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
    GetPromptResult,
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
from agents.selection import AS_ROLE, Selection
from org.errors import InvalidInput, OrgError
from org.legible import plain

PROMPTS: Mapping[str, Prompt] = {each.name: each for each in (briefing, board_case, run_vote)}


def listed(selection: Selection) -> list[McpPrompt]:
    """The prompts of a server; where it acts for several roles, each asks as which."""
    return [_listed(each, asks_as_whom=len(selection.specs) > 1) for each in PROMPTS.values()]


def chosen(selection: Selection, arguments: Mapping[str, str]) -> tuple[RoleSpec, dict[str, str]]:
    """For which role a prompt is asked, and its own arguments."""
    try:
        return selection.split(arguments)
    except OrgError as error:
        raise _refused(error) from None


def completes_for(selection: Selection, params: CompleteRequestParams) -> RoleSpec:
    """For which role something is completed: the one named already, else the first."""
    named = (params.context.arguments if params.context else None) or {}
    try:
        return selection.split(named)[0]
    except OrgError:
        return selection.specs[0]


def get(name: str, arguments: Mapping[str, str], spec: RoleSpec, selection: Selection) -> GetPromptResult:
    """One prompt, written for the role with what the record says now."""
    try:
        found = _named(name)
        text = found.write(spec, arguments)
    except OrgError as error:
        raise _refused(error) from None
    if len(selection.specs) > 1:
        text += f'\nSend each of these calls with "{AS_ROLE}": "{spec.name}".'
    message = PromptMessage(role="user", content=TextContent(type="text", text=text))
    return GetPromptResult(description=found.description, messages=[message])


def complete(params: CompleteRequestParams, spec: RoleSpec, selection: Selection) -> CompleteResult:
    """What fits an argument of a prompt or of a resource's template so far, at most a hundred."""
    held = [each.name for each in selection.specs]
    try:
        known = _arguments(params, selection)
        if params.argument.name in known and params.argument.name in (AS_ROLE, "role"):
            begun = [name for name in held if name.startswith(params.argument.value.strip().lower())]
            return CompleteResult(completion=Completion(values=begun, total=len(begun), has_more=False))
        if params.argument.name not in known:
            raise InvalidInput(
                "argument", f"there is none called {params.argument.name[:80]!r}.", f"There is: {', '.join(known)}."
            )
        values, total = completions.of(params.argument.name, params.argument.value, spec.name)
    except OrgError as error:
        raise _refused(error) from None
    return CompleteResult(completion=Completion(values=values, total=total, has_more=total > len(values)))


EXAMPLE = 'Send them like {"amount_usd": "5000000"}.'


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


def _named(name: str) -> Prompt:
    if name not in PROMPTS:
        raise InvalidInput("name", f"there is no prompt {name[:80]!r}.", f"There is: {', '.join(PROMPTS)}.")
    return PROMPTS[name]


def _arguments(params: CompleteRequestParams, selection: Selection) -> list[str]:
    """The arguments of what is to be completed."""
    if isinstance(params.ref, PromptReference):
        own = list(_named(params.ref.name).arguments)
        return [AS_ROLE, *own] if len(selection.specs) > 1 else own
    templates = [each.uri_template for each in resources.templates(selection)]
    if params.ref.uri not in templates:
        raise InvalidInput(
            "uri", f"there is no template {params.ref.uri[:80]!r}.", f"There is: {', '.join(templates)}."
        )
    return re.findall(r"\{(\w+)\}", params.ref.uri)


def _refused(error: OrgError) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=plain(str(error)))


def _listed(prompt: Prompt, *, asks_as_whom: bool) -> McpPrompt:
    as_whom = [PromptArgument(name=AS_ROLE, description="Who acts.", required=True)]
    arguments = as_whom if asks_as_whom else []
    arguments += [
        PromptArgument(name=name, description=description, required=False)
        for name, description in prompt.arguments.items()
    ]
    return McpPrompt(name=prompt.name, title=prompt.title, description=prompt.description, arguments=arguments)
