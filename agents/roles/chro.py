"""The Chief Human Resources Officer's room."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agents.inputs import Confidence, Content, Flag, Line, Name, Usd, Whole
from agents.role import RoleSpec
from agents.roles.answers import board_page
from agents.roles.committing import CommitmentAnswer, refusal_fields
from agents.roles.making import keep
from agents.roles.shared import EVERY_ROLE
from agents.tool import Says, tool
from org import money
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput, Refused
from org.services import proposals

MOST_HEADS = 1000


@tool(Effect.CREATES, offers=board_page)
def approve_hiring_request(
    by: Actor,
    position: Annotated[Name, Says("What they are hired as.")],
    department: Annotated[Name, Says("Whose allocation pays.")],
    justification: Annotated[Content, Says("Why: text or an object.")],
    annual_salary: Annotated[Usd, Says("US dollars a year, for each.")],
    headcount: Annotated[Whole, Says("How many, 1 to 1000."), Field(ge=1, le=MOST_HEADS)] = 1,
    initiative: Annotated[Line | None, Says("What it counts towards; default the position.")] = None,
    confidence: Annotated[Confidence | None, Says("How sure you are, 0 to 1.")] = None,
    revises: Annotated[Name | None, Says("Your unsettled decision this one replaces.")] = None,
    confidential: Annotated[Flag, Says("Only those concerned may read it.")] = False,
) -> CommitmentAnswer:
    """CHRO: approve a hire by what it costs in a year, against what its department has been allocated."""
    total = annual_salary * headcount
    if total >= money.LIMIT:
        raise InvalidInput("annual_salary", f"times {headcount} is beyond {money.show(money.LIMIT)}.", "Send less.")
    what = f"Hire {position} for {department}"
    given = {
        "position": position,
        "department": department,
        "justification": justification,
        "annual_salary_usd": money.number(annual_salary),
        "headcount": headcount,
    }
    try:
        decision = proposals.propose(
            decision_type="hiring",
            title=f"{what} ({headcount})" if headcount > 1 else what,
            context=given,
            amount_usd=total,
            initiative=initiative or what,  # without the headcount, so that a hire in two parts adds up
            confidence=confidence,
            revises=revises or "",
            confidential=confidential,
            department=department,
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        return CommitmentAnswer(**refusal_fields(refusal, total, department, by))
    answer = CommitmentAnswer.of(decision, by)
    if not confidential:  # every role reads artifacts
        found = {"budget_impact": answer.model_dump(mode="json")["budget_impact"], "method": METHOD}
        keep(by, ArtifactKind.HIRING, position, given=given, found=found, decision=decision)
    answer.basis |= {"method": METHOD, "annual_salary_usd": given["annual_salary_usd"], "headcount": headcount}
    return answer


METHOD = "salary × headcount × 1 year, against what the department has been allocated less what is committed"

ROLE = RoleSpec(
    name="chro",
    persona=(
        "You answer for people: hiring, fairness, conflicts and the health of teams. You report to the CEO. "
        "You weigh every hire by its yearly cost."
    ),
    tools=(*EVERY_ROLE, approve_hiring_request),
)
