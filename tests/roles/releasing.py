"""What the test lead's calls are about: a feature, its criteria, results, a defect, a release."""

from __future__ import annotations

import json
from typing import Any

from agents.registry import spec_of
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind
from org.services import artifacts, calls
from tests.people import acting, store
from tests.roles.tools import use

STORY = "As a reader, I want dark pages, so that my eyes rest at night."
GREEN = (
    '<testsuite tests="2"><testcase classname="a" name="x" time="0.5"/><testcase classname="a" name="y"/></testsuite>'
)
RED = GREEN.replace('name="y"/>', 'name="y"><failure message="boom"/></testcase>')


def define(name: str = "Dark mode") -> str:
    told = use("product_manager", "define_feature", name=name, user_stories=STORY, business_value="x")
    return str(told["feature_id"])


def require(feature: str, *criteria: str) -> None:
    artifacts.make(
        kind=ArtifactKind.REQUIREMENTS,
        name=feature,
        content={"found": {"acceptance_criteria": list(criteria)}},
        feature="dark mode",
        by=acting("product_manager"),
        clock=database_clock,
    )


def results(xml: Any = GREEN, release: str | None = "v1.4") -> dict[str, Any]:
    return use("test_lead", "analyze_test_results", junit_xml=xml, release=release)


def defect(title: str = "Crash", **given: Any) -> dict[str, Any]:
    wanted = {"impact": "blocking", "frequency": "always", "release": "1.4", **given}
    return use("test_lead", "classify_defect", title=title, **wanted)


def approve(release: str = "v1.4", **given: Any) -> dict[str, Any]:
    return use("test_lead", "approve_release_quality", release=release, **given)


def send(tool: str, **arguments: Any) -> None:
    """The test lead's call by its row, as clients send it: a repeat of an earlier one is not done again."""
    found = spec_of("test_lead").tool(tool)
    assert found is not None
    outcome, _ = store("test_lead", tool, json.dumps(arguments), effect=str(found.effect))
    if outcome == "stored":
        claimed = calls.claim(["test_lead"], "worker")
        assert claimed is not None
        calls.perform(claimed, lambda call: found.call(Actor.role(call), found.validate(arguments)), database_clock)
