"""The Operations Head's room."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.inputs import Confidence, Content, Flag, Line, Name, SeverityWord, Text, Usd, Whole
from agents.role import RoleSpec
from agents.roles.answers import Action, Amount, board_page
from agents.roles.capacity import plan_capacity
from agents.roles.committing import CommitmentAnswer, refusal_fields
from agents.roles.infrastructure import approve_infrastructure_change
from agents.roles.making import MadeAnswer, keep
from agents.roles.service_levels import review_operational_metrics
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Names
from agents.tool import Says, tool
from org import money
from org.actors import Actor
from org.acts import charter_of
from org.charter import Charter
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput, Refused
from org.legible import quoted
from org.models import Artifact, Decision, Run
from org.names import normalize
from org.queries import artifacts as made
from org.queries import runs as standing
from org.queries.runs import Blocked
from org.services import incidents, proposals, runs
from org.services.incidents import Declared
from org.workflows import fields

LONGEST_TERM = 120  # months
MONTHS_A_YEAR = 12
METHOD = "what it costs over its whole term, rounded up to the cent, against what its department has been allocated"


class IncidentAnswer(MadeAnswer):
    """An incident as it stands."""

    incident_id: str
    run_id: str | None = Field(description="The run of incident_response; null while there is none.")
    commander: str = Field(description="The role that leads it.")
    severity: str
    status: str
    told: list[str] = Field(description="The roles that were told just now.")
    waiting_on: list[str] = Field(description="Whom its run waits for.")
    your_actions: list[Action]


@tool(Effect.SETS)
def declare_incident(
    by: Actor,
    title: Annotated[Line, Says("Or its ref.")],
    severity: Annotated[SeverityWord, Says("sev1 is critical, sev4 low.")],
    services: Annotated[Names, Says("What it hits.")],
    impact: Annotated[Text, Says("What people cannot do.")],
    status: Annotated[Literal["open", "resolved"], Says("resolved closes it.")] = "open",
) -> IncidentAnswer:
    """Operations Head: declare an incident, tell who must know and begin its run."""
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
    response = respond(declared, by)
    stuck = standing.blocked(response, charter_of(by)) if response else []
    whom = f"{len(told)} roles are told" if told else "nobody is told anew"
    seen_to = f" {response.ref} sees to it{_now(stuck)}." if response else ""
    return IncidentAnswer(
        acted_as=by.name,
        say=f"{row.ref}: the incident {quoted(row.name)} is {status}, {severity}; {whom}.{seen_to}",
        ref=row.ref,
        incident_id=row.ref,
        run_id=response.ref if response else None,
        commander=by.name,
        severity=severity,
        status=status,
        told=told,
        waiting_on=list(dict.fromkeys(name for each in stuck for name in each.waiting_on)),
        your_actions=[_next(each, by) for each in stuck],
        basis={
            "method": "the newest of a title counts; leadership is told of each turn, every role of a critical one",
            "thread_id": incidents.thread_of(row),
            "missing": [] if services else ["services: what it hits"],
            "not_used": [],
        },
    )


def respond(declared: Declared, by: Actor) -> Run | None:
    """The run that sees to an incident: begun when it opens, the same for all that is said of it then."""
    row = declared.incident
    if declared.turn != incidents.OPENS:
        said = [each.ref for each in Artifact.objects.of(ArtifactKind.INCIDENT).filter(key=row.key)]
        return Run.objects.filter(name="incident_response", inputs__incident__in=said).order_by("-number").first()
    return runs.start(
        name="incident_response",
        inputs={
            "incident": row.ref,
            "title": row.name,
            "severity": row.content["found"]["severity"],
            "impact": row.content["given"]["impact"][: fields.LONGEST_TEXT],
        },
        by=by,
        clock=database_clock,
    )


def _now(stuck: Sequence[Blocked]) -> str:
    """At which steps a run is, and what each waits for."""
    steps = [f"{quoted(standing.definition_of(each.row.run).step(each.row.key).title)}: {each.why}" for each in stuck]
    return f", now at {' '.join(steps)}".removesuffix(".") if steps else ""


def _next(stuck: Blocked, by: Actor) -> Action:
    """What the acting role does about a step of a run that is not over: its own part, or to see where others are."""
    row = stuck.row
    if by.name in stuck.waiting_on and row.kind == "work":
        return Action(tool="claim_work", arguments={"work_id": row.ref})
    if by.name in stuck.waiting_on and row.message is not None:
        return Action(tool="acknowledge_message", arguments={"message_id": f"M-{row.message}"})
    return Action(tool="get_workflow", arguments={"run_id": row.run.ref})


class ContractAnswer(CommitmentAnswer):
    """A contract with a vendor, decided or on its way."""

    total_cost_usd: Amount = Field(description="Over the whole term.")

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        return super().standing(decision, by, charter) | {"total_cost_usd": decision.amount_usd}


@tool(Effect.CREATES, offers=board_page)
def approve_vendor_contract(
    by: Actor,
    vendor: Annotated[Name, Says("With whom; they add up.")],
    term_months: Annotated[Whole, Says("1 to 120."), Field(ge=1, le=LONGEST_TERM)],
    purpose: Annotated[Content, Says("What for: text or an object.")],
    annual_cost: Annotated[Usd | None, Says("US dollars a year.")] = None,
    monthly_cost: Annotated[Usd | None, Says("Or US dollars a month.")] = None,
    department: Annotated[Name | None, Says("Whose allocation pays.")] = None,
    initiative: Annotated[Line | None, Says("Default the vendor.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
    confidential: Annotated[Flag, Says("Only for those concerned.")] = False,
) -> ContractAnswer:
    """Operations Head: approve a vendor contract by its cost over the term; send one cost."""
    if not normalize(vendor):
        raise InvalidInput("vendor", "holds nothing that can be seen.", "Use words.")
    total = _total(term_months, annual_cost, monthly_cost)
    given = {
        "vendor": vendor,
        "term_months": term_months,
        "purpose": purpose,
        **({"annual_cost_usd": money.number(annual_cost)} if annual_cost is not None else {}),
        **({"monthly_cost_usd": money.number(monthly_cost)} if monthly_cost is not None else {}),
        **({"department": department} if department else {}),
    }
    earlier = made.newest(ArtifactKind.VENDOR_CONTRACT, key=normalize(vendor))
    try:
        decision = proposals.propose(
            decision_type="vendor_contract",
            title=f"Contract with {vendor} for {term_months} months",
            context=given,
            amount_usd=total,
            initiative=initiative or f"Contract with {vendor}",  # whatever its term, so that parts add up
            confidence=confidence,
            revises=revises or "",
            confidential=confidential,
            department=department or "",
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        if not department:
            raise
        return ContractAnswer(**refusal_fields(refusal, total, department, by), total_cost_usd=total)
    answer = ContractAnswer.of(decision, by)
    if not confidential:  # every role reads artifacts
        impact = answer.model_dump(mode="json")["budget_impact"]
        found = {"total_cost_usd": money.number(total), "budget_impact": impact, "method": METHOD}
        keep(by, ArtifactKind.VENDOR_CONTRACT, vendor, given=given, found=found, decision=decision)
    answer.basis |= {
        "method": METHOD,
        "term_months": term_months,
        "earlier": earlier.ref if earlier else None,
        "missing": [] if department else ["department: with it, the cost is judged by what that has been allocated"],
        "not_used": [],
    }
    return answer


def _total(term_months: int, annual: Decimal | None, monthly: Decimal | None) -> Decimal:
    """The cost over the whole term. Raises InvalidInput unless exactly one is given, and for more than Echo keeps."""
    if (annual is None) == (monthly is None):
        said = "neither is" if annual is None else "both are"
        raise InvalidInput("annual_cost", f"{said} given, of annual_cost and monthly_cost.", "Send exactly one.")
    exact = monthly * term_months if monthly is not None else (annual or money.ZERO) * term_months / MONTHS_A_YEAR
    total = exact.quantize(money.CENT, ROUND_CEILING)
    if total >= money.LIMIT:
        field = "annual_cost" if monthly is None else "monthly_cost"
        raise InvalidInput(field, f"over {term_months} months is beyond {money.show(money.LIMIT)}.", "Send less.")
    return total


ROLE = RoleSpec(
    name="operations_head",
    persona=(
        "You answer for what runs: infrastructure, vendors, incidents and capacity. You report to the CEO. "
        "You never change what runs without a way back."
    ),
    tools=(
        *EVERY_ROLE,
        declare_incident,
        approve_infrastructure_change,
        approve_vendor_contract,
        review_operational_metrics,
        plan_capacity,
    ),
)
