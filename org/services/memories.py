"""What the organisation knows by key: written by roles, each writing a revision that stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from org import audit, events, locking, names, outbox
from org.actors import Actor
from org.acts import Act
from org.changes import Change, state
from org.clock import Clock
from org.errors import InvalidInput
from org.models import Memory, MemoryRevision

MOST_TAGS = 20
LONGEST_TAG = 64
TOLD = ("revision", "tags", "revised_by_role")


@transaction.atomic
def remember(
    *,
    key: str,
    content: str,
    tags: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
    replaces: int | None = None,
    by: Actor,
    clock: Clock,
) -> Memory:
    """Write what is known under a key, as a new revision where there is one; the same again changes nothing.

    `replaces`: the revision the writer has read. Raises InvalidInput for a key or tag that is none, and where somebody
    has written a newer revision than that.
    """
    folded, kept = _folded(key), _tags(tags)
    locking.take_turns([f"memory {folded}"])  # so that one of two first writers finds what the other wrote
    memory = Memory.objects.select_for_update().filter(folded=folded).first()
    if replaces is not None and replaces != (memory.revision if memory else 0):
        raise _changed(key, memory, replaces)
    said = {"content": content, "tags": kept, "metadata": dict(metadata) if metadata else None}
    if memory is not None and all(getattr(memory, name) == value for name, value in said.items()):
        return memory
    act = Act.begin(by, clock)
    if memory is None:
        memory = Memory(key=key, folded=folded, revision=0, created_by_role=by.name, inserted_at=act.now)
        was = None
    else:
        was = state(memory, *TOLD)
    for name, value in said.items():
        setattr(memory, name, value)
    memory.revision, memory.revised_by_role, memory.updated_at = memory.revision + 1, by.name, act.now
    memory.save()
    MemoryRevision.objects.create(
        memory=memory, revision=memory.revision, by_role=by.name, written_at=act.now, **said, **by.cause
    )
    change = Change.made(memory, *TOLD) if was is None else Change.since(was, memory)
    outbox.put(events.CHANGES, events.changed(events.name_of_memory(folded)), act.now)
    audit.record(act, "memory.written", memory.key[:100], change, characters=len(content))
    return memory


def _folded(key: str) -> str:
    """The one form of a key by which its spellings are the same."""
    folded = names.normalize(key)
    if not folded:
        raise InvalidInput("key", "holds nothing that can be seen.", "Use words, like vendors/hosting.")
    return folded


def _tags(tags: Sequence[str]) -> list[str]:
    """Tags in the one form they are looked for by, each once, in the order given."""
    kept = list(dict.fromkeys(names.normalize(tag) for tag in tags))
    if len(kept) > MOST_TAGS:
        raise InvalidInput("tags", f"hold at most {MOST_TAGS}.", "Send fewer; words of the content are found anyway.")
    for tag in kept:
        if not tag or len(tag) > LONGEST_TAG:
            raise InvalidInput("tags", f"each holds 1 to {LONGEST_TAG} characters that can be seen.", "Shorten it.")
    return kept


def _changed(key: str, memory: Memory | None, replaces: int) -> InvalidInput:
    if memory is None:
        return InvalidInput("replaces", f"nothing is known under {key!r}, so there is no {replaces}.", "Leave it out.")
    newest = f"revision {memory.revision} is the newest, by the {memory.revised_by_role}"
    step = f"Read it with recall {{id: {memory.key}}}, then write what holds of both."
    return InvalidInput("replaces", f"{newest}; you have read {replaces}.", step)
