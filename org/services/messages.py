"""Messages between roles, from the board, and from Echo itself. A row for each recipient; Redis only wakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from org import audit, events, outbox, refs
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change, state
from org.charter import Charter
from org.clock import Clock
from org.enums import ALL, BOARD, LEADERSHIP, SYSTEM, MessageType, Urgency
from org.errors import InvalidInput, NotFound
from org.models import Decision, Message
from org.models.messages import MessageQuerySet
from org.services import loops

TIME_TO_LIVE = timedelta(days=30)
LONGEST_THREAD_ID = 64
ANSWERED = "answered"  # the note where the answer itself is on record
ACKNOWLEDGED = ("acknowledged_at", "acknowledge_note", "settled")


@dataclass(frozen=True)
class Letter:
    """A message to be posted. `to` is a role, `leadership` or `all`; `board` in answer to what it wrote."""

    sender: str
    to: str
    subject: str
    content: Any
    type: MessageType = MessageType.NOTIFICATION
    priority: Urgency = Urgency.NORMAL
    decision: Decision | None = None
    thread_id: str = ""
    reply_to: int | None = None
    ack_by: datetime | None = None
    written_by: str = ""  # the member whose own words the board's are


def post(act: Act, letters: Sequence[Letter]) -> list[list[Message]]:
    """Deliver letters; for each its rows, one a recipient. Call it once in a deed, as the last thing that locks.

    All inboxes concerned are locked at once in order of name, so that `position` and the ids of the outbox follow
    the order of commit and two deeds never wait for each other.
    """
    recipients = [_recipients(act.charter, letter) for letter in letters]
    concerned = Counter(role for roles in recipients for role in roles)
    if not concerned:
        return [[] for _ in letters]
    positions = _next_positions(concerned)
    numbers = _next_numbers(len(letters))
    delivered: list[list[Message]] = []
    for letter, roles, number in zip(letters, recipients, numbers, strict=True):
        rows = []
        for role in roles:
            rows.append(
                Message(
                    number=number,
                    from_role=letter.sender,
                    to_role=role,
                    sent_to=letter.to,
                    type=letter.type,
                    subject=letter.subject[:255],
                    content=letter.content,
                    priority=letter.priority,
                    thread_id=letter.thread_id
                    or (f"thread_{letter.decision.ref}" if letter.decision else f"thread_{number}"),
                    reply_to=letter.reply_to,
                    decision=letter.decision,
                    position=next(positions[role]),
                    created_at=act.now,
                    ack_by=letter.ack_by,
                    expires_at=act.now + TIME_TO_LIVE,
                    metadata={"written_by": letter.written_by} if letter.written_by else {},
                    **act.by.cause,
                )
            )
        delivered.append(rows)
    Message.objects.bulk_create([row for rows in delivered for row in rows])
    for letter, rows in zip(letters, delivered, strict=True):
        if rows:
            outbox.put(events.messages_channel(letter.to), events.message_payload(rows[0]), act.now)
    return delivered


def _recipients(charter: Charter, letter: Letter) -> list[str]:
    """Whom a letter reaches; a sender does not get its own broadcast, and the board only what answers it."""
    if letter.to == ALL:
        return [role for role in charter.roles if role != letter.sender]
    if letter.to == LEADERSHIP:
        return [role for role in charter.leadership if role != letter.sender]
    return [letter.to] if letter.to in charter.roles or (letter.to == BOARD and letter.reply_to) else []


def _next_positions(wanted: Mapping[str, int]) -> dict[str, Iterator[int]]:
    """The next so many places in these inboxes, which stay locked until the transaction ends. A role may be new."""
    roles = sorted(wanted)
    with connection.cursor() as cursor:  # in the way of most deeds: one statement, which locks in the order given
        cursor.execute(
            "INSERT INTO inboxes (role, position) SELECT * FROM unnest(%s::text[], %s::bigint[])"
            " ON CONFLICT (role) DO UPDATE SET position = inboxes.position + excluded.position"
            " RETURNING role, position",
            [roles, [wanted[role] for role in roles]],
        )
        return {role: iter(range(last - wanted[role] + 1, last + 1)) for role, last in cursor.fetchall()}


def _next_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ref_m') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def send(
    *,
    to: str,
    subject: str,
    content: Any,
    type: MessageType = MessageType.REQUEST,
    priority: Urgency = Urgency.NORMAL,
    thread_id: str = "",
    reply_to: str = "",
    ack_by: datetime | None = None,
    by: Actor,
    clock: Clock,
) -> list[Message]:
    """Send a message; returns its deliveries. A reply goes to the sender of what it answers and acknowledges that.

    The board gets replies and nothing else. Raises InvalidInput for a recipient nobody is, a broadcast or message that
    reaches only oneself, a reply to another than the sender, or a deadline in the past.
    """
    charter = charter_of(by)
    to = to.strip().lower()
    answered: Message | None = None
    if reply_to:
        answered = _answered(reply_to, to, by)
        thread_id = answered.thread_id
    if to == BOARD and answered is None:
        raise InvalidInput("to", "the board is people, who read decisions, not mail.", "Propose a decision instead.")
    if to not in (*charter.roles, LEADERSHIP, ALL, BOARD):
        raise NotFound("to", to, [*charter.roles, LEADERSHIP, ALL], "Use one of these.")
    if len(thread_id) > LONGEST_THREAD_ID:
        raise InvalidInput(
            "thread_id", f"holds at most {LONGEST_THREAD_ID} characters.", "Use the thread_id of a message."
        )
    if to == by.name:
        raise InvalidInput("to", "a role cannot write to itself.", "Use another role, leadership or all.")
    letter = Letter(
        sender=by.name,
        to=to,
        subject=subject,
        content=content,
        type=type,
        priority=priority,
        thread_id=thread_id,
        reply_to=answered.number if answered else None,
        ack_by=ack_by,
        written_by=by.person.get_username() if by.person else "",
    )
    if not _recipients(charter, letter):
        raise InvalidInput("to", f"{to} has nobody but {by.name}.", "Use another role, or all.")
    act = Act(by, charter, clock())
    if thread_id:
        loops.require_new(thread_id, content, to, by)
    if ack_by is not None and ack_by <= act.now:
        now = f"{act.now:%Y-%m-%d %H:%M} UTC"
        raise InvalidInput("ack_by", "it lies in the past.", f"It is now {now}; send a later time.")
    if ack_by is not None and ack_by > act.now + TIME_TO_LIVE:
        last = f"{act.now + TIME_TO_LIVE:%Y-%m-%d %H:%M} UTC"
        raise InvalidInput("ack_by", "it lies beyond the message's own time.", f"Send one until {last}.")
    [rows] = post(act, [letter])
    if answered and answered.acknowledged_at is None:
        _acknowledge(act, answered, ANSWERED)
    made = Change.made(rows[0], "from_role", "sent_to", "type", "priority", "ack_by", "expires_at")
    audit.record(act, "message.sent", rows[0].ref, made, to=to, type=str(type), subject=subject, recipients=len(rows))
    return rows


@transaction.atomic
def acknowledge(*, message: str, note: str = "", by: Actor, clock: Clock) -> Message:
    """Acknowledge a message to the acting role. Doing it again changes nothing and keeps the first time."""
    row = _received(by.name, message, "message_id")
    if row.acknowledged_at is None:
        _acknowledge(Act.begin(by, clock), row, note)
    return row


def settle_requests(act: Act, decision: Decision) -> None:
    """What roles were asked to do about a decision needs no action any more: the actor did it, others need not."""
    acknowledge_requests(act, decision, ANSWERED)
    _settle(act, Message.objects.filter(decision=decision), decision=decision.ref)


def _settle(act: Act, messages: MessageQuerySet, **about: str) -> None:
    asked = messages.needing_action()
    settled = []
    for row in asked.order_by("number", "to_role"):
        change = _mark(act, row, "", settled=True)
        if asked.filter(pk=row.pk).update(acknowledged_at=act.now, settled=True):
            audit.record(act, "message.settled", row.ref, change, to=row.to_role, **about)
            settled.append(row.ref)
    _tell_changed(act, settled)


def acknowledge_requests(act: Act, decision: Decision, note: str) -> None:
    """The acting role did what it was asked to do about a decision."""
    asked = Message.objects.filter(decision=decision, to_role=act.by.name).needing_action()
    acknowledged = []
    for row in asked.order_by("number"):
        change = _mark(act, row, note)
        if asked.filter(pk=row.pk).update(acknowledged_at=act.now, acknowledge_note=note):
            audit.record(act, "message.acknowledged", row.ref, change, note=note)
            acknowledged.append(row.ref)
    _tell_changed(act, acknowledged)


def _acknowledge(act: Act, row: Message, note: str) -> None:
    """Acknowledge a locked message; what was raised to managers because nobody did needs no action any more."""
    change = _mark(act, row, note)
    row.save(update_fields=ACKNOWLEDGED)
    audit.record(act, "message.acknowledged", row.ref, change, note=note)
    _tell_changed(act, [row.ref])
    if row.missed_at is not None:
        raised = Message.objects.filter(from_role=SYSTEM, thread_id=row.thread_id, reply_to=row.number)
        _settle(act, raised.filter(content__to=row.to_role), message=row.ref)


def _tell_changed(act: Act, refs: Sequence[str]) -> None:
    """Wake who waits for these."""
    if refs:
        outbox.put(events.CHANGES, events.changed(*dict.fromkeys(refs)), act.now)


def _mark(act: Act, row: Message, note: str, *, settled: bool = False) -> Change:
    """Acknowledge a message in memory, or settle it; what changes by that."""
    was = state(row, *ACKNOWLEDGED)
    row.acknowledged_at, row.acknowledge_note, row.settled = act.now, note, settled
    return Change.since(was, row)


def _answered(reply_to: str, to: str, by: Actor) -> Message:
    """The message a reply answers, locked; a reply goes to its sender and to nobody else."""
    row = _received(by.name, reply_to, "reply_to")
    if row.from_role == SYSTEM:
        raise InvalidInput("reply_to", f"{row.ref} came from system, which reads no mail.", "Acknowledge it instead.")
    if to != row.from_role:
        raise InvalidInput(
            "to",
            f"{row.ref} came from {row.from_role}, and a reply goes there, not to {to or 'nobody'}.",
            f"Send it to {row.from_role}, or leave reply_to out.",
        )
    return row


def _received(role: str, text: str, field: str) -> Message:
    """The acting role's own copy of a message, locked; NotFound names its newest ones."""
    number = refs.message_number(text)
    rows = Message.objects.filter(to_role=role)
    row = rows.filter(number=number).select_for_update().first() if number is not None else None
    if row is None:
        newest: Iterable[int] = rows.order_by("-position").values_list("number", flat=True)[:3]
        raise NotFound(field, text, [f"M-{n}" for n in newest], "read_inbox lists what you received.")
    return row
