"""What a person sees of messages: who wrote what to whom, how far each delivery has come, and the whole thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from org.admin.columns import title
from org.admin.texts import Passage, passages, when
from org.enums import ALL, BOARD, LEADERSHIP, MessageType, Urgency
from org.legible import plain
from org.models import AgentStatus, AuditRecord, Message

MOST_POSTS = 50  # of a thread, the newest
STANDS = {
    "stored": "in the inbox",
    "offered": "handed over",
    "read": "read",
    "acknowledged": "acknowledged",
    "settled": "settled",
    "expired": "expired",
}
SETTLED = "Settled by what others did"
BY_ITSELF = {"answered": "Answered"}  # notes that nobody typed

Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Step:
    """What became of a delivery at a moment."""

    says: str
    at: datetime
    is_late: bool = False


@dataclass(frozen=True)
class Delivery:
    """One recipient's copy: where it stands, how it came there, and what the recipient noted."""

    to: str
    stands: str
    style: str
    steps: list[Step]
    note: str
    waits: str


@dataclass(frozen=True)
class Post:
    """A message of a thread with all its deliveries. `row` is one of them."""

    row: Message
    who: str
    to: str
    kind: str
    subject: str
    said: list[Passage]
    deliveries: list[Delivery]
    is_opened: bool

    @property
    def in_short(self) -> str:
        """Where its deliveries stand: how many are how far."""
        counted = Counter(copy.stands for copy in self.deliveries)
        return ", ".join(f"{count} {stands}" for stands, count in counted.most_common())


def numbers(of: Message) -> list[int]:
    """The messages of its thread that its page shows, oldest first; itself among them."""
    thread = Message.objects.filter(thread_id=of.thread_id).order_by("-number")
    newest = list(thread.values_list("number", flat=True).distinct()[:MOST_POSTS])
    return sorted({*newest, of.number})


def posts(of: Message, shown: Sequence[int]) -> list[Post]:
    """These messages of a thread, as its page shows them; `of` is the one that is opened."""
    rows: dict[int, list[Message]] = {}
    found = Message.objects.filter(number__in=shown).select_related("decision").order_by("number", "to_role")
    for row in found.defer("words"):
        rows.setdefault(row.number, []).append(row)
    names = _names([row.ref for copies in rows.values() for row in copies if row.to_role == BOARD])
    seen = dict(AgentStatus.objects.values_list("role", "last_heartbeat"))
    return [_post(copies, of, names, seen) for copies in rows.values()]


def _post(copies: Sequence[Message], of: Message, names: Names, seen: Mapping[str, datetime]) -> Post:
    row = copies[0]
    return Post(
        row=row,
        who=author(row),
        to=addressee(row.sent_to),
        kind=kind(row),
        subject=plain(row.subject),
        said=passages(row.content),
        deliveries=[_delivery(copy, names, seen) for copy in copies],
        is_opened=row.number == of.number,
    )


def author(row: Message) -> str:
    """Who wrote it; of the board, the member whose words they are."""
    written_by = (row.metadata or {}).get("written_by")
    return f"{plain(written_by)}, for the board" if written_by else title(row.from_role)


def addressee(to: str) -> str:
    return {ALL: "All roles", LEADERSHIP: "Leadership"}.get(to) or title(to)


def kind(row: Message) -> str:
    """Its type, and its priority where that is not the normal one."""
    label = MessageType(row.type).label
    return label if row.priority == Urgency.NORMAL else f"{label}, {row.priority} priority"


def receipt(row: Message) -> tuple[str, str, datetime]:
    """Where a delivery stands: in words, the tag's style, and since when."""
    if row.missed_at and not row.acknowledged_at and not row.expired_at:
        return "not acknowledged in time", "rejected", row.missed_at
    moments = {
        "acknowledged": row.acknowledged_at,
        "settled": row.acknowledged_at,
        "expired": row.expired_at,
        "read": row.read_at,
        "offered": row.offered_at,
    }
    says = BY_ITSELF.get(row.acknowledge_note, "").partition(" ")[0].lower() or STANDS[row.state]
    return says, "approved" if row.acknowledged_at else "", moments.get(row.state) or row.created_at


def _delivery(row: Message, names: Names, seen: Mapping[str, datetime]) -> Delivery:
    stands, style, _ = receipt(row)
    by_itself = BY_ITSELF.get(row.acknowledge_note)
    return Delivery(
        to=title(row.to_role),
        stands=stands,
        style=style,
        steps=_steps(row, SETTLED if row.settled else by_itself or "Acknowledged", names),
        note="" if by_itself else plain(row.acknowledge_note),
        waits=_waits(row, seen),
    )


def _steps(row: Message, acknowledged: str, names: Names) -> list[Step]:
    """What became of it, oldest first."""
    to_the_board = row.to_role == BOARD
    told = [
        ("Sent", row.created_at, False),
        ("Handed to its agent", None if to_the_board else row.offered_at, False),
        (_by("Opened" if to_the_board else "Read", names.get((row.ref, "message.read"))), row.read_at, False),
        (f"Not acknowledged by {_asked(row)}; noted", row.missed_at, True),
        (_by(acknowledged, names.get((row.ref, "message.acknowledged"))), row.acknowledged_at, False),
        ("Expired", row.expired_at, False),
    ]
    return sorted((Step(says, at, late) for says, at, late in told if at), key=lambda step: step.at)


def _waits(row: Message, seen: Mapping[str, datetime]) -> str:
    """What is still to come of a delivery, and why it may take its time."""
    if row.is_over:
        return ""
    said = []
    if row.ack_by and not row.missed_at:
        said.append(f"To be acknowledged by {_asked(row)}.")
    if row.state == "stored" and row.to_role != BOARD:
        last = seen.get(row.to_role)
        said.append(f"Its agent was last seen {when(last)}." if last else "No agent of this role has been seen yet.")
    return " ".join(said)


def _asked(row: Message) -> str:
    return when(row.ack_by) if row.ack_by else ""


def _by(says: str, name: str | None) -> str:
    return f"{says} by {plain(name)}" if name else says


def _names(subjects: Sequence[str]) -> Names:
    """Who of the board read or acknowledged what came to it: by ref and action, from the audit."""
    rows = AuditRecord.objects.filter(
        subject__in=subjects, action__in=("message.read", "message.acknowledged"), person__isnull=False
    )
    return {
        (subject, action): name for subject, action, name in rows.values_list("subject", "action", "person__username")
    }
