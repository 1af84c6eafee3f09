"""What lies in a role's inbox, and how far its own messages have come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from org.errors import InvalidInput
from org.models import AgentStatus, Message

MOST_ANNOUNCED = 20
MOST_BYTES = 200_000  # of a page's contents, which a model has to read; one message is always returned


def page(
    role: str, *, needs_action: bool, unread_only: bool, thread_id: str, limit: int, cursor: str
) -> tuple[list[Message], str | None]:
    """Messages to a role, newest first, and the cursor of the next page (None: that was all).

    A page whose contents grow long holds fewer than `limit`.
    """
    rows = Message.objects.inbox(role)
    if needs_action:
        rows = rows.needing_action()
    if unread_only:
        rows = rows.unread()
    if thread_id:
        rows = rows.filter(thread_id=thread_id)
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 18:
            raise InvalidInput(
                "cursor", "is not one this tool gave.", "Send next_cursor of the page before, or leave it out."
            )
        rows = rows.filter(position__lt=int(cursor))
    found = list(rows.order_by("-position")[: limit + 1])
    shown = found[: min(limit, _fitting(found))]
    return shown, str(shown[-1].position) if len(found) > len(shown) else None


def _fitting(rows: Sequence[Message]) -> int:
    """How many of these a page holds."""
    sizes = accumulate(len(json.dumps(row.content).encode()) for row in rows)
    return max(1, sum(size <= MOST_BYTES for size in sizes))


def counts(role: str) -> dict[str, int]:
    """How many messages are unread, and how many need action."""
    rows = Message.objects.inbox(role)
    return {"unread": rows.unread().count(), "needs_action": rows.needing_action().count()}


class Arrival(NamedTuple):
    """A message in an inbox, as much of it as its announcement tells."""

    position: int
    number: int
    from_role: str
    priority: str
    subject: str


def arrived(role: str, after: int) -> list[Arrival]:
    """What came to a role after this position and is unread, newest first; at most `MOST_ANNOUNCED`."""
    rows = Message.objects.inbox(role).unread().filter(position__gt=after).order_by("-position")
    return [Arrival(*row) for row in rows.values_list(*Arrival._fields)[:MOST_ANNOUNCED]]


def newest(role: str) -> int:
    """The position of the newest message to a role, 0 before the first."""
    return Message.objects.filter(to_role=role).order_by("-position").values_list("position", flat=True).first() or 0


def deliveries(rows: Sequence[Message]) -> list[dict[str, Any]]:
    """Per recipient how far a message has come, and when that role's agent was last heard of."""
    seen = dict(
        AgentStatus.objects.filter(role__in=[row.to_role for row in rows]).values_list("role", "last_heartbeat")
    )
    return [{"to": row.to_role, "state": row.state, "last_seen_at": _iso(seen.get(row.to_role))} for row in rows]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
