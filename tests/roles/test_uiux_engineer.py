"""What the UI/UX engineer designs, reviews and analyzes."""

from __future__ import annotations

import re
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
        "7 of 10 attempts succeed; 67% of users are to be expected to, 39% to 90%."
    )
    assert told["basis"]["not_used"] == ["task_results.mood"]
    kept = Artifact.objects.of(ArtifactKind.USABILITY).get()
    assert (kept.feature, kept.name, kept.content["found"]["sus_score"]) == ("dark mode", "Dark mode", 100)


def test_the_answers_of_a_single_respondent_are_few_and_it_is_said() -> None:
    told = analyze(sus_responses=BEST)
    assert (told["sus_score"], told["task_success"], told["task_interval"], told["tasks"]) == (100, None, None, [])
    assert told["findings"] == ["Of fewer than 12 respondents, here 1, a mean still moves much."]
    assert told["basis"]["missing"] == ["task_results: whether users succeed", "feature: which one it belongs to"]


def test_a_single_attempt_is_few_and_has_a_wide_interval() -> None:
    told = analyze(task_results={"task": "switch", "succeeded": True})
    assert (told["sus_score"], told["sus_grade"], told["task_success"]) == (None, None, 1)
    [task] = told["tasks"]
    assert (told["task_estimate"], task["rate"], task["estimate"]) == (0.667, 1, 0.667)
    assert "Laplace's rule of succession" in told["basis"]["method"]
    assert task["low"] < 0.21
    assert told["findings"][0].startswith(
        "“switch”: 1 of 1, between 17% and 100%: may be below the average of 78% of published tasks; test"
    )
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


def test_what_was_found_before_and_what_nobody_has_made_are_told_with_the_feature() -> None:
    feature = define()
    first = review(colors=[{"foreground": "#777", "background": "#fff"}], feature=feature)
    assert first["basis"]["before"] is None
    assert (
        f"interface: design_interface {{feature: {feature}, user_flows: [[screen, action, screen]]}}"
        in (first["basis"]["missing"])
    )
    design()
    second = review(colors=[{"foreground": "#000", "background": "#fff"}], feature=feature)
    assert second["basis"]["before"] == {"ref": first["ref"], "level": "A", "score": 0}
    assert not any("design_interface" in each for each in second["basis"]["missing"])
    told = [analyze(sus_responses=answers, feature=feature) for answers in (BEST, BEST, [3] * 10)]
    was = {"ref": told[0]["ref"], "sus_score": 100, "task_success": None}
    assert [each["basis"]["before"] for each in told] == [None, None, was]


def test_a_title_nobody_can_see_names_nothing() -> None:
    told = review(html="<html lang=en><title>&#8203;</title><h1>x</h1>")
    assert [each["criterion"] for each in told["violations"]] == ["2.4.2"]
    assert "“Page”" in told["say"]


def test_a_text_without_anything_to_check_is_no_success() -> None:
    told = review(html="hello")
    assert (told["level"], told["score"], told["violations"]) == ("none", 0, [])
    assert "nothing in it can be checked" in told["say"]


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 13_000,
        "<p>" + "<b x>" * 999 + "<p>x" * 9_000,
        "<img>" * 13_000,
        "x" * 65_000,
        " ".join(map(str, range(12_000))),
    ],
)
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


SIGN_IN = [["Sign in", "submit", "Home"], {"name": "R1: dark pages", "steps": ["Home", "Settings", "Home"]}]
FORM = {"name": "Sign in", "states": ["wrong password"]}


def design(flows: Any = SIGN_IN, **arguments: Any) -> dict[str, Any]:
    return use("uiux_engineer", "design_interface", feature="dark mode", user_flows=flows, **arguments)


def test_an_interface_is_its_screens_and_the_ways_between_them() -> None:
    define()
    told = design(screens=[FORM, {"name": "Home", "final": True, "colour": "red"}])
    assert [each["name"] for each in told["screens"]] == ["Sign in", "Home", "Settings"]
    assert (told["dead_ends"], told["unreachable"], told["traps"]) == ([], [], [])
    assert told["screens"][2]["missing_states"] == ["error (settings)"]
    assert told["components"] == [
        {"name": "submit", "kind": "control", "screens": ["Sign in"]},
        {"name": "wrong password", "kind": "state", "screens": ["Sign in"]},
        {"name": "error", "kind": "state", "screens": ["Settings"]},
    ]
    assert told["flow"].startswith("flowchart LR")
    assert told["untraced"] == ["R2"]
    assert told["basis"]["not_used"] == ["screens.colour"]
    assert told["say"] == (
        f"The interface of “Dark mode” is {told['design_id']}: 3 screens, 0 dead ends, 0 unreachable, 1 missing states."
    )
    kept = Artifact.objects.of(ArtifactKind.INTERFACE).get()
    assert (kept.feature, kept.ref) == ("dark mode", told["ref"])
    assert [each["name"] for each in kept.content["found"]["screens"]] == ["Sign in", "Home", "Settings"]


