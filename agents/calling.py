"""The way of a call that changes state: stored, rung, claimed by a worker, waited for, answered.

The promise: "nothing was done" is said only after the row went from queued to cancelled, in the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from agents import doorbell
from agents.tool import Tool
from agents.wakeups import WakeUps
from org.errors import KeyConflict, OrgError, Unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[float, str], Awaitable[None]]

UNCLAIMED_SECONDS = 2.0  # a call nobody claimed by then is taken back
LONGEST_SECONDS = 45.0  # clients give up after 60
PROGRESS_SECONDS = 1.0
MOST_AT_ONCE = 16  # calls of one server under way; more wait here, not as rows that look unclaimed


class Outcome(Unavailable):
    """Whether anything was done is not known."""


@dataclass(frozen=True)
class Stored:
    """A call in the database. `repeated`: it was there before, and this is a repeat of it."""

    id: uuid.UUID
    ref: str
    repeated: bool


@dataclass(frozen=True)
class Seen:
    """A stored call as it stands now."""

    status: str
    attempt: int
    result: Mapping[str, Any] | None
    over: bool


async def in_database(work: Callable[..., T], *arguments: Any, limiter: anyio.CapacityLimiter | None = None) -> T:
    """Run blocking database work in a thread; its connection goes back to the pool afterwards."""

    def run() -> T:
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    return await anyio.to_thread.run_sync(run, limiter=limiter)


class Caller:
    """Stores a role's calls and waits for their answers."""

    def __init__(self, role: str, wakeups: WakeUps, client: Mapping[str, Any]) -> None:
        self._role = role
        self._wakeups = wakeups
        self._client = client
        self._limiter: anyio.CapacityLimiter | None = None
        self._marking: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def perform(
        self, tool: Tool, arguments: Mapping[str, Any], key: str | None, progress: Progress
    ) -> dict[str, Any]:
        """The stored answer of a call, `{"answer": …}` or `{"error": …}`, or `{"still_running": …}` after 45 s.

        Raises KeyConflict, or Unavailable when provably nothing was done, or Outcome when that is not known.
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
        storing = asyncio.ensure_future(
            self._in_database(_store, id, self._role, tool.name, str(tool.effect), arguments, key, self._client)
        )
        try:
            return await asyncio.shield(storing)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):  # the client gave up while the row was written: take it back
                try:
                    stored = await storing
                    if not stored.repeated:
                        await self._in_database(_cancel, stored.id, self._role)
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
                        await self._in_database(_cancel, stored.id, self._role)
                    except DatabaseError:
                        logger.warning("Could not take back %s; its answer may wait in brief_me.", stored.ref)
            raise
        return {**found, "repeated_of": stored.ref} if stored.repeated else found

    async def _wait(self, stored: Stored, woken: asyncio.Event, progress: Progress) -> dict[str, Any]:
        started = told = time.monotonic()
        lost = False
        while True:
            waited = time.monotonic() - started
            seen = None
            try:
                seen = await self._in_database(_look, stored.id)
                lost = False
            except DatabaseError as error:
                if not lost:
                    logger.warning("PostgreSQL is away while %s runs: %s", stored.ref, error)
                lost = True
            if seen is not None and seen.over:
                self._mark_answered(stored)
                return dict(seen.result or {"error": "The call was taken back. Nothing was done."})
            if seen is not None and seen.status == "queued" and seen.attempt == 0 and waited >= UNCLAIMED_SECONDS:
                if await self._take_back(stored):
                    raise Unavailable(await self._in_database(_missing, self._role))
                continue
            if waited >= LONGEST_SECONDS:
                if lost:
                    raise Outcome(
                        f"PostgreSQL is away, so whether {stored.ref} was done is not known. "
                        f"When it is back, wait_for {{id: {stored.ref}}} tells."
                    )
                return {"still_running": stored.ref}
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                await progress(round(waited, 1), f"{stored.ref} is {seen.status if seen else 'waiting for PostgreSQL'}")
            woken.clear()
            with anyio.move_on_after(self._wakeups.poll_seconds if not lost else PROGRESS_SECONDS):
                await woken.wait()

    def _mark_answered(self, stored: Stored) -> None:
        """Note, while the answer is on its way, that it was handed over; lost with us, it is only told once more."""

        async def mark() -> None:
            with contextlib.suppress(DatabaseError):
                await self._in_database(_mark_answered, stored.id, self._role)

        task = asyncio.create_task(mark())
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)

    async def _take_back(self, stored: Stored) -> bool:
        try:
            return await self._in_database(_cancel, stored.id, self._role)
        except DatabaseError:
            return False


@cache
def client_process() -> dict[str, Any]:
    """Who started this server: host, process id and its start, as one client among those of a role."""
    import psutil

    parent = os.getppid()
    try:
        started: float | None = psutil.Process(parent).create_time()
    except psutil.Error:
        started = None
    return {"host": socket.gethostname(), "pid": parent, "started": started}


def _store(
    id: uuid.UUID,
    role: str,
    tool: str,
    effect: str,
    arguments: Mapping[str, Any],
    key: str | None,
    client: Mapping[str, Any],
) -> Stored:
    try:
        connection.ensure_connection()
    except DatabaseError:  # a connection that was just cut: nothing was sent on it, so another one may be tried
        close_old_connections()
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            raise Unavailable("PostgreSQL is not reachable. Nothing was done; call again in a moment.") from error
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT outcome, call_id, call_number FROM store_call(%s, %s, %s, %s, %s::jsonb, %s, %s::jsonb)",
                [id, role, tool, effect, json.dumps(arguments), key, json.dumps(client)],
            )
            outcome, call_id, number = cursor.fetchone()
    except DatabaseError as error:
        return _settle_doubt(id, role, tool, error)
    ref = f"C-{number}"
    if outcome == "conflict":
        raise KeyConflict(ref)
    if outcome == "stored":
        doorbell.ring(role)
    return Stored(call_id, ref, outcome == "repeated")


def _settle_doubt(id: uuid.UUID, role: str, tool: str, cause: DatabaseError) -> Stored:
    """The connection broke while the row was written. Either it is certain that the call is not and will not be done
    (Unavailable), or a worker has it (returned), or neither can be found out (Outcome).
    """
    for _ in range(5):
        time.sleep(0.4)
        close_old_connections()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT forestall_call(%s, %s, %s)", [id, role, tool])
                if cursor.fetchone()[0]:
                    raise Unavailable("The connection to PostgreSQL broke. Nothing was done; call again.") from cause
                cursor.execute("SELECT number FROM calls WHERE id = %s", [id])
                return Stored(id, f"C-{cursor.fetchone()[0]}", False)
        except DatabaseError:
            continue
    raise Outcome(
        f"The connection to PostgreSQL broke while the call was stored, so whether it was done is not known. "
        f"When it is back, wait_for {{id: {id}}} tells: if nothing is called that, nothing was done."
    ) from cause


def _look(id: uuid.UUID) -> Seen | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, attempt, result, finished_at IS NOT NULL FROM calls WHERE id = %s", [id])
        row = cursor.fetchone()
    if row is None:
        return None
    status, attempt, result, over = row
    return Seen(status, attempt, json.loads(result) if isinstance(result, str) else result, over)


def _cancel(id: uuid.UUID, role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cancel_call(%s, %s)", [id, role])
        return bool(cursor.fetchone()[0])


def _mark_answered(id: uuid.UUID, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mark_answered(%s, %s)", [id, role])


def _missing(role: str) -> str:
    """Why nobody took a call, as far as the record shows, and what to do about it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM calls WHERE role = %s AND claimed_at > clock_timestamp() - interval '5 s')",
            [role],
        )
        if cursor.fetchone()[0]:
            return (
                f"The workers of the queue {role} are busy and did not take the call within {UNCLAIMED_SECONDS:g} "
                f"seconds, so it was taken back. Nothing was done. Call again in a moment."
            )
    return (
        f"No worker of the queue {role} took the call within {UNCLAIMED_SECONDS:g} seconds, so it was taken back. "
        f"Nothing was done. `manage.py stack status` shows what runs; "
        f"`celery -A echo_project worker -Q {role}` starts a worker. Then call again."
    )
