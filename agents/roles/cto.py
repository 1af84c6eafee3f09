"""The Chief Technology Officer's room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from agents.inputs import MOST_ITEMS, Content, Line, Note, Text, listed
from agents.methods import components as graph
from agents.methods import decision_matrix, technical_debt
from agents.methods.components import Component, Review
from agents.role import RoleSpec
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.designing import recorded
from agents.roles.making import MadeAnswer, keep
from agents.roles.needs import Needed
from agents.roles.shared import EVERY_ROLE
from agents.shapes import CodebaseMetrics, Design, DesignShape, Environments, Names, Number, not_used, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import Refused
from org.legible import quoted
from org.models import Artifact, Decision
from org.names import normalize
from org.queries import artifacts as made
from org.queries import deployments, gates
from org.services import proposals

MOST_OPTIONS = 50
Statements = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Options = Annotated[list[Line], BeforeValidator(listed), Field(min_length=1, max_length=MOST_OPTIONS)]
Weights = Annotated[dict[Line, Number], Field(max_length=MOST_OPTIONS), WithJsonSchema({"type": "object"})]
Scores = Annotated[dict[Line, dict[Line, Number]], WithJsonSchema({"type": "object"})]
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
        by=by,
        clock=database_clock,
    )
    given = {"design": named.said, "components": components, "scalability": scalability}
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
        review_id=kept.ref,
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
) -> Selection:
    """CTO: select a technology by a weighted matrix and what would change the winner. Without scores: what to score."""
    verdict = decision_matrix.decide(decision_matrix.Matrix(tuple(options), criteria, scores or {}))
    before = made.selected_before(options)
    decision = None
    if verdict.winner:
        decision = proposals.propose(
            decision_type="technology_selection",
            title=f"Use {verdict.winner}"[:255],
            context={"options": options, "criteria": criteria, "timeline": timeline, "constraints": constraints},
            evidence=[{"scores": scores}],
            by=by,
            clock=database_clock,
        )
    plan = {
        "from": before.content["found"]["selected"] if before else None,
        "to": verdict.winner or None,
        "timeline": timeline,
    }
    rationale = decision_matrix.tell(verdict)
    template = {name: dict(row) for name, row in verdict.template.items()} or None
    found = {"selected": verdict.winner, "rationale": rationale, "migration_plan": plan}
    given = {"options": options, "criteria": criteria, "scores": scores, "constraints": constraints or None}
    name = " or ".join(options)
    kept = keep(by, ArtifactKind.SELECTION, name, given=given, found=found, decision=decision)
    missing = [
        *verdict.missing,
        *([] if before else ["what is in use now: no earlier selection among these is on record"]),
    ]
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
            "earlier": before.ref if before else None,
            "missing": missing,
            "not_used": list(verdict.unused),
        },
    )


def _selected(kept: Artifact, verdict: decision_matrix.Verdict, decision: Decision | None) -> str:
    if decision is None:
        why = "several lead" if verdict.leaders else f"{len(verdict.missing)} scores or weights are missing"
        return f"{kept.ref}: nothing is selected, since {why}."
    return f"{kept.ref}: {quoted(verdict.winner)} leads; {decision.ref} records it, {decision.status}."


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
) -> DeploymentAnswer:
    """CTO: approve a deployment once every gate of the charter is passed on record; a missing one names its call."""
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
        by=by,
        clock=database_clock,
    )
    given = {"environments": environments, "artifact_sha256": digest}
    kept = keep(
        by,
        ArtifactKind.DEPLOYMENT,
        decision.title,
        given=given,
        found={"gates": shown, "deployment_plan": plan},
        release=key,
        decision=decision,
    )
    answer = DeploymentAnswer.of(
        decision, by, gates=shown, missing_gates=[], deployment_plan=plan, deployment_id=kept.ref
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
