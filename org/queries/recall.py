"""Finding what the organisation knows, as far as a role may read it: by words and by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from org import names, refs
from org.enums import RecordKind
from org.errors import InvalidInput, NotFound
from org.models import Artifact, Decision, Memory, Message, Run

Record = Memory | Decision | Message | Artifact | Run
MODELS: Mapping[RecordKind, type[Record]] = {
    RecordKind.MEMORY: Memory,
    RecordKind.DECISION: Decision,
    RecordKind.MESSAGE: Message,
    RecordKind.ARTIFACT: Artifact,
    RecordKind.RUN: Run,
}

MOST_SKIPPED = 500  # what is ranked beyond is not worth reading on for
NEAREST = 3
BEGINNING = 240  # characters, about as many as a passage has


@dataclass(frozen=True)
class Wanted:
    """What is looked for. `tags` and `key_prefix` ask for memories only; without words the newest come first."""

    words: str = ""
    kinds: Sequence[RecordKind] = tuple(RecordKind)
    tags: Sequence[str] = ()
    key_prefix: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """A record that was found, and the passage of it around the words."""

    record: Record
    passage: str


def search(role: str, wanted: Wanted, *, limit: int, cursor: str = "") -> tuple[list[Found], str | None]:
    """The best matches a role may read, and the cursor of the next ones (None: that was all)."""
    skip = _skipped(cursor)
    words = names.normalize(wanted.words)
    with connection.cursor() as database:
        database.execute(
            "SELECT kind, record FROM recall(%s, %s, %s::text[], %s::text[], %s, %s, %s, %s, %s)",
            [
                role,
                words,
                [str(kind) for kind in wanted.kinds],
                [names.normalize(tag) for tag in wanted.tags],
                _pattern(wanted.key_prefix),
                wanted.since,
                wanted.until,
                skip,
                limit + 1,
            ],
        )
        rows = database.fetchall()
    more = len(rows) > limit and skip + limit <= MOST_SKIPPED
    records = _load(rows[:limit])
    passages = _passages(words, [text_of(record) for record in records])
    found = [Found(record, passage) for record, passage in zip(records, passages, strict=True)]
    return found, str(skip + limit) if more else None


def memory(key: str, field: str = "id") -> Memory:
    """The memory under a key, in whatever spelling. NotFound names the nearest keys."""
    found = Memory.objects.filter(folded=names.normalize(key)).first()
    if found is None:
        wanted = Wanted(words=key.translate(str.maketrans("-_./:", "     ")), kinds=[RecordKind.MEMORY])
        near, _ = search("", wanted, limit=NEAREST)
        keys = [str(each.record) for each in near] or list(
            Memory.objects.order_by("-updated_at").values_list("key", flat=True)[:NEAREST]
        )
        raise NotFound(field, key, keys, "recall {query: …} finds by words.")
    return found


def message(role: str, text: str) -> Message:
    """A message the role sent or received: its own copy of it, or the first of its deliveries."""
    rows = Message.objects.filter(number=refs.message_number(text) or 0)
    row = rows.filter(to_role=role).first() or rows.filter(from_role=role).order_by("to_role").first()
    if row is None:
        raise NotFound("id", text, [], "Use the ref of a message you sent or received, like M-903.")
    return row


def text_of(record: Record) -> str:
    """What a record says, without what it is called."""
    match record:
        case Memory():
            return record.content
        case Decision():
            return "\n".join(texts_of([record.context, (record.outcome or {}).get("rationale")]))
        case Message() | Artifact():
            return "\n".join(texts_of(record.content))
        case Run():
            return "\n".join(texts_of([record.inputs, record.outcome]))


def texts_of(value: Any) -> list[str]:
    """The texts in a JSON value, keys left out; the database's function of that name reads the same."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in texts_of(part)]


def _load(rows: Sequence[tuple[str, str]]) -> list[Record]:
    """The records of these kinds and ids, in this order; read by who asks, under the policies of their login."""
    ids = {kind: [record for of, record in rows if of == kind] for kind in RecordKind}
    found: dict[tuple[str, str], Record] = {}
    for kind, model in MODELS.items():
        if ids[kind]:
            for record in model._default_manager.filter(pk__in=ids[kind]):
                found[kind, str(record.pk)] = record
    return [found[row] for row in rows if row in found]


def _passages(words: str, texts: list[str]) -> list[str]:
    """Of each text the passage around the words; without words, its beginning."""
    if not texts:
        return []
    if not words:
        return [text[:BEGINNING] for text in texts]
    with connection.cursor() as cursor:
        cursor.execute("SELECT passage FROM passages_around(%s, %s::text[])", [words, texts])
        return [row[0] for row in cursor.fetchall()]


def _pattern(prefix: str) -> str:
    """A prefix of a key as LIKE has it, or nothing."""
    folded = names.normalize(prefix)
    return "".join(f"\\{c}" if c in "\\%_" else c for c in folded) + "%" if folded else ""


def _skipped(cursor: str) -> int:
    if not cursor:
        return 0
    if not cursor.isdecimal() or len(cursor) > 4 or int(cursor) > MOST_SKIPPED:
        raise InvalidInput(
            "cursor", "is not one this tool gave.", "Send next_cursor of the answer before, or leave it out."
        )
    return int(cursor)
