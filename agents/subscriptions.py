"""Tells a client when a resource it subscribed to is no longer as it was, in the way of either protocol era."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

import anyio
from django.db import Error as DatabaseError
from mcp import MCPError
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.types import (
    INVALID_PARAMS,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from agents import resources
from agents.acting import Context
from agents.calling import in_database
from agents.wakeups import WakeUps
from org import credentials
from org.errors import OrgError

logger = logging.getLogger(__name__)

MOST = 64  # resources followed at once
LOOK_SECONDS = 1.0  # without Redis
LOOK_WITH_REDIS_SECONDS = 5.0  # in case a hint was lost


class Subscriptions:
    """What one client follows. Nothing is asked of PostgreSQL and nothing said while it follows nothing.

    A client up to 2025-11-25 subscribes to each resource and is told beside its requests; one of 2026-07-28 opens
    streams, each for some resources, and is told on those.
    """

    def __init__(self, reader: Callable[[str], tuple[str, str]], wakeups: WakeUps) -> None:
        self._reader = reader  # as whom a resource is read, and its address for that role
        self._wakeups = wakeups
        self._session: ServerSession | None = None
        self._subscribed: set[str] = set()
        self._streamed: Counter[str] = Counter()
        self._marks: dict[str, str | None] = {}  # what each followed resource was when last told; None: not known
        self._following = anyio.Lock()  # of those who begin to follow at once, each sees what the others follow
        self._moved = False  # the client follows more, or less, than it did
        self._woken = asyncio.Event()
        self._bus = InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus, max_subscriptions=MOST)

    async def subscribe(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        """`resources/subscribe`. Raises MCPError for a resource that is none, or one too many."""
        uri = str(params.uri)
        await self._follow([uri])
        self._session = ctx.session
        self._subscribed.add(uri)
        self._note_followed()
        return EmptyResult()

    async def unsubscribe(self, ctx: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        """`resources/unsubscribe`; what is not followed may be given up as well."""
        self._subscribed.discard(str(params.uri))
        self._note_followed()
        return EmptyResult()

    async def listen(self, ctx: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """`subscriptions/listen`: answered when the stream ends."""
        uris = sorted({str(uri) for uri in params.notifications.resource_subscriptions or ()})
        await self._follow(uris)
        self._streamed.update(uris)
        self._note_followed()
        try:
            return await self._streams(ctx, params)
        finally:
            self._streamed.subtract(uris)
            self._note_followed()

    async def keep_telling(self) -> None:
        """Tell of changes until cancelled."""
        while True:
            followed, self._moved = list(self._marks), False
            names = {name for uri in followed for name in self._woken_by(uri)}
            with self._wakeups.waiting(*names) as self._woken:
                while not self._moved:
                    await self._tell_changed(followed)
                    look = LOOK_WITH_REDIS_SECONDS if self._wakeups.listening else LOOK_SECONDS
                    with anyio.move_on_after(look if followed else None):
                        await self._woken.wait()
                    self._woken.clear()

    async def _follow(self, uris: list[str]) -> None:
        """Know what these are now, so that the first change is told. A database that is away is asked later."""
        async with self._following:
            await self._follow_new(uris)

    async def _follow_new(self, uris: list[str]) -> None:
        new = [uri for uri in uris if uri not in self._marks]
        if len(self._marks) + len(new) > MOST:
            raise MCPError(code=INVALID_PARAMS, message=f"This server follows at most {MOST} resources for a client.")
        for uri in new:
            try:
                self._marks[uri] = await self._mark(uri)
            except DatabaseError:
                self._marks[uri] = None
            except OrgError as error:
                raise MCPError(code=INVALID_PARAMS, message=str(error), data={"uri": uri}) from error

    def _woken_by(self, uri: str) -> list[str]:
        role, own = self._reader(uri)
        return resources.woken_by(own, role)

    async def _mark(self, uri: str) -> str:
        role, own = self._reader(uri)
        with credentials.acting_as(role):
            return await in_database(resources.mark, own, role)

    def _note_followed(self) -> None:
        for uri in [uri for uri in self._marks if uri not in self._subscribed and self._streamed[uri] <= 0]:
            del self._marks[uri]
            del self._streamed[uri]
        self._moved = True
        self._woken.set()

    async def _tell_changed(self, followed: list[str]) -> None:
        for uri in followed:
            try:
                mark = await self._mark(uri)
            except (DatabaseError, OrgError, MCPError):
                continue
            if uri in self._marks and mark != self._marks[uri]:
                before, self._marks[uri] = self._marks[uri], mark
                await self._tell(uri)
                if before is not None:
                    await self._note_told(uri, before)

    async def _tell(self, uri: str) -> None:
        await self._bus.publish(ResourceUpdated(uri=uri))
        if uri in self._subscribed and self._session is not None:
            await self._session.send_resource_updated(uri)

    async def _note_told(self, uri: str, before: str) -> None:
        role, own = self._reader(uri)
        try:
            with credentials.acting_as(role):
                await in_database(resources.note_told, own, role, before)
        except DatabaseError as error:
            logger.info("PostgreSQL did not take note that %s was told: %s", uri, error)
