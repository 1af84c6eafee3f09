"""Everything that stands of a feature: what was decided about it, and what it lacks, with the call that makes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from org.enums import ArtifactKind
from org.models import Artifact, Decision
from org.queries.deliveries import Next

MOST_DECISIONS = 50
Standing = Mapping[ArtifactKind, Artifact]


@dataclass(frozen=True, slots=True)
class Makes:
    """Who makes something by which call, with what besides the feature, and what it is out of date without."""

    what: str
    role: str
    tool: str
    rests_on: ArtifactKind
    more: Mapping[str, Any] = field(default_factory=dict)


NEEDED: Mapping[ArtifactKind, Makes] = {
    ArtifactKind.REQUIREMENTS: Makes(
        *("gathered requirements", "product_manager", "gather_requirements", ArtifactKind.FEATURE),
        {"stakeholders": ["…"]},
    ),
    ArtifactKind.INTERFACE: Makes(
        *("interface", "uiux_engineer", "design_interface", ArtifactKind.FEATURE), {"user_flows": ["…"]}
    ),
    ArtifactKind.DESIGN: Makes(
        *("design", "senior_architect", "design_system", ArtifactKind.FEATURE),
        {"requirements": [], "constraints": ["…"], "components": ["…"]},
    ),
    ArtifactKind.ARCHITECTURE_REVIEW: Makes(
        *("architecture review", "cto", "review_architecture", ArtifactKind.DESIGN),
        {"design": "…", "components": ["…"], "scalability": ["…"]},
    ),
    ArtifactKind.IMPLEMENTATION_PLAN: Makes(
        *("implementation plan", "senior_developer", "plan_implementation", ArtifactKind.DESIGN), {"tasks": ["…"]}
    ),
    ArtifactKind.ESTIMATE: Makes(
        *("estimate", "senior_developer", "estimate_effort", ArtifactKind.IMPLEMENTATION_PLAN), {"tasks": ["…"]}
    ),
    ArtifactKind.TEST_PLAN: Makes(*("test plan", "test_lead", "create_test_plan", ArtifactKind.REQUIREMENTS)),
}


def decided(feature: Artifact) -> list[Decision]:
    """What was decided about a feature, or by something made for it, as far as every role may read it; oldest first."""
    rests_on_it = Artifact.objects.filter(feature=feature.feature).exclude(decision=None).values("decision")
    about = Q(pk__in=rests_on_it) | Q(decision_type="feature", initiative_key=feature.feature)
    return list(Decision.objects.filter(about, confidential=False).order_by("number")[:MOST_DECISIONS])


def lacks(feature: Artifact, standing: Standing, now: datetime) -> Iterator[Next]:
    """What is missing, empty, refused or out of date of a feature, with the call that mends it.

    An ellipsis stands for what only the caller has.
    """
    for kind, makes in NEEDED.items():
        if why := _fault(kind, standing, now):
            arguments = {"feature": feature.ref, **makes.more}
            if "design" in arguments and ArtifactKind.DESIGN in standing:
                arguments["design"] = standing[ArtifactKind.DESIGN].ref
            yield Next(makes.role, makes.tool, arguments, why)


def _fault(kind: ArtifactKind, standing: Standing, now: datetime) -> str:
    """What is wrong with what stands of a kind; '' if nothing is."""
    row, rests_on = standing.get(kind), standing.get(NEEDED[kind].rests_on)
    if row is None:
        return f"no {NEEDED[kind].what} is on record"
    if rests_on is not None and row.number < rests_on.number:
        return f"the {NEEDED[kind].what} {row.ref} is older than {rests_on.ref}, on which it rests"
    return _emptiness(row, row.content.get("found", {}), now)


def _emptiness(row: Artifact, found: Mapping[str, Any], now: datetime) -> str:
    match ArtifactKind(row.kind):
        case ArtifactKind.REQUIREMENTS if silent := found.get("waiting_on"):
            return f"{row.ref} waits for {' and '.join(silent)}"
        case ArtifactKind.REQUIREMENTS if not found.get("acceptance_criteria"):
            return f"{row.ref} holds no acceptance criterion"
        case ArtifactKind.ARCHITECTURE_REVIEW if row.decision is None or not row.decision.holds(now):
            decision = row.decision
            return f"{decision.ref} is {decision.ended(now)}" if decision else f"{row.ref} was not decided"
        case ArtifactKind.IMPLEMENTATION_PLAN if left := found.get("not_covered"):
            return f"{row.ref} has no task for {len(left)} of what is specified"
        case ArtifactKind.ESTIMATE if found.get("expected_hours") is None:
            return f"{row.ref} has no hours, since tasks lack three points"
    return ""
