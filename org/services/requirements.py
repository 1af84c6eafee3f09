"""Asking roles what a feature must do: each once, in the feature's own thread, from which its answers are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

MOST_ANSWERS = 5  # of a role, the newest
ASKS = "What must it do for you, and how would you see that it does? Best as: Given …, when …, then …."


class Gathered(NamedTuple):
    """What each role that answered said, newest first, and who was asked and is silent. `left_out`: older answers."""

    answers: Mapping[str, list[Message]]
    silent: list[str]
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
    answers: dict[str, list[Message]] = {role: [] for role in roles if role in said}
    for row in Message.objects.filter(number__in=newest, to_role=by.name).order_by("-position"):
        answers[row.from_role].append(row)
    left_out = sum(map(len, said.values())) - len(newest)
    return Gathered(answers, [role for role in wanted if role not in answers], asked_now, left_out)


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
