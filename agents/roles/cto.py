"""The Chief Technology Officer's room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from agents.inputs import MOST_ITEMS, Confidence, Flag, Line, Name, Text, listed
from agents.methods import components as graph
from agents.methods import technical_debt
from agents.methods.components import Component, Review
from agents.role import RoleSpec
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.designing import recorded
from agents.roles.making import MadeAnswer, keep
from agents.roles.needs import Needed
from agents.roles.selecting import select_technology
from agents.roles.shared import EVERY_ROLE
from agents.shapes import CodebaseMetrics, Design, DesignShape, Environments, Names, not_used, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import Refused
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import deployments, gates
from org.services import proposals

Statements = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")]


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


@tool(Effect.CREATES)
def review_architecture(
    by: Actor,
    design: Annotated[DesignShape, Says("{components: [{name, owner?, depends_on?, …}]}, or its ref.")],
    components: Annotated[Names, Says("What must be in it.")],
    scalability: Annotated[Statements, Says("What is said of its growth, in numbers.")],
    feature: Annotated[Line | None, Says("Its feature, by name or ref.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("Your unsettled decision it replaces.")] = None,
    confidential: Annotated[Flag, Says("Only those concerned read it.")] = False,
) -> ArchitectureAnswer:
    """CTO: review a design's component graph for gaps, cycles, single points of failure; a grave one rejects it."""
    named = recorded(design)
    if not named.components:
        refusal = Refused(
            "thin_design", "The design names no components, so there is nothing to review.", "Send design.components."
        )
        return ArchitectureAnswer(
            **not_decided(refusal, by), approved=False, feedback=[], modifications=[], review_id=None
        )
    about = made.feature(feature) if feature else None
    parts = [part.to(Component) for part in named.components]
    found = graph.review(parts, components, scalability)
    grave = [each.says for each in found.findings if each.severity == "high"]
    title = (
        f"Architecture of {about.name}" if about else f"Architecture of {', '.join(each.name for each in parts[:3])}"
    )
    decision = proposals.propose(
        decision_type="architecture",
        title=title[:255],
        context={"design": named.said, "components": components, "scalability": scalability},
        evidence=[each.says for each in found.findings],
        rejects=" ".join(grave[:5]) + (f" And {len(grave) - 5} more." if len(grave) > 5 else ""),
        confidence=confidence,
        revises=revises or "",
        confidential=confidential,
        by=by,
        clock=database_clock,
    )
    given = {"design": named.said, "components": components, "scalability": scalability}
    kept = None
    if not confidential:  # every role reads artifacts
        kept = keep(
            *(by, ArtifactKind.ARCHITECTURE_REVIEW, title),
            given=given,
            found={"findings": [asdict(each) for each in found.findings], "entries": list(found.entries)},
            feature=about.ref if about else None,
            decision=decision,
        )
    answer = ArchitectureAnswer.of(
        decision,
        by,
        feedback=[each.says for each in found.findings],
        modifications=[Modification(**asdict(each)) for each in found.findings],
        review_id=kept.ref if kept else None,
    )
    answer.basis |= _reviewed(found, named)
    return answer


def _reviewed(found: Review, design: Design) -> dict[str, Any]:
    return {
        "method": "component graph: cycles, dominators of users' paths (Lengauer and Tarjan 1979), stores, timeouts",
        "entries": list(found.entries),
        "missing": list(found.missing),
        "not_used": [*not_used("design", [design]), *not_used("design.components", design.components)],
    }


class DebtAnswer(MadeAnswer):
    """How much technical debt there is, and what to pay first."""

    debt_score: float = Field(description="0 (none) to 100.")
    rating: str
    priority_fixes: list[dict[str, Any]]
    trend: dict[str, Any] | None


