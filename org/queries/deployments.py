"""How a release gets into its environments: stages, what to check, and the way back, by what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from org.enums import ArtifactKind
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import gates

LOOKED_AT = 50  # deployments, the newest


def plan(
    release: str, environments: Sequence[str], digest: str | None, now: datetime
) -> tuple[list[dict[str, Any]], list[str]]:
    """The stages in the order of the environments; and what of them is not on record."""
    back = gates.rollbacks(environments, now)
    results = made.newest(ArtifactKind.TEST_RESULTS, release=release)
    checks = [f"{results.ref}: {results.content['found']['passed']} tests passed."] if results else []
    checks += [f"What is deployed has the SHA-256 {digest}."] if digest else []
    stages: list[dict[str, Any]] = []
    for at, environment in enumerate(environments, 1):
        before = [f"Stage {at - 1}, {environments[at - 2]}, runs as it should."] if at > 1 else []
        rollback = back.get(environment) or _former(release, environment)
        stages.append({"stage": at, "environment": environment, "checks": [*checks, *before], "rollback": rollback})
    unknown = [f"a way back in {each['environment']}" for each in stages if each["rollback"] is None]
    return stages, unknown + ([] if digest else ["artifact_sha256: nothing binds the approval to what is deployed"])


def _former(release: str, environment: str) -> str | None:
    """Back to the release that was approved for the environment before."""
    rows = Artifact.objects.of(ArtifactKind.DEPLOYMENT).exclude(release=release).newest_first()[:LOOKED_AT]
    for row in rows:
        if normalize(environment) in map(normalize, row.content["given"]["environments"]):
            return f"Deploy {row.release} again ({row.ref})."
    return None
