"""What the record says of a technology: what was decided about it, what broke on it, who wrote of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from org.enums import ArtifactKind, RecordKind, Status
from org.models import Artifact, Decision, Memory, Message
from org.names import normalize
from org.queries import artifacts as made
from org.queries import recall

LOOKED_AT = 20  # the best matches of a kind
SELECTION = "technology_selection"
TAKES = "use|adopt|choose|select|introduce|move to|switch to|migrate to"
DROPS = "stop using|do not use|don't use|never use|drop|retire|abandon|ban"
GOES_ON = "for|as|in|on|at|with|from|until|instead of|because"  # what may follow the name without changing the sense


@dataclass(frozen=True)
class Trace:
    """One record that names a technology. `supports`: what it plainly says for or against it; None: read it."""

    ref: str
    kind: str
    says: str
    supports: bool | None


def traces(role: str, technology: str, now: datetime) -> list[Trace]:
    """The records a role may read that name the technology, of each kind the best match first, as they stand now.

    A decision to use or to drop it says for or against by what became of it, an incident of it against; of what else
    was written no stance is guessed. What is made of them every role reads, so what is confidential is left out.
    """
    named = _Name(normalize(technology))
    told = []
    for kind in (RecordKind.DECISION, RecordKind.ARTIFACT, RecordKind.MEMORY):
        found, _ = recall.search(role, recall.Wanted(technology, [kind]), limit=LOOKED_AT)
        open_to_all = [each for each in found if not _is_secret(each.record)]
        told += [trace for each in open_to_all for trace in _trace(each.record, each.passage, named, now)]
    return told


class _Name:
    """How a technology is named in a text: whole, so that Go is not found in Google, nor C in C++."""

    def __init__(self, key: str) -> None:
        words = r"\s+".join(map(re.escape, key.split(" ")))
        whole = rf"(?<!\w){words}(?![\w+#]|\.\w)"
        self._whole = re.compile(whole)
        self._taken, self._dropped = (
            re.compile(rf"(?:(?:{verbs}) ){often}(?:the )?{whole}(?: (?:{GOES_ON}) .*)?[.!]?")
            for verbs, often in ((TAKES, "?"), (DROPS, ""))
        )

    def is_in(self, *texts: str) -> bool:
        """Texts can be long, so that of their spellings only the case is evened out."""
        return any(self._whole.search(text.casefold()) for text in texts)

    def is_taken_by(self, title: str) -> bool | None:
        """Whether a title says to use it (True), to drop it (False), or neither."""
        if self._dropped.fullmatch(said := normalize(title)):
            return False
        return True if self._taken.fullmatch(said) else None


def _is_secret(record: recall.Record) -> bool:
    about = record if isinstance(record, Decision) else record.decision if isinstance(record, Artifact) else None
    return about is not None and about.confidential


def _trace(record: recall.Record, passage: str, named: _Name, now: datetime) -> Iterator[Trace]:
    if isinstance(record, Message) or not named.is_in(*_names_of(record), recall.text_of(record)):
        return
    match record:
        case Decision():
            how = record.ended(now) if record.is_settled else record.status
            yield Trace(record.ref, "decision", f"{record.title}: {how}", _stance(record, named, now))
        case Artifact() if made.newest(ArtifactKind(record.kind), key=record.key) == record:
            yield Trace(record.ref, record.get_kind_display().lower(), *_made(record, named))
        case Memory():
            yield Trace(record.key, "memory", passage, None)


def _names_of(record: recall.Record) -> tuple[str, ...]:
    match record:
        case Decision():
            return (record.title,)
        case Memory():
            return (record.key, *record.tags)
        case Artifact():
            return (record.name,)
    return ()


def _stance(decision: Decision, named: _Name, now: datetime) -> bool | None:
    """A decision to use it is for it while it holds, and against it once rejected or revoked.

    One to drop it is against it while it holds.
    """
    taken = named.is_taken_by(decision.title) if decision.decision_type == SELECTION else None
    if taken is None:
        return None
    if decision.holds(now):
        return taken
    is_refused = decision.revoked_at is not None or decision.status == Status.REJECTED
    return False if taken and is_refused else None


def _made(record: Artifact, named: _Name) -> tuple[str, bool | None]:
    """What a role made says of it, and whether that is plainly against it, as an incident of it is."""
    given, found = record.content.get("given", {}), record.content.get("found", {})
    match ArtifactKind(record.kind):
        case ArtifactKind.INCIDENT:
            services = [str(each) for each in given.get("services") or []]
            of_it = named.is_in(record.name, *services)
            return f"{record.name} ({found.get('severity')}, {found.get('status')})", False if of_it else None
        case ArtifactKind.EVALUATION:
            score = found.get("score")
            told = "no score, the evidence was thin" if score is None else f"{score} of 10"
            return f"{record.name}: {told}", None
        case ArtifactKind.SELECTION:
            return f"{record.name}: {found.get('selected') or 'nothing'} was selected", None
    return record.name, None
