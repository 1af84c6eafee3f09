"""Requests that need no action any more: who made it so is in the audit, not the recipient that did nothing."""

from __future__ import annotations

import pytest

from org.clock import database_clock
from org.models import AuditRecord, Decision, Message
from org.services import decisions, messages, overdue
from tests.people import VOTERS, acting, propose, put_to_vote, vote
from tests.services.database import execute

pytestmark = pytest.mark.django_db


def told(decision: Decision, action: str) -> list[tuple[str, str, object]]:
    """Who did it to which request about a decision, and for whom it was."""
    refs = {row.ref for row in Message.objects.filter(decision=decision, type="request")}
    rows = AuditRecord.objects.filter(action=action, subject__in=refs).order_by("id")
    return [(row.actor, row.subject, row.data.get("to")) for row in rows]


def requests(decision: Decision) -> list[Message]:
    return list(Message.objects.filter(decision=decision, type="request").order_by("number"))


def test_a_vote_acknowledges_the_request_for_it() -> None:
    decision = put_to_vote()
    by = acting("cto")
    vote(decision, "cto", by=by)
    vote(decision, "cto")
    [asked] = [row for row in requests(decision) if row.to_role == "cto"]
    assert told(decision, "message.acknowledged") == [("cto", asked.ref, None)]
    record = AuditRecord.objects.get(action="message.acknowledged")
    assert (record.call, record.data["note"]) == (by.call, "voted")
    assert record.data["before"] == {"acknowledged_at": None, "acknowledge_note": ""}
    assert record.data["after"] == {"acknowledged_at": record.at.isoformat(), "acknowledge_note": "voted"}


def test_who_settles_a_decision_settles_what_was_asked_about_it() -> None:
    decision = put_to_vote()
    vote(decision, "cto")
    by = acting("ceo")
    decisions.withdraw(decision=decision.ref, reason="no", by=by, clock=database_clock)
    asked = {row.to_role: row.ref for row in requests(decision)}
    assert told(decision, "message.settled") == [("ceo", asked[role], role) for role in VOTERS if role != "cto"]
    record = AuditRecord.objects.filter(action="message.settled")[0]
    assert (record.call, record.data["decision"]) == (by.call, decision.ref)


def test_what_was_acknowledged_is_settled_by_nobody() -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    [asked] = requests(decision)
    messages.acknowledge(message=asked.ref, note="on it", by=acting("ceo"), clock=database_clock)
    decisions.withdraw(decision=decision.ref, reason="no", by=acting("cto"), clock=database_clock)
    assert told(decision, "message.settled") == []
    assert Message.objects.get(pk=asked.pk).acknowledge_note == "on it"


def test_a_deadline_settles_the_request_that_was_not_answered() -> None:
    decision = propose("senior_developer", None, "architecture")
    [asked] = requests(decision)
    execute("UPDATE clock_offset SET shift = '90 days'")
    assert overdue.act(database_clock) == 1
    assert told(decision, "message.settled") == [("system", asked.ref, asked.to_role)]
    assert AuditRecord.objects.get(action="message.settled").timer == "deadline"
