"""The Test Lead's room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from agents.inputs import MOST_ITEMS, Evidence, Facts, Flag, Line, Text, listed
from agents.methods import defects, pairwise, test_results
from agents.role import RoleSpec
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.making import MadeAnswer, keep
from agents.roles.needs import Needed
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Risks, not_used
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect, Status
from org.errors import InvalidInput, Refused
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries import quality
from org.services import proposals

MOST_XML = 1024 * 1024
Criteria = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Xml = Annotated[str, StringConstraints(min_length=1, max_length=MOST_XML)]
Runs = Annotated[
    list[Xml],
    BeforeValidator(listed),
    Field(max_length=test_results.MOST_RUNS),
    WithJsonSchema({"type": ["string", "array"]}),
]
ImpactWord = Literal["none", "minor", "major", "blocking"]
FrequencyWord = Literal["rare", "sometimes", "often", "always"]
DefectWord = Literal["open", "fixed"]


class TestCase(BaseModel):
    """A case: values of the parameters, or a criterion to be tried."""

    __test__ = False  # to pytest

    id: str
    values: dict[str, Any]
    criterion: str | None
    criteria: list[str] = Field(description="Ids of the criteria it shows.")
    risks: list[str]
    exposure: int = Field(description="Likelihood times impact of the worst of its risks; 0: none.")


class PlanAnswer(MadeAnswer):
    """The cases of a feature, the riskiest first."""

    plan_id: str
    test_cases: list[TestCase]
    coverage: dict[str, Any]


@tool(Effect.CREATES)
def create_test_plan(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    acceptance_criteria: Annotated[Criteria | None, Says("Default: those of its recorded requirements.")] = None,
    parameters: Annotated[Facts | None, Says("{name: [values]}; every two values of different names meet.")] = None,
    risks: Annotated[Risks | None, Says("{area, likelihood 1-5, impact 1-5}.")] = None,
) -> PlanAnswer:
    """Test Lead: plan a feature's tests: pairwise cases, the riskiest first, each criterion traced to its cases."""
    defined = made.feature(feature)
    recorded = made.newest(ArtifactKind.REQUIREMENTS, feature=defined.feature)
    criteria = acceptance_criteria or (recorded.content["found"]["acceptance_criteria"] if recorded else [])
    rated = [risk for risk in risks or [] if risk.likelihood is not None and risk.impact is not None]
    planned = pairwise.plan(
        criteria,
        _values(parameters or {}),
        [pairwise.Risk(each.area, each.likelihood or 0, each.impact or 0) for each in rated],
    )
    names = {f"C-{at}": text for at, text in enumerate(criteria, 1)}
    coverage = {
        "criteria": {id: {"text": names[id], "cases": list(cases)} for id, cases in planned.criteria.items()},
        "criteria_without_cases": [names[id] for id, cases in planned.criteria.items() if not cases],
        "pairs": planned.pairs,
        "pairs_covered": planned.pairs,
        "risks_no_case_names": list(planned.untouched_risks),
    }
    cases = [TestCase(**asdict(each)) for each in planned.cases]
    found = {"test_cases": [each.model_dump() for each in cases], "coverage": coverage}
    given = {
        "acceptance_criteria": acceptance_criteria,
        "parameters": parameters,
        "risks": [each.said for each in risks or []],
    }
    kept = keep(by, ArtifactKind.TEST_PLAN, defined.name, given=given, found=found, feature=defined.ref)
    unrated = [f"likelihood and impact of {each.area}" for each in risks or [] if each not in rated]
    return PlanAnswer(
        acted_as=by.name,
        say=f"{kept.ref} tests {quoted(defined.name)} by {len(cases)} cases for {len(criteria)} criteria.",
        ref=kept.ref,
        plan_id=kept.ref,
        test_cases=cases,
        coverage=coverage,
        basis={
            "method": "pairwise (Mandl 1985; AETG 1997), ordered by likelihood times impact (ISO 31000)",
            "criteria_of": recorded.ref if recorded and not acceptance_criteria else None,
            "missing": [*(_missing(name, defined) for name in planned.missing), *unrated],
            "not_used": not_used("risks", risks or []),
        },
    )


