"""What every role writes down for the others, and how it finds what the organisation knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from agents.inputs import Facts, Line, Moment, Name, Note, Text, Whole, listed
from agents.receipts import mark_delivered
from agents.roles.answers import Answer
from agents.roles.recalled import Kind, Match, match_of, ref_of, whole_of
from agents.tool import Says, tool
from org import refs
from org.actors import Actor
from org.acts import charter_of
from org.charter import Charter
from org.clock import database_clock
from org.enums import Effect, RecordKind
from org.errors import InvalidInput
from org.legible import quoted
from org.models import CharterVersion, Message
from org.queries import artifacts, runs
from org.queries import decisions as lookup
from org.queries import recall as records
from org.queries.recall import Found, Record, Wanted
from org.services import memories

Kinds = Annotated[list[Kind], BeforeValidator(listed), Field(max_length=len(RecordKind))]
Tags = Annotated[list[Name], BeforeValidator(listed), Field(max_length=memories.MOST_TAGS)]


class Remembered(Answer):
    """What is known under a key now."""

    say: str
    key: str
    revision: int
    created_by: str | None
    revised_by: str | None
    updated_at: str


@tool(Effect.SETS)
def remember(
    by: Actor,
    key: Annotated[Line, Says("Like vendors/hosting; again: a new revision.")],
    content: Annotated[Text, Says("What is to be known.")],
    tags: Annotated[Tags | None, Says("Words to filter by.")] = None,
    metadata: Annotated[Facts | None, Says("Facts for programs.")] = None,
    replaces: Annotated[Whole | None, Says("The revision you read.")] = None,
) -> Remembered:
    """Write down what every role should know, under a key. No secrets."""
    memory = memories.remember(
        key=key, content=content, tags=tags or (), metadata=metadata, replaces=replaces, by=by, clock=database_clock
    )
    author = charter_of(by).title(memory.revised_by_role or "")
    return Remembered(
        acted_as=by.name,
        say=f"{quoted(memory.key)} is known, revision {memory.revision} by the {author}.",
        key=memory.key,
        revision=memory.revision,
        created_by=memory.created_by_role,
        revised_by=memory.revised_by_role,
        updated_at=memory.updated_at.isoformat(),
    )


class RecallAnswer(Answer):
    """What the organisation knows about it."""

    say: str
    matches: list[Match]
    record: dict[str, Any] | None = Field(description="With id: the whole record.")
    next_cursor: str | None


@tool(Effect.READS)
def recall(
    by: Actor,
    query: Annotated[Note, Says("Words or a question.")] = "",
    id: Annotated[Line | None, Says("A ref or key: its whole record.")] = None,
    kinds: Annotated[Kinds | None, Says("Only these; default all.")] = None,
    tags: Annotated[Tags | None, Says("Memories with all of these.")] = None,
    key_prefix: Annotated[Note, Says("Memories whose key begins so.")] = "",
    since: Annotated[Moment | None, Says("Not older than this.")] = None,
    until: Annotated[Moment | None, Says("Older than this.")] = None,
    limit: Annotated[Whole, Says("How many, 1 to 50."), Field(ge=1, le=50)] = 10,
    cursor: Annotated[Name | None, Says("next_cursor of the answer before.")] = None,
) -> RecallAnswer:
    """Find what is known, and why: memories, decisions, artifacts, runs, your messages."""
    charter = CharterVersion.objects.in_force()
    if id:
        record = _named(by, id, charter)
        found, following = [Found(record, "")], None
        whole = whole_of(by, record, charter)
        says = f"{ref_of(record)}, whole."
    else:
        wanted = Wanted(query, _kinds(kinds, tags, key_prefix), tags or (), key_prefix, since, until)
        found, following = records.search(by.name, wanted, limit=limit, cursor=cursor or "")
        whole, says = None, _says(found, following)
    matches = [match_of(each, charter) for each in found]
    mine = [each.record for each in found if isinstance(each.record, Message) and each.record.to_role == by.name]
    mark_delivered(by.name, [row.number for row in mine])
    return RecallAnswer(acted_as=by.name, say=says, matches=matches, record=whole, next_cursor=following)


def _kinds(kinds: Sequence[Kind] | None, tags: Sequence[str] | None, key_prefix: str) -> list[RecordKind]:
    """The kinds to look among. Raises InvalidInput for tags or a prefix where no memory is looked for."""
    wanted = [RecordKind(kind) for kind in kinds or RecordKind.values]
    if (tags or key_prefix) and RecordKind.MEMORY not in wanted:
        field = "tags" if tags else "key_prefix"
        raise InvalidInput(field, "only memories have them.", "Leave kinds out, or leave this out.")
    return wanted


def _named(by: Actor, id: str, charter: Charter) -> Record:
    if refs.message_number(id) is not None:
        return records.message(by.name, id)
    if refs.number(id, "D") is not None or refs.number(id, "E") is not None or refs.uuid_of(id) is not None:
        return lookup.readable(id, by.name, charter, "id")
    if refs.number(id, "F") is not None:
        return artifacts.named(id)
    if refs.number(id, "R") is not None:
        return runs.named(id, "id")
    return records.memory(id)


def _says(found: Sequence[Found], following: str | None) -> str:
    if not found:
        return "Nothing is found. Try other words, or fewer."
    more = "; next_cursor leads to more" if following else ""
    return f"Found: {len(found)}{more}. The best is {ref_of(found[0].record)}."
