"""What a role's own tool leaves behind: what was given and what was found, kept for the others by ref and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agents.inputs import plain
from agents.roles.answers import Answer
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind
from org.models import Artifact, Decision
from org.queries import artifacts as made
from org.services import artifacts


class MadeAnswer(Answer):
    """What was made and kept."""

    say: str
    ref: str = Field(description="recall {id: ref} shows it whole.")
    basis: dict[str, Any] = Field(description="The method, its numbers, and what was missing.")


def keep(
    by: Actor,
    kind: ArtifactKind,
    name: str,
    *,
    given: Mapping[str, Any],
    found: Mapping[str, Any],
    feature: str | None = None,
    release: str | None = None,
    decision: Decision | None = None,
) -> Artifact:
    """Keep what a tool was given and what it found. `feature` and `release` as the caller named them.

    Raises NotFound for a feature that nobody defined.
    """
    content = plain({"given": {key: value for key, value in given.items() if value is not None}, "found": dict(found)})
    return artifacts.make(
        kind=kind,
        name=name[:255],
        content=content,
        feature=made.feature(feature).feature if feature else "",
        release=made.release_key(release) if release else "",
        decision=decision,
        by=by,
        clock=database_clock,
    )
