"""What a role's own tool leaves behind: what was given and what was found, kept for the others by ref and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from agents.inputs import plain
from agents.roles.answers import Answer
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind
from org.errors import InvalidInput
from org.models import Artifact, Decision
from org.queries import artifacts as made
from org.services import artifacts

MOST_TOLD = 200  # sentences of one list of an answer


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
    return artifacts.make(
        kind=kind,
        name=name[:255],
        content=_content(given, found),
        feature=made.feature(feature).feature if feature else "",
        release=made.release_key(release) if release else "",
        decision=decision,
        by=by,
        clock=database_clock,
    )


def standing(
    kind: ArtifactKind, *, given: Mapping[str, Any], found: Mapping[str, Any], **about: str
) -> Artifact | None:
    """What was made of just the same before, if it is the newest and what was decided on it still stands.

    `about`: its keys, as `org.queries.artifacts.newest` takes them. So the same call again decides nothing twice.
    """
    newest = made.newest(kind, **about)
    if newest is None or newest.decision is None or newest.content != _content(given, found):
        return None
    return newest if newest.decision.stands(database_clock()) else None


def first_of(sentences: Sequence[str]) -> list[str]:
    """The first `MOST_TOLD` of them, and how many more there are."""
    more = len(sentences) - MOST_TOLD
    return [*sentences[:MOST_TOLD], *([f"And {more} more."] if more > 0 else [])]


def _content(given: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    told = {key: value for key, value in given.items() if value is not None}
    # `given` is no level of what was sent: an argument may be as deep here as it was in its call.
    try:
        return plain({"given": told, "found": dict(found)}, level=-1)
    except ValueError as error:
        raise InvalidInput("arguments", f"what comes of them is too much to keep: {error}", "Send less.") from None
