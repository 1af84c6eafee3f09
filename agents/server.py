"""One role, or several, as an MCP server. It validates, stores calls and tells answers; what a call does is done by
workers.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
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
    CompleteRequestParams,
    CompleteResult,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    RequestId,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from agents import doorbell, links, prompting, resources
from agents.acting import Acting, Context
from agents.presence import PROBE_SECONDS, VERSION
from agents.quiet import Quiet
from agents.readiness import Readiness, Ready
from agents.results import failed, told
from agents.selection import Selection
from agents.subscriptions import Subscriptions
from agents.wakeups import WakeUps
from org.enums import Effect
from org.errors import InvalidInput, OrgError

logger = logging.getLogger(__name__)

WARM_AFTER_SECONDS = 0.3  # imports the first call needs wait until `initialize` is answered
OUTAGE_SECONDS = 60.0  # longer than from one beat that fails to the next, so that an outage is one line on stderr
OBJECT = 'Send them like {"decision_id": "D-142"}, or leave arguments out where none is needed.'

UNKNOWN = "PostgreSQL failed, so whether this was done is not known. When it is back, brief_me tells."
UNREAD = (
    "PostgreSQL is not reachable, so nothing could be read, and what became of earlier calls is not known from this. "
    "Call again in a moment."
)


class EchoServer:
    """The handlers of one server."""

    def __init__(self, selection: Selection, client: Mapping[str, Any], ready: Ready) -> None:
        self._selection = selection
        self._readiness = Readiness(ready)
        self._outage = Quiet(OUTAGE_SECONDS)
        self._greeted = anyio.Event()
        self._wakeups = WakeUps([spec.name for spec in selection.specs])
        self._acting = {spec.name: Acting(spec, self._wakeups, client) for spec in selection.specs}
        self._subscriptions = Subscriptions(selection.reader, self._wakeups)
        self.mcp: Server[None] = Server(
            f"echo-{selection.name}",
            version=VERSION,
            title=f"Echo: {selection.title}",
            instructions=selection.instructions,
            lifespan=self._lifespan,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._subscriptions.unsubscribe,
            on_subscriptions_listen=self._listen,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_completion=self._complete,
        )
        self.mcp.middleware += [_require_named_arguments, prompting.require_text, self._notice_greeting]

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Server[None]) -> AsyncIterator[None]:
        async with anyio.create_task_group() as background:
            background.start_soon(self._warm)
            for acting in self._acting.values():
                background.start_soon(acting.keep_present, self._tell_of_outage)
            if len(self._acting) == 1:  # who holds several roles is there as those it acts as
                background.start_soon(self._notice_patience)
            background.start_soon(self._subscriptions.keep_telling)
            try:
                yield None
            finally:
                background.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    for acting in self._acting.values():
                        await acting.end()

    def answered(self, request: RequestId) -> None:
        """The transport has written the answer to this request to the client."""
        for acting in self._acting.values():
            acting.written(request)

    async def _warm(self) -> None:
        await anyio.sleep(WARM_AFTER_SECONDS)
        await anyio.to_thread.run_sync(doorbell.warm, abandon_on_cancel=True)
        await self._wakeups.listen()

    async def _notice_greeting(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        self._greeted.set()
        return await call_next(ctx)

    async def _notice_patience(self) -> None:
        """A client that stays is there, if it asks for nothing either."""
        await self._greeted.wait()
        await anyio.sleep(PROBE_SECONDS)
        for acting in self._acting.values():
            acting.presence.begin()

    def _tell_of_outage(self, error: DatabaseError) -> None:
        if self._outage.begin():
            logger.warning("PostgreSQL is away: %s", error)

    async def _list_tools(self, ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=self._selection.tools)

    async def _call_tool(self, ctx: Context, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
        reads = False
        try:
            chosen = self._selection.choose(params.name, params.arguments or {})
            acting, tool = self._acting[chosen.role], chosen.tool
            reads = tool.effect is Effect.READS
            if params.request_state is not None:  # the person reacted to the page offered with this call's answer
                return told(await acting.answered(tool, params.request_state))
            canonical = tool.validate(chosen.arguments)
            await self._readiness.wait(ctx)
            done = await acting.run(ctx, tool, canonical, tool.key(chosen.arguments))
            page = tool.offers(tool.output.model_validate(done.answer)) if tool.offers and done.call_id else None
            offered = links.offer(ctx, params, page, str(done.call_id)) if page else None
            return offered or told(done.answer)
        except OrgError as error:
            return failed(str(error))
        except DatabaseError as error:
            if isinstance(error, OperationalError | InterfaceError):
                self._tell_of_outage(error)
            else:
                logger.exception("%s: PostgreSQL failed", params.name)
            return failed(UNREAD if reads else UNKNOWN)
        except Exception:
            logger.exception("%s failed", params.name)
            return failed(
                "Echo has a fault, logged on its stderr. wait_for or brief_me tells whether anything was done."
            )

    async def _list_resources(self, ctx: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        return ListResourcesResult(resources=resources.listed(self._selection))

    async def _list_templates(self, ctx: Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=resources.templates(self._selection))

    async def _read_resource(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            role, uri = self._selection.reader(str(params.uri))
            return await self._acting[role].look_up(resources.read, uri, role, str(params.uri))

    async def _subscribe(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            return await self._subscriptions.subscribe(ctx, params)

    async def _listen(self, ctx: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            return await self._subscriptions.listen(ctx, params)

    async def _list_prompts(self, ctx: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
        return ListPromptsResult(prompts=prompting.listed(self._selection))

    async def _get_prompt(self, ctx: Context, params: GetPromptRequestParams) -> GetPromptResult:
        with self._told_as_mcp_errors():
            spec, arguments = prompting.chosen(self._selection, params.arguments or {})
            await self._readiness.wait(ctx)
            return await self._acting[spec.name].look_up(prompting.get, params.name, arguments, spec, self._selection)

    async def _complete(self, ctx: Context, params: CompleteRequestParams) -> CompleteResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            spec = prompting.completes_for(self._selection, params)
            return await self._acting[spec.name].look_up(prompting.complete, params, spec, self._selection)

    @contextlib.contextmanager
    def _told_as_mcp_errors(self) -> Iterator[None]:
        """What goes wrong besides tools, which have a way of their own to say so."""
        try:
            yield
        except OrgError as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from error
        except DatabaseError as error:
            self._tell_of_outage(error)
            raise MCPError(code=INTERNAL_ERROR, message=UNREAD) from error


async def _require_named_arguments(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """The SDK refuses arguments that are no object as well, but without a word on what is wrong with them."""
    arguments = (ctx.params or {}).get("arguments")
    asked = ctx.method == "tools/call" and ctx.request_id is not None  # a notification is never answered
    if asked and not isinstance(arguments, Mapping | None):
        kind = {list: "a list", str: "a string", bool: "a truth value"}.get(type(arguments), "a number")
        fault = InvalidInput("arguments", f"they are {kind}, not an object of names and values.", OBJECT)
        raise MCPError(code=INVALID_PARAMS, message=str(fault))
    return await call_next(ctx)
