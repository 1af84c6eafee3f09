"""How a decision came to where it is, told for people from the audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from org import money
from org.admin import changes
from org.admin.changes import Line
from org.admin.texts import words
from org.authority import Rule
from org.enums import BOARD, EscalationStatus, Status
from org.legible import plain
from org.models import AuditRecord, Decision, Escalation

EARLIER_DECISIONS = 5  # a chain of revisions is told back this far
WHY = ("reason", "rationale", "says", "note")  # where a record tells why
ANSWERED = {"approve": "approved", "reject": "rejected", "request_revision": "asked for a revision"}

Titles = Callable[[str], str]


@dataclass(frozen=True)
class Event:
    """Something that happened, with the words somebody gave for it and where the decision stood before and after."""

    at: datetime
    says: str
    note: str = ""
    changes: Sequence[Line] = ()


def of(decision: Decision, title: Titles) -> list[Event]:
    """Oldest first: the decision, its times before the board, and the decisions it revises or overrides."""
    family = [decision]
    while (earlier := family[-1].revises or family[-1].overrides) is not None and len(family) <= EARLIER_DECISIONS:
        family.append(earlier)
    subjects = [member.ref for member in family]
    subjects += [matter.ref for matter in Escalation.objects.filter(decision__in=family)]
    rows = AuditRecord.objects.filter(subject__in=subjects).select_related("person").defer("body")
    # Asking and escalating are one deed, written the other way round.
    ordered = sorted(rows, key=lambda row: (row.at, row.action != "decision.proposed", row.pk))
    sealed = {member.ref for member in family if member.is_voting}
    return [
        _sealed(row, title)
        if row.action == "vote.cast" and row.subject in sealed
        else replace(_event(row, title), changes=changes.story(row.data, title))
        for row in ordered
    ]


def _sealed(row: AuditRecord, title: Titles) -> Event:
    """A ballot of a vote that is open: that it was cast, and not how."""
    return Event(row.at, f"{title(row.actor)} voted on {row.subject}.")


def _event(row: AuditRecord, title: Titles) -> Event:
    data: dict[str, Any] = row.data
    who = f"{plain(row.person.get_username())}" if row.person else title(row.actor)
    match row.action:
        case "decision.proposed" if row.person:
            return Event(row.at, f"{who} put it before the board anew, as {row.subject}.")
        case "decision.proposed":
            return Event(row.at, f"{who} asked for {row.subject}.")
        case "decision.escalated" if row.person and data["rule"] == Rule.RAISED and not _had(data, "escalation"):
            taken = f"{who} took {row.subject} to the board as {data['escalation']}, {data['urgency']} urgency."
            return Event(row.at, taken, plain(data["reason"]))
        case "decision.escalated":
            return Event(
                row.at,
                f"{row.subject} went to the board as {data['escalation']}, {data['urgency']} urgency.",
                plain(data["reason"]),
            )
        case "decision.handed_up":
            return Event(row.at, f"{who} handed {row.subject} up to the {title(data['to'])}.", plain(data["reason"]))
        case "decision.outgrown":
            return Event(row.at, f"{who} approved {row.subject}, which is beyond its authority by now.", data["says"])
        case "decision.revoked":
            back = f" {money.show(Decimal(str(data['returned_usd'])))} went back." if data["returned_usd"] else ""
            return Event(row.at, f"{who} revoked the approval of {row.subject}.{back}", plain(data["reason"]))
        case "vote.cast":
            cast = "changed its vote to" if data.get("changed") else "voted"
            return Event(row.at, f"{who} {cast} {data['vote']} on {row.subject}.", plain(data["rationale"]))
        case "vote.closed":
            return Event(row.at, f"The vote on {row.subject} ended: {data['result']}.", plain(data["says"]))
        case "board.answered":
            return Event(row.at, f"{who} {ANSWERED[data['answer']]} ({row.subject}).", plain(data["note"]))
        case "decision.settled" if data["decided_by"] == BOARD and data["status"] == Status.WITHDRAWN:
            return Event(row.at, f"{who} withdrew {row.subject}.", plain(data["rationale"]))
        case "decision.settled" if data["decided_by"] == BOARD:
            return Event(row.at, f"{row.subject} is {data['status']} by the board.")
        case "decision.settled":
            return Event(row.at, f"{row.subject} is {data['status']}.", plain(data["rationale"]))
    why = next((plain(data[key]) for key in WHY if data.get(key)), "")
    return Event(row.at, f"{who}: {words(row.action.replace('.', ' ')).lower()} {row.subject}.", why)


def _had(data: dict[str, Any], name: str) -> Any:
    return (data.get("before") or {}).get(name)


def outcome(escalation: Escalation, decision: Decision, now: datetime) -> str:
    """What became of a closed escalation."""
    settled = decision.outcome or {}
    if escalation.status == EscalationStatus.REVISION_REQUESTED:
        return "The board asked for a revision."
    if escalation.status == EscalationStatus.WITHDRAWN:
        newer = decision.escalations.filter(opened_at__gte=escalation.closed_at).exclude(pk=escalation.pk).first()
        if newer is not None:
            return f"What had been approved for the initiative changed, so this began anew as {newer.ref}."
        reason = plain(settled.get("rationale", ""))
        ended = "It expired." if decision.status == Status.EXPIRED else "The request was withdrawn."
        return f"{ended} {reason}".strip()
    sole = " The board had one member, who decided alone." if settled.get("sole_member") else ""
    since = ""
    if decision.status == Status.APPROVED and not decision.holds(now):
        since = " It is revoked since." if decision.revoked_at else " It was not used in time, and holds no more."
    return f"The board {EscalationStatus(escalation.status).label.lower()} it.{sole}{since}"
