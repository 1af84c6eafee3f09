"""The Chief Technology Officer's room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from agents.inputs import MOST_ITEMS, Confidence, Line, Name, Text, listed
from agents.methods import components as graph
from agents.methods import designs, technical_debt
from agents.methods.components import Component, Review
from agents.role import RoleSpec
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.deploying import approve_deployment
from agents.roles.designing import recorded
from agents.roles.making import MadeAnswer, keep, standing
from agents.roles.selecting import select_technology
from agents.roles.shared import EVERY_ROLE
from agents.shapes import CodebaseMetrics, Design, DesignShape, Names, not_used, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import Refused
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.services import proposals

NO_RATING = "no rating: lines_of_code gives the debt ratio it is of; the score is the mean gap of what was given"
MOST_SAID = 5  # grave findings in the sentence of a rejection; `feedback` names all
Statements = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]


class Modification(BaseModel):
    """What to change, of which components."""

    components: list[str]
    severity: str
    mend: str


class ArchitectureAnswer(ApprovedAnswer):
    """A design, reviewed and decided."""

    feedback: list[str]
    modifications: list[Modification]
    review_id: str | None


@tool(Effect.SETS)
def review_architecture(
    by: Actor,
    design: Annotated[DesignShape, Says("{components: [{name, owner?, depends_on?, …}]}, or its ref.")],
    components: Annotated[Names, Says("What must be in it.")],
    scalability: Annotated[Statements, Says("What is said of its growth, in numbers.")],
    feature: Annotated[Line | None, Says("Its feature, by name or ref.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
) -> ArchitectureAnswer:
    """CTO: review a design's component graph for gaps, cycles, single points of failure; a grave one rejects it."""
    named = recorded(design)
    about = made.feature(feature) if feature else None
    if not named.components:
        fields = not_decided(_thin(about), by)
        return ArchitectureAnswer(**fields, approved=False, feedback=[], modifications=[], review_id=None)
    parts = [part.to(Component) for part in named.components]
    found = graph.review(parts, components, scalability)
    names = about.name if about else ", ".join(each.name for each in parts[:3])
    title = f"Architecture of {names}"[:255]
    given = {"design": named.said, "components": components, "scalability": scalability}
    bare = _bare(parts, about)
    result = {"findings": [asdict(each) for each in found.findings], "entries": list(found.entries), "uncovered": bare}
    of = {"key": normalize(title)} | ({"feature": about.feature} if about else {})
    kept = standing(ArtifactKind.ARCHITECTURE_REVIEW, given=given, found=result, **of)
    if kept is None or revises:
        decision = proposals.propose(
            decision_type="architecture",
            title=title,
            context=given,
            evidence=[each.says for each in found.findings],
            rejects=_against(found),
            confidence=confidence,
            revises=revises or "",
            by=by,
            clock=database_clock,
        )
        kept = keep(
            *(by, ArtifactKind.ARCHITECTURE_REVIEW, title),
            given=given,
            found=result,
            feature=about.ref if about else None,
            decision=decision,
        )
    assert kept.decision is not None
    untraced = _untraced(bare, about)
    answer = ArchitectureAnswer.of(
        kept.decision,
        by,
        also=" ".join(untraced),
        feedback=[each.says for each in found.findings],
        modifications=[Modification(**asdict(each)) for each in found.findings],
        review_id=kept.ref,
    )
    answer.basis |= _reviewed(found, named, untraced)
    return answer


def _bare(parts: Sequence[Component], feature: Artifact | None) -> list[str]:
    """The ids of the feature's requirements that no component is there for."""
    asked = feature.content["found"]["requirements"] if feature else []
    return list(designs.trace(parts, [each["id"] for each in asked]).uncovered)


def _untraced(bare: Sequence[str], feature: Artifact | None) -> list[str]:
    if not bare or feature is None:
        return []
    more = f" and {len(bare) - MOST_SAID} more" if len(bare) > MOST_SAID else ""
    call = (
        f"design_system {{feature: {feature.ref}, requirements: {feature.ref}, components: [{{requirements: [id]}}]}}"
    )
    named = f"{', '.join(bare[:MOST_SAID])}{more} of {feature.ref}"
    return [f"No component is said to be there for {named}: the senior architect's {call} traces them."]


