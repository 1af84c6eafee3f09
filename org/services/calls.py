"""Stored tool calls: claimed by one worker, run once, answered in the transaction that holds their effects."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.utils import OperationalError

from org import audit
from org.actors import Actor
from org.acts import Act
from org.changes import Change
from org.clock import Clock
from org.enums import CallStatus, StopKind
from org.errors import InvalidInput, OrgError, Refused
from org.locking import GIVES_WAY
from org.models import Call, CharterVersion
from org.queries import stops

MOST_ATTEMPTS = 3
LEASE_SECONDS = 60  # shown on a running call's page; the row's lock is what counts
GRACE_SECONDS = 0.3  # between claiming a call and locking it for the work
SWEEPER = Actor.clockwork("sweeper")
RETRY_SECONDS = 600  # how long a call whose worker died may still be taken up
TOOK_TOO_LONG = "57014"
LOCK = """
    SELECT locked.*, newest.version AS charter_version, newest.document AS charter_document
    FROM lock_call(%s, %s) AS locked
    LEFT JOIN (SELECT version, document FROM charter_versions ORDER BY version DESC LIMIT 1) AS newest ON true
"""


@dataclass(frozen=True)
class Claim:
    """One attempt at a call. A later attempt fences this one."""

    call_id: uuid.UUID
    attempt: int
    role: str


@dataclass(frozen=True)
class Outcome:
    """What a tool gave: its answer as plain JSON, or an error text the caller may read."""

    answer: Any = None
    error: str = ""

    @property
    def stored(self) -> dict[str, Any]:
        return {"error": self.error} if self.error else {"answer": self.answer}


def claim(roles: Sequence[str], worker: str) -> Claim | None:
    """Take the oldest waiting call of these roles, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM claim_call(%s, %s, %s)", [list(roles), worker, LEASE_SECONDS])
        row = cursor.fetchone()
    return Claim(*row) if row else None


def perform(claimed: Claim, run: Callable[[Call], Any], clock: Clock) -> bool:
    """Run the tool of a claimed call and store its answer with its effects. False: the attempt was fenced.

    A refusal or unusable input undoes the tool's effects and is stored as the answer. A deadlock is tried again as a
    whole. What else goes wrong is stored as a failure; a lost connection is left to the sweeper.
    """
    for tries_left in range(MOST_ATTEMPTS - 1, -1, -1):
        try:
            return _perform_once(claimed, run, clock)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == TOOK_TOO_LONG:
                return fail(
                    claimed,
                    "The call took longer than 10 seconds and was undone. Nothing was done. Ask for less at once.",
                    clock,
                )
            if state not in GIVES_WAY:
                raise
            if not tries_left:
                return fail(claimed, "Echo was too busy with the same records. Nothing was done; call again.", clock)
    raise AssertionError("unreachable")


@transaction.atomic
def _perform_once(claimed: Claim, run: Callable[[Call], Any], clock: Clock) -> bool:
    call = _lock(claimed)
    if call is None:
        return False
    by = Actor.role(call)
    refused = ""
    try:
        with transaction.atomic():
            _require_active(call)
            outcome = Outcome(run(call))
    except InvalidInput as error:
        outcome, refused = Outcome(error=str(error)), "input"
    except Refused as error:
        outcome, refused = Outcome(error=str(error)), error.rule
    except OrgError as error:
        outcome, refused = Outcome(error=str(error)), "refused"
    if refused:
        act = Act.begin(by, clock)
        audit.note(act, "call.refused", call.ref, tool=call.tool, rule=refused, says=outcome.error)
    _finish(call, CallStatus.DONE, outcome)
    return True


def note_refusal(refusal: Refused, *, by: Actor, clock: Clock) -> None:
    """Leave a trace of a rule's no that the tool tells as its answer. Nothing was changed by the call."""
    if by.call is not None:
        act = Act.begin(by, clock)
        audit.note(act, "call.refused", by.call.ref, tool=by.call.tool, rule=refusal.rule, says=refusal.says)


@transaction.atomic
def fail(claimed: Claim, says: str, clock: Clock) -> bool:
    """Store that an attempt came to nothing for good. Its effects were rolled back."""
    call = _lock(claimed)
    if call is None:
        return False
    act, change = Act.begin(Actor.role(call), clock), _became(CallStatus.RUNNING, CallStatus.FAILED)
    audit.record(act, "call.failed", call.ref, change, tool=call.tool, says=says)
    _finish(call, CallStatus.FAILED, Outcome(error=says))
    return True


