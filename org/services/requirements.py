"""Asking roles what a feature must do: each once, in the feature's own thread, from which its answers are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from org.actors import Actor
from org.acts import charter_of
from org.clock import Clock
from org.enums import ArtifactKind, MessageType
from org.errors import InvalidInput, NotFound
from org.models import Artifact, Message
from org.services import messages

ASKS = "What must it do for you, and how would you see that it does? Best as: Given …, when …, then …."


class Gathered(NamedTuple):
    """What each role answered, newest first, and who was asked and is silent."""

    answers: Mapping[str, list[Message]]
    silent: list[str]
    asked_now: list[str]


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
    rows = Message.objects.filter(thread_id=thread, to_role=by.name, from_role__in=wanted).order_by("-position")
    answers: dict[str, list[Message]] = {}
    for row in rows:
        answers.setdefault(row.from_role, []).append(row)
    silent = [role for role in wanted if role not in answers]
    return Gathered({role: answers[role] for role in wanted if role in answers}, silent, asked_now)


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
