"""What was said, raised or voted stays as it was, and so does its cause; receipts and answers come once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError

from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Urgency
from org.models import Decision, DecisionVote, Escalation, Message
from org.models.base import Deed
from org.services import artifacts, budgets, memories, message_times, messages, stops
from tests.people import acting, board_member, propose, put_to_vote, start_run, vote
from tests.services.database import execute, refused

pytestmark = pytest.mark.django_db

DEEDS = [model for model in apps.get_models() if issubclass(model, Deed)]


def everything() -> None:
    """At least one row of every kind of deed."""
    propose("ceo", 750_000)
    budgets.allocate(amount_usd=Decimal(1), department="R&D", justification="x", by=acting("ceo"), clock=database_clock)
    propose("ceo", 5_000_000)
    vote(put_to_vote(), "cto")
    send()
    memories.remember(key="x", content="y", by=acting("cto"), clock=database_clock)
    artifacts.make(kind=ArtifactKind.FEATURE, name="x", content={}, by=acting("cto"), clock=database_clock)
    start_run()
    stops.suspend(role="chro", reason="x", by=Actor.member(board_member()), clock=database_clock)


def send() -> Message:
    [row] = messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)
    return row


def waiting() -> Escalation:
    return Escalation.objects.get(decision=propose("ceo", 5_000_000))


@pytest.mark.parametrize("deed", DEEDS, ids=lambda model: model._meta.db_table)
def test_the_cause_of_a_deed_never_changes(deed: type[Deed]) -> None:
    everything()
    table = deed._meta.db_table
    assert execute(f"SELECT 1 FROM {table}") > 0
    other = acting("chro").call
    assert other is not None
    with refused("Cannot update"):
        execute(f"UPDATE {table} SET call_id = %s", other.pk)
    with refused("Cannot update"):
        execute(f"UPDATE {table} SET call_id = NULL, timer = 'x'")


# --- Messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "content = '\"y\"'",
        "subject = 'y'",
        "from_role = 'board'",
        "to_role = 'ceo'",
        "sent_to = 'all'",
        "type = 'response'",
        "metadata = '{\"a\": 1}'",
        "priority = 'low'",
        "thread_id = 'y'",
        "reply_to = 1",
        "ack_by = now()",
        "expires_at = now()",
        "created_at = now()",
        "number = 0",
        "position = 0",
    ],
)
def test_a_message_says_what_it_said(change: str) -> None:
    row = send()
    with refused("Cannot update"):
        execute(f"UPDATE messages SET {change} WHERE id = %s", row.pk)


@pytest.mark.parametrize(
    "change",
    [
        "offered_at = NULL",
        "offered_at = now() - interval '1 day'",
        "read = false, read_at = NULL",
        "read_at = now() - interval '1 day'",
        "acknowledged_at = NULL",
        "acknowledged_at = now() - interval '1 day'",
        "acknowledge_note = 'never'",
        "expired_at = NULL",
    ],
)
def test_a_receipt_is_given_once(change: str) -> None:
    row = send()
    execute("SELECT mark_read('cto', %s)", [row.number])
    messages.acknowledge(message=row.ref, note="on it", by=acting("cto"), clock=database_clock)
    message_times.expire_due(lambda: row.expires_at)
    kept = Message.objects.get(pk=row.pk)
    assert None not in (kept.offered_at, kept.read_at, kept.acknowledged_at, kept.expired_at)
    with refused("Cannot update"):
        execute(f"UPDATE messages SET {change} WHERE id = %s", row.pk)


# --- Escalations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "number = 0",
        "decision_id = (SELECT id FROM decisions WHERE mode = 'autonomous')",
        "raised_by = 'cto'",
        "reason = 'another'",
        "ruling = '{}'",
        "shown_hash = repeat('0', 64)",
        "members_needed = 2",
        "members_at_opening = members_at_opening + 1",
        "opened_at = now() - interval '1 day'",
    ],
)
def test_what_the_board_was_asked_never_changes(change: str) -> None:
    escalation = waiting()
    propose("ceo", 1)
    with refused("Cannot update"):
        execute(f"UPDATE escalations SET {change} WHERE id = %s", escalation.pk)


def test_an_escalation_becomes_more_urgent_and_never_less() -> None:
    escalation = waiting()
    for urgency in (Urgency.HIGH, Urgency.CRITICAL):
        Escalation.objects.filter(pk=escalation.pk).update(urgency=urgency, deadline_at=database_clock())
        with refused("Cannot update"):
            Escalation.objects.filter(pk=escalation.pk).update(urgency=Urgency.NORMAL)
    with refused("Cannot update"):
        Escalation.objects.filter(pk=escalation.pk).update(urgency=Urgency.HIGH)


# --- Votes ------------------------------------------------------------------------------------------------------------


def test_a_changed_vote_has_the_cause_of_its_change() -> None:
    decision = put_to_vote()
    vote(decision, "cto")
    again = acting("cto")
    vote(decision, "cto", by=again)
    assert DecisionVote.objects.get(decision=decision).call == again.call


@pytest.mark.parametrize("column", ["vote", "first_vote"])
def test_a_ballot_holds_no_unknown_word(column: str) -> None:
    decision = put_to_vote()
    by = acting("cto")
    assert by.call is not None
    words = {"vote": "approve", "first_vote": "approve"} | {column: "perhaps"}
    with refused(f"decision_votes_{column}_known", IntegrityError):
        execute(
            "INSERT INTO decision_votes (decision_id, voter_role, vote, first_vote, confidence, first_confidence,"
            " evidence, first_voted_at, voted_at, call_id) VALUES (%s, 'cto', %s, %s, 1, 1, '[]', now(), now(), %s)",
            decision.pk,
            words["vote"],
            words["first_vote"],
            by.call.pk,
        )


def test_the_score_of_a_vote_stays_as_it_closed() -> None:
    settled = put_to_vote()
    for role in ("cto", "chro", "operations_head"):
        settled = vote(settled, role, confidence=1)
    assert (settled.is_settled, settled.consensus_score) == (True, 1)
    for decision in (settled, propose("ceo", 1), propose("ceo", 5_000_000)):
        with refused("Cannot update"):
            Decision.objects.filter(pk=decision.pk).update(consensus_score=0.5)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda model: model._meta.db_table)
def test_every_deed_is_held_to_its_cause(deed: type[Deed]) -> None:
    table = deed._meta.db_table
    assert f"{table}_true_cause" in {trigger.name for trigger in deed._meta.triggers}
    assert f"{table}_one_cause" in {constraint.name for constraint in deed._meta.constraints}
