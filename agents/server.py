"""One role as an MCP server. It validates, stores calls and tells answers; what a call does is done by workers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio
import anyio.to_thread
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from mcp import MCPError
from mcp.server import Server
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    RequestId,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as McpTool

from agents import doorbell, links, pages, prompting, receipts, resources
from agents.calling import Caller, in_database
from agents.handovers import Handovers
from agents.persona import instructions
from agents.quiet import Quiet
from agents.role import RoleSpec
from agents.roles.answers import refreshed
from agents.tool import Tool
from agents.wakeups import WakeUps
from org.actors import Actor
from org.enums import Effect
from org.errors import InvalidInput, NotFound, OrgError
from org.legible import plain, plain_json
from org.queries import progress

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
WARM_AFTER_SECONDS = 0.3  # imports the first call needs wait until `initialize` is answered
BEAT_SECONDS = 10.0
OUTAGE_SECONDS = 60.0  # longer than from one beat that fails to the next, so that an outage is one line on stderr
LOOK_SECONDS = 0.2  # how often a waiting tool looks again
OBJECT = 'Send them like {"decision_id": "D-142"}, or leave arguments out where none is needed.'

Ready = Callable[[], str]
UNKNOWN = "PostgreSQL failed, so whether this was done is not known. When it is back, brief_me tells."
UNREAD = (
    "PostgreSQL is not reachable, so nothing could be read, and what became of earlier calls is not known from this. "
    "Call again in a moment."
)
Context = ServerRequestContext[None]


class RoleServer:
    """The handlers of one role's server.

    `ready` blocks until the database can be used, or raises OrgError; it returns the address of the web pages. Once it
    has returned it no longer blocks, and is asked before each use.
    """

    def __init__(self, spec: RoleSpec, title: str, client: Mapping[str, Any], ready: Ready) -> None:
        self._spec = spec
        self._ready = ready
        self._used = asyncio.Event()
        self._outage = Quiet(OUTAGE_SECONDS)
        self._wakeups = WakeUps(spec.name)
        self._caller = Caller(spec.name, self._wakeups, client)
        self._handovers = Handovers(spec.name)
        self._tools = [_listed(tool) for tool in spec.tools]
        self.mcp: Server[None] = Server(
            f"echo-{spec.name}",
            version=VERSION,
            title=f"Echo: {title}",
            instructions=instructions(spec, title),
            lifespan=self._lifespan,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=resources.list_resources,
            on_list_resource_templates=resources.list_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=prompting.list_prompts,
            on_get_prompt=self._get_prompt,
            on_completion=self._complete,
        )
        self.mcp.middleware += [_require_named_arguments, prompting.require_text]

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Server[None]) -> AsyncIterator[None]:
        async with anyio.create_task_group() as background:
            background.start_soon(self._warm)
            background.start_soon(self._keep_beating)
            try:
                yield None
            finally:
                background.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await self._handovers.flush()

    def answered(self, request: RequestId) -> None:
        """The transport has written the answer to this request to the client."""
        self._handovers.written(request)

    async def _warm(self) -> None:
        await anyio.sleep(WARM_AFTER_SECONDS)
        await anyio.to_thread.run_sync(doorbell.warm, abandon_on_cancel=True)
        await self._wakeups.listen()

    async def _keep_beating(self) -> None:
        """Be seen, from the first use on: a client that only probes leaves no trace."""
        await self._used.wait()
        while True:
            try:
                await in_database(receipts.beat, self._spec.name, VERSION)
            except DatabaseError as error:
                self._tell_of_outage(error)
            await anyio.sleep(BEAT_SECONDS)

    def _tell_of_outage(self, error: DatabaseError) -> None:
        if self._outage.begin():
            logger.warning("PostgreSQL is away: %s", error)

    async def _list_tools(self, ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=self._tools)

    async def _call_tool(self, ctx: Context, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
        tool = self._spec.tool(params.name)
        try:
            if tool is None:
                known = ", ".join(tool.name for tool in self._spec.tools)
                raise InvalidInput(
                    "name", f"the {self._spec.name} has no tool {params.name[:80]!r}.", f"It has: {known}."
                )
            if params.request_state is not None:  # the person reacted to the page offered with this call's answer
                return _told(_fitting(tool, await in_database(_answered, tool, params.request_state, self._spec.name)))
            answer, call_id = await self._run(ctx, tool, params.arguments or {})
            page = tool.offers(tool.output.model_validate(answer)) if tool.offers and call_id else None
            offered = links.offer(ctx, params, page, str(call_id)) if page else None
            return offered or _told(answer)
        except OrgError as error:
            return _failed(str(error))
        except DatabaseError as error:
            if isinstance(error, OperationalError | InterfaceError):
                self._tell_of_outage(error)
            else:
                logger.exception("%s: PostgreSQL failed", params.name)
            return _failed(UNREAD if tool and tool.effect is Effect.READS else UNKNOWN)
        except Exception:
            logger.exception("%s failed", params.name)
            return _failed(
                "Echo has a fault, logged on its stderr. wait_for or brief_me tells whether anything was done."
            )

    async def _run(
        self, ctx: Context, tool: Tool, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], uuid.UUID | None]:
        """The answer, and the id of the stored call that gave it, if one has."""
        canonical = tool.validate(arguments)
        await self._wait_ready(ctx)
        if tool.effect is Effect.READS:
            answer = await self._read(ctx, tool, canonical)
            if tool.holds:
                self._handovers.hold_messages(ctx.request_id, tool.holds(tool.output.model_validate(answer)))
            return answer, None

        async def progress(seconds: float, text: str) -> None:
            await ctx.session.report_progress(seconds, None, text)

        found = await self._caller.perform(tool, canonical, tool.key(arguments), progress)
        if "call_id" in found:
            self._handovers.hold_call(ctx.request_id, found["call_id"])
        if "still_running" in found:
            ref = found["still_running"]
            says = f"{ref} is still running; wait_for {{id: {ref}}} tells its answer. Do not send it again."
            return {"acted_as": self._spec.name, "still_running": True, "call_id": ref, "say": says}, None
        if "error" in found:
            raise OrgError(found["error"])
        answer = found["answer"]
        if repeated_of := found.get("repeated_of"):
            with contextlib.suppress(DatabaseError):  # what was answered then is true, if not the newest
                answer = await in_database(refreshed, tool.output, answer, Actor(self._spec.name))
        return _fitting(tool, {**answer, "repeated_of": repeated_of}), found["call_id"]

    async def _read(self, ctx: Context, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run a reading tool here; one that waits is asked again until it is settled or its time is up."""
        await self._handovers.flush()
        by = Actor(self._spec.name)
        started = anyio.current_time()
        until = started + float(arguments.get("timeout_seconds", 0)) if tool.settles else started
        while True:
            answer = await in_database(tool.call, by, arguments)
            if (
                tool.settles is None
                or tool.settles(tool.output.model_validate(answer))
                or anyio.current_time() >= until
            ):
                return answer
            await ctx.session.report_progress(
                round(anyio.current_time() - started, 1), None, str(answer.get("say", ""))
            )
            await asyncio.sleep(min(LOOK_SECONDS, max(0.0, until - anyio.current_time())))

    async def _read_resource(self, ctx: Context, params: Any) -> Any:
        return await self._look_up(ctx, resources.read, str(params.uri), self._spec.name)

    async def _get_prompt(self, ctx: Context, params: Any) -> Any:
        return await self._look_up(ctx, prompting.get, params, self._spec)

    async def _complete(self, ctx: Context, params: Any) -> Any:
        return await self._look_up(ctx, prompting.complete, params, self._spec)

    async def _look_up(self, ctx: Context, read: Callable[..., Any], *arguments: Any) -> Any:
        """What a client asks for beside tools, read here."""
        try:
            await self._wait_ready(ctx)
            await self._handovers.flush()
            return await in_database(read, *arguments)
        except OrgError as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from error
        except DatabaseError as error:
            self._tell_of_outage(error)
            raise MCPError(code=INTERNAL_ERROR, message=UNREAD) from error

    async def _wait_ready(self, ctx: Context) -> None:
        if self._used.is_set():
            pages.are_at(self._ready())
            return
        refusal: OrgError | None = None
        async with anyio.create_task_group() as waiting:

            async def tell() -> None:
                for second in range(1, 600):
                    await anyio.sleep(1)
                    await ctx.session.report_progress(second, None, "Echo is starting")

            waiting.start_soon(tell)
            try:
                pages.are_at(await anyio.to_thread.run_sync(self._ready, abandon_on_cancel=True))
            except OrgError as error:  # raised inside the group it would reach the caller wrapped, its sentence lost
                refusal = error
            waiting.cancel_scope.cancel()
        if refusal is not None:
            raise refusal
        self._used.set()


