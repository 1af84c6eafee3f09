"""Waiting until Echo can be used: a client may be there before the database is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import anyio.to_thread

from agents import pages
from agents.acting import Context
from org.errors import OrgError

LONGEST_SECONDS = 600

Ready = Callable[[], str]


class Readiness:
    """`ready` blocks until the database can be used, or raises OrgError; it returns the address of the web pages. Once
    it has returned it no longer blocks, and is asked before each use.
    """

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self.used = asyncio.Event()  # a client wanted something: it did not only look whether there is a server

    async def wait(self, ctx: Context) -> None:
        """Return when Echo can be used, telling the client of it meanwhile. Raises OrgError when it will not be."""
        if self.used.is_set():
            pages.are_at(self._ready())
            return
        refusal: OrgError | None = None
        async with anyio.create_task_group() as waiting:

            async def tell() -> None:
                for second in range(1, LONGEST_SECONDS):
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
        self.used.set()
