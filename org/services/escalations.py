"""Decisions before the board."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import rfc8785

from org import audit, events, money, outbox
from org.actors import Actor
from org.charter import Charter
from org.enums import EscalationStatus, Mode, Status, Urgency
from org.models import Decision, Escalation, Member


def open_for(
    decision: Decision,
    *,
    ruling: dict[str, Any],
    initiative_usd: Decimal,
    urgency: Urgency,
    reason: str,
    charter: Charter,
    by: Actor,
    now: datetime,
    members_at_least: int = 0,
) -> Escalation:
    """Put a locked, unsettled decision before the board. The board always has it as mode human.

    `members_at_least`: what the board had when the matter first came to it, so that beginning anew asks no fewer.
    """
    decision.status, decision.mode, decision.awaiting_role = Status.ESCALATED, Mode.HUMAN, None
    if decision._state.adding:
        decision.save(force_insert=True)
    else:
        decision.save()
    members = max(members_at_least, Member.board.on_the_board().distinct().count())
    needed = members_needed(charter, decision, initiative_usd, members)
    escalation = Escalation.objects.create(
        decision=decision,
        raised_by=by.name,
        reason=reason,
        urgency=urgency,
        ruling=ruling,
        content_hash=content_hash(decision, ruling, initiative_usd),
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


def members_needed(charter: Charter, decision: Decision, initiative_usd: Decimal, members: int) -> int:
    """How many members must approve: two from the charter's threshold on the initiative's total, if there are two."""
    total = initiative_usd + (decision.amount_usd or Decimal(0))
    return 2 if members >= 2 and total >= charter.two_members_from_usd and decision.amount_usd is not None else 1


def content_hash(decision: Decision, ruling: dict[str, Any], initiative_usd: Decimal) -> str:
    """What a member answers, as SHA-256: the decision's content, the rule and limit, the initiative's total."""
    return hashlib.sha256(
        rfc8785.dumps(
            {
                "decision": decision.content_hash,
                "ruling": ruling,
                "initiative_usd": money.number(initiative_usd),
            }
        )
    ).hexdigest()
