"""A server frozen at each edge of a call and thawed later: what it then answers is what happened.

Workers frozen there: `test_unclaimed_calls`, `test_claimed_calls` and `tests/tasks/test_dead_workers`.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
import pytest
from django.db import connection

from org.enums import CallStatus
from org.models import Call, Decision, LedgerEntry
from tests.acceptance.conftest import Opens
from tests.acceptance.test_claimed_calls import finished, worker_inside
from tests.clients.raw import RawClient
from tests.stack import Organisation, Process, wait_until

pytestmark = pytest.mark.cold  # what is frozen is the server itself, not what stands in for it

MOST_SECONDS = 60
OVER_TWO = 2.5  # seconds: a call nobody claimed in two is taken back
WAITED_SECONDS = 8  # for PostgreSQL; past them a server thawed says that it does not know


class Asked(NamedTuple):
    """A request on its way, and when it was sent, by the monotonic clock."""

    request: int
    at: float


@pytest.fixture
def worker(office: Organisation) -> Process:
    office.start_sweeper()
    return office.start_worker("ceo")


def approve_nowait(ceo: RawClient, initiative: str) -> Asked:
    given = {"initiative": initiative, "business_value": "x", "budget": 750_000}
    return Asked(ceo.call_nowait("approve_strategic_initiative", **given), time.monotonic())


@contextmanager
def frozen(ceo: RawClient, seconds: float = OVER_TWO) -> Iterator[None]:
    """The server is frozen before the block, and thawed so many seconds after it."""
    ceo.process.send_signal(signal.SIGSTOP)
    try:
        yield
        time.sleep(seconds)
    finally:
        ceo.process.send_signal(signal.SIGCONT)


@contextmanager
def frozen_while_it_stores(office: Organisation, ceo: RawClient, initiative: str) -> Iterator[Asked]:
    """The call's row is written while its server is frozen, which therefore has not rung."""
    with psycopg.connect(office.database_url) as holder:
        holder.execute("LOCK TABLE calls IN SHARE MODE")
        asked = approve_nowait(ceo, initiative)
        wait_until(a_server_stores, MOST_SECONDS, "the server at its INSERT")
        with frozen(ceo):
            holder.commit()
            wait_until(Call.objects.filter(arguments__initiative=initiative).exists, MOST_SECONDS, "the row")
            yield asked


def a_server_stores() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND query LIKE '%store_call%'"
        )
        return cursor.fetchone() is not None


def assert_answer_is_effect(ceo: RawClient, asked: Asked) -> None:
    """Done and said so, once; or not done, said so, and never done. That it does not know is said only by a server that
    was frozen past the time PostgreSQL is waited for.
    """
    may_not_know = time.monotonic() - asked.at > WAITED_SECONDS
    answer = ceo.wait(asked.request)
    call = finished()
    done = call.status == CallStatus.DONE
    assert Decision.objects.count() == LedgerEntry.objects.count() == int(done)
    if may_not_know and "not known" in answer.text:
        return
    if done:
        assert answer.structured["status"] == "approved"
        return
    assert (call.status, call.attempt) == (CallStatus.CANCELLED, 0)
    assert answer.is_error
    assert "Nothing was done" in answer.text


def test_frozen_before_it_stores(client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with frozen(ceo):
        asked = approve_nowait(ceo, "Before")
    assert_answer_is_effect(ceo, asked)
    assert Call.objects.get().status == CallStatus.DONE


def test_frozen_after_it_stores_and_before_it_rings(office: Organisation, client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    with frozen_while_it_stores(office, ceo, "Unrung") as asked:
        pass
    assert_answer_is_effect(ceo, asked)


def test_frozen_after_it_stores_where_no_worker_is(office: Organisation, client: Opens) -> None:
    ceo = client("ceo")
    with frozen_while_it_stores(office, ceo, "Unheard") as asked:
        pass
    assert_answer_is_effect(ceo, asked)
    assert Call.objects.get().status == CallStatus.CANCELLED
    office.start_sweeper()
    office.start_worker("ceo")
    time.sleep(1)
    assert not Decision.objects.exists()


def test_frozen_while_nobody_claims_and_thawed_after_a_worker_came(client: Opens, worker: Process) -> None:
    ceo = client("ceo")
    worker.send(signal.SIGSTOP)
    asked = approve_nowait(ceo, "Race")
    wait_until(Call.objects.exists, MOST_SECONDS, "the row")
    with frozen(ceo):
        worker.send(signal.SIGCONT)
    assert_answer_is_effect(ceo, asked)


@pytest.mark.parametrize(
    "seconds",
    [
        OVER_TWO,
        pytest.param(46, marks=[pytest.mark.storm, pytest.mark.timeout(200)]),
        pytest.param(61, marks=[pytest.mark.storm, pytest.mark.timeout(200)]),
    ],
)
def test_frozen_after_the_claim_and_thawed_when_all_is_done(
    office: Organisation, client: Opens, worker: Process, seconds: float
) -> None:
    """After it finished and before it is answered; also past the 45 s a server waits and the 60 s a client does."""
    ceo = client("ceo")
    with worker_inside(office, ceo, "Claimed") as request:
        asked = Asked(request, time.monotonic())
        ceo.process.send_signal(signal.SIGSTOP)
    with frozen(ceo, seconds):
        assert finished().status == CallStatus.DONE
    assert_answer_is_effect(ceo, asked)


@pytest.mark.parametrize("seconds", [OVER_TWO, pytest.param(46, marks=[pytest.mark.storm, pytest.mark.timeout(200)])])
def test_frozen_together_with_the_worker(office: Organisation, client: Opens, worker: Process, seconds: float) -> None:
    """As when a laptop sleeps: the worker inside its transaction, the server waiting for it."""
    ceo = client("ceo")
    with worker_inside(office, ceo, "Asleep") as request:
        worker.send(signal.SIGSTOP)
        ceo.process.send_signal(signal.SIGSTOP)
    with frozen(ceo, seconds):
        pass
    worker.send(signal.SIGCONT)
    answer = ceo.wait(request)
    if answer.structured.get("still_running"):
        ref = Call.objects.get().ref
        assert answer.structured["call_id"] == ref
        told = ceo.call("wait_for", id=ref, timeout_seconds=50).structured
        assert told["result"]["approved"] is True
    else:
        assert answer.structured["status"] == "approved"
    assert finished().status == CallStatus.DONE
    assert Decision.objects.count() == LedgerEntry.objects.count() == 1
