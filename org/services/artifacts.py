"""What roles make for each other: written once, by the role whose call made it, and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from org import audit, events, names, outbox
from org.actors import Actor
from org.acts import Act
from org.authority import LONGEST_KEY_BYTES
from org.changes import Change
from org.clock import Clock
from org.enums import ArtifactKind
from org.errors import InvalidInput
from org.models import Artifact, Decision

TOLD = ("kind", "name", "feature", "release", "by_role")


@transaction.atomic
def make(
    *,
    kind: ArtifactKind,
    name: str,
    content: Mapping[str, Any],
    feature: str = "",
    release: str = "",
    decision: Decision | None = None,
    by: Actor,
    clock: Clock,
) -> Artifact:
    """Keep what a role made; the same again, while nothing newer stands, is what was made then.

    `feature`, `release`: the keys of those it is for; a feature or release itself is for its own.
    Raises InvalidInput for a name that holds nothing that can be seen.
    """
    key = key_of(kind, name)
    about = {
        "kind": kind,
        "key": key,
        "feature": key if kind is ArtifactKind.FEATURE else feature,
        "release": key if kind is ArtifactKind.RELEASE else release,
    }
    newest = Artifact.objects.filter(**about).newest_first().first()
    if newest is not None and (newest.by_role, newest.decision, newest.content) == (by.name, decision, dict(content)):
        return newest
    act = Act.begin(by, clock)
    artifact = Artifact.objects.create(
        name=name, content=dict(content), decision=decision, by_role=by.name, made_at=act.now, **about, **by.cause
    )
    outbox.put(events.CHANGES, events.changed(artifact.ref, str(artifact.pk)), act.now)
    audit.record(act, "artifact.made", artifact.ref, Change.made(artifact, *TOLD))
    return artifact


def key_of(kind: ArtifactKind, name: str, field: str = "name") -> str:
    """The one form of a name by which its spellings are the same. Raises InvalidInput for one that cannot be kept."""
    key = names.normalize_release(name) if kind is ArtifactKind.RELEASE else names.normalize(name)
    if not key:
        raise InvalidInput(field, "holds nothing that can be seen.", "Use words.")
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise InvalidInput(field, "is too long.", "Shorten it and call again.")
    return key
