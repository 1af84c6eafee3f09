"""A decision goes up: it waits for a role above, which decides it or passes it on, and at the end for the board."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from org import audit, authority, money
from org.actors import Actor
from org.authority import Request
from org.charter import Charter
from org.enums import BOARD, MessageType, Mode, Status, Urgency
from org.models import Decision
from org.queries import standing as standings
from org.services import escalations, messages, settlement
from org.services.messages import Letter


def hand_up(
    matter: Decision, to: str, reason: str, *, charter: Charter, by: Actor, now: datetime, sender: str = ""
) -> Letter:
    """Let a locked, unsettled decision wait for the role `to`; returns the request, for the deed to post last."""
    messages.settle_requests(matter, by=by, now=now)
    matter.mode, matter.awaiting_role, matter.due_at = Mode.HIERARCHICAL, to, due(matter, charter, now)
    matter.save()
    audit.record(by, "decision.handed_up", matter.ref, now, to=to, reason=reason, urgency=str(matter.urgency))
    return request_letter(matter, to, reason, sender or by.name)


def pass_up(
    matter: Decision,
    to: str,
    reason: str,
    *,
    ruling: dict[str, Any],
    charter: Charter,
    by: Actor,
    now: datetime,
    sender: str = "",
) -> list[Letter]:
    """Hand a locked, unsettled decision to a role above or, with the `ruling` that sends it there, to the board."""
    if to != BOARD:
        return [hand_up(matter, to, reason, charter=charter, by=by, now=now, sender=sender)]
    messages.settle_requests(matter, by=by, now=now)
    escalations.open_for(
        matter,
        ruling=ruling,
        initiative_usd=standings.of(charter, [matter.initiator_role], matter.initiative_key, now).initiative_usd,
        reason=reason,
        charter=charter,
        by=by,
        now=now,
    )
    return []


def due(matter: Decision, charter: Charter, now: datetime) -> datetime:
    """Until when whoever is asked about a decision has to answer."""
    return now + timedelta(hours=charter.deadline_hours[Urgency(matter.urgency)])


def approve_or_pass_on(matter: Decision, rationale: str, charter: Charter, by: Actor, now: datetime) -> list[Letter]:
    """Approve within the acting role's authority as it stands now; what has outgrown it goes further up."""
    request = Request(by.name, matter.decision_type, matter.amount_usd)
    ruling, standing = standings.judge(charter, request, matter.initiative_key, now, handed_up=True)
    if ruling.alone:
        return settlement.settle(
            matter,
            Status.APPROVED,
            decided_by=by.name,
            rationale=rationale,
            charter=charter,
            by=by,
            now=now,
            ruling=authority.recorded(ruling, standing),
        )
    audit.record(by, "decision.outgrown", matter.ref, now, rule=str(ruling.rule), says=ruling.says, to=ruling.decider)
    reason = rationale if ruling.decider == BOARD else ruling.says
    recorded = authority.recorded(ruling, standing)
    return pass_up(matter, ruling.decider, reason, ruling=recorded, charter=charter, by=by, now=now)


def request_letter(decision: Decision, to: str, reason: str, sender: str) -> Letter:
    """The request to decide what was handed up to a role."""
    content = {
        "decision": decision.ref,
        "type": decision.decision_type,
        "title": decision.title,
        "amount_usd": money.number(decision.amount_usd),
        "context": decision.context,
        "reason": reason,
        "answer_with": {"tool": "resolve_decision", "arguments": {"decision_id": decision.ref}},
    }
    subject, urgency = f"Decide {decision.ref}: {decision.title}", Urgency(decision.urgency)
    return Letter(sender, to, subject, content, MessageType.REQUEST, urgency, decision, ack_by=decision.due_at)
