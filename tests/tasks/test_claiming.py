"""Taking a waiting call: one worker gets it, in order, only while it may still be taken."""

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import F

from org.clock import database_clock
from org.enums import CallStatus
from org.models import Call
from org.services import calls
from tests.people import racers, store


def claimed(role: str = "ceo") -> calls.Claim:
    found = calls.claim([role], "worker")
    assert found is not None
    return found


@pytest.mark.django_db
def test_the_oldest_waiting_call_of_the_role_is_claimed() -> None:
    first, second = store("ceo")[1], store("ceo")[1]
    store("cto")
    assert [claimed().call_id, claimed().call_id] == [first, second]
    assert calls.claim(["ceo"], "worker") is None
    assert calls.claim(["ceo", "cto"], "worker") is not None


@pytest.mark.django_db
def test_a_claimed_call_is_running_under_a_lease() -> None:
    _, call_id = store("ceo")
    assert claimed() == calls.Claim(call_id, 1, "ceo")
    call = Call.objects.get(pk=call_id)
    assert (call.status, call.attempt, call.worker) == (CallStatus.RUNNING, 1, "worker")
    assert call.lease_until is not None
    assert call.lease_until > database_clock()


@pytest.mark.django_db
def test_a_call_that_was_given_up_is_not_claimed() -> None:
    _, call_id = store("ceo")
    Call.objects.filter(pk=call_id).update(claimable_until=database_clock() - timedelta(milliseconds=1))
    assert calls.claim(["ceo"], "worker") is None


@pytest.mark.django_db
@pytest.mark.parametrize("roles", [[], ["cto"], ["janitor"]])
def test_a_worker_claims_nothing_outside_its_queues(roles: list[str]) -> None:
    store("ceo")
    assert calls.claim(roles, "worker") is None


def test_twenty_workers_at_once_claim_each_call_once(committed: str) -> None:
    with racers(20) as crowd:
        for _ in range(10):
            waiting = {store("ceo")[1] for _ in range(15)}
            outcomes = crowd.race([lambda: calls.claim(["ceo"], "worker")] * 20)
            found = Counter(outcome.call_id for outcome in outcomes if isinstance(outcome, calls.Claim))
            assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
            assert set(found.values()) == {1}
            for left in iter(lambda: calls.claim(["ceo"], "worker"), None):  # skipped while another looked at it
                found[left.call_id] += 1
            assert found == Counter(waiting)
    assert not Call.objects.exclude(attempt=1).exists()


def test_a_claim_moves_nothing_but_its_own_row(committed: str) -> None:
    ids = [store("ceo")[1] for _ in range(3)]
    claimed()
    assert (
        list(Call.objects.filter(status=CallStatus.QUEUED).order_by("number").values_list("pk", flat=True)) == ids[1:]
    )
    assert Call.objects.filter(claimed_at__gt=F("created_at")).count() == 1
    assert isinstance(ids[0], uuid.UUID)
