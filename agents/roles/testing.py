"""What is tested and how it went: the test lead's plans and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from agents.inputs import MOST_ITEMS, Facts, Line, Text, listed
from agents.methods import fulfilments, pairwise, test_results
from agents.roles.making import MadeAnswer, keep
from agents.shapes import Risks, not_used, readable
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries import quality

MOST_XML = 1024 * 1024
MOST_BARE = 5  # requirements without a criterion in the sentence; `coverage` names all
MOST_TOLD = 100  # failures and flaky tests by name; the counts are of all
Criteria = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Xml = Annotated[str, StringConstraints(min_length=1, max_length=MOST_XML)]
Runs = Annotated[
    list[Xml],
    BeforeValidator(listed),
    Field(max_length=test_results.MOST_RUNS),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]


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


@tool(Effect.SETS, computes=True)
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
    required = recorded.content["found"]["acceptance_criteria"] if recorded else []
    criteria = acceptance_criteria or required
    rated = [risk for risk in risks or [] if risk.likelihood is not None and risk.impact is not None]
    planned = pairwise.plan(
        criteria,
        _values(parameters or {}),
        [pairwise.Risk(each.area, each.likelihood or 0, each.impact or 0) for each in rated],
    )
    asked = {each["id"]: each["goal"] or each["story"] for each in defined.content["found"]["requirements"]}
    shown = {id: [f"C-{at + 1}" for at in places] for id, places in fulfilments.shown(asked, criteria).items()}
    coverage = _coverage(planned, criteria, quality.left_out(required, criteria), shown)
    cases = [TestCase(**asdict(each)) for each in planned.cases]
    found = {"test_cases": [each.model_dump() for each in cases], "coverage": coverage}
    given = {
        "acceptance_criteria": acceptance_criteria,
        "parameters": parameters,
        "risks": [each.said for each in risks or []],
    }
    kept = keep(by, ArtifactKind.TEST_PLAN, defined.name, given=given, found=found, feature=defined.ref)
    unrated = [f"likelihood and impact of {quoted(each.area)}" for each in risks or [] if each not in rated]
    left = len(coverage["criteria_without_cases"])
    also = f"; {_count(left, 'criterion', 'criteria')} on record without a case" if left else ""
    bare = coverage["requirements_without_criteria"]
    if bare:
        also += f"; no criterion is of {', '.join(bare[:MOST_BARE])}{' and others' if len(bare) > MOST_BARE else ''}"
    said = f"{_count(len(cases), 'case', 'cases')} for {_count(len(criteria), 'criterion', 'criteria')}{also}"
    return PlanAnswer(
        acted_as=by.name,
        say=f"{kept.ref} tests {quoted(defined.name)} by {said}.",
        ref=kept.ref,
        plan_id=kept.ref,
        test_cases=cases,
        coverage=coverage,
        basis={
            "method": "pairwise (Mandl 1985; AETG 1997), ordered by likelihood times impact (ISO 31000); the "
            "criteria of a requirement by its id or its words (ISO/IEC/IEEE 29148)",
            "criteria_of": recorded.ref if recorded and not acceptance_criteria else None,
            "missing": [*(_missing(name, defined) for name in planned.missing), *_bare(bare, defined), *unrated],
            "not_used": not_used("risks", risks or []),
        },
    )


def _coverage(
    planned: pairwise.Plan, criteria: list[str], left_out: list[str], of: Mapping[str, list[str]]
) -> dict[str, Any]:
    """What the cases cover of the pairs of values and of the criteria, those on record among them; null: of none.

    `of`: by requirement the criteria of it. One without any counts as a criterion without a case.
    """
    shown = sum(map(bool, planned.criteria.values()))
    bare = [id for id, ids in of.items() if not ids]
    return {
        "pairs": planned.pairs,
        "pairs_covered": planned.covered,
        "pairs_percent": _percent(planned.covered, planned.pairs),
        "criteria": {
            id: {"text": text, "cases": list(cases)}
            for (id, cases), text in zip(planned.criteria.items(), criteria, strict=True)
        },
        "criteria_covered": shown,
        "criteria_percent": _percent(shown, len(criteria) + len(left_out) + len(bare)),
        "criteria_without_cases": left_out,
        "criteria_of_requirements": dict(of),
        "requirements_without_criteria": bare,
        "risks_no_case_names": list(planned.untouched_risks),
    }


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _percent(part: int, whole: int) -> float | None:
    return readable(part / whole, times=100) if whole else None


def _values(parameters: dict[str, Any]) -> dict[str, list[Any]]:
    """Each parameter's values, as plain ones. Raises InvalidInput for what cannot be a value of a case."""
    values = {name: listed(given) for name, given in parameters.items()}
    for name, given in values.items():
        if any(isinstance(value, dict | list) for value in given):
            raise InvalidInput(
                f"parameters.{name}", "holds a list or an object among its values.", "Send plain values."
            )
    return values


def _bare(requirements: Sequence[str], feature: Artifact) -> list[str]:
    """What mends requirements that no criterion is of, by their ids."""
    if not requirements:
        return []
    call = f"gather_requirements {{feature: {feature.ref}, stakeholders: …}}"
    named = ", ".join(requirements[:MOST_TOLD])
    return [f"a criterion of {named}: the product manager's {call} asks for it; one that begins with the id is of it"]


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
    gate: test_results.Verdict = Field(description="Whether a release may go on these results.")
    reasons: list[str] = Field(description="Why the gate is that.")
    failures: list[dict[str, Any]]


@tool(Effect.SETS, most_bytes=MOST_XML, computes=True)
def analyze_test_results(
    by: Actor,
    junit_xml: Annotated[Runs, Says("A run's JUnit XML, or several, the oldest first.")],
    release: Annotated[Line | None, Says("The release they are of, like v1.4.")] = None,
) -> ResultsAnswer:
    """Test Lead: read test results from JUnit XML: what failed, what is flaky over runs, and the gate: pass or fail."""
    about = made.release_key(release) if release else ""
    results = test_results.analyze(junit_xml)
    found: dict[str, Any] = {
        "passed": results.passed,
        "failed": results.failed,
        "skipped": results.skipped,
        "flaky": list(results.flaky[:MOST_TOLD]),
        "slowest": [{"test": each.name, "seconds": each.seconds} for each in results.slowest],
        "gate": results.gate.verdict,
        "reasons": list(results.gate.reasons),
        "failures": [{"test": each.name, "message": each.message} for each in results.failures[:MOST_TOLD]],
    }
    runs = {"runs": results.runs, "incomplete": [asdict(each) for each in results.incomplete[:MOST_TOLD]]}
    kept = keep(
        by,
        ArtifactKind.TEST_RESULTS,
        f"Results of {about or 'no release'}",
        given=runs,
        found=found,
        release=about or None,
    )
    counts = f"{results.passed} passed, {results.failed} failed, {results.skipped} skipped"
    renamed = f" {made.kept_as(release, about)}".rstrip() if release else ""
    unsaid = max(len(results.failures), len(results.flaky)) - MOST_TOLD
    return ResultsAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {counts}; the gate is {results.gate.verdict}: {', '.join(results.gate.reasons)}.{renamed}",
        ref=kept.ref,
        basis={
            "method": "each test by its newest run; flaky: passed and failed without a change (Luo et al. 2014)",
            **runs,
            "missing": [
                *results.missing,
                *([] if release else ["release: no release can go by these results"]),
                *([f"the names of what failed or is flaky, after {MOST_TOLD} of each"] if unsaid > 0 else []),
            ],
            "not_used": [],
        },
        **found,
    )
