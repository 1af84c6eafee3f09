"""What members of the board write to roles, as the board, and how they take note of what roles answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from org import audit, locking, refs
from org.actors import Actor
from org.acts import Act
from org.changes import Change, state
from org.clock import Clock
from org.enums import BOARD, MessageType, Urgency
from org.models import Message
from org.services import board_only, messages

REPEATS_WITHIN = timedelta(minutes=10)  # as calls do


class Sent(NamedTuple):
    """A message's deliveries. `is_repeat`: it was sent a moment ago, and not once more."""

    rows: list[Message]
    is_repeat: bool


@transaction.atomic
def write(
    *,
    to: str,
    subject: str,
    content: str,
    type: MessageType = MessageType.REQUEST,
    priority: Urgency = Urgency.NORMAL,
    thread_id: str = "",
    reply_to: str = "",
    ack_by: datetime | None = None,
    by: Actor,
    clock: Clock,
) -> Sent:
    """A member writes to a role, to leadership or to all. A form that is posted twice sends once.

    Raises Refused for anybody but the board, and what sending a message raises.
    """
    _begin(by)
    same = Message.objects.filter(
        person=by.person,
        sent_to=to,
        subject=subject,
        content=content,
        type=type,
        priority=priority,
        ack_by=ack_by,
        reply_to=refs.message_number(reply_to),
        created_at__gt=clock() - REPEATS_WITHIN,
    )
    earlier = same.filter(thread_id=thread_id) if thread_id else same
    if first := earlier.order_by("number").first():
        return Sent(list(earlier.filter(number=first.number).order_by("to_role")), True)
    rows = messages.send(
        to=to,
        subject=subject,
        content=content,
        type=type,
        priority=priority,
        thread_id=thread_id,
        reply_to=reply_to,
        ack_by=ack_by,
        by=by,
        clock=clock,
    )
    return Sent(rows, False)


@transaction.atomic
def acknowledge(*, answer: Message, by: Actor, clock: Clock) -> Message:
    """A member takes note of an answer without writing back. Raises Refused for anybody but the board."""
    _begin(by)
    return messages.acknowledge(message=answer.ref, by=by, clock=clock)


@transaction.atomic
def note_read(*, numbers: Sequence[int], by: Actor, clock: Clock) -> None:
    """A member has opened these messages: the answers among them are read, and the audit says by whom.

    Who else has one open at this very moment is not waited for. Raises Refused for anybody but the board.
    """
    opened = Message.objects.filter(to_role=BOARD, number__in=numbers).unread().order_by("number")
    rows = list(opened.select_for_update(skip_locked=True))
    if not rows:
        return
    board_only.require_member(by)
    act = Act.begin(by, clock)
    for row in rows:
        was = state(row, "offered_at", "read", "read_at")
        row.offered_at, row.read, row.read_at = row.offered_at or act.now, True, act.now
        row.save(update_fields=list(was))
        audit.record(act, "message.read", row.ref, Change.since(was, row))


def _begin(by: Actor) -> None:
    """One deed of a person at a time, so that what they sent a moment ago is seen."""
    locking.bound_waits()
    locking.take_turns([f"mail of {by.label}"])
    board_only.require_member(by)
