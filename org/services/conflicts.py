"""Conflicts between roles: a case, in whose own thread each party is asked once, and from which its side is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from org import locking
from org.actors import Actor
from org.acts import charter_of
from org.clock import Clock
from org.enums import ArtifactKind, MessageType
from org.errors import InvalidInput, NotFound
from org.models import Artifact, Decision, Message
from org.queries import conflicts
from org.services import artifacts, messages

ASKS = "What is your side of it, on which facts does it rest, and what would you accept?"
MOST_ANSWERS = 100  # the newest that are read


class Case(NamedTuple):
    """A conflict as it stands. `first`: the record it is called by; `asked`: the request each party was sent;
    `statements`: what each has answered, newest first. `status`: asked, answered by all, or decided.
    """

    first: Artifact
    newest: Artifact
    status: str
    asked: Mapping[str, str]
    asked_now: list[str]
    statements: Mapping[str, list[Message]]
    silent: list[str]


@transaction.atomic
def look_into(*, parties: Sequence[str], issue: str, decision: Decision | None = None, by: Actor, clock: Clock) -> Case:
    """Open the case of a conflict, or the one there is, ask who was not asked yet, and collect what was answered.

    What the parties say stays between them and who asks: the record, which every role reads, names their messages.
    Raises NotFound for a role nobody is, InvalidInput for fewer than two, or where the asking role is one of them.
    """
    wanted = _parties(parties, by)
    key = artifacts.key_of(ArtifactKind.CONFLICT, issue, "issue")
    locking.take_turns([f"conflict {key}"])  # so that two first calls open one case
    given = {"parties": wanted, "issue": issue}
    first = conflicts.case(key, wanted)
    if first is None:
        first = _keep(issue, given, _found("asked", {}, wanted), decision, by, clock)
    thread = thread_of(first)
    sent = Message.objects.filter(thread_id=thread, from_role=by.name, to_role__in=wanted).order_by("-number")
    asked = {role: f"M-{number}" for role, number in sent.values_list("to_role", "number")}
    asked_now = [role for role in wanted if role not in asked]
    for role in asked_now:
        content = {"case": first.ref, "issue": issue, "parties": wanted, "asks": ASKS}
        [row] = messages.send(
            to=role,
            subject=f"Your side of {first.ref}: {issue}"[:255],
            content={**content, "decision": decision.ref} if decision else content,
            type=MessageType.REQUEST,
            thread_id=thread,
            by=by,
            clock=clock,
        )
        asked[role] = row.ref
    rows = Message.objects.filter(thread_id=thread, to_role=by.name, from_role__in=wanted).order_by("-position")
    answers: dict[str, list[Message]] = {}
    for row in rows[:MOST_ANSWERS]:
        answers.setdefault(row.from_role, []).append(row)
    silent = [role for role in wanted if role not in answers]
    status = "asked" if silent else "answered"
    if decision is not None and decision.is_settled:
        status = "decided"
    told = {role: [row.ref for row in answers[role]] for role in wanted if role in answers}
    newest = _keep(issue, given, _found(status, told, silent), decision, by, clock)
    statements = {role: answers[role] for role in told}
    return Case(first, newest, status, asked, asked_now, statements, silent)


def thread_of(first: Artifact) -> str:
    """The thread in which the parties of a case are asked."""
    return f"conflict_{first.ref}"


def _parties(parties: Sequence[str], by: Actor) -> list[str]:
    charter = charter_of(by)
    wanted = sorted(set(parties))
    for name in wanted:
        if name not in charter.roles:
            raise NotFound("parties", name, list(charter.roles), "Use some of these.")
    if by.name in wanted:
        raise InvalidInput(
            "parties",
            f"you are the {by.name}, and nobody resolves a conflict of its own.",
            "Propose a decision in mode human instead: propose_decision {decision_type: other, mode: human, …}.",
        )
    if len(wanted) < 2:
        raise InvalidInput("parties", "a conflict has two parties at least.", "Name both roles.")
    return wanted


def _found(status: str, answered: Mapping[str, list[str]], silent: Sequence[str]) -> dict[str, Any]:
    return {"status": status, "answered": dict(answered), "silent": list(silent)}


def _keep(
    issue: str, given: dict[str, Any], found: dict[str, Any], decision: Decision | None, by: Actor, clock: Clock
) -> Artifact:
    content = {"given": given, "found": found}
    return artifacts.make(
        kind=ArtifactKind.CONFLICT, name=issue, content=content, decision=decision, by=by, clock=clock
    )
