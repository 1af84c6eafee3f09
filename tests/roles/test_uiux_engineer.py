"""What the UI/UX engineer designs, reviews and analyzes."""

from __future__ import annotations

from typing import Any

import pytest

from org.enums import ArtifactKind
from org.errors import InvalidInput, NotFound
from org.models import Artifact
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
BEST = [5, 1] * 5


def define(name: str = "Dark mode") -> str:
    stories = [
        "As a reader, I want dark pages, so that my eyes rest.",
        "As a reader, I want a switch, so that I choose.",
    ]
    told = use("product_manager", "define_feature", name=name, user_stories=stories, business_value="Asked for.")
    return str(told["feature_id"])


def analyze(**arguments: Any) -> dict[str, Any]:
    return use("uiux_engineer", "analyze_usability", **arguments)


def test_a_test_is_told_by_its_score_its_grade_and_its_success() -> None:
    define()
    results = [{"task": "switch", "succeeded": n < 7, "seconds": 10, "mood": "fine"} for n in range(10)]
    told = analyze(sus_responses=[BEST] * 12, task_results=results, feature="dark mode")
    assert (told["sus_score"], told["sus_grade"], told["task_success"]) == (100, "A+", 0.7)
    assert told["task_interval"] == [0.392, 0.897]
    assert told["say"] == (
        f"{told['ref']} of “Dark mode”: a SUS of 100.0, grade A+, by 12 respondents; "
        "7 of 10 attempts succeed, 39% to 90% of users."
    )
    assert told["basis"]["not_used"] == ["task_results.mood"]
    kept = Artifact.objects.of(ArtifactKind.USABILITY).get()
    assert (kept.feature, kept.name, kept.content["found"]["sus_score"]) == ("dark mode", "Dark mode", 100)


def test_the_answers_of_a_single_respondent_are_few_and_it_is_said() -> None:
    told = analyze(sus_responses=BEST)
    assert (told["sus_score"], told["task_success"], told["task_interval"], told["tasks"]) == (100, None, None, [])
    assert told["findings"] == ["Of fewer than 12 respondents, here 1, a mean still moves much."]
    assert told["basis"]["missing"] == ["task_results: whether users succeed", "feature: which one was tested"]


def test_a_single_attempt_is_few_and_has_a_wide_interval() -> None:
    told = analyze(task_results={"task": "switch", "succeeded": True})
    assert (told["sus_score"], told["sus_grade"], told["task_success"]) == (None, None, 1)
    [task] = told["tasks"]
    assert task["low"] < 0.21
    assert "more attempts would tell" in told["findings"][0]
    assert "seconds of 1 of 1 attempts" in told["basis"]["missing"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, "sus_responses: or task_results is required"),
        ({"sus_responses": [], "task_results": []}, "sus_responses: or task_results is required"),
        ({"sus_responses": [[5] * 9]}, r"sus_responses\[0\]: has 9 answers"),
        ({"sus_responses": [BEST, [6] * 10]}, r"sus_responses\[1\]\[0\]: must be a whole number from 1 to 5"),
        ({"sus_responses": [["5"] * 10]}, "whole number"),
        ({"sus_responses": "great"}, "sus_responses"),
        ({"task_results": [{"task": "switch"}]}, r"task_results\.0\.succeeded"),
        ({"task_results": [{"task": "switch", "succeeded": "yes"}]}, "true or false"),
        ({"task_results": [{"task": "switch", "succeeded": True, "seconds": 0}]}, r"task_results\[0\]\.seconds"),
        ({"sus_responses": [BEST] * 1001}, "1000"),
    ],
)
def test_what_no_test_can_give_is_refused_by_name(arguments: dict[str, Any], names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        analyze(**arguments)
    assert not Artifact.objects.exists()


def test_a_test_of_a_feature_nobody_defined_names_the_call_that_defines_it() -> None:
    with pytest.raises(NotFound, match="define_feature"):
        analyze(sus_responses=BEST, feature="light mode")
