"""Running a claimed call: its effects, its answer and its audit together, or none of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from org.actors import Actor
from org.clock import database_clock
from org.enums import CallStatus
from org.errors import InvalidInput, OrgError, Refused, Unavailable
from org.models import AuditRecord, Call, Message
from org.services import calls, messages
from tests.people import store

pytestmark = pytest.mark.django_db


def send(call: Call) -> dict[str, Any]:
    """A tool with an effect."""
    [row] = messages.send(to="cto", subject="x", content="x", by=Actor.role(call), clock=database_clock)
    return {"ref": row.ref}


def claim() -> calls.Claim:
    store("ceo")
    claimed = calls.claim(["ceo"], "worker")
    assert claimed is not None
    return claimed


def perform(run: Callable[[Call], Any], claimed: calls.Claim | None = None) -> Call:
    claimed = claimed or claim()
    assert calls.perform(claimed, run, database_clock)
    return Call.objects.get(pk=claimed.call_id)


def after_sending(error: Exception) -> Callable[[Call], Any]:
    def run(call: Call) -> Any:
        send(call)
        raise error

    return run


def fail_in_sql(sqlstate: str, times: int) -> Callable[[Call], Any]:
    """A tool that has an effect and then meets a real error of the database, the first so many times."""
    met = iter(range(times))

    def run(call: Call) -> Any:
        answer = send(call)
        if next(met, None) is not None:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '{sqlstate}'; END $$")
        return answer

    return run


def test_effect_answer_and_audit_are_stored_together() -> None:
    call = perform(send)
    message = Message.objects.get()
    assert (call.status, call.result, call.changed) == (CallStatus.DONE, {"answer": {"ref": message.ref}}, True)
    assert (call.finished_at is not None, call.lease_until) == (True, None)
    assert message.call == call
    assert AuditRecord.objects.get(call=call).action == "message.sent"


def test_a_call_that_altered_nothing_changed_nothing() -> None:
    call = perform(lambda call: {"seen": True})
    assert (call.status, call.changed) == (CallStatus.DONE, False)


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (Refused("over_approved", "Too much.", "Ask for less."), "over_approved"),
        (InvalidInput("amount", "too small."), "input"),
        (OrgError("Something of ours."), "refused"),
        (Unavailable("A server of somebody else's is away. Nothing was done."), "refused"),
    ],
)
def test_a_refusal_undoes_the_effects_and_is_stored_as_the_answer(error: OrgError, rule: str) -> None:
    call = perform(after_sending(error))
    assert (call.status, call.result, call.changed) == (CallStatus.DONE, {"error": str(error)}, False)
    assert not Message.objects.exists()
    record = AuditRecord.objects.get(call=call)
    assert (record.action, record.subject, record.data["rule"]) == ("call.refused", call.ref, rule)


@pytest.mark.parametrize("sqlstate", ["40P01", "40001", "55P03"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_deadlock_is_tried_again_as_a_whole(sqlstate: str, times: int) -> None:
    call = perform(fail_in_sql(sqlstate, times))
    assert (call.status, call.attempt) == (CallStatus.DONE, 1)
    assert Message.objects.count() == 1


def test_after_three_deadlocks_a_failure_is_stored() -> None:
    call = perform(fail_in_sql("40P01", 3))
    assert call.status == CallStatus.FAILED
    assert call.result is not None
    assert "Nothing was done" in call.result["error"]
    assert not Message.objects.exists()
    assert AuditRecord.objects.get(call=call).action == "call.failed"


def test_a_later_attempt_fences_an_earlier_one() -> None:
    claimed = claim()
    later = calls.Claim(claimed.call_id, 2, "ceo")
    Call.objects.filter(pk=claimed.call_id).update(attempt=2)
    assert calls.perform(claimed, send, database_clock) is False
    assert calls.fail(claimed, "late", database_clock) is False
    assert not Message.objects.exists()
    assert perform(send, later).status == CallStatus.DONE
    assert Message.objects.count() == 1


@pytest.mark.parametrize("status", [CallStatus.QUEUED, CallStatus.CANCELLED, CallStatus.DONE])
def test_only_a_running_call_is_performed(status: str) -> None:
    claimed = claim()
    if status == CallStatus.QUEUED:
        Call.objects.filter(pk=claimed.call_id).update(status=status)
    else:
        Call.objects.filter(pk=claimed.call_id).update(status=status, finished_at=database_clock(), result={})
    assert calls.perform(claimed, send, database_clock) is False
    assert not Message.objects.exists()


def test_a_finished_call_is_not_performed_again() -> None:
    claimed = claim()
    perform(send, claimed)
    assert calls.perform(claimed, send, database_clock) is False
    assert Message.objects.count() == 1
