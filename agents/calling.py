"""The way of a call that changes state: stored, rung, claimed by a worker, waited for, answered.

The promise: "nothing was done" is said only after the row went from queued to cancelled, in the database.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from django.db import Error as DatabaseError
from django.db import OperationalError, close_old_connections

from agents import stored_calls
from agents.stored_calls import UNCLAIMED_SECONDS, Stored
from agents.tool import Tool
from agents.wakeups import WakeUps
from org.errors import OrgError, Unavailable, Uncertain

logger = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[float, str], Awaitable[None]]

LONGEST_SECONDS = 45.0  # clients give up after 60
PROGRESS_SECONDS = 1.0
DATABASE_SECONDS = 8.0  # more than waiting for a connection and making one takes
THAWED_SECONDS = 1.0  # then: to read what is there already, where it was this process that stood still
MOST_AT_ONCE = 16  # calls of one server under way; more wait here, not as rows that look unclaimed


async def in_database(work: Callable[..., T], *arguments: Any, limiter: anyio.CapacityLimiter | None = None) -> T:
    """Run blocking database work in a thread; its connection goes back to the pool afterwards.

    Raises OperationalError after `DATABASE_SECONDS`: a server that hangs, or a network that swallows everything, says
    nothing at all. The thread is left alone then, and what it still does is nobody's answer any more.
    """

    def run() -> T:
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    working = asyncio.ensure_future(anyio.to_thread.run_sync(run, limiter=limiter, abandon_on_cancel=True))
    try:
        for seconds in (DATABASE_SECONDS, THAWED_SECONDS):
            await asyncio.wait({working}, timeout=seconds)
            if working.done():
                return working.result()
    finally:
        working.cancel()
    raise OperationalError(f"PostgreSQL did not answer within {DATABASE_SECONDS:g} seconds.")


class Caller:
    """Stores a role's calls and waits for their answers."""

    def __init__(self, role: str, wakeups: WakeUps, client: Mapping[str, Any]) -> None:
        self._role = role
        self._wakeups = wakeups
        self._client = client
        self._limiter: anyio.CapacityLimiter | None = None
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def perform(
        self, tool: Tool, arguments: Mapping[str, Any], key: str | None, progress: Progress
    ) -> dict[str, Any]:
        """The stored answer of a call, `{"answer": …}` or `{"error": …}`, or `{"still_running": …}` after 45 s; with an
        answer `call_id`, to be noted once the client has it.

        Raises KeyConflict, or Unavailable when provably nothing was done, or Uncertain when that is not known.
        """
        async with self._room:
            return await self._perform(tool, arguments, key, progress)

    async def _perform(
        self, tool: Tool, arguments: Mapping[str, Any], key: str | None, progress: Progress
    ) -> dict[str, Any]:
        call_id = uuid.uuid4()  # made before the row, so that an uncertain INSERT can be asked about
        with self._wakeups.waiting(str(call_id)) as woken:
            stored = await self._store(call_id, tool, arguments, key)
            if not stored.repeated:
                return await self._answer(stored, woken, progress)
        with self._wakeups.waiting(str(stored.id)) as woken:
            return await self._answer(stored, woken, progress)

    async def _in_database(self, work: Callable[..., T], *arguments: Any) -> T:
        self._limiter = self._limiter or anyio.CapacityLimiter(8)
        return await in_database(work, *arguments, limiter=self._limiter)

    async def _store(self, id: uuid.UUID, tool: Tool, arguments: Mapping[str, Any], key: str | None) -> Stored:
        given_up = threading.Event()
        storing = asyncio.ensure_future(
            self._in_database(
                stored_calls.store, id, self._role, tool.name, str(tool.effect), arguments, key, self._client, given_up
            )
        )
        try:
            return await asyncio.shield(storing)
        except DatabaseError as error:
            given_up.set()
            raise Uncertain(
                f"PostgreSQL does not answer, so whether the call was stored and will be done is not known. "
                f"When it is back, wait_for {{id: {id}}} tells: if nothing is called that, nothing was done."
            ) from error
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):  # the client gave up while the row was written: take it back
                try:
                    stored = await storing
                    if not stored.repeated:
                        await self._in_database(stored_calls.cancel, stored.id, self._role)
                except (DatabaseError, OrgError):
                    logger.warning("Could not take back a call of %s after its client gave up.", tool.name)
            raise

    async def _answer(self, stored: Stored, woken: asyncio.Event, progress: Progress) -> dict[str, Any]:
        try:
            found = await self._wait(stored, woken, progress)
        except asyncio.CancelledError:
            if not stored.repeated:
                with anyio.CancelScope(shield=True):
                    try:
                        await self._in_database(stored_calls.cancel, stored.id, self._role)
                    except DatabaseError:
                        logger.warning("Could not take back %s; its answer may wait in brief_me.", stored.ref)
            raise
        return {**found, "repeated_of": stored.ref} if stored.repeated else found

    async def _wait(self, stored: Stored, woken: asyncio.Event, progress: Progress) -> dict[str, Any]:
        started = told = time.monotonic()
        failures = 0  # looks into PostgreSQL that failed since the last one that did not
        if not stored.repeated and self._wakeups.listening:
            await self._sleep(woken, self._wakeups.poll_seconds)  # a new call is not answered yet
        while True:
            waited = time.monotonic() - started
            seen = None
            try:
                seen = await self._in_database(stored_calls.look, stored.id)
                failures = 0
            except DatabaseError as error:
                if not failures:
                    logger.warning("PostgreSQL is away while %s runs: %s", stored.ref, error)
                failures += 1
            if seen is not None and seen.over:
                return {
                    "call_id": stored.id,
                    **(seen.result or {"error": "The call was taken back. Nothing was done."}),
                }
            if seen is not None and seen.status == "queued" and seen.attempt == 0 and waited >= UNCLAIMED_SECONDS:
                if await self._take_back(stored):
                    raise Unavailable(await self._in_database(stored_calls.missing, self._role))
                continue
            if waited >= LONGEST_SECONDS and failures != 1:  # a look that this process slept over is taken again
                if failures:
                    raise Uncertain(
                        f"PostgreSQL is away, so whether {stored.ref} was done is not known. "
                        f"When it is back, wait_for {{id: {stored.ref}}} tells."
                    )
                return {"still_running": stored.ref}
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                await progress(round(waited, 1), f"{stored.ref} is {seen.status if seen else 'waiting for PostgreSQL'}")
            await self._sleep(woken, self._wakeups.poll_seconds if not failures else PROGRESS_SECONDS)

    @staticmethod
    async def _sleep(woken: asyncio.Event, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await woken.wait()
        woken.clear()

    async def _take_back(self, stored: Stored) -> bool:
        try:
            return await self._in_database(stored_calls.cancel, stored.id, self._role)
        except DatabaseError:
            return False


def client_process(pid: int) -> dict[str, Any]:
    """Who asked for a server: host, process id and its start, as one client among those of a role."""
    import psutil

    try:
        started: float | None = psutil.Process(pid).create_time()
    except psutil.Error:
        started = None
    return {"host": socket.gethostname(), "pid": pid, "started": started}