def _values(parameters: dict[str, Any]) -> dict[str, list[Any]]:
    """Each parameter's values, as plain ones. Raises InvalidInput for what cannot be a value of a case."""
    values = {name: listed(given) for name, given in parameters.items()}
    for name, given in values.items():
        if any(isinstance(value, dict | list) for value in given):
            raise InvalidInput(
                f"parameters.{name}", "holds a list or an object among its values.", "Send plain values."
            )
    return values


def _missing(name: str, feature: Artifact) -> str:
    if name != "acceptance_criteria":
        return name
    call = f"gather_requirements {{feature: {feature.ref}, stakeholders: …}}"
    return f"acceptance_criteria: the product manager's {call} asks for them"


class ResultsAnswer(MadeAnswer):
    """What the runs tell, each test by its newest run."""

    passed: int
    failed: int
    skipped: int
    flaky: list[str]
    slowest: list[dict[str, Any]]
    gate: dict[str, Any] = Field(description="{open, reasons}: whether a release may go on these results.")
    failures: list[dict[str, Any]]


@tool(Effect.CREATES, most_bytes=MOST_XML)
def analyze_test_results(
    by: Actor,
    junit_xml: Annotated[Runs, Says("A run's JUnit XML, or several, the oldest first.")],
    release: Annotated[Line | None, Says("The release they are of, like v1.4.")] = None,
) -> ResultsAnswer:
    """Test Lead: read test results from JUnit XML: what failed, what is flaky over runs, whether the gate is open."""
    results = test_results.analyze(junit_xml)
    gate = {"open": results.gate.open, "reasons": list(results.gate.reasons)}
    failures = [{"test": each.name, "message": each.message} for each in results.failures[:MOST_ITEMS]]
    slowest = [{"test": each.name, "seconds": each.seconds} for each in results.slowest]
    found: dict[str, Any] = {
        "passed": results.passed,
        "failed": results.failed,
        "skipped": results.skipped,
        "flaky": list(results.flaky[:MOST_ITEMS]),
        "slowest": slowest,
        "gate": gate,
        "failures": failures,
    }
    about = made.release_key(release) if release else "no release"
    kept = keep(
        by,
        ArtifactKind.TEST_RESULTS,
        f"Results of {about}",
        given={"runs": len(junit_xml)},
        found=found,
        release=release,
    )
    counts = f"{results.passed} passed, {results.failed} failed, {results.skipped} skipped"
    state = "open" if results.gate.open else f"closed: {', '.join(results.gate.reasons)}"
    return ResultsAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {counts}; the gate is {state}.",
        ref=kept.ref,
        basis={
            "method": "each test by its newest run; flaky: passed and failed without a change (Luo et al. 2014)",
            "runs": results.runs,
            "missing": [*results.missing, *([] if release else ["release: no release can go by these results"])],
            "not_used": [],
        },
        **found,
    )


class DefectAnswer(MadeAnswer):
    """A defect and how soon somebody answers."""

    defect_id: str
    severity: str
    rule: str
    respond_within: str
    status: str


