"""What comes next for a feature that is being built, by what stands on record for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from org.enums import BOARD, LEADERSHIP, ArtifactKind, Urgency
from org.models import Artifact
from org.queries import artifacts as made
from org.queries import reviews

DEVELOPER, TESTER, PRODUCT = "senior_developer", "test_lead", "product_manager"
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Next:
    """A call that a role is to make, and why. An ellipsis stands for what only the caller has."""

    role: str
    tool: str
    arguments: dict[str, Any]
    why: str


def following(feature: Artifact, status: str, summary: str, above: str) -> Iterator[Next]:
    """The next calls for a feature that is done, blocked or in progress; `above`: whom the developer reports to."""
    if status == "done":
        return after_done(feature)
    return while_blocked(feature, summary, above) if status == "blocked" else while_in_progress(feature)


def after_done(feature: Artifact) -> Iterator[Next]:
    """Of a feature that is built: its review, its tests, their results, and the word on its release."""
    standing = made.of_feature(feature.feature)
    found = reviews.faulty([feature.feature]).get(feature.feature)
    if found is None or found:
        why = f"{found[0].review} does not approve the code" if found else "no review of its code is on record"
        yield Next(DEVELOPER, "review_code", {"files": {"…": "…"}, "feature": feature.ref}, why)
    if ArtifactKind.TEST_PLAN not in standing:
        yield Next(TESTER, "create_test_plan", {"feature": feature.ref}, "no test plan is on record")
        return
    release = release_of(feature)
    key = release.release if release else ""
    results = made.newest(ArtifactKind.TEST_RESULTS, release=key) if release else None
    if release is None or results is None:
        arguments = {"junit_xml": "…"} | ({"release": release.name} if release else {})
        of = f"of {release.ref}" if release else "of a release with it"
        yield Next(TESTER, "analyze_test_results", arguments, f"no test results {of} are on record")
    elif made.newest(ArtifactKind.RELEASE_QUALITY, release=key) is None:
        why = f"{results.ref} holds its results, and no word on its quality is on record"
        yield Next(TESTER, "approve_release_quality", {"release": release.name}, why)


def while_in_progress(feature: Artifact) -> Iterator[Next]:
    """Of a feature that is being built: what its plan and release lack, and the report at its end."""
    standing = made.of_feature(feature.feature)
    about = {"feature": feature.ref}
    if ArtifactKind.IMPLEMENTATION_PLAN not in standing:
        yield Next(DEVELOPER, "plan_implementation", about | {"tasks": ["…"]}, "no plan is on record")
    if _hours(standing) is None:
        yield Next(DEVELOPER, "estimate_effort", about | {"tasks": ["…"]}, "no estimate in hours is on record")
    report = {"feature_id": feature.ref, "summary": "…", "references": ["…"], "status": "done"}
    yield Next(DEVELOPER, "report_implementation", report, "once it is built")


def while_blocked(feature: Artifact, because: str, above: str) -> Iterator[Next]:
    """Of a feature that cannot go on: letters to `above`, and to whom else it may be up to."""
    subject = f"{feature.ref} is blocked: {feature.name}"[:LONGEST_SUBJECT]
    letter = {"subject": subject, "content": because, "type": "request", "priority": Urgency.HIGH.value}
    to = LEADERSHIP if above == BOARD else above
    yield Next(DEVELOPER, "send_message", {"to": to, **letter}, "the developer reports to it")
    if ArtifactKind.REQUIREMENTS not in made.of_feature(feature.feature):
        yield Next(DEVELOPER, "send_message", {"to": PRODUCT, **letter}, "no gathered requirements are on record")


def release_of(feature: Artifact) -> Artifact | None:
    """The newest plan of a release that has the feature in it, by the ref of any of its definitions."""
    definitions = Artifact.objects.of(ArtifactKind.FEATURE).filter(key=feature.feature)
    refs = [row.ref for row in definitions]
    planned = Artifact.objects.of(ArtifactKind.RELEASE).filter(content__found__features__has_any_keys=refs)
    return planned.newest_first().first()


def _hours(standing: Mapping[ArtifactKind, Artifact]) -> float | None:
    row = standing.get(ArtifactKind.ESTIMATE)
    return row.content["found"].get("expected_hours") if row else None
