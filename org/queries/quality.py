"""What the record says about the quality of a release: its newest results, its open defects, and what was planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from org.enums import ArtifactKind
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made

BLOCKING = ("P0", "P1")  # severities of defects that no release goes out with while they are open


@dataclass(frozen=True)
class Block:
    """Why a release may not go out yet, and the call that mends it, as whom it is sent."""

    why: str
    role: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Quality:
    """What stands of a release. `results` None: nobody has recorded any. `blocks`: by results, defects and plans."""

    release: str
    results: Artifact | None
    defects: list[Artifact]
    features: list[str]
    blocks: list[Block]
    missing: list[str]


def of_release(text: str) -> Quality:
    """What is recorded of a release, by its name or the ref of anything made for it."""
    key = made.release_key(text)
    results = made.newest(ArtifactKind.TEST_RESULTS, release=key)
    defects = open_defects(key)
    planned = made.newest(ArtifactKind.RELEASE, release=key)
    features = list(planned.content["found"]["features"]) if planned else []
    grave = [row for row in defects if row.content["found"]["severity"] in BLOCKING]
    blocks = [*_failed(key, results), *map(_defect, grave), *_untested(features)]
    missing = [] if planned else [f"a plan of {key}: which features it holds, and whether each is tested, is not known"]
    return Quality(key, results, defects, features, blocks, missing)


def open_defects(release: str) -> list[Artifact]:
    """The defects of a release that are open, the worst first: of each title the newest word counts."""
    rows = Artifact.objects.of(ArtifactKind.DEFECT).filter(release=release).order_by("key", "-number").distinct("key")
    found = [row for row in rows if row.content["found"]["status"] == "open"]
    return sorted(found, key=lambda row: (row.content["found"]["severity"], row.number))


def _failed(key: str, results: Artifact | None) -> Iterator[Block]:
    again = {"junit_xml": "…", "release": key}
    if results is None:
        yield Block(f"No test results of {key} are on record.", "test_lead", "analyze_test_results", again)
    elif not results.content["found"]["gate"]["open"]:
        reasons = ", ".join(results.content["found"]["gate"]["reasons"])
        yield Block(f"The newest results, {results.ref}: {reasons}.", "test_lead", "analyze_test_results", again)


def _defect(row: Artifact) -> Block:
    found = row.content["found"]
    fixed = {"title": row.name, "impact": found["impact"], "frequency": found["frequency"], "status": "fixed"}
    why = f"{row.ref} {quoted(row.name)} is open, {found['severity']}."
    return Block(why, "test_lead", "classify_defect", {**fixed, "release": row.release})


def _untested(features: list[str]) -> Iterator[Block]:
    """Features without a plan of tests, or with criteria that no case of it shows."""
    for ref in features:
        feature = made.named(ref)
        plan = made.newest(ArtifactKind.TEST_PLAN, feature=feature.feature)
        call = {"feature": ref}
        if plan is None:
            why = f"{ref} {quoted(feature.name)} has no test plan."
            yield Block(why, "test_lead", "create_test_plan", call)
        elif untested := plan.content["found"]["coverage"]["criteria_without_cases"]:
            why = f"{plan.ref} tests {len(untested)} of the criteria of {quoted(feature.name)} by no case."
            yield Block(why, "test_lead", "create_test_plan", call)
