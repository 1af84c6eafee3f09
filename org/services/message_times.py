"""What the passing of time does to messages: what nobody acknowledged in time is told, what is old leaves its inbox."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from org import audit, locking
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change, state
from org.clock import Clock
from org.enums import BOARD, SYSTEM, MessageType, Urgency
from org.models import Message
from org.models.messages import NEEDING_ACTION
from org.queries import decisions
from org.services.messages import Letter, post

MOST_AT_ONCE = 500
EXPIRY = Actor.clockwork("message_expiry")
ACK_BY = Actor.clockwork("ack_by")


@transaction.atomic
def expire_due(clock: Clock) -> int:
    """Let messages past their time leave their inboxes, answered or not; returns how many."""
    now = clock()
    due = Message.objects.filter(expired_at__isnull=True, expires_at__lte=now).order_by("expires_at", "id")
    rows = list(due.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
    if not rows:
        return 0
    act = Act(EXPIRY, charter_of(EXPIRY), now)
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(expired_at=now)
    for row in rows:
        had, was = row.state, state(row, "expired_at")
        row.expired_at = now
        audit.record(act, "message.expired", row.ref, Change.since(was, row), to=row.to_role, state=had)
    return len(rows)


def tell_missed(clock: Clock) -> int:
    """Tell what nobody acknowledged by its time to its sender, and a request to the recipient's manager; returns how
    many. The manager is asked to acknowledge in turn, so that silence goes further up the reporting line.
    """
    due = Message.objects.filter(
        ack_by__lte=clock(), acknowledged_at__isnull=True, missed_at__isnull=True, expired_at__isnull=True
    )
    keys = list(due.order_by("ack_by").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(_tell_missed(pk, clock) for pk in keys)


@transaction.atomic
def _tell_missed(pk: int, clock: Clock) -> bool:
    locking.bound_waits()
    row = Message.objects.filter(pk=pk).select_for_update(skip_locked=True).first()
    if row is None or row.ack_by is None or row.acknowledged_at or row.missed_at or row.expired_at:
        return False  # somebody has it now, or did what was asked
    act, was = Act.begin(ACK_BY, clock), state(row, "missed_at")
    row.missed_at = act.now
    row.save(update_fields=["missed_at"])
    letters = _letters(act, row)
    told = [letter.to for letter in letters]
    audit.record(act, "message.missed", row.ref, Change.since(was, row), to=row.to_role, told=told)
    post(act, letters)
    return True


def _letters(act: Act, row: Message) -> list[Letter]:
    """One to the sender, where that is a role, and of a request one to the manager of who stayed silent."""
    raised = row.from_role == SYSTEM  # asked of a manager because somebody below stayed silent
    assert row.ack_by is not None
    if raised:
        content = {**row.content, "also_silent": [*row.content.get("also_silent", []), row.to_role]}
        subject, about = row.subject, row.reply_to
    else:
        content = {
            "message": row.ref,
            "from": row.from_role,
            "to": row.to_role,
            "asked_to_acknowledge_by": row.ack_by.isoformat(),
        }
        subject, about = f"{row.ref} is not acknowledged by {row.to_role}: {row.subject}", row.number
    letters = []
    if row.from_role in act.charter.roles:
        letters.append(Letter(SYSTEM, row.from_role, subject, content, thread_id=row.thread_id, reply_to=about))
    above = next(act.charter.managers(row.to_role), BOARD) if row.to_role in act.charter.roles else BOARD
    if row.type in NEEDING_ACTION and above not in (BOARD, row.from_role):
        urgency = Urgency(row.priority)
        if not raised and _may_read(act, row, above):
            content = content | {"asked": {"subject": row.subject, "content": row.content}}  # not in its own mail
        elif not raised:
            subject = f"{row.ref} is not acknowledged by {row.to_role}"
        letters.append(
            Letter(
                SYSTEM,
                above,
                subject,
                content,
                MessageType.ESCALATION,
                urgency,
                thread_id=row.thread_id,
                reply_to=about,
                ack_by=act.now + timedelta(hours=act.charter.deadline_hours[urgency]),
            )
        )
    return letters


def _may_read(act: Act, row: Message, role: str) -> bool:
    """Whether a role may read what a message is about: of a confidential decision only those concerned."""
    return row.decision is None or not row.decision.confidential or role in decisions.readers(row.decision, act.charter)