def _thin(feature: Artifact | None) -> Refused:
    """There is nothing to review; the call that sends something, the design on record if there is one."""
    kept = made.newest(ArtifactKind.DESIGN, feature=feature.feature) if feature else None
    design = kept.ref if kept else "{components: [{name, owner, depends_on}]}"
    return Refused(
        "thin_design",
        "The design names no components, so there is nothing to review.",
        f"Call review_architecture {{design: {design}, components, scalability}}.",
    )


def _against(found: Review) -> str:
    """The grave findings, for which it is rejected."""
    grave = [each.says for each in found.findings if each.severity == "high"]
    more = [f"And {len(grave) - MOST_SAID} more."] if len(grave) > MOST_SAID else []
    return " ".join([*grave[:MOST_SAID], *more])


def _reviewed(found: Review, design: Design, untraced: Sequence[str]) -> dict[str, Any]:
    return {
        "method": "component graph: cycles, dominators of users' paths (Cooper, Harvey, Kennedy 2001), "
        "stores, timeouts",
        "entries": list(found.entries),
        "missing": [*found.missing, *untraced],
        "not_used": [*not_used("design", [design]), *not_used("design.components", design.components)],
    }


class DebtAnswer(MadeAnswer):
    """How much technical debt there is, and what to pay first."""

    debt_score: float = Field(description="0 (none) to 100.")
    rating: str | None = Field(description="A to E by the debt ratio; null without lines_of_code.")
    priority_fixes: list[dict[str, Any]]
    trend: dict[str, Any] | None


@tool(Effect.SETS, computes=True)
def assess_technical_debt(
    by: Actor,
    codebase_metrics: Annotated[CodebaseMetrics, Says("{lines_of_code?, test_coverage_percent?, …}.")],
    codebase: Annotated[Line, Says("Which codebase, for the trend.")] = "The codebase",
) -> DebtAnswer:
    """CTO: assess technical debt in hours by stated thresholds: what to mend first, and the trend."""
    measured = codebase_metrics.to(technical_debt.Metrics)
    debt = technical_debt.assess(measured)
    fixes = [plain_numbers(asdict(each)) for each in debt.fixes]
    found = {"debt_score": debt.score, "rating": debt.rating, "hours": round(debt.hours, 1), "priority_fixes": fixes}
    kept = keep(
        by, ArtifactKind.TECHNICAL_DEBT, codebase, given={"codebase_metrics": codebase_metrics.said}, found=found
    )
    earlier = made.named_before(kept)
    rated = f"rating {debt.rating}" if debt.rating else "no rating without lines_of_code"
    of = f"by {len(technical_debt.MEASURED) - len(debt.missing)} of {len(technical_debt.MEASURED)} figures"
    first = f"; first: {fixes[0]['mend']}" if fixes else "; nothing misses its threshold"
    return DebtAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: debt {debt.score:g} of 100 {of}, {rated}, {debt.hours:.0f} hours to mend{first}",
        ref=kept.ref,
        debt_score=debt.score,
        rating=debt.rating,
        priority_fixes=fixes,
        trend=_trend(earlier, debt) if earlier else None,
        basis={
            "method": "SQALE (Letouzey 2012): remediation hours against thresholds, ranked by interest saved an hour",
            "debt_ratio": plain_numbers(debt.ratio),
            "hours_by_characteristic": plain_numbers(dict(debt.hours_by_characteristic)),
            "earlier": earlier.ref if earlier else None,
            "missing": [*debt.missing, *([] if debt.rating else [NO_RATING])],
            "not_used": not_used("codebase_metrics", [codebase_metrics]),
        },
    )


def _trend(earlier: Artifact, debt: technical_debt.Debt) -> dict[str, Any]:
    known = {
        name: value
        for name, value in earlier.content["given"]["codebase_metrics"].items()
        if name in technical_debt.MEASURED
    }
    change = technical_debt.trend(technical_debt.assess(technical_debt.Metrics(**known)), debt)
    told = {"since": earlier.ref, "score_change": change.score_change, "hours_change": change.hours_change}
    return dict(plain_numbers({**told, "better": change.better, "worse": change.worse}))


ROLE = RoleSpec(
    name="cto",
    persona=(
        "You answer for technology: architecture, technology choices, deployments and their cost. You report "
        "to the CEO. Ask for figures before you approve, and name what is missing."
    ),
    tools=(*EVERY_ROLE, review_architecture, select_technology, assess_technical_debt, approve_deployment),
)
