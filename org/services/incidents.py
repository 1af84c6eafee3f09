"""Incidents: declared under a title, changed and resolved under the same; who must know is told of each turn once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from org import locking, names, refs
from org.actors import Actor
from org.acts import Act
from org.clock import Clock
from org.enums import ALL, LEADERSHIP, ArtifactKind, Urgency
from org.errors import InvalidInput, NotFound
from org.legible import quoted
from org.models import Artifact, Message
from org.queries import artifacts as made
from org.services import artifacts, messages
from org.services.messages import Letter

OPEN, RESOLVED = "open", "resolved"
OPENS = "is open"  # the turn by which an incident begins
CRITICAL = "critical"
PRIORITIES = {"low": Urgency.NORMAL, "medium": Urgency.HIGH, "high": Urgency.HIGH, CRITICAL: Urgency.CRITICAL}


class Declared(NamedTuple):
    """An incident as it stands now. `turn`: what this changed of it, or ''; `told`: the deliveries that tell of it."""

    incident: Artifact
    turn: str
    told: list[Message]


@transaction.atomic
def declare(
    *, title: str, severity: str, services: Sequence[str], impact: str, status: str, by: Actor, clock: Clock
) -> Declared:
    """Keep what is said of an incident; the newest of a title counts. `title` may be the ref of an incident.

    The leadership is told when it opens, when its severity changes and when it is resolved; every role, once it was
    critical. Raises InvalidInput for a title without anything to see, NotFound for one to resolve that nobody declared.
    """
    name = _name(title)
    key = names.normalize(name)
    if not key:
        raise InvalidInput("title", "holds nothing that can be seen.", "Use words.")
    locking.take_turns([f"incident {key}"])
    before = made.newest(ArtifactKind.INCIDENT, key=key)
    if before is None and status == RESOLVED:
        known = made.nearest(ArtifactKind.INCIDENT, name)
        raise NotFound("title", name, known, "Use the title it was declared under.")
    incident = artifacts.make(
        kind=ArtifactKind.INCIDENT,
        name=name,
        content={
            "given": {"services": list(services), "impact": impact},
            "found": {"severity": severity, "status": status, "services": list(services)},
        },
        by=by,
        clock=clock,
    )
    turn = _turn(before, incident)
    return Declared(incident, turn, _tell(incident, turn, Act.begin(by, clock)) if turn else [])


def thread_of(incident: Artifact) -> str:
    """The thread in which roles are told of an incident; one for all that is said of its title."""
    said = Artifact.objects.of(ArtifactKind.INCIDENT).filter(key=incident.key)
    return f"incident_F-{said.order_by('number').values_list('number', flat=True)[0]}"


def _name(title: str) -> str:
    if refs.number(title, "F") is None:
        return title
    found = made.named(title, "title")
    if found.kind != ArtifactKind.INCIDENT:
        raise InvalidInput("title", f"{found.ref} is a {found.kind}, no incident.", "Use the incident's title.")
    return found.name


def _turn(before: Artifact | None, after: Artifact) -> str:
    was = before.content["found"] if before else {"status": RESOLVED, "severity": ""}
    now = after.content["found"]
    if was["status"] != now["status"]:
        return OPENS if now["status"] == OPEN else "is resolved"
    return f"is {now['severity']} now" if now["status"] == OPEN and was["severity"] != now["severity"] else ""


def _tell(incident: Artifact, turn: str, act: Act) -> list[Message]:
    given, found = incident.content["given"], incident.content["found"]
    thread = thread_of(incident)
    all_know = Message.objects.filter(thread_id=thread, from_role=act.by.name, sent_to=ALL).exists()
    letter = Letter(
        sender=act.by.name,
        to=ALL if all_know or found["severity"] == CRITICAL else LEADERSHIP,
        subject=f"Incident {quoted(incident.name)} {turn}",
        content={"incident": incident.ref, "commander": act.by.name, **found, "impact": given["impact"]},
        priority=PRIORITIES[found["severity"]],
        thread_id=thread,
    )
    [rows] = messages.post(act, [letter])
    return rows