async def _require_named_arguments(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """The SDK refuses arguments that are no object as well, but without a word on what is wrong with them."""
    arguments = (ctx.params or {}).get("arguments")
    asked = ctx.method == "tools/call" and ctx.request_id is not None  # a notification is never answered
    if asked and not isinstance(arguments, Mapping | None):
        kind = {list: "a list", str: "a string", bool: "a truth value"}.get(type(arguments), "a number")
        fault = InvalidInput("arguments", f"they are {kind}, not an object of names and values.", OBJECT)
        raise MCPError(code=INVALID_PARAMS, message=str(fault))
    return await call_next(ctx)


def _answered(tool: Tool, call: str, role: str) -> dict[str, Any]:
    """The answer that a call of this role has had, with where its decision stands by now."""
    answer = progress.of(role, call).result
    if not isinstance(answer, dict):
        raise NotFound("requestState", call, [], "Leave it out to make the call.")
    return refreshed(tool.output, answer, Actor(role))


def _fitting(tool: Tool, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the tool's schema has it, in its order; the stored one may be of another version."""
    return {name: answer[name] for name in tool.output_schema["properties"] if name in answer}


def _listed(tool: Tool) -> McpTool:
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


def _told(stored: dict[str, Any]) -> CallToolResult:
    answer = plain_json(stored)
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=answer)


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=plain(text))], is_error=True)
