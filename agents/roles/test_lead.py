"""The Test Lead's room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from agents.inputs import Confidence, Evidence, Flag, Line, Name
from agents.methods import defects
from agents.role import RoleSpec
from agents.roles.answers import ApprovedAnswer, not_decided
from agents.roles.making import MadeAnswer, keep, standing
from agents.roles.needs import Needed
from agents.roles.shared import EVERY_ROLE
from agents.roles.testing import analyze_test_results, create_test_plan
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import Refused
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries import quality
from org.services import artifacts, proposals

MOST_SAID = 10  # reasons in the sentence of a rejection; `blocking` names the others
ImpactWord = Literal["none", "minor", "major", "blocking"]
FrequencyWord = Literal["rare", "sometimes", "often", "always"]
DefectWord = Literal["open", "fixed"]


class DefectAnswer(MadeAnswer):
    """A defect and how soon somebody answers."""

    defect_id: str
    severity: str
    rule: str
    respond_within: str
    status: str


@tool(Effect.SETS)
def classify_defect(
    by: Actor,
    title: Annotated[Line, Says("The same title, or its ref, is the same defect.")],
    impact: Annotated[ImpactWord, Says("What it keeps users from.")],
    frequency: Annotated[FrequencyWord, Says("How often it happens.")],
    workaround: Annotated[Flag | None, Says("Whether users can help themselves.")] = None,
    release: Annotated[Line | None, Says("The release it is in.")] = None,
    status: Annotated[DefectWord, Says("fixed closes it.")] = "open",
) -> DefectAnswer:
    """Test Lead: record a defect and its severity P0 to P4; the same title with status fixed closes it."""
    artifacts.key_of(ArtifactKind.DEFECT, title, "title")
    told = quality.defect(title, release, fixed=status == "fixed")
    judged = defects.classify(impact, frequency, workaround)
    within = f"{int(judged.respond_within.total_seconds() // 3600)} h"
    found = {
        "severity": str(judged.severity),
        "rule": judged.rule,
        "respond_within": within,
        "status": status,
        "impact": impact,
        "frequency": frequency,
    }
    given = {"workaround": workaround}
    kept = keep(by, ArtifactKind.DEFECT, told.title, given=given, found=found, release=told.release or None)
    state = f"is {judged.severity}; somebody answers within {within}" if status == "open" else "is fixed"
    where = f" in {quoted(told.release)}" if told.release else ""
    missing = [*judged.missing, *([] if told.release else ["release: it blocks none"])]
    if status == "fixed" and not told.was_open:
        missing.append(f"an open defect of that title{where}: there was none to close")
    return DefectAnswer(
        acted_as=by.name,
        say=f"{kept.ref} {quoted(told.title)}{where} {state}.",
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
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
) -> QualityAnswer:
    """Test Lead: approve or reject a release by its results, defects, plans and code reviews; a no is a veto."""
    seen = quality.of_release(release)
    blocking = [Needed.of(each) for each in seen.blocks]
    if not seen.is_known:
        refusal = Refused(
            "no_results",
            f"{blocking[0].why} So the quality of {quoted(seen.release)} is not judged.",
            f"analyze_test_results {{junit_xml: …, release: {quoted(seen.release)}}} records them.",
        )
        return QualityAnswer(**not_decided(refusal, by), approved=False, blocking=blocking)
    results = seen.results.ref if seen.results else None
    found = {"blocking": [each.why for each in blocking], "results": results, "features": seen.features}
    given = {"evidence": [{"author": by.name, "says": each} for each in evidence]}
    earlier = standing(ArtifactKind.RELEASE_QUALITY, given=given, found=found, release=seen.release)
    if earlier is not None and not revises:
        return _judged(by, earlier, seen.missing, blocking, release)
    decision = proposals.propose(
        decision_type="release",
        title=f"Quality of {seen.release}"[:255],
        context={"release": seen.release, "results": results, "blocking": found["blocking"]},
        evidence=given["evidence"],
        rejects=_against(blocking),
        confidence=confidence,
        revises=revises or "",
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
    return _judged(by, kept, seen.missing, blocking, release)


def _against(blocking: Sequence[Needed]) -> str:
    more = [f"{len(blocking) - MOST_SAID} more stand in the way."] if len(blocking) > MOST_SAID else []
    return " ".join([*(each.why for each in blocking[:MOST_SAID]), *more])


def _judged(by: Actor, kept: Artifact, missing: list[str], blocking: list[Needed], release: str) -> QualityAnswer:
    assert kept.decision is not None
    answer = QualityAnswer.of(kept.decision, by, also=made.kept_as(release, kept.release), blocking=blocking)
    answer.basis |= {
        "method": "recorded results, open P0 and P1; of each feature a plan of tests, and no error found in its code",
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
