"""A call's row as its server sees it: written, looked at, taken back; and what is known when PostgreSQL fails."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from agents import doorbell
from org.errors import KeyConflict, Unavailable, Uncertain

UNCLAIMED_SECONDS = 2.0  # a call nobody claimed by then is taken back


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


def store(
    id: uuid.UUID,
    role: str,
    tool: str,
    effect: str,
    arguments: Mapping[str, Any],
    key: str | None,
    client: Mapping[str, Any],
    given_up: threading.Event,
) -> Stored:
    """Write a call's row and ring for it; `given_up`: nobody waits for it any more, so it is taken back instead.

    Raises KeyConflict, Unavailable when nothing was stored, Uncertain when that is not known.
    """
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
        return settle_doubt(id, role, tool, error)
    ref = f"C-{number}"
    if outcome == "conflict":
        raise KeyConflict(ref)
    if outcome == "stored" and given_up.is_set():
        cancel(call_id, role)
    elif outcome == "stored":
        doorbell.ring(role)
    return Stored(call_id, ref, outcome == "repeated")


def settle_doubt(id: uuid.UUID, role: str, tool: str, cause: DatabaseError) -> Stored:
    """The connection broke while the row was written. Either it is certain that the call is not and will not be done
    (Unavailable), or a worker has it (returned), or neither can be found out (Uncertain).
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
    raise Uncertain(
        f"The connection to PostgreSQL broke while the call was stored, so whether it was done is not known. "
        f"When it is back, wait_for {{id: {id}}} tells: if nothing is called that, nothing was done."
    ) from cause


def look(id: uuid.UUID) -> Seen | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, attempt, result, finished_at IS NOT NULL FROM calls WHERE id = %s", [id])
        row = cursor.fetchone()
    if row is None:
        return None
    status, attempt, result, over = row
    return Seen(status, attempt, json.loads(result) if isinstance(result, str) else result, over)


def cancel(id: uuid.UUID, role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cancel_call(%s, %s)", [id, role])
        return bool(cursor.fetchone()[0])


def missing(role: str) -> str:
    """Why nobody took a call, as far as the record shows, and what to do about it."""
    if _claims_calls(role):
        return (
            f"The workers of the queue {role} are busy and did not take the call within {UNCLAIMED_SECONDS:g} "
            f"seconds, so it was taken back. Nothing was done. Call again in a moment."
        )
    return (
        f"No worker of the queue {role} took the call within {UNCLAIMED_SECONDS:g} seconds, so it was taken back. "
        f"Nothing was done. `manage.py stack status` shows what runs; "
        f"`celery -A echo_project worker -Q {role}` starts a worker. Then call again."
    )


def _claims_calls(role: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM calls WHERE role = %s"
                " AND claimed_at > statement_timestamp() - interval '5 s')",  # clock_timestamp() searches no index
                [role],
            )
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False
