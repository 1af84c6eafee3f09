"""Decisions before the board."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from org import audit, authority, events, outbox
from org.actors import Actor
from org.charter import Charter
from org.enums import BoardAnswer, EscalationStatus, Mode, Status, Urgency
from org.models import BoardVote, Decision, Escalation, Member
from org.services import hashes


def open_for(
    decision: Decision,
    *,
    ruling: dict[str, Any],
    initiative_usd: Decimal,
    reason: str,
    charter: Charter,
    by: Actor,
    now: datetime,
    members_at_least: int = 0,
) -> Escalation:
    """Put a locked, unsettled decision before the board. The board always has it as mode human.

    `members_at_least`: what the board had when the matter first came to it, so that beginning anew asks no fewer.
    """
    decision.status, decision.mode = Status.ESCALATED, Mode.HUMAN
    decision.awaiting_role = decision.due_at = None
    if decision._state.adding:
        decision.save(force_insert=True)
    else:
        decision.save()
    members = max(members_at_least, Member.board.on_the_board().values("pk").distinct().count())
    needed = authority.members_needed(charter, decision.amount_usd, initiative_usd, members)
    urgency = Urgency(decision.urgency)
    escalation = Escalation.objects.create(
        decision=decision,
        raised_by=by.name,
        reason=reason,
        urgency=urgency,
        ruling=ruling,
        shown_hash=hashes.shown_hash(decision, ruling, initiative_usd),
        members_needed=needed,
        members_at_opening=members,
        status=EscalationStatus.OPEN,
        opened_at=now,
        deadline_at=now + timedelta(hours=charter.deadline_hours[urgency]),
        **by.cause,
    )
    outbox.put(events.DECISIONS_ESCALATED, events.decision_payload(decision) | {"escalation": escalation.ref}, now)
    audit.record(
        by,
        "decision.escalated",
        decision.ref,
        now,
        escalation=escalation.ref,
        urgency=str(urgency),
        rule=ruling["rule"],
        reason=reason,
        members_needed=needed,
    )
    return escalation


def raise_urgency(
    decision: Decision, urgency: Urgency, reason: str, *, charter: Charter, by: Actor, now: datetime
) -> str:
    """Make what the board has of a locked decision more urgent, never less, and due no later; says what came of it."""
    matter = Escalation.objects.select_for_update().get(decision=decision, status=EscalationStatus.OPEN)
    had = Urgency(matter.urgency)
    raised = had.or_more(urgency)
    if raised is had:
        return f"The board had it already as {matter.ref}; its urgency stays {had}."
    due = now + timedelta(hours=charter.deadline_hours[raised])
    matter.urgency, matter.deadline_at = raised, min(matter.deadline_at, due)
    matter.save(update_fields=["urgency", "deadline_at"])
    decision.urgency = Urgency(decision.urgency).or_more(raised)
    decision.save(update_fields=["urgency"])
    payload = events.decision_payload(decision) | {"escalation": matter.ref, "urgency": str(raised)}
    outbox.put(events.DECISIONS_ESCALATED, payload, now)
    audit.record(
        by,
        "escalation.urgency_raised",
        matter.ref,
        now,
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
