"""What time does by itself: once each, whenever Echo is back, and never a yes or a no."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from org.clock import database_clock
from org.enums import BoardAnswer, Status, Urgency
from org.errors import InvalidInput, Refused
from org.models import AuditRecord, Decision, Escalation, Message
from org.services import budgets, decisions, overdue
from org.services.overdue import next_deadline
from tests.people import acting, amend_charter, answer, propose, put_to_vote, request_revision
from tests.services.boardroom import APPROVE
from tests.services.database import execute

pytestmark = pytest.mark.django_db
HOURS = {Urgency.CRITICAL: 4, Urgency.HIGH: 24, Urgency.NORMAL: 72, Urgency.LOW: 168}


def set_clock(hours: float) -> None:
    """Let the organisation's clock stand so many hours after the wall's."""
    execute("UPDATE clock_offset SET shift = make_interval(secs => %s)", hours * 3600)


def sweep() -> None:
    overdue.act(database_clock)
    overdue.remind(database_clock)


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def reminders(decision: Decision) -> list[str]:
    """The urgency said by each reminder, in order."""
    rows = AuditRecord.objects.filter(action="escalation.reminded", data__decision=decision.ref).order_by("id")
    return [row.data["urgency"] for row in rows]


def test_a_silent_role_is_passed_over_step_by_step_up_to_the_board() -> None:
    decision = propose("senior_developer", None, "architecture")
    asked = []
    for day in range(0, 13, 3):
        set_clock(day * 24 + day / 10)
        sweep()
        asked.append(again(decision).waiting_on[0])
    assert asked == ["senior_architect", "cto", "ceo", "board", "board"]
    assert again(decision).status == Status.ESCALATED
    assert "did not answer in time" in Escalation.objects.get(decision=decision).reason
    needing = Message.objects.filter(decision=decision).needing_action()
    assert list(needing) == [], "whoever was passed over is asked no more"


def test_who_was_asked_to_revise_is_given_all_the_time_there_is() -> None:
    decision = propose("ceo", 5_000_000)
    request_revision(decision)
    set_clock(24 * 365)
    sweep()
    assert again(decision).waiting_on == ["ceo"]


def test_an_answer_before_the_sweep_and_after_the_deadline_still_counts_once() -> None:
    decision = propose("cto", 600_000, "budget_allocation")
    set_clock(80)
    decisions.resolve(decision=decision.ref, approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    sweep()
    assert again(decision).status == Status.APPROVED


def test_the_board_is_reminded_with_rising_urgency_and_then_daily() -> None:
    decision = propose("ceo", 5_000_000)
    for hour in range(24 * 8):
        set_clock(hour + 0.01)
        sweep()
    told = reminders(decision)
    assert told[:2] == ["high", "critical"]
    assert set(told[2:]) == {"critical"}
    assert len(told) in (5, 6)  # 72 h, 96 h, 100 h, and a day each
    assert again(decision).status == Status.ESCALATED
    letters = Message.objects.filter(decision=decision, to_role="ceo", from_role="system")
    assert letters.count() == len(told)


def test_after_a_long_stop_there_is_one_reminder_with_the_urgency_it_came_to() -> None:
    decision = propose("ceo", 5_000_000, urgency=Urgency.LOW)
    set_clock(24 * 40)
    for _ in range(5):
        sweep()
    assert reminders(decision) == ["critical"]
    escalation = Escalation.objects.get(decision=decision)
    assert escalation.reminders == 1
    assert timedelta(hours=23) < escalation.deadline_at - database_clock() <= timedelta(days=1)


def test_a_reminded_matter_can_still_be_approved_by_what_was_shown_before() -> None:
    decision = propose("ceo", 5_000_000)
    set_clock(100)
    sweep()
    answer(decision, APPROVE)
    assert again(decision).status == Status.APPROVED
    set_clock(24 * 40)
    sweep()
    assert len(reminders(decision)) == 1


@given(st.sampled_from(Urgency), st.integers(0, 24 * 60))
def test_a_next_deadline_lies_ahead_and_urgency_never_falls(urgency: Urgency, late_hours: int) -> None:
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    after, deadline = next_deadline(urgency, now - timedelta(hours=late_hours), HOURS, now)
    assert after.or_more(urgency) is after
    assert deadline > now
    waited, expected = timedelta(0), urgency
    while waited <= timedelta(hours=late_hours) and expected is not Urgency.CRITICAL:
        expected = expected.next()
        waited += timedelta(hours=HOURS[expected])
    assert after is expected


def test_what_expired_or_was_rejected_is_no_budget_to_allocate() -> None:
    with_final_date("strategic_initiative")
    expired, approved = propose("ceo", 5_000_000), propose("ceo", 1_000)
    set_clock(10 * 24)
    sweep()
    for source, why in (
        (expired, "is expired; only approved budget can be allocated"),
        (None, r"more than the \$1,000"),
    ):
        with pytest.raises(Refused, match=why):
            allocate(1_001, again(source) if source else None)
    allocate(1_000, again(approved))  # what was approved in time is used by its approval, and expires no more


def allocate(amount: int, source: Decision | None) -> None:
    budgets.allocate(
        amount_usd=Decimal(amount),
        department="R&D",
        justification="x",
        decision=source,
        by=acting("ceo"),
        clock=database_clock,
    )


def with_final_date(decision_type: str = "feature", days: int = 10) -> None:
    """A charter in which what is undecided of a type expires after so many days."""
    amend_charter(f"[types.{decision_type}]\n", f"[types.{decision_type}]\nfinal_days = {days}\n")


def test_what_nobody_decided_by_its_final_date_expires_whoever_has_it() -> None:
    with_final_date("strategic_initiative")
    with_final = [
        propose("ceo", 5_000_000),
        put_to_vote("ceo", 5_000, "strategic_initiative", deadline=database_clock() + timedelta(days=60)),
    ]
    without = propose("cto", 750_000, "budget_allocation")
    sent_back = propose("ceo", 6_000_000)
    request_revision(sent_back)
    set_clock(10 * 24 - 1)
    sweep()
    assert not any(again(decision).is_settled for decision in with_final)
    set_clock(10 * 24)
    for _ in range(2):
        sweep()
    for decision in map(again, [*with_final, sent_back]):
        assert (decision.status, decision.decided_by, decision.waiting_on) == (Status.EXPIRED, "system", [])
        assert "the final date of its type" in (decision.outcome or {})["rationale"]
        assert AuditRecord.objects.filter(subject=decision.ref, action="decision.settled").count() == 1
    assert not again(without).is_settled
    assert not Escalation.objects.filter(decision__in=with_final, closed_at=None).exists()
    assert Message.objects.filter(decision=with_final[0], subject__contains="expired").exists()


def test_past_its_final_date_nothing_is_answered_though_the_sweeper_slept() -> None:
    with_final_date("strategic_initiative")
    late = propose("ceo", 5_000_000, title="Lab")
    set_clock(10 * 24 + 1)
    with pytest.raises(Refused, match="expired on"):
        answer(late, BoardAnswer.APPROVE)
    with pytest.raises(InvalidInput, match=r"revises: D-\d+ expired on"):
        propose("ceo", 6_000_000, title="Lab", revises=late.ref)


def test_whoever_is_asked_has_time_until_the_final_date_and_no_longer() -> None:
    with_final_date("architecture", 1)
    decision = propose("senior_developer", None, "architecture")
    assert decision.due_at == decision.final_at == decision.created_at + timedelta(days=1)


def test_a_charter_published_later_moves_no_final_date() -> None:
    decision = propose("ceo", 5_000_000)
    with_final_date("strategic_initiative", 1)
    set_clock(3 * 24)
    sweep()
    assert not again(decision).is_settled
