"""Work for roles' agents: claimed by one client at a time under a lease, submitted once."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from org import events, outbox, refs
from org.actors import Actor
from org.acts import Act
from org.clock import Clock
from org.enums import OVER_STEPS, ProcessKind, StepStatus
from org.errors import InvalidInput, NotFound, Refused
from org.models import Presence, Run, RunStep
from org.queries import run_steps
from org.queries import work as record
from org.queries.runs import definition_of
from org.services import runs
from org.workflows import fields
from org.workflows.definition import Work

LEASE = timedelta(hours=8)  # any call of the client that holds it renews it, in the database
SILENT = timedelta(seconds=30)  # after which a process that says nothing counts as gone


@dataclass(frozen=True)
class Claimed:
    """Work that a client has now, and the token by which it submits it. `again`: it had it already."""

    row: RunStep
    step: Work
    token: uuid.UUID
    again: bool


@transaction.atomic
def claim(*, work: str | None, by: Actor, clock: Clock) -> Claimed | None:
    """Give work to the client that asks: what is named, else what it holds, else what nobody holds any more, else the
    oldest that waits; None where there is none. Claiming again makes a new token, and the one before is worth nothing.

    Raises NotFound, Refused for work of another role or that another client holds, InvalidInput for what is over.
    """
    assert by.call is not None
    client = by.call.client
    act = Act.begin(by, clock)
    row = _named(work, by, act, client) if work else _free(by, act, client)
    if row is None:
        return None
    again = row.status == StepStatus.HELD and row.holder == client
    token = uuid.uuid4()
    runs.change_step(
        act,
        row,
        StepStatus.HELD,
        holder=client,
        held_at=act.now,
        lease_digest=_digest(token),
        lease_until=act.now + LEASE,
    )
    outbox.put(events.CHANGES, events.changed(row.run.ref, row.ref), act.now)
    return Claimed(row, _step(row), token, again)


@transaction.atomic
def submit(*, work: str, token: str, result: Mapping[str, Any], note: str, by: Actor, clock: Clock) -> RunStep:
    """Store what an agent did, if nobody claimed it since, and move the run on. A late one counts.

    Raises NotFound, Refused for a token that is not the newest or work that is over, InvalidInput naming the field of
    the result that is missing, wrong or not on record.
    """
    found = _of(work, by)
    run = runs.locked(found.run_id)
    row = RunStep.objects.select_for_update().get(pk=found.pk)
    row.run = run
    _require_open(run, row)
    key = refs.uuid_of(token)
    if row.status != StepStatus.HELD or key is None or bytes(row.lease_digest or b"") != _digest(key):
        raise Refused(
            "lease",
            f"{row.ref} is {'held by another client or under a newer token' if row.lease_until else 'not claimed'}.",
            f"claim_work {{work_id: {row.ref}}} gives the token that counts.",
        )
    step = _step(row)
    kept = fields.read(step.results, result, "result")
    told = record.held_to_record(step.results, kept, "result", run_steps.known(run))
    act = Act.begin(by, clock)
    runs.finish_step(act, row, {**kept, **told, **({"note": note} if note else {})})
    runs.move_on(act, run)
    return row


def _abandoned(by: Actor, act: Act) -> Q:
    """What was claimed from a client of the role's that is there no more: no process that is there is the holder's."""
    there = Presence.objects.filter(
        kind=ProcessKind.AGENT, role=by.name, ended_at__isnull=True, client=OuterRef("holder")
    )
    return Q(status=StepStatus.HELD, held_at__lte=act.now - SILENT) & ~Q(Exists(there))


def _free(by: Actor, act: Act, client: Mapping[str, Any]) -> RunStep | None:
    """The work that a client gets without naming any: rather what nobody else looks at, else what becomes of that."""
    mine = RunStep.objects.filter(record.waiting(by.name)).order_by("opened_at", "number")
    wanted = (
        Q(status=StepStatus.HELD, holder=client),
        Q(status=StepStatus.HELD, lease_until__lte=act.now) | _abandoned(by, act),
        Q(status=StepStatus.WAITING),
    )
    for skips in (True, False):  # a worker has its row for as long as it drafts
        for each in wanted:
            row = mine.filter(each).select_for_update(skip_locked=skips, of=("self",)).first()
            if row is not None:
                return row
    return None


def _named(work: str, by: Actor, act: Act, client: Mapping[str, Any]) -> RunStep:
    found = _of(work, by)
    row = RunStep.objects.select_for_update().get(pk=found.pk)
    _require_open(Run.objects.get(pk=row.run_id), row)
    held = RunStep.objects.filter(pk=row.pk, status=StepStatus.HELD, lease_until__gt=act.now).exclude(holder=client)
    if held.exclude(_abandoned(by, act)).exists():
        raise Refused(
            "lease",
            f"{row.ref} is held by another client of yours, until {row.lease_until:%Y-%m-%d %H:%M} UTC at least.",
            "claim_work without work_id gives other work; a person can release it.",
        )
    return row


def _of(work: str, by: Actor) -> RunStep:
    number, key = refs.number(work, "W"), refs.uuid_of(work)
    row = RunStep.objects.filter(kind="work").filter(Q(number=number) if number is not None else Q(pk=key)).first()
    if row is not None and by.name not in (row.role, row.raised_to):
        theirs = " or ".join(filter(None, (row.role, row.raised_to)))
        raise Refused(
            "not_yours", f"{row.ref} is for the {theirs}.", "claim_work without work_id gives what waits for you."
        )
    if row is None:
        waiting = [each.ref for each in record.of_role(by.name, 3)]
        raise NotFound("work_id", work, waiting, "claim_work without work_id gives what waits for you.")
    return row


def _require_open(run: Run, row: RunStep) -> None:
    if row.status in OVER_STEPS or row.status == StepStatus.FAILED:
        raise InvalidInput("work_id", f"{row.ref} is {row.status}.", f"get_workflow {{run_id: {run.ref}}} tells.")
    runs.require_open(run)


def _step(row: RunStep) -> Work:
    step = definition_of(row.run).step(row.key)
    assert isinstance(step, Work)
    return step


def _digest(token: uuid.UUID) -> bytes:
    return hashlib.sha256(token.bytes).digest()
