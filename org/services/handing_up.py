"""A decision goes up: it waits for a role above, which decides it or passes it on, and at the end for the board."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from org import audit, authority, events, money, outbox
from org.acts import Act
from org.authority import Request
from org.changes import Change, state
from org.charter import TypeRow
from org.enums import BOARD, SYSTEM, MessageType, Mode, Status, Urgency
from org.models import Decision
from org.models.decisions import MOVING
from org.queries import standing as standings
from org.queries import votes as ballots
from org.services import escalations, messages, settlement
from org.services.messages import Letter


def pass_up(
    act: Act,
    matter: Decision,
    to: str,
    reason: str,
    *,
    ruling: dict[str, Any],
    urgency: Urgency = Urgency.LOW,
    sender: str = "",
) -> list[Letter]:
    """Hand a locked, unsettled decision to a role above or, with the `ruling` that sends it there, to the board.

    It becomes at least so urgent as `urgency`. Returns the request, if a role is asked, and what tells those who have
    it no more, for the deed to post last.
    """
    messages.settle_requests(act, matter)
    had = {matter.initiator_role, matter.awaiting_role or matter.initiator_role} - {act.by.name, to}
    told = sorted(had & set(act.charter.roles))
    if to == BOARD:
        standing = standings.of(act.charter, [matter.initiator_role], matter.initiative_key, act.now)
        escalations.open_for(
            act, matter, ruling=ruling, initiative_usd=standing.initiative_usd, reason=reason, urgency=urgency
        )
        return [_gone_letter(act, matter, role, to, reason) for role in told]
    was = state(matter, *MOVING)
    matter.urgency = Urgency(matter.urgency).or_more(urgency)
    matter.mode, matter.awaiting_role, matter.due_at = Mode.HIERARCHICAL, to, due(act, matter)
    matter.save()
    change = Change.since(was, matter)
    outbox.put(events.CHANGES, events.changed(matter.ref, str(matter.pk)), act.now)
    audit.record(act, "decision.handed_up", matter.ref, change, to=to, reason=reason, urgency=str(matter.urgency))
    asked = request_letter(matter, to, reason, sender or act.by.name)
    return [asked, *(_gone_letter(act, matter, role, to, reason) for role in told)]


def _gone_letter(act: Act, matter: Decision, role: str, to: str, reason: str) -> Letter:
    """What tells a role that somebody above has its matter now."""
    above = "the board" if to == BOARD else f"the {act.charter.title(to)}"
    content = {"decision": matter.ref, "waits_on": to, "reason": reason, **ballots.closed(matter)}
    subject, urgency = f"{matter.ref} is with {above} now: {matter.title}", Urgency(matter.urgency)
    return Letter(SYSTEM, role, subject, content, MessageType.NOTIFICATION, urgency, matter)


def due(act: Act, matter: Decision, asked: datetime | None = None) -> datetime:
    """Until when whoever is asked about a decision has to answer: as asked, else the charter's; not past its end."""
    until = asked or act.now + timedelta(hours=act.charter.deadline_hours[Urgency(matter.urgency)])
    return min(until, matter.final_at) if matter.final_at else until


def final_at(act: Act, kind: TypeRow) -> datetime | None:
    """When a matter that is asked now expires undecided; None where the charter gives its type no end."""
    return act.now + timedelta(days=kind.final_days) if kind.final_days else None


def approve_or_pass_on(act: Act, matter: Decision, rationale: str) -> list[Letter]:
    """Approve within the acting role's authority as it stands now; what has outgrown it goes further up."""
    request = Request(act.by.name, matter.decision_type, matter.amount_usd)
    ruling, standing = standings.judge(act.charter, request, matter.initiative_key, act.now, handed_up=True)
    recorded = authority.recorded(ruling, standing)
    if ruling.alone:
        return settlement.settle(
            act, matter, Status.APPROVED, decided_by=act.by.name, rationale=rationale, ruling=recorded
        )
    audit.note(act, "decision.outgrown", matter.ref, rule=str(ruling.rule), says=ruling.says, to=ruling.decider)
    reason = rationale if ruling.decider == BOARD else ruling.says
    return pass_up(act, matter, ruling.decider, reason, ruling=recorded)


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
