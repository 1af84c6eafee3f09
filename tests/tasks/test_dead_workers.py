"""Workers that are killed or frozen while a call is inside their transaction: its effect happens exactly once."""

import json
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from org.enums import CallStatus, LockClass
from org.models import Call, Decision, LedgerEntry
from tests.people import store
from tests.stack import Organisation, wait_until

INITIATIVE = "ai lab"
MOST_SECONDS = 60  # on a busy machine; mended within a second or two on a free one


def ask_to_approve() -> uuid.UUID:
    arguments = {"initiative": INITIATIVE, "business_value": "x", "budget": 750000}
    return store("ceo", "approve_strategic_initiative", json.dumps(arguments), effect="creates")[1]


@contextmanager
def initiative_locked(office: Organisation) -> Iterator[psycopg.Connection]:
    """Whoever judges the initiative waits, inside its transaction, until the block ends."""
    with psycopg.connect(office.database_url) as holder:
        holder.execute(
            "INSERT INTO locks (lock_class, key) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [LockClass.INITIATIVE, INITIATIVE],
        )
        holder.commit()
        holder.execute("SELECT 1 FROM locks WHERE key = %s FOR UPDATE", [INITIATIVE])
        yield holder


def waiting_backends() -> int:
    """Sessions of workers that wait for a row somebody else has locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def is_done(call_id: uuid.UUID) -> bool:
    return Call.objects.filter(pk=call_id, status=CallStatus.DONE).exists()


def assert_done_once(call_id: uuid.UUID, attempt: int) -> None:
    call = Call.objects.get(pk=call_id)
    assert call.result is not None
    assert (call.attempt, call.result["answer"]["approved"]) == (attempt, True)
    assert Decision.objects.get().call_id == call_id
    assert LedgerEntry.objects.count() == 1


def test_a_killed_workers_call_is_done_exactly_once_by_another(office: Organisation) -> None:
    worker = office.start_worker("ceo")
    with initiative_locked(office):
        call_id = ask_to_approve()
        wait_until(lambda: waiting_backends() == 1, MOST_SECONDS, "the worker inside its transaction")
        worker.kill()
    office.start_worker("ceo")
    wait_until(lambda: is_done(call_id), MOST_SECONDS, "the call")
    assert_done_once(call_id, attempt=2)


@pytest.mark.storm
def test_a_call_that_kills_every_worker_is_given_up_after_the_third(office: Organisation) -> None:
    with initiative_locked(office):
        call_id = ask_to_approve()
        for attempt in (1, 2, 3):
            worker = office.start_worker("ceo")
            wait_until(
                lambda n=attempt: Call.objects.filter(pk=call_id, attempt=n).exists() and waiting_backends() == 1,
                MOST_SECONDS,
                f"attempt {attempt}",
            )
            worker.kill()
            with connection.cursor() as cursor:  # a session that waits for a lock does not notice that its client died
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
    wait_until(lambda: Call.objects.filter(pk=call_id, status=CallStatus.FAILED).exists(), MOST_SECONDS, "the failure")
    office.start_worker("ceo")
    other = store("ceo", "withdraw_decision", '{"decision_id": "D-1", "reason": "x"}')[1]
    wait_until(lambda: is_done(other), MOST_SECONDS, "the queue to go on")
    call = Call.objects.get(pk=call_id)
    assert call.result is not None
    assert "died 3 times. Nothing was done" in call.result["error"]
    assert not Decision.objects.exists()


def test_a_cut_connection_under_a_call_leaves_it_to_be_done_once(office: Organisation) -> None:
    office.start_worker("ceo")
    with initiative_locked(office):
        call_id = ask_to_approve()
        wait_until(lambda: waiting_backends() == 1, MOST_SECONDS, "the worker inside its transaction")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
    wait_until(lambda: is_done(call_id), MOST_SECONDS, "the call")
    assert_done_once(call_id, attempt=2)


@pytest.mark.storm
def test_a_worker_frozen_for_a_moment_is_not_robbed(office: Organisation) -> None:
    worker = office.start_worker("ceo")
    with initiative_locked(office):
        call_id = ask_to_approve()
        wait_until(lambda: waiting_backends() == 1, MOST_SECONDS, "the worker inside its transaction")
        worker.send(signal.SIGSTOP)
    office.start_worker("ceo")  # takes a second or more: far longer than the sweeper's grace
    assert Call.objects.get(pk=call_id).status == CallStatus.RUNNING
    worker.send(signal.SIGCONT)
    wait_until(lambda: is_done(call_id), MOST_SECONDS, "the call")
    assert_done_once(call_id, attempt=1)


@pytest.mark.storm
def test_a_worker_frozen_for_long_is_fenced(office: Organisation) -> None:
    """Its session is idle in a transaction: PostgreSQL ends it after ten seconds, and another worker takes over."""
    frozen = office.start_worker("ceo")
    with initiative_locked(office):
        call_id = ask_to_approve()
        wait_until(lambda: waiting_backends() == 1, MOST_SECONDS, "the worker inside its transaction")
        frozen.send(signal.SIGSTOP)
    began = time.monotonic()
    office.start_worker("ceo")
    wait_until(lambda: is_done(call_id), MOST_SECONDS, "the call")
    assert time.monotonic() - began > 8
    frozen.send(signal.SIGCONT)
    other = [store("ceo", "withdraw_decision", '{"decision_id": "D-999", "reason": "x"}')[1] for _ in range(5)]
    wait_until(lambda: all(is_done(id) for id in other), MOST_SECONDS, "both workers to go on")
    assert_done_once(call_id, attempt=2)
