"""What the sweeper finds: dead workers' calls, calls nobody may take or was rung for, messages past their time."""

import signal
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from org import credentials
from org.clock import database_clock
from org.enums import CallStatus
from org.models import Call, Message
from org.services import calls, messages
from tasks import checkpoints, sweeper
from tests.people import acting, racers, store
from tests.services.database import execute


def claim_and_die(seconds_ago: float = 1.0) -> Call:
    """A worker claims the waiting call and is never heard of again."""
    claimed = calls.claim(["ceo"], "worker")
    assert claimed is not None
    since = database_clock() - timedelta(seconds=seconds_ago)
    Call.objects.filter(pk=claimed.call_id).update(claimed_at=since)
    return Call.objects.get(pk=claimed.call_id)


@pytest.mark.django_db
def test_a_dead_workers_call_is_put_back_and_rung_for() -> None:
    store("ceo")
    call = claim_and_die()
    assert calls.free_dead(database_clock) == ["ceo"]
    call.refresh_from_db()
    assert (call.status, call.attempt, call.lease_until) == (CallStatus.QUEUED, 1, None)
    assert call.claimable_until > database_clock() + timedelta(minutes=5)
    again = calls.claim(["ceo"], "worker")
    assert again == calls.Claim(call.pk, 2, "ceo")


@pytest.mark.django_db
def test_a_call_claimed_a_moment_ago_is_left_alone() -> None:
    store("ceo")
    call = claim_and_die(seconds_ago=0)
    assert calls.free_dead(database_clock) == []
    call.refresh_from_db()
    assert call.status == CallStatus.RUNNING


@pytest.mark.django_db
def test_a_third_death_is_stored_as_a_failure() -> None:
    store("ceo")
    for _ in range(2):
        claim_and_die()
        assert calls.free_dead(database_clock) == ["ceo"]
    call = claim_and_die()
    assert calls.free_dead(database_clock) == []
    call.refresh_from_db()
    assert (call.status, call.attempt) == (CallStatus.FAILED, 3)
    assert call.result is not None
    assert "died 3 times. Nothing was done" in call.result["error"]
    assert calls.claim(["ceo"], "worker") is None


@pytest.mark.django_db
def test_a_call_once_claimed_cannot_be_taken_back_any_more() -> None:
    _, call_id = store("ceo")
    claim_and_die()
    calls.free_dead(database_clock)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cancel_call(%s, 'ceo')", [call_id])
        assert cursor.fetchone() == (False,)


def test_a_working_attempt_is_never_robbed(committed: str) -> None:
    store("ceo")
    call = claim_and_die(seconds_ago=3600)
    with racers(1) as crowd, transaction.atomic():
        assert list(Call.objects.raw("SELECT * FROM lock_call(%s, 1)", [call.pk])) == [call]
        assert crowd.race([lambda: calls.free_dead(database_clock)]) == [[]]
    assert calls.free_dead(database_clock) == ["ceo"]


def test_many_sweepers_free_each_call_once(committed: str) -> None:
    for _ in range(10):
        store("ceo")
        claim_and_die()
    with racers(8) as crowd:
        outcomes = crowd.race([lambda: calls.free_dead(database_clock)] * 8)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert Call.objects.filter(status=CallStatus.QUEUED, attempt=1).count() == 10


def expire(call_id: object, seconds: float) -> None:
    Call.objects.filter(pk=call_id).update(claimable_until=database_clock() - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_what_nobody_took_in_time_is_closed_as_not_done() -> None:
    _, call_id = store("ceo")
    store("ceo")
    expire(call_id, 1.5)
    assert calls.drop_unclaimed(database_clock) == 1
    call = Call.objects.get(pk=call_id)
    assert call.status == CallStatus.CANCELLED
    assert call.result is not None
    assert "Nothing was done" in call.result["error"]
    assert Call.objects.filter(status=CallStatus.QUEUED).count() == 1


@pytest.mark.django_db
def test_what_may_just_be_claimed_is_not_closed() -> None:
    _, call_id = store("ceo")
    expire(call_id, 0.1)
    assert calls.drop_unclaimed(database_clock) == 0


@pytest.mark.django_db
def test_what_was_tried_and_nobody_took_up_again_is_a_failure() -> None:
    _, call_id = store("ceo")
    claim_and_die()
    calls.free_dead(database_clock)
    expire(call_id, 1.5)
    assert calls.drop_unclaimed(database_clock) == 1
    assert Call.objects.get(pk=call_id).status == CallStatus.FAILED


@pytest.mark.django_db
def test_a_waiting_call_is_rung_for_again_after_a_while() -> None:
    for role in ("ceo", "ceo", "cto"):
        store(role)
    assert calls.ring_again(60) == []
    assert calls.ring_again(0) == ["ceo", "cto"]
    assert calls.ring_again(60) == []


@pytest.mark.django_db
def test_nobody_is_rung_for_what_is_over_or_may_not_be_claimed() -> None:
    _, call_id = store("ceo")
    expire(call_id, 0.1)
    store("cto")
    calls.claim(["cto"], "worker")
    assert calls.ring_again(0) == []


def test_old_messages_expire(committed: str) -> None:
    [row] = messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)
    sweeper.sweep()
    assert Message.objects.get(pk=row.pk).state == "stored"
    execute("UPDATE clock_offset SET shift = '30 days'")
    sweeper.sweep()
    assert Message.objects.get(pk=row.pk).state == "expired"


@pytest.mark.usefixtures("signals_kept")
def test_a_sweeper_that_breaks_ends_with_its_signing_so_that_it_is_started_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signing_told_to_stop = threading.Event()

    def sign_until_stopped(stopping: threading.Event) -> None:
        stopping.wait()
        signing_told_to_stop.set()

    def break_at_once(_: threading.Event) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(credentials, "use", lambda _: None)  # this process stays what it is
    monkeypatch.setattr(checkpoints, "run", sign_until_stopped)
    monkeypatch.setattr(sweeper, "run", break_at_once)
    with pytest.raises(RuntimeError, match="broken"):
        call_command("sweeper")
    assert signing_told_to_stop.is_set()


@pytest.fixture
def signals_kept() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
