"""What the record says of a technology: what was decided about it, what broke on it, who wrote of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from org.charter import Charter
from org.enums import ArtifactKind, RecordKind, Status
from org.models import Artifact, Decision, Memory, Message
from org.names import normalize
from org.queries import decisions, recall

LOOKED_AT = 20  # the best matches
AGAINST = (Status.REJECTED,)


@dataclass(frozen=True)
class Trace:
    """One record that names a technology. `supports`: what it plainly says for or against it; None: read it."""

    ref: str
    kind: str
    says: str
    supports: bool | None


def traces(role: str, technology: str, charter: Charter, now: datetime) -> list[Trace]:
    """The records a role may read that name the technology, the best match first. Decisions on technologies and
    incidents say for or against by what became of them; of what else was written no stance is guessed.

    A worker's login reads what is confidential, so it is left out here for roles that may not.
    """
    kinds = (RecordKind.MEMORY, RecordKind.DECISION, RecordKind.ARTIFACT)
    found, _ = recall.search(role, recall.Wanted(technology, kinds), limit=LOOKED_AT)
    key = normalize(technology)
    open_to_it = [each for each in found if _may_read(each.record, role, charter)]
    return [trace for each in open_to_it for trace in _trace(each.record, each.passage, key, now)]


def _may_read(record: recall.Record, role: str, charter: Charter) -> bool:
    secret = record if isinstance(record, Decision) else record.decision if isinstance(record, Artifact) else None
    return secret is None or not secret.confidential or role in decisions.readers(secret, charter)


def _trace(record: recall.Record, passage: str, key: str, now: datetime) -> Iterator[Trace]:
    match record:
        case Decision():
            named = key in normalize(record.title)
            stance = _stance(record, now) if named and record.decision_type == "technology_selection" else None
            how = record.ended(now) if record.is_settled else record.status
            yield Trace(record.ref, "decision", f"{record.title}: {how}", stance)
        case Artifact() if record.kind == ArtifactKind.INCIDENT:
            services = map(normalize, map(str, record.content.get("given", {}).get("services") or []))
            stance = False if key in normalize(record.name) or key in services else None
            yield Trace(record.ref, "incident", record.name, stance)
        case Artifact() if record.kind == ArtifactKind.EVALUATION:
            score = record.content["found"]["score"]
            told = "no score, the evidence was thin" if score is None else f"{score} of 10"
            yield Trace(record.ref, "evaluation", f"{record.name}: {told}", None)
        case Artifact():
            yield Trace(record.ref, record.get_kind_display().lower(), record.name, None)
        case Memory():
            yield Trace(record.key, "memory", passage, None)
        case Message():
            return


def _stance(decision: Decision, now: datetime) -> bool | None:
    if decision.revoked_at is not None or decision.status in AGAINST:
        return False
    return True if decision.holds(now) else None
