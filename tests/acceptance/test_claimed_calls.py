"""Calls a worker has claimed: they are finished whatever becomes of the worker or the client, once."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from org.enums import CallStatus, LockClass
from org.models import Call, Decision, LedgerEntry
from tests.acceptance.conftest import Opens
from tests.clients.raw import RawClient
from tests.stack import Organisation, Process, wait_until

MOST_SECONDS = 60


@pytest.fixture
def worker(office: Organisation) -> Process:
    office.start_sweeper()
    return office.start_worker("ceo")


@contextmanager
def worker_inside(office: Organisation, ceo: RawClient, initiative: str) -> Iterator[int]:
    """A call whose worker waits inside its transaction until the block ends; the request's id."""
    key = initiative.lower()
    with psycopg.connect(office.database_url) as holder:
        holder.execute("INSERT INTO locks (lock_class, key) VALUES (%s, %s)", [LockClass.INITIATIVE, key])
        holder.commit()
        holder.execute("SELECT 1 FROM locks WHERE key = %s FOR UPDATE", [key])
        arguments = {"initiative": initiative, "business_value": "x", "budget": 750_000}
        call = {"name": "approve_strategic_initiative", "arguments": arguments, "_meta": {"progressToken": "p"}}
        request = ceo.request_nowait("tools/call", call)
        wait_until(a_session_waits, MOST_SECONDS, "the worker inside its transaction")
        yield request


def a_session_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone() is not None


def finished() -> Call:
    wait_until(lambda: Call.objects.filter(finished_at__isnull=False).exists(), MOST_SECONDS, "the call")
    return Call.objects.get()


def assert_done_once() -> None:
    assert finished().status == CallStatus.DONE
    assert Decision.objects.count() == LedgerEntry.objects.count() == 1


def test_a_claimed_call_outlasts_the_two_seconds(office: Organisation, client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with worker_inside(office, ceo, "Slow") as request:
        worker.send(signal.SIGSTOP)
    time.sleep(2.5)  # the bound of unclaimed calls must pass over a claimed one
    assert Call.objects.get().status == CallStatus.RUNNING
    worker.send(signal.SIGCONT)
    assert ceo.wait(request).structured["status"] == "approved"
    assert Call.objects.get().attempt == 1, "the sweeper robbed it"
    assert_done_once()


def test_progress_is_told_while_a_call_runs(office: Organisation, client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with worker_inside(office, ceo, "Patience") as request:
        told = ceo.receive_notification("notifications/progress")
    assert (told["progressToken"], told["message"]) == ("p", f"{Call.objects.get().ref} is running")
    assert told["progress"] >= 1
    assert ceo.wait(request).structured["status"] == "approved"


def test_cancelling_a_claimed_call_does_not_undo_it(office: Organisation, client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with worker_inside(office, ceo, "Too late") as request:
        ceo.notify("notifications/cancelled", {"requestId": request})
        assert ceo.request("ping") == {}
    assert_done_once()
    brief = client("ceo").call("brief_me").structured
    assert [call["call_id"] for call in brief["pending_calls"]] == [Call.objects.get().ref]


def test_the_answer_waits_for_a_client_that_was_killed(office: Organisation, client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with worker_inside(office, ceo, "Widow"):
        ceo.kill()
    assert_done_once()
    again = client("ceo")
    brief = again.call("brief_me").structured
    ref = Call.objects.get().ref
    assert brief["pending_calls"] == [{"call_id": ref, "tool": "approve_strategic_initiative", "status": "done"}]
    assert "calls whose answers you have not seen: 1" in brief["say"]
    told = again.call("wait_for", id=ref, timeout_seconds=0).structured
    assert (told["settled"], told["result"]["approved"]) == (True, True)
    repeated = again.call(
        "approve_strategic_initiative", initiative="Widow", business_value="x", budget=750_000
    ).structured
    assert (repeated["approved"], repeated["repeated_of"]) == (True, ref)
    assert_done_once()
    assert again.call("brief_me").structured["pending_calls"] == []


def test_a_killed_worker_is_not_noticed_by_the_client(office: Organisation, client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with worker_inside(office, ceo, "Phoenix") as request:
        worker.kill()
    office.start_worker("ceo")
    told = ceo.wait(request).structured
    assert (told["status"], told["repeated_of"]) == ("approved", None)
    assert Call.objects.get().attempt == 2
    assert_done_once()


@pytest.mark.storm
@pytest.mark.parametrize("longer", [0, 17], ids=["45 s", "over the 60 s after which clients give up"])
def test_a_call_that_lasts_longer_than_the_client_waits_is_still_running(
    office: Organisation, client: Opens, worker: Process, longer: float
) -> None:
    """The worker is frozen, and nobody takes over."""
    ceo = client("ceo")
    with worker_inside(office, ceo, "Endless") as request:
        worker.send(signal.SIGSTOP)
    told = ceo.wait(request, timeout=60).structured
    ref = Call.objects.get().ref
    assert (told["still_running"], told["call_id"]) == (True, ref)
    assert "Do not send it again" in told["say"]
    time.sleep(longer)
    again = ceo.call_nowait("approve_strategic_initiative", initiative="Endless", business_value="x", budget=750_000)
    worker.send(signal.SIGCONT)
    assert ceo.wait(again).structured["repeated_of"] == ref
    assert ceo.call("wait_for", id=ref, timeout_seconds=50).structured["result"]["approved"] is True
    assert_done_once()