@transaction.atomic
def free_dead(clock: Clock) -> list[str]:
    """Put calls back whose worker is gone; returns the roles to ring.

    A working attempt holds its row's lock for as long as it works, so a row marked running that nobody has locked
    has lost its worker. After the last attempt the failure is stored.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH dead AS (
                SELECT id FROM calls
                WHERE status = 'running' AND claimed_at < clock_timestamp() - make_interval(secs => %s)
                ORDER BY id FOR UPDATE SKIP LOCKED
            )
            UPDATE calls SET
                status = CASE WHEN attempt >= %s THEN 'failed' ELSE 'queued' END,
                finished_at = CASE WHEN attempt >= %s THEN echo_now() END,
                result = CASE WHEN attempt >= %s THEN jsonb_build_object('error',
                    'The workers that ran this call died ' || attempt || ' times. Nothing was done. '
                    'Read the workers'' log before you call again.') END,
                claimable_until = clock_timestamp() + make_interval(secs => %s),
                rung_at = clock_timestamp(), lease_until = NULL
            FROM dead WHERE calls.id = dead.id
            RETURNING calls.role, calls.status, calls.number
            """,
            [GRACE_SECONDS, MOST_ATTEMPTS, MOST_ATTEMPTS, MOST_ATTEMPTS, RETRY_SECONDS],
        )
        freed = cursor.fetchall()
    lost = [number for _, status, number in freed if status == CallStatus.FAILED]
    if lost:
        act, change = Act.begin(SWEEPER, clock), _became(CallStatus.RUNNING, CallStatus.FAILED)
        for number in lost:
            audit.record(act, "call.failed", f"C-{number}", change, says="its workers died")
    return sorted({role for role, status, _ in freed if status == CallStatus.QUEUED})


def ring_again(quiet_seconds: float) -> list[str]:
    """The roles that have waiting calls nobody was rung for within `quiet_seconds`; marks them rung."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE calls SET rung_at = clock_timestamp() WHERE id IN (
                SELECT id FROM calls
                WHERE status = 'queued' AND claimable_until > clock_timestamp()
                  AND rung_at < clock_timestamp() - make_interval(secs => %s)
                ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
            ) RETURNING role
            """,
            [quiet_seconds],
        )
        return sorted({row[0] for row in cursor.fetchall()})


@transaction.atomic
def drop_unclaimed(clock: Clock) -> int:
    """Close calls nobody may claim any more; returns how many. Nothing was done for any of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE calls SET
                status = CASE WHEN attempt = 0 THEN 'cancelled' ELSE 'failed' END, finished_at = echo_now(),
                result = jsonb_build_object('error', 'No worker took this call in time. Nothing was done; call again.')
            WHERE id IN (
                SELECT id FROM calls
                WHERE status = 'queued' AND claimable_until < clock_timestamp() - interval '1 second'
                ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
            ) RETURNING number, status
            """
        )
        dropped = cursor.fetchall()
    if dropped:
        act = Act.begin(SWEEPER, clock)
        for number, status in dropped:
            change = _became(CallStatus.QUEUED, CallStatus(status))
            audit.record(act, "call.dropped", f"C-{number}", change, says="no worker took it in time")
    return len(dropped)


def _require_active(call: Call) -> None:
    """A suspended role changes nothing. Who suspends it waits until this transaction ends."""
    stop = stops.pass_gate(StopKind.ROLE, call.role)
    if stop is not None:
        raise Refused(
            "suspended",
            stops.says_suspended(call.charter.title(call.role), stop),
            "You can still read; the board lifts it, so ask a person there.",
        )


def _became(before: CallStatus, after: CallStatus) -> Change:
    return Change({"status": before.value}, {"status": after.value})


def _lock(claimed: Claim) -> Call | None:
    """The row of a claim, locked for the rest of the transaction; None when a later attempt has it.

    The charter that its deeds are judged by is read along.
    """
    for call in Call.objects.raw(LOCK, [claimed.call_id, claimed.attempt]):
        read = vars(call)
        call.charter = CharterVersion(version=read["charter_version"], document=read["charter_document"]).charter
        return call
    return None


def _finish(call: Call, status: CallStatus, outcome: Outcome) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT finish_call(%s, %s, %s::jsonb)", [call.pk, status, json.dumps(outcome.stored)])
