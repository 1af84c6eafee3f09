"""One role as an MCP server. It validates, stores calls and tells answers; what a call does is done by workers."""

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
    EmptyResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    RequestId,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from agents import doorbell, links, receipts, resources
from agents.acting import Acting, Context
from agents.calling import in_database
from agents.persona import instructions
from agents.quiet import Quiet
from agents.readiness import Readiness, Ready
from agents.results import failed, listed, told
from agents.role import RoleSpec
from agents.subscriptions import Subscriptions
from agents.wakeups import WakeUps
from org.enums import Effect
from org.errors import InvalidInput, OrgError

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
WARM_AFTER_SECONDS = 0.3  # imports the first call needs wait until `initialize` is answered
BEAT_SECONDS = 10.0
OUTAGE_SECONDS = 60.0  # longer than from one beat that fails to the next, so that an outage is one line on stderr
OBJECT = 'Send them like {"decision_id": "D-142"}, or leave arguments out where none is needed.'

UNKNOWN = "PostgreSQL failed, so whether this was done is not known. When it is back, brief_me tells."
UNREAD = (
    "PostgreSQL is not reachable, so nothing could be read, and what became of earlier calls is not known from this. "
    "Call again in a moment."
)


class RoleServer:
    """The handlers of one role's server."""

    def __init__(self, spec: RoleSpec, title: str, client: Mapping[str, Any], ready: Ready) -> None:
        self._spec = spec
        self._readiness = Readiness(ready)
        self._outage = Quiet(OUTAGE_SECONDS)
        self._wakeups = WakeUps([spec.name])
        self._acting = Acting(spec, self._wakeups, client)
        self._subscriptions = Subscriptions(spec.name, self._wakeups)
        self._tools = [listed(tool) for tool in spec.tools]
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
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._subscriptions.unsubscribe,
            on_subscriptions_listen=self._listen,
        )
        self.mcp.middleware.append(_require_named_arguments)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Server[None]) -> AsyncIterator[None]:
        async with anyio.create_task_group() as background:
            background.start_soon(self._warm)
            background.start_soon(self._keep_beating)
            background.start_soon(self._subscriptions.keep_telling)
            try:
                yield None
            finally:
                background.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await self._acting.flush()

    def answered(self, request: RequestId) -> None:
        """The transport has written the answer to this request to the client."""
        self._acting.written(request)

    async def _warm(self) -> None:
        await anyio.sleep(WARM_AFTER_SECONDS)
        await anyio.to_thread.run_sync(doorbell.warm, abandon_on_cancel=True)
        await self._wakeups.listen()

    async def _keep_beating(self) -> None:
        """Be seen, from the first use on: a client that only probes leaves no trace."""
        await self._readiness.used.wait()
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
                return told(await self._acting.answered(tool, params.request_state))
            arguments = params.arguments or {}
            canonical = tool.validate(arguments)
            await self._readiness.wait(ctx)
            done = await self._acting.run(ctx, tool, canonical, tool.key(arguments))
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
            return failed(UNREAD if tool and tool.effect is Effect.READS else UNKNOWN)
        except Exception:
            logger.exception("%s failed", params.name)
            return failed(
                "Echo has a fault, logged on its stderr. wait_for or brief_me tells whether anything was done."
            )

    async def _read_resource(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            await self._acting.flush()
            return await in_database(resources.read, str(params.uri), self._spec.name)

    async def _subscribe(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            return await self._subscriptions.subscribe(ctx, params)

    async def _listen(self, ctx: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        with self._told_as_mcp_errors():
            await self._readiness.wait(ctx)
            return await self._subscriptions.listen(ctx, params)

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
