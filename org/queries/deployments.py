"""How a release gets into its environments: stages, what to check, and the way back, by what is on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from org.enums import ArtifactKind, Status
from org.legible import quoted
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import gates

LOOKED_AT = 50  # deployments, the newest
MOST_PLANS = 20  # plans of tests named in the checks of a stage


def plan(
    release: str, environments: Sequence[str], digest: str | None, now: datetime
) -> tuple[list[dict[str, Any]], list[str]]:
    """The stages in the order of the environments; and what of them is not on record, with the call that records it."""
    back = gates.rollbacks(environments, now)
    tested, unknown = _tests(release)
    checks = [*tested, *([f"What is deployed has the SHA-256 {digest}."] if digest else [])]
    stages: list[dict[str, Any]] = []
    for at, environment in enumerate(environments, 1):
        before = [f"Stage {at - 1}, {quoted(environments[at - 2])}, runs as it should."] if at > 1 else []
        rollback = back.get(environment) or _former(release, environment)
        stages.append({"stage": at, "environment": environment, "checks": [*checks, *before], "rollback": rollback})
        if rollback is None:
            change = "approve_infrastructure_change {change, environments, risk, rollback_plan}"
            unknown.append(f"a way back in {quoted(environment)}: the operations head's {change}")
    if digest is None:
        unknown.append("artifact_sha256: nothing binds the approval to what is deployed")
    return stages, unknown


def _tests(release: str) -> tuple[list[str], list[str]]:
    """What the test lead recorded of a release, as checks; and what is not recorded."""
    checks, unknown = [], []
    results = made.newest(ArtifactKind.TEST_RESULTS, release=release)
    if results is None:
        unknown.append("test results: the test lead's analyze_test_results {junit_xml, release}")
    else:
        found = results.content["found"]
        checks.append(f"{results.ref}: gate {found['gate']}, {found['passed']} tests passed, {found['failed']} failed.")
    planned = made.newest(ArtifactKind.RELEASE, release=release)
    if planned is None:
        unknown.append("what the release holds: the product manager's plan_release {release, features}")
        return checks, unknown
    features = made.planned(planned)
    plans = made.newest_of_each(ArtifactKind.TEST_PLAN, [each.feature for each in features])
    named = [plans[each.feature] for each in features if each.feature in plans]
    checks += _cases(named)
    unknown += [
        f"a test plan of {quoted(each.name)}: the test lead's create_test_plan {{feature: {each.ref}}}"
        for each in features
        if each.feature not in plans
    ]
    return checks, unknown


def _cases(plans: Sequence[Artifact]) -> Iterator[str]:
    for row in plans[:MOST_PLANS]:
        yield f"{row.ref}: the {len(row.content['found']['test_cases'])} cases of {quoted(row.name)} pass."
    if len(plans) > MOST_PLANS:
        yield f"So do those of {len(plans) - MOST_PLANS} more test plans."


def _former(release: str, environment: str) -> str | None:
    """Back to the release that was approved for the environment before, if nobody has revoked that since."""
    approved = Artifact.objects.of(ArtifactKind.DEPLOYMENT).filter(
        decision__status=Status.APPROVED, decision__revoked_at=None
    )
    for row in approved.exclude(release=release).newest_first()[:LOOKED_AT]:
        if normalize(environment) in map(normalize, row.content["given"]["environments"]):
            return f"Deploy {quoted(row.release)} again ({row.ref})."
    return None
