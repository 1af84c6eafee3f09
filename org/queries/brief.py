"""What a fresh chat must know to go on: a role's limits, what waits on it, what happened since it was last briefed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from org import money
from org.charter import Charter
from org.enums import CallStatus, Status
from org.models import Call, Decision, Memory, Message
from org.queries import standing as standings
from org.queries import votes

FEW = 5  # of each kind; with what is cut short, a brief stays below 6 KiB whatever the database holds
SHORT = 48  # bytes of a title
SHORT_TAG = 20  # bytes of a tag


def short(text: str, most_bytes: int = SHORT) -> str:
    """The beginning of a text, of at most so many bytes."""
    return text.encode()[:most_bytes].decode(errors="ignore")


def limits(charter: Charter, role: str, now: datetime) -> list[dict[str, Any]]:
    """The types with an amount that the role decides alone: the single limit, and what remains of it, in US dollars."""
    window = standings.of(charter, [role], "", now).window(role)
    single, whole = charter.role(role).limit_usd, charter.window_limit_usd(role)
    left = max(money.ZERO, min(single, whole - window))
    return [
        {
            "decision_type": kind.name,
            "limit_usd": money.number(single),
            "remaining_usd": money.number(left),
        }
        for kind in charter.types.values()
        if kind.money and role in kind.decided_by
    ]


def decided_without_amount(charter: Charter, role: str) -> list[str]:
    """The types that carry no money and that the role decides alone."""
    return [kind.name for kind in charter.types.values() if not kind.money and role in kind.decided_by]


def waiting_on_me(role: str) -> list[dict[str, Any]]:
    """Decisions that wait for this role to resolve or revise them, oldest first."""
    rows = Decision.objects.filter(awaiting_role=role).order_by("created_at")[:FEW]
    return [_line(row) | {"do": "revise" if row.initiator_role == role else "resolve"} for row in rows]


def with_the_board(role: str) -> int:
    """How many of the role's own decisions wait for the board."""
    return Decision.objects.unsettled(role).filter(status=Status.ESCALATED).count()


def mine(role: str, since: datetime) -> list[dict[str, Any]]:
    """The role's own decisions: what is unsettled, newest first, then what was settled since then, latest first.

    What others settled comes before what the role settled itself, which it knows.
    """
    unsettled = Decision.objects.unsettled(role).order_by("-created_at")
    settled = Decision.objects.filter(initiator_role=role, completed_at__gt=since)
    settled = settled.annotate(own=Q(decided_by=role)).order_by("own", "-completed_at")
    return [_line(row) for row in (*unsettled[:FEW], *settled[:FEW])]


def requests(role: str) -> list[Message]:
    """The oldest messages that need action."""
    return list(Message.objects.inbox(role).needing_action().order_by("position")[:FEW])


def request_line(row: Message) -> dict[str, Any]:
    return {"ref": row.ref, "from": row.from_role, "subject": short(row.subject)}


def pending_calls(role: str, now: datetime) -> list[dict[str, Any]]:
    """Calls of the last day still under way, or done without their answer having been handed over."""
    rows = Call.objects.filter(role=role, created_at__gt=now - timedelta(days=1), offered_at__isnull=True)
    rows = rows.exclude(status=CallStatus.CANCELLED).order_by("-created_at")[:FEW]
    return [{"call_id": row.ref, "tool": row.tool, "status": row.status} for row in rows]


def memory() -> list[dict[str, Any]]:
    """The newest memories; their content is a call away."""
    rows = Memory.objects.order_by("-updated_at").values("key", "tags")[:FEW]
    return [{"key": short(row["key"]), "tags": [short(tag, SHORT_TAG) for tag in row["tags"][:3]]} for row in rows]


def votes_due(role: str) -> list[dict[str, Any]]:
    """Open votes that wait for this role's ballot, the soonest to end first."""
    return [row | {"title": short(row["title"])} for row in votes.due(role, FEW)]


def _line(row: Decision) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "type": row.decision_type,
        "title": short(row.title),
        "amount_usd": money.number(row.amount_usd),
        "status": row.status,
        "waiting_on": row.waiting_on,
    }
