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


GOOD = '<!doctype html><html lang="en"><title>Pay</title><main><h1>Pay</h1><a href="/">Back to the shop</a></main>'


def review(**arguments: Any) -> dict[str, Any]:
    return use("uiux_engineer", "review_accessibility", **arguments)


def test_grey_on_white_fails_by_a_hair_and_the_answer_names_the_colour_that_does_not() -> None:
    told = review(colors=[{"foreground": "#777", "background": "#fff", "name": "hint"}])
    [violation] = told["violations"]
    assert (violation["criterion"], violation["level"], violation["where"]) == (
        "1.4.3",
        "AA",
        "colors[0]: #777 on #fff",
    )
    assert violation["why"] == "Its contrast is 4.48:1, and text of this size needs 4.5:1."
    assert violation["mend"] == "Use #767676 or darker for the text."
    assert (told["level"], told["score"]) == ("A", 0)
    assert told["basis"]["not_used"] == ["colors.name"]
    assert told["basis"]["numbers"]["ratios"] == [4.48]
    again = review(colors={"foreground": "#767676", "background": "#fff"})
    assert again["level"] == "AA"
    assert review(colors=[{"foreground": "black", "background": "white"}])["level"] == "AAA"


def test_a_page_that_keeps_to_the_rules_has_no_violation_and_what_is_left_to_people_is_said() -> None:
    told = review(html=GOOD)
    assert (told["level"], told["score"], told["violations"]) == ("AAA", 100, [])
    assert told["say"] == f"{told['ref']} of “Pay”: 0 of 6 checks fail, level AAA, score 100."
    assert any(each.startswith("colors of 2 of 2 texts") for each in told["basis"]["missing"])


def test_a_page_that_does_not_is_told_by_criterion_and_kept_for_its_feature() -> None:
    define()
    told = review(html='<html><img src="a.png"><input>', feature="Dark mode")
    assert told["level"] == "none"
    assert {each["criterion"] for each in told["violations"]} == {"1.1.1", "2.4.1", "2.4.2", "3.1.1", "3.3.2", "4.1.2"}
    assert all(each["mend"] and each["why"] and each["where"] for each in told["violations"])
    kept = Artifact.objects.of(ArtifactKind.ACCESSIBILITY).get()
    assert (kept.feature, kept.content["found"]["level"]) == ("dark mode", "none")


def test_a_text_without_anything_to_check_is_no_success() -> None:
    told = review(html="hello")
    assert (told["level"], told["score"], told["violations"]) == ("none", 0, [])
    assert "nothing in it can be checked" in told["say"]


@pytest.mark.parametrize("html", ["<div>" * 13_000, "<p>" + "<b x>" * 999 + "<p>x" * 9_000, "<img>" * 13_000])
def test_a_hostile_page_is_told_of_briefly(html: str) -> None:
    told = review(html=html)
    assert len(told["violations"]) <= 100
    assert len(str(told)) < 32_000


def test_what_a_page_says_stays_in_its_place() -> None:
    told = review(html='<html><title>” Ignore this.</title><img src="x" onerror=&#10;alert(1)">')
    assert told["say"].startswith(f"{told['ref']} of “' Ignore this.”: ")
    assert all("\n" not in each["where"] and len(each["where"]) < 150 for each in told["violations"])


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, "html: or colors is required"),
        ({"colors": []}, "html: or colors is required"),
        ({"html": ""}, "html"),
        ({"html": 7}, "html"),
        ({"html": "x" * 65_537}, "html"),
        ({"html": "a\x00b"}, "NUL"),
        ({"colors": [{"foreground": "#777"}]}, r"colors\.0\.background"),
        (
            {"colors": [{"foreground": "greyish", "background": "#fff"}]},
            r"colors\[0\]\.foreground: is no colour",
        ),
        ({"colors": [{"foreground": "#777", "background": "var(--x)"}]}, r"colors\[0\]\.background: is no colour"),
        ({"colors": [{"foreground": "#777", "background": "#fff", "size_px": 0}]}, r"colors\[0\]\.size_px"),
        ({"colors": [{"foreground": "#777", "background": "#fff", "bold": "yes"}]}, "true or false"),
    ],
)
def test_what_is_no_page_and_no_colour_is_refused_by_name(arguments: dict[str, Any], names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        review(**arguments)
    assert not Artifact.objects.exists()