@tool(Effect.CREATES)
def classify_defect(
    by: Actor,
    title: Annotated[Line, Says("The same title is the same defect.")],
    impact: Annotated[ImpactWord, Says("What it keeps users from.")],
    frequency: Annotated[FrequencyWord, Says("How often it happens.")],
    workaround: Annotated[Flag | None, Says("Whether users can help themselves.")] = None,
    release: Annotated[Line | None, Says("The release it is in.")] = None,
    status: Annotated[DefectWord, Says("fixed closes it.")] = "open",
) -> DefectAnswer:
    """Test Lead: record a defect and its severity P0 to P4 by one table; the same title with status fixed closes it."""
    judged = defects.classify(impact, frequency, workaround)
    hours = int(judged.respond_within.total_seconds() // 3600)
    within = f"{hours} h"
    found = {
        "severity": str(judged.severity),
        "rule": judged.rule,
        "respond_within": within,
        "status": status,
        "impact": impact,
        "frequency": frequency,
    }
    given = {"workaround": workaround}
    kept = keep(by, ArtifactKind.DEFECT, title, given=given, found=found, release=release)
    told = f"is {judged.severity}; somebody answers within {within}" if status == "open" else "is fixed"
    missing = [*judged.missing, *([] if release else ["release: it blocks none"])]
    return DefectAnswer(
        acted_as=by.name,
        say=f"{kept.ref} {quoted(title)} {told}.",
        ref=kept.ref,
        defect_id=kept.ref,
        severity=str(judged.severity),
        rule=judged.rule,
        respond_within=within,
        status=status,
        basis={"method": "impact by frequency (after ITIL 4)", "missing": missing, "not_used": []},
    )


class QualityAnswer(ApprovedAnswer):
    """Whether a release is good enough, and what stands in the way."""

    blocking: list[Needed]


@tool(Effect.SETS)
def approve_release_quality(
    by: Actor,
    release: Annotated[Line, Says("Its name, like v1.4.")],
    evidence: Annotated[Evidence, Says("What else speaks for or against it.")] = [],  # noqa: B006
) -> QualityAnswer:
    """Test Lead: approve or reject a release by its results, open defects and test plans on record; a no is a veto."""
    seen = quality.of_release(release)
    blocking = [Needed.of(each) for each in seen.blocks]
    if seen.results is None:
        why = f"Nothing is known of how the tests of {quoted(seen.release)} went, so its quality is not judged."
        refusal = Refused(
            "no_results", why, f"analyze_test_results {{junit_xml: …, release: {seen.release}}} records them."
        )
        return QualityAnswer(**not_decided(refusal, by), approved=False, blocking=blocking)
    found = {"blocking": [each.why for each in blocking], "results": seen.results.ref, "features": seen.features}
    given = {"evidence": evidence}
    newest = made.newest(ArtifactKind.RELEASE_QUALITY, release=seen.release)
    if newest is not None and newest.content == {"given": given, "found": found} and _stands(newest):
        return _judged(by, newest, seen.missing, blocking)
    decision = proposals.propose(
        decision_type="release",
        title=f"Quality of {seen.release}",
        context={"release": seen.release, "results": seen.results.ref, "blocking": found["blocking"]},
        evidence=evidence,
        rejects=_against(blocking),
        by=by,
        clock=database_clock,
    )
    kept = keep(
        by,
        ArtifactKind.RELEASE_QUALITY,
        seen.release,
        given=given,
        found=found,
        release=seen.release,
        decision=decision,
    )
    return _judged(by, kept, seen.missing, blocking)


def _stands(judged: Artifact) -> bool:
    """Whether a judgement still says what it said: its approval holds, or it was rejected or waits."""
    decision = judged.decision
    assert decision is not None
    return decision.holds(database_clock()) or decision.status not in (
        Status.APPROVED,
        Status.WITHDRAWN,
        Status.EXPIRED,
    )


def _against(blocking: Sequence[Needed]) -> str:
    return " ".join(each.why for each in blocking)


def _judged(by: Actor, kept: Artifact, missing: list[str], blocking: list[Needed]) -> QualityAnswer:
    assert kept.decision is not None
    answer = QualityAnswer.of(kept.decision, by, blocking=blocking)
    answer.basis |= {
        "method": "recorded results, open P0 and P1, a tested plan of each feature",
        "missing": missing,
        "kept_as": kept.ref,
    }
    return answer


ROLE = RoleSpec(
    name="test_lead",
    persona=(
        "You answer for quality: what was tested, what was found, and whether a release is fit. You report to "
        "the CTO. Your rejection stops a release."
    ),
    tools=(*EVERY_ROLE, create_test_plan, analyze_test_results, classify_defect, approve_release_quality),
)
