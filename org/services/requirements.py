"""Asking roles what a feature must do: each once, in the feature's own thread, from which its answers are read.

Who acknowledges the question with a note and writes nothing more has answered by the note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from org import locking
from org.actors import Actor
from org.acts import charter_of
from org.clock import Clock
from org.enums import ArtifactKind, MessageType
from org.errors import InvalidInput, NotFound
from org.models import Artifact, Message
from org.services import messages
from org.services.messages import ANSWERED

MOST_ANSWERS = 5  # of a role, the newest
ASKS = "What must it do for you, and how would you see that it does? Best as: Given …, when …, then …."


class Said(NamedTuple):
    """An answer: a message, or the note by which a role acknowledged the question."""

    ref: str
    at: datetime
    content: Any


class Gathered(NamedTuple):
    """What each role that answered said, newest first, and who was asked and is silent. `wordless`: of the silent, who
    acknowledged the question and said nothing, and that by its ref. `left_out`: older answers.
    """

    answers: Mapping[str, list[Said]]
    silent: list[str]
    wordless: Mapping[str, str]
    asked_now: list[str]
    left_out: int


@transaction.atomic
def gather(*, feature: Artifact, stakeholders: Sequence[str], by: Actor, clock: Clock) -> Gathered:
    """Ask those who were not asked yet, and collect what was answered.

    Raises NotFound for a role nobody is, InvalidInput where the asking role is its own stakeholder.
    """
    roles = list(charter_of(by).roles)
    for name in stakeholders:
        if name not in roles:
            raise NotFound("stakeholders", name, roles, "Use some of these.")
    if by.name in stakeholders:
        raise InvalidInput("stakeholders", f"you are the {by.name}.", "Leave yourself out.")
    locking.take_turns([f"requirements {feature.key}"])  # so that calls at once ask each role once
    thread = thread_of(feature)
    wanted = list(dict.fromkeys(stakeholders))
    before = set(Message.objects.filter(thread_id=thread, from_role=by.name).values_list("to_role", flat=True))
    asked_now = [role for role in wanted if role not in before]
    for role in asked_now:
        messages.send(
            to=role,
            subject=f"Requirements of {feature.name}"[:255],
            content={"feature": feature.ref, "name": feature.name, "asks": ASKS, "known": _known(feature)},
            type=MessageType.REQUEST,
            thread_id=thread,
            by=by,
            clock=clock,
        )
    said: dict[str, list[int]] = {}
    for role, number in _answered(thread, by.name, roles):
        said.setdefault(role, []).append(number)
    newest = [number for numbers in said.values() for number in numbers[:MOST_ANSWERS]]
    asked = Message.objects.filter(
        thread_id=thread, from_role=by.name, to_role__in=roles, acknowledged_at__isnull=False
    )
    acknowledged = {row.to_role: row for row in asked.order_by("position")}
    noted = {role: row for role, row in acknowledged.items() if row.acknowledge_note not in ("", ANSWERED)}
    answers: dict[str, list[Said]] = {role: [] for role in roles if role in said or role in noted}
    for row in Message.objects.filter(number__in=newest, to_role=by.name).order_by("-position"):
        answers[row.from_role].append(Said(row.ref, row.created_at, row.content))
    for role, row in noted.items():
        if role not in said and row.acknowledged_at:
            answers[role].append(Said(row.ref, row.acknowledged_at, row.acknowledge_note))
    silent = [role for role in wanted if role not in answers]
    wordless = {role: acknowledged[role].ref for role in silent if role in acknowledged}
    left_out = sum(map(len, said.values())) - len(newest)
    return Gathered(answers, silent, wordless, asked_now, left_out)


def _answered(thread: str, role: str, roles: Sequence[str]) -> Iterable[tuple[str, int]]:
    """Who wrote what in the thread to the role, the newest first. What was said stands, whoever is asked now."""
    rows = Message.objects.filter(thread_id=thread, to_role=role, from_role__in=roles)
    return rows.order_by("-position").values_list("from_role", "number")


def thread_of(feature: Artifact) -> str:
    """The thread in which a feature's stakeholders are asked; one for all its definitions."""
    first = (
        Artifact.objects.of(ArtifactKind.FEATURE)
        .filter(key=feature.key)
        .order_by("number")
        .values_list("number", flat=True)
    )
    return f"requirements_F-{first[0]}"


def _known(feature: Artifact) -> list[Any]:
    return [each["story"] for each in feature.content["found"]["requirements"]]
