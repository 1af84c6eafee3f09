"""Taking a call back while a worker may be taking it up: the answer always matches the effect."""

import json
import random
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import rfc8785
from django.db import connection

from org.actors import Actor
from org.clock import database_clock
from org.enums import CallStatus
from org.models import AuditRecord, Call, CharterVersion, Message
from org.services import calls, messages
from tests.people import racers, store

RACES = 500
SPREAD_SECONDS = 0.003


def cancel(call_id: uuid.UUID, role: str = "ceo") -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cancel_call(%s, %s)", [call_id, role])
        return bool(cursor.fetchone()[0])


def forestall(call_id: uuid.UUID, tool: str = "test", role: str = "ceo") -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT forestall_call(%s, %s, %s)", [call_id, role, tool])
        return bool(cursor.fetchone()[0])


def send(call: Call) -> dict[str, Any]:
    messages.send(to="cto", subject=str(call.pk), content="x", by=Actor.role(call), clock=database_clock)
    return {}


def work() -> bool:
    claimed = calls.claim(["ceo"], "worker")
    return claimed is not None and calls.perform(claimed, send, database_clock)


def after(seconds: float, deed: Callable[[], bool]) -> Callable[[], bool]:
    def run() -> bool:
        time.sleep(seconds)
        return deed()

    return run


def test_five_hundred_races_of_cancel_against_claim_answer_what_is_true(committed: str) -> None:
    chance = random.Random(7)
    taken_back = 0
    with racers(2) as crowd:
        for _ in range(RACES):
            _, call_id = store("ceo")
            cancelling = after(chance.uniform(0, SPREAD_SECONDS), partial(cancel, call_id))
            cancelled, worked = crowd.race([cancelling, after(chance.uniform(0, SPREAD_SECONDS), work)])
            done = Message.objects.filter(subject=str(call_id)).count()
            assert (cancelled, worked, done) in ((True, False, 0), (False, True, 1))
            taken_back += cancelled is True
    assert 0 < taken_back < RACES, "the two never raced"
    assert Call.objects.filter(status=CallStatus.CANCELLED).count() == taken_back
    assert AuditRecord.objects.filter(action="call.cancelled").count() == taken_back
    assert Call.objects.filter(status=CallStatus.DONE).count() == RACES - taken_back == Message.objects.count()


@pytest.mark.django_db
def test_a_waiting_call_is_taken_back_once() -> None:
    _, call_id = store("ceo")
    assert cancel(call_id)
    assert not cancel(call_id)
    assert not work()
    call = Call.objects.get(pk=call_id)
    assert (call.status, call.finished_at is not None, call.attempt) == (CallStatus.CANCELLED, True, 0)


@pytest.mark.django_db
def test_what_is_claimed_or_done_is_not_taken_back() -> None:
    _, call_id = store("ceo")
    claimed = calls.claim(["ceo"], "worker")
    assert claimed
    assert not cancel(call_id)
    calls.perform(claimed, send, database_clock)
    assert not cancel(call_id)
    assert Call.objects.get(pk=call_id).status == CallStatus.DONE


@pytest.mark.django_db
def test_no_role_takes_back_anothers_call() -> None:
    _, call_id = store("ceo")
    assert not cancel(call_id, "cto")
    assert not cancel(uuid.uuid4())
    assert Call.objects.get(pk=call_id).status == CallStatus.QUEUED
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db
def test_what_is_taken_back_is_in_the_audit_once_as_the_roles_own_deed() -> None:
    _, call_id = store("ceo")
    assert cancel(call_id)
    assert not cancel(call_id)
    record = AuditRecord.objects.get()
    call = Call.objects.get(pk=call_id)
    assert (record.actor, record.action, record.subject, record.call) == ("ceo", "call.cancelled", call.ref, call)
    assert record.at == call.finished_at
    assert record.data == {
        "tool": "test",
        "says": "taken back before a worker took it",
        "charter": CharterVersion.objects.in_force().version,
        "before": {"status": "queued"},
        "after": {"status": "cancelled"},
    }


@pytest.mark.django_db
def test_what_is_forestalled_is_in_the_audit() -> None:
    unseen, (_, seen) = uuid.uuid4(), store("ceo")
    assert forestall(unseen)
    assert forestall(seen)
    assert not forestall(seen)
    told = AuditRecord.objects.order_by("id").values_list("call_id", "action", "actor")
    assert list(told) == [(unseen, "call.forestalled", "ceo"), (seen, "call.cancelled", "ceo")]


@pytest.mark.django_db
@pytest.mark.parametrize("tool", ["test", 'a "b" \\ c/d', "ünïcödé \U0001f600 \x7f", "\t\r\n\b\f\x01\x1f"])
@pytest.mark.parametrize("microseconds", [0, 1, 120_000])
def test_its_sealed_bytes_are_canonical_and_tell_what_the_columns_do(tool: str, microseconds: int) -> None:
    call_id = uuid.uuid4()
    assert forestall(call_id, tool)
    first = AuditRecord.objects.get()
    at = first.at.replace(microsecond=microseconds)
    call = Call.objects.create(
        id=uuid.uuid4(), role="ceo", tool=tool, effect="sets", arguments={}, digest=b"", status=CallStatus.CANCELLED,
        created_at=at, claimable_until=at, finished_at=at,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT note_call(%s, 'call.cancelled', 'x')", [call.pk])
    for record in AuditRecord.objects.all():
        body = bytes(record.body)
        read = json.loads(body)
        assert rfc8785.dumps(read) == body
        assert read == {
            "at": record.at.isoformat(),
            "actor": record.actor,
            "call": str(record.call_id),
            "action": record.action,
            "subject": record.subject,
            "data": record.data,
            "person": None,
            "timer": None,
        }
    assert AuditRecord.objects.get(call=call).at == at
