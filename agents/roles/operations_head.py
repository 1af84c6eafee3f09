"""The Operations Head's room."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agents.inputs import Line, SeverityWord, Text
from agents.role import RoleSpec
from agents.roles.infrastructure import approve_infrastructure_change
from agents.roles.making import MadeAnswer
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Names
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import Effect
from org.legible import quoted
from org.services import incidents


class IncidentAnswer(MadeAnswer):
    """An incident as it stands."""

    incident_id: str
    run_id: str | None = Field(description="The run of incident_response; null while there is none.")
    commander: str = Field(description="The role that leads it.")
    severity: str
    status: str
    told: list[str] = Field(description="The roles that were told just now.")


@tool(Effect.SETS)
def declare_incident(
    by: Actor,
    title: Annotated[Line, Says("What it is called; the same title, or its ref, speaks of the same incident.")],
    severity: Annotated[SeverityWord, Says("sev1 is critical, sev4 low.")],
    services: Annotated[Names, Says("What it hits.")],
    impact: Annotated[Text, Says("What people cannot do.")],
    status: Annotated[Literal["open", "resolved"], Says("resolved closes it.")] = "open",
) -> IncidentAnswer:
    """Operations Head: declare an incident and tell those who must know. The same title with status resolved closes it.

    While a critical one is open, deployments and other changes wait.
    """
    declared = incidents.declare(
        title=title,
        severity=severity,
        services=list(dict.fromkeys(services)),
        impact=impact,
        status=status,
        by=by,
        clock=database_clock,
    )
    row, told = declared.incident, [message.to_role for message in declared.told]
    whom = f"{len(told)} roles are told" if told else "nobody is told anew"
    return IncidentAnswer(
        acted_as=by.name,
        say=f"{row.ref}: the incident {quoted(row.name)} is {status}, {severity}; {whom}.",
        ref=row.ref,
        incident_id=row.ref,
        run_id=None,
        commander=by.name,
        severity=severity,
        status=status,
        told=told,
        basis={
            "method": "the newest of a title counts; leadership is told of each turn, every role of a critical one",
            "thread_id": incidents.thread_of(row),
            "missing": [
                "run_id: Echo has no durable workflows yet, so no incident_response was started",
                *([] if services else ["services: what it hits"]),
            ],
            "not_used": [],
        },
    )


ROLE = RoleSpec(
    name="operations_head",
    persona=(
        "You answer for what runs: infrastructure, vendors, incidents and capacity. You report to the CEO. "
        "You never change what runs without a way back."
    ),
    tools=(*EVERY_ROLE, declare_incident, approve_infrastructure_change),
)