def test_where_users_get_stuck_is_named() -> None:
    define()
    told = design([["Home", "open", "Help"], ["News", "back", "Home"], {"name": "Only", "steps": ["Nowhere"]}])
    assert told["dead_ends"] == ["Help", "Nowhere"]
    assert told["unreachable"] == ["News", "Nowhere"]
    assert told["findings"] == [
        "Nothing leaves “Help”, “Nowhere”: add a way on or back, or say final: true in screens.",
        "No way leads to “News”, “Nowhere”: add one, or say which screen is the start.",
    ]
    assert design([["a", "on", "b"], ["b", "on", "c"], ["c", "on", "b"]], screens={"name": "d", "final": True})[
        "traps"
    ] == [["b", "c"]]


def test_a_command_may_end_anywhere() -> None:
    define()
    assert design([["shell", "echo run", "report"]], platform="cli")["dead_ends"] == []
    assert design([["shell", "echo run", "report"]])["dead_ends"] == ["report"]


def test_a_single_step_and_a_single_flow_are_taken_as_they_are_and_as_lists() -> None:
    define()
    told = [design(flows) for flows in (["a", "go", "b"], [["a", "go", "b"]], {"steps": [["a", "go", "b"]]})]
    assert len({each["flow"] for each in told}) == 1
    assert '-->|"go"|' in told[0]["flow"]


def test_requirements_no_flow_names_are_missing_and_so_is_what_others_have_not_made() -> None:
    define()
    told = design(["a", "go", "b"])
    assert told["untraced"] is None
    missing = told["basis"]["missing"]
    assert "requirements: name their ids (R1 …) in each flow that serves them" in missing
    assert any("gather_requirements {feature: F-" in each for each in missing)
    assert any("design_system" in each for each in missing)
    use("product_manager", "gather_requirements", feature="dark mode", stakeholders="uiux_engineer")
    told = design([{"steps": ["a", "b"], "requirements": ["R2", "R9"]}])
    assert (told["untraced"], told["basis"]["unknown_requirements"]) == (["R1"], ["R9"])
    assert not any("gather_requirements" in each for each in told["basis"]["missing"])


def test_the_same_interface_again_is_the_same_and_another_stands_after_it() -> None:
    define()
    first, again, other = design(), design(), design(["a", "go", "b"])
    assert first["design_id"] == again["design_id"] != other["design_id"]


def test_screens_cannot_draw_over_the_diagram() -> None:
    define()
    flow = design([['"]; click n0 "javascript:alert(1)"', "-->|x|\nn9", "</pre><script>%%{init}"]])["flow"]
    assert len(flow.splitlines()) == 4
    assert not {"script>", "javascript:", "%%{", "click n0 "} & set(flow.split())
    assert '"]; ' not in flow.replace('"]\n', "")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"flows": []}, "user_flows: name no screen"),
        ({"flows": [["a", "b"]]}, r"user_flows\.0\.steps\.0: must be a screen, or \[screen, action, screen\]"),
        ({"flows": [{"steps": [1]}]}, r"user_flows\.0\.steps\.0: must be a screen"),
        ({"flows": [{"steps": ["x" * 256]}]}, "at most 255 characters"),
        ({"flows": [["", "go", "b"]]}, "a screen without a name"),
        ({"flows": 7}, "user_flows"),
        ({"flows": ["a", "go", "b"], "platform": "watch"}, "'web', 'mobile', 'desktop' or 'cli'"),
        ({"flows": ["a", "go", "b"], "start": "c"}, "start: is 'c'"),
        ({"flows": ["a", "go", "b"], "screens": ["a", "A"]}, "described twice"),
        ({"flows": [{"steps": [f"s{n}" for n in range(1000)]}, ["x", "go", "y"]]}, "1002 screens"),
        ({"flows": [{"steps": ["a", "b"] * 500}] * 6}, "5994 transitions"),
    ],
)
def test_what_is_no_flow_is_refused_by_name(arguments: dict[str, Any], names: str) -> None:
    define()
    with pytest.raises(InvalidInput, match=names):
        design(**arguments)
    assert not Artifact.objects.of(ArtifactKind.INTERFACE).exists()


def test_an_interface_of_a_feature_nobody_defined_names_the_call_that_defines_it() -> None:
    with pytest.raises(NotFound, match="define_feature"):
        design()


def test_the_largest_interface_is_answered() -> None:
    define()
    told = design([{"steps": [f"list {n} new" for n in range(1000)]}], screens=[f"list {n} new" for n in range(1000)])
    assert told["basis"]["numbers"]["missing_states"] == 2000


def test_an_interface_of_very_many_actions_tells_the_first_and_counts_all() -> None:
    define()
    told = design([{"steps": [["a", f"x{4 * flow + n}", "a"] for n in range(4)]} for flow in range(500)])
    assert len(told["components"]) == 500
    numbers = told["basis"]["numbers"]
    assert (numbers["components"], numbers["components_left_out"]) == (2000, 1500)


def test_a_thousand_tasks_that_nobody_managed_are_answered() -> None:
    told = analyze(task_results=[{"task": f"t{n}", "succeeded": False, "seconds": 1} for n in range(1000)])
    assert len(told["tasks"]) == 1000
    assert len(told["findings"]) == 201
    assert re.fullmatch(r"And \d+ more\.", told["findings"][-1])