@tool(Effect.SETS)
def assess_technical_debt(
    by: Actor,
    codebase_metrics: Annotated[CodebaseMetrics, Says("{lines_of_code?, test_coverage_percent?, …}.")],
    codebase: Annotated[Line, Says("Which codebase, for the trend.")] = "The codebase",
) -> DebtAnswer:
    """CTO: assess technical debt in hours by stated thresholds: what to mend first, and the trend."""
    measured = codebase_metrics.to(technical_debt.Metrics)
    debt = technical_debt.assess(measured)
    earlier = made.newest(ArtifactKind.TECHNICAL_DEBT, key=normalize(codebase))
    trend = _trend(earlier, debt) if earlier else None
    fixes = [plain_numbers(asdict(each)) for each in debt.fixes]
    found = {"debt_score": debt.score, "rating": debt.rating, "hours": round(debt.hours, 1), "priority_fixes": fixes}
    kept = keep(
        by, ArtifactKind.TECHNICAL_DEBT, codebase, given={"codebase_metrics": codebase_metrics.said}, found=found
    )
    first = f"; first: {fixes[0]['mend']}" if fixes else "; nothing misses its threshold"
    return DebtAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: debt {debt.score:g} of 100, rating {debt.rating}, {debt.hours:.0f} hours to mend{first}",
        ref=kept.ref,
        debt_score=debt.score,
        rating=debt.rating,
        priority_fixes=fixes,
        trend=trend,
        basis={
            "method": "SQALE (Letouzey 2012): remediation hours against thresholds, ranked by interest saved an hour",
            "debt_ratio": plain_numbers(debt.ratio),
            "hours_by_characteristic": plain_numbers(dict(debt.hours_by_characteristic)),
            "earlier": earlier.ref if earlier else None,
            "missing": list(debt.missing),
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


class DeploymentAnswer(ApprovedAnswer):
    """Whether a release may be deployed, by its gates, and how."""

    gates: list[dict[str, Any]]
    missing_gates: list[Needed]
    deployment_plan: list[dict[str, Any]]
    deployment_id: str | None


@tool(Effect.CREATES)
def approve_deployment(
    by: Actor,
    release: Annotated[Line, Says("Its name, like v1.4.")],
    environments: Annotated[Environments, Says("Where to, in the order of the stages.")],
    artifact_sha256: Annotated[Sha256 | None, Says("Of what is deployed: 64 hex digits.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("Your unsettled decision it replaces.")] = None,
    confidential: Annotated[Flag, Says("Only those concerned read it.")] = False,
) -> DeploymentAnswer:
    """CTO: approve a deployment once every gate of the charter is passed; a missing one names its call."""
    key, now = made.release_key(release), database_clock()
    found = gates.of_deployment(key, environments, charter_of(by), now)
    missing = [Needed.of(each.block) for each in found if each.block]
    shown = [{"gate": each.name, "open": each.is_open, "says": each.says} for each in found]
    if missing:
        first = missing[0]
        more = f" {len(missing) - 1} more gates are missing." if len(missing) > 1 else ""
        refusal = Refused(
            "gates",
            f"{first.why}{more} Nothing is decided.",
            f"The {first.role} calls {first.tool}; see missing_gates.",
        )
        fields = not_decided(refusal, by)
        return DeploymentAnswer(
            **fields, approved=False, gates=shown, missing_gates=missing, deployment_plan=[], deployment_id=None
        )
    digest = artifact_sha256.lower() if artifact_sha256 else None
    plan, unknown = deployments.plan(key, environments, digest, now)
    decision = proposals.propose(
        decision_type="deployment",
        title=f"Deploy {key} to {', '.join(environments)}"[:255],
        context={"release": key, "environments": environments, "artifact_sha256": digest, "plan": plan},
        evidence=[each.says for each in found],
        confidence=confidence,
        revises=revises or "",
        confidential=confidential,
        by=by,
        clock=database_clock,
    )
    given = {"environments": environments, "artifact_sha256": digest}
    deployment = None
    if not confidential:
        kinds = (by, ArtifactKind.DEPLOYMENT, decision.title)
        found_now = {"gates": shown, "deployment_plan": plan}
        deployment = keep(*kinds, given=given, found=found_now, release=key, decision=decision).ref
    answer = DeploymentAnswer.of(
        decision, by, gates=shown, missing_gates=[], deployment_plan=plan, deployment_id=deployment
    )
    answer.basis |= {"method": f"the charter's gates “{charter_of(by).gates}”", "missing": unknown}
    return answer


ROLE = RoleSpec(
    name="cto",
    persona=(
        "You answer for technology: architecture, technology choices, deployments and their cost. You report "
        "to the CEO. Ask for figures before you approve, and name what is missing."
    ),
    tools=(*EVERY_ROLE, review_architecture, select_technology, assess_technical_debt, approve_deployment),
)
