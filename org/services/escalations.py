"""Decisions before the board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from org import audit, authority, events, outbox
from org.acts import Act
from org.changes import Change, state
from org.charter import Charter
from org.enums import BoardAnswer, EscalationStatus, Mode, Status, Urgency
from org.models import BoardVote, Decision, Escalation, Member
from org.models.decisions import MOVING
from org.services import hashes


def open_for(
    act: Act,
    decision: Decision,
    *,
    ruling: dict[str, Any],
    initiative_usd: Decimal,
    reason: str,
    urgency: Urgency = Urgency.LOW,
    instead_of: Escalation | None = None,
    announce: Callable[[], None] | None = None,
) -> Escalation:
    """Put a locked, unsettled decision before the board, at least so urgently. The board always has it as mode human.

    `instead_of`: the open escalation that this one takes the place of; beginning anew asks no fewer members. `announce`
    tells of a decision that goes there as it is asked, before that is told.
    """
    was = state(decision, *MOVING)
    urgency = decision.urgency = Urgency(decision.urgency).or_more(urgency)
    decision.status, decision.mode = Status.ESCALATED, Mode.HUMAN
    decision.awaiting_role = decision.due_at = None
    if decision._state.adding:
        decision.save(force_insert=True)
    else:
        decision.save()
    if instead_of is not None:
        close(act, instead_of, EscalationStatus.WITHDRAWN)
    at_least = instead_of.members_at_opening if instead_of else 0
    members = max(at_least, Member.board.on_the_board().values("pk").distinct().count())
    needed = authority.members_needed(act.charter, decision.amount_usd, initiative_usd, members)
    escalation = Escalation.objects.create(
        decision=decision,
        raised_by=act.by.name,
        reason=reason,
        urgency=urgency,
        ruling=ruling,
        shown_hash=hashes.shown_hash(decision, ruling, initiative_usd),
        members_needed=needed,
        members_at_opening=members,
        status=EscalationStatus.OPEN,
        opened_at=act.now,
        deadline_at=act.now + timedelta(hours=act.charter.deadline_hours[urgency]),
        **act.by.cause,
    )
    if announce is not None:
        announce()
    payload = events.decision_payload(decision) | {"escalation": escalation.ref}
    outbox.put(events.DECISIONS_ESCALATED, payload, act.now)
    change = Change.since(was, decision).also("escalation", instead_of.ref if instead_of else None, escalation.ref)
    audit.record(
        act,
        "decision.escalated",
        decision.ref,
        change,
        escalation=escalation.ref,
        urgency=str(urgency),
        rule=ruling["rule"],
        reason=reason,
        members_needed=needed,
    )
    return escalation


def close(act: Act, matter: Escalation, status: EscalationStatus) -> None:
    """The board has answered an escalation, or it is withdrawn; the caller's record tells of it."""
    matter.status, matter.closed_at = status, act.now
    matter.save(update_fields=["status", "closed_at"])


def raise_urgency(act: Act, decision: Decision, urgency: Urgency, reason: str) -> str:
    """Make what the board has of a locked decision more urgent, never less, and due no later; says what came of it."""
    matter = Escalation.objects.select_for_update().get(decision=decision, status=EscalationStatus.OPEN)
    had = Urgency(matter.urgency)
    raised = had.or_more(urgency)
    if raised is had:
        return f"The board had it already as {matter.ref}; its urgency stays {had}."
    was, decision_was = state(matter, "urgency", "deadline_at"), state(decision, "urgency")
    due = act.now + timedelta(hours=act.charter.deadline_hours[raised])
    matter.urgency, matter.deadline_at = raised, min(matter.deadline_at, due)
    matter.save(update_fields=["urgency", "deadline_at"])
    decision.urgency = Urgency(decision.urgency).or_more(raised)
    decision.save(update_fields=["urgency"])
    payload = events.decision_payload(decision) | {"escalation": matter.ref, "urgency": str(raised)}
    outbox.put(events.DECISIONS_ESCALATED, payload, act.now)
    audit.record(
        act,
        "escalation.urgency_raised",
        matter.ref,
        Change.since(was, matter).along(decision.ref, Change.since(decision_was, decision)),
        decision=decision.ref,
        urgency=str(raised),
        was=str(had),
        reason=reason,
        deadline_at=matter.deadline_at.isoformat(),
    )
    return f"The board had it already as {matter.ref}; its urgency is raised from {had} to {raised}."


def members_needed_now(charter: Charter, escalation: Escalation, initiative_usd: Decimal) -> int:
    """As when it opened, or more: the initiative may have grown past the charter's threshold since."""
    amount, at_opening = escalation.decision.amount_usd, escalation.members_at_opening
    return max(escalation.members_needed, authority.members_needed(charter, amount, initiative_usd, at_opening))


def counting(escalation: Escalation, shown: str) -> QuerySet[BoardVote]:
    """The approvals that count: of exactly what is shown now, while their members are on the board."""
    members = Member.board.on_the_board()
    return escalation.votes.filter(answer=BoardAnswer.APPROVE, seen_hash=shown, member__in=members)
