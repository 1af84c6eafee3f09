"""Choosing among technologies: the CTO's weighted matrix."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from agents.inputs import Confidence, Content, Line, Name, Note, listed
from agents.methods import decision_matrix
from agents.roles.making import MadeAnswer, keep
from agents.shapes import Number, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact, Decision
from org.names import normalize
from org.queries import artifacts as made
from org.services import proposals

MOST_OPTIONS = 50
UNWEIGHED = "constraints: kept, and weighed by nothing; leave out what they rule out"
Options = Annotated[list[Line], BeforeValidator(listed), Field(min_length=1, max_length=MOST_OPTIONS)]
Weights = Annotated[dict[Line, Number], Field(max_length=MOST_OPTIONS), WithJsonSchema({"type": "object"})]
Scores = Annotated[dict[Line, dict[Line, Number]], WithJsonSchema({"type": "object"})]


class Selection(MadeAnswer):
    """A technology, selected by weights, or what is to be scored first."""

    selected: str = Field(description="Empty while scores are missing, or several lead.")
    rationale: list[str]
    migration_plan: dict[str, Any]
    scores_template: dict[str, Any] | None = Field(description="Fill its nulls, 0 to 10, and send it as scores.")
    decision: str | None = Field(description="Ref of the decision that records it.")
    decision_status: str | None


@tool(Effect.CREATES)
def select_technology(
    by: Actor,
    options: Annotated[Options, Says("What there is to choose from.")],
    criteria: Annotated[Weights, Says("{criterion: weight}.")],
    timeline: Annotated[Content, Says("When it is to be in use: text or an object.")],
    scores: Annotated[Scores | None, Says("{option: {criterion: 0-10}}.")] = None,
    constraints: Annotated[Note, Says("What rules an option out.")] = "",
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
) -> Selection:
    """CTO: select a technology by a weighted matrix, with what would change the winner."""
    verdict = decision_matrix.decide(decision_matrix.Matrix(tuple(options), criteria, scores or {}))
    before = made.selected_before(options)
    decision = None
    if verdict.winner:
        decision = proposals.propose(
            decision_type="technology_selection",
            title=f"Use {verdict.winner}"[:255],
            context={"options": options, "criteria": criteria, "timeline": timeline, "constraints": constraints},
            evidence=[{"scores": scores}],
            confidence=confidence,
            revises=revises or "",
            by=by,
            clock=database_clock,
        )
    plan = _migration(before, verdict.winner, timeline)
    rationale = decision_matrix.tell(verdict)
    template = {name: dict(row) for name, row in verdict.template.items()} or None
    found = {"selected": verdict.winner, "rationale": rationale, "migration_plan": plan}
    given = {"options": options, "criteria": criteria, "scores": scores, "constraints": constraints or None}
    name = " or ".join(options)
    kept = keep(by, ArtifactKind.SELECTION, name, given=given, found=found, decision=decision)
    return Selection(
        acted_as=by.name,
        say=_selected(kept, verdict, decision),
        ref=kept.ref,
        selected=verdict.winner,
        rationale=rationale,
        migration_plan=plan,
        scores_template=template,
        decision=decision.ref if decision else None,
        decision_status=str(decision.status) if decision else None,
        basis={
            "method": "weighted sum model (Fishburn 1967) with sensitivity of each weight",
            "weights": plain_numbers(dict(verdict.weights)),
            "standings": [{"option": each.option, "total": round(each.total, 3)} for each in verdict.standings],
            "sensitivity": [plain_numbers(asdict(each)) for each in verdict.sensitivity],
            "missing": [*verdict.missing, *plan["missing"]],
            "not_used": [*verdict.unused, *([UNWEIGHED] if constraints else [])],
        },
    )


def _migration(before: Artifact | None, winner: str, timeline: Any) -> dict[str, Any]:
    """From what was selected before to the winner, as far as it is on record; and what is not."""
    former = before.content["found"]["selected"] if before else None
    missing = [] if before else ["what is in use now: no earlier selection among these is on record"]
    if winner and normalize(former or "") != normalize(winner):
        missing.append("the steps of the move: the senior developer's plan_implementation {feature, tasks}")
    return {
        "from": former,
        "from_ref": before.ref if before else None,
        "to": winner or None,
        "timeline": timeline,
        "missing": missing,
    }


def _selected(kept: Artifact, verdict: decision_matrix.Verdict, decision: Decision | None) -> str:
    if decision is None:
        why = "several lead" if verdict.leaders else f"{len(verdict.missing)} scores or weights are missing"
        return f"{kept.ref}: nothing is selected, since {why}."
    return f"{kept.ref}: {quoted(verdict.winner)} leads; {decision.ref} records it, {decision.status}."
