"""What the senior developer plans, estimates, reviews and reports."""

from __future__ import annotations

from typing import Any

import pytest

from org.clock import database_clock
from org.enums import ArtifactKind
from org.errors import InvalidInput, NotFound
from org.models import Artifact
from org.services import artifacts
from tests.people import acting
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
THREE = {"optimistic_hours": 2, "likely_hours": 4, "pessimistic_hours": 12}
CHAIN = [
    {"id": "T1", "title": "Tables (R1)", "likely_hours": 3},
    {"id": "T2", "title": "Pages of R2", "likely_hours": 5, "depends_on": "T1"},
    {"id": "T3", "title": "Docs", "likely_hours": 1, "depends_on": ["T1"]},
]


def define(stories: int = 1) -> str:
    wants = [f"As a reader, I want dark pages of kind {n}, so that my eyes rest." for n in range(stories)]
    told = use(
        "product_manager", "define_feature", name="Dark mode", user_stories=wants, business_value="Readers ask for it."
    )
    return str(told["feature_id"])


def left(kind: ArtifactKind, by: str, found: dict[str, Any], feature: str = "dark mode", **more: Any) -> Artifact:
    """What another role left on record."""
    content = {"found": found}
    return artifacts.make(
        kind=kind, name="Dark mode", content=content, feature=feature, by=acting(by), clock=database_clock, **more
    )


def plan(**arguments: Any) -> dict[str, Any]:
    return use("senior_developer", "plan_implementation", **{"feature": "dark mode", "tasks": CHAIN} | arguments)


def estimate(**arguments: Any) -> dict[str, Any]:
    return use("senior_developer", "estimate_effort", **arguments)


def test_a_plan_has_an_order_a_critical_path_and_groups_side_by_side() -> None:
    define()
    told = plan()
    assert (told["order"], told["critical_path"]) == (["T1", "T2", "T3"], ["T1", "T2"])
    assert told["parallel_groups"] == [["T1"], ["T2", "T3"]]
    assert (told["finish"], told["unit"]) == (8, "hours")
    assert told["say"] == f"{told['plan_id']} plans “Dark mode”: 3 tasks, the longest chain 8 hours."
    row = Artifact.objects.of(ArtifactKind.IMPLEMENTATION_PLAN).get()
    assert (row.ref, row.feature, row.content["found"]["order"]) == (told["ref"], "dark mode", told["order"])


def test_three_points_count_by_their_mean_and_without_hours_a_task_counts_as_one() -> None:
    define()
    assert plan(tasks=[{"id": "a", **THREE}])["finish"] == 5
    told = plan(tasks=[{"id": "a"}, {"id": "b", "likely_hours": 7}])
    assert (told["finish"], told["unit"]) == (1, "tasks")
    assert "tasks.a.hours" in told["basis"]["missing"]


def test_a_cycle_and_an_unknown_dependency_are_named_and_the_rest_is_planned() -> None:
    define()
    told = plan(
        tasks=[
            {"id": "a", "depends_on": ["b"]},
            {"id": "b", "depends_on": ["a"]},
            {"id": "c", "depends_on": ["ghost"]},
            {"id": "d", "depends_on": ["a"], "colour": "red"},
        ]
    )
    assert (told["order"], told["basis"]["cycles"]) == (["c"], ["a → b → a"])
    assert "tasks.c.depends_on: 'ghost' is none of the tasks" in told["basis"]["missing"]
    assert [each.partition(":")[0] for each in told["basis"]["left_out"]] == ["a", "b", "d"]
    assert told["basis"]["not_used"] == ["tasks.colour"]


def test_what_of_requirements_design_screens_and_spec_no_task_names_is_told() -> None:
    define(stories=2)
    left(ArtifactKind.DESIGN, "senior_architect", {"components": [{"name": "Style Store"}, {"name": "pages"}]})
    left(ArtifactKind.INTERFACE, "uiux_engineer", {"screens": ["Settings"]})
    spec = left(ArtifactKind.SPEC, "senior_architect", {"spec_document": "# Dark\n- R1: dark\n- AC-7: UTF-8\n"})
    told = plan()
    assert told["not_covered"] == ["Style Store", "Settings", "AC-7"]
    assert told["say"].endswith("; 3 of what is specified no task names, as “Style Store”.")
    assert spec.ref in told["basis"]["read"] and len(told["basis"]["read"]) == 4
    assert told["basis"]["missing"] == []
    covered = [*CHAIN, {"id": "T4", "title": "style  STORE", "covers": ["Settings", "ac-7"], "likely_hours": 1}]
    assert plan(tasks=covered)["not_covered"] == []


def test_what_is_not_on_record_is_missing_with_the_call_that_makes_it() -> None:
    ref = define()
    told = plan()
    assert [each.partition(" {")[0].rpartition(" ")[2] for each in told["basis"]["missing"]] == [
        "create_technical_spec",
        "design_system",
    ]
    assert all(ref in each for each in told["basis"]["missing"])


@pytest.mark.parametrize("spec", ["R1: dark\n**R9**: light", {"requirements": [{"id": "R1"}, "R9"]}])
def test_a_spec_that_is_given_counts_instead_of_the_record(spec: Any) -> None:
    define()
    left(ArtifactKind.DESIGN, "senior_architect", {"components": [{"name": "Style Store"}]})
    told = plan(spec=spec)
    assert (told["not_covered"], told["basis"]["missing"]) == (["R9"], [])


def test_a_spec_may_be_named_by_ref_and_one_without_ids_says_what_would_settle_it() -> None:
    define()
    row = left(ArtifactKind.SPEC, "senior_architect", {"spec_document": "AC-7: dark"})
    assert plan(spec=row.ref)["not_covered"] == ["AC-7"]
    assert plan(spec="Make it dark.")["basis"]["missing"] == [
        "ids in the spec, each at the start of a line, like “R1: …”"
    ]


def test_a_feature_that_nobody_defined_is_not_planned() -> None:
    with pytest.raises(NotFound, match="define_feature"):
        plan()
    assert not Artifact.objects.exists()


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ({"id": "a", "likely_hours": "4"}, r"tasks\.0\.likely_hours: must be a number"),
        ({"title": "a"}, r"tasks\.0\.id"),
        ({"id": "a", "likely_hours": -1}, r"tasks\.a\."),
        ({"id": "a", **THREE, "likely_hours": 40}, r"tasks\.a\.likely_hours: must lie between"),
    ],
)
@pytest.mark.parametrize("name", ["plan_implementation", "estimate_effort"])
def test_hours_that_cannot_be_are_refused_by_name(name: str, task: dict[str, Any], names: str) -> None:
    define()
    with pytest.raises(InvalidInput, match=names):
        use("senior_developer", name, feature="dark mode", tasks=[task])
    assert not Artifact.objects.exclude(kind=ArtifactKind.FEATURE).exists()


def test_an_estimate_is_the_same_again_and_says_its_seed() -> None:
    define()
    tasks = [{"id": "a", **THREE}, {"id": "b", **THREE, "pessimistic_hours": 60, "depends_on": ["a"]}]
    told, again = (estimate(tasks=tasks, feature="dark mode") for _ in range(2))
    assert told == again
    assert told["expected_hours"] == 18  # (2 + 16 + 12) ÷ 6 + (2 + 16 + 60) ÷ 6
    assert told["p50"] < told["p80"] < told["p95"] < 72
    assert (told["drivers"][0]["id"], told["basis"]["seed"], told["basis"]["draws"]) == ("b", 1959, 10_000)
    assert told["elapsed"]["p80"] == told["p80"]  # one after the other
    row = Artifact.objects.of(ArtifactKind.ESTIMATE).get()
    assert (row.feature, row.content["found"]["expected_hours"], row.content["given"]["seed"]) == (
        "dark mode",
        18,
        1959,
    )


def test_side_by_side_takes_less_time_than_work() -> None:
    told = estimate(tasks=[{"id": "a", **THREE}, {"id": "b", **THREE}])
    assert told["elapsed"]["expected"] < told["expected_hours"] == 10
    assert Artifact.objects.get().feature == ""


def test_a_task_without_three_points_leaves_the_whole_unestimated_and_is_named() -> None:
    define()
    told = estimate(tasks=[{"id": "a", **THREE}, {"id": "b", "likely_hours": 4}], feature="dark mode")
    assert [told[name] for name in ("expected_hours", "p50", "p80", "p95", "elapsed")] == [None] * 5
    assert told["basis"]["so_far"]["expected_hours"] == 5
    assert told["basis"]["unestimated"] == ["b"]
    assert told["basis"]["missing"] == ["tasks.b.optimistic_hours", "tasks.b.pessimistic_hours"]
    assert told["say"].endswith("“Dark mode” cannot be estimated yet: 1 lack three points.")


def test_a_cycle_has_an_effort_and_no_elapsed_time() -> None:
    told = estimate(tasks=[{"id": "a", **THREE, "depends_on": ["b"]}, {"id": "b", **THREE, "depends_on": ["a"]}])
    assert (told["expected_hours"], told["elapsed"], told["basis"]["cycles"]) == (10, None, ["a → b → a"])


def test_a_release_is_planned_by_this_estimate() -> None:
    define()
    estimate(tasks=[{"id": "a", **THREE}], feature="dark mode")
    told = use("product_manager", "plan_release", release="v1.4", features=["dark mode"], capacity=40)
    assert told["schedule"][0]["effort"] == 5


def test_no_tasks_are_told_as_such() -> None:
    define()
    assert (plan(tasks=[])["order"], plan(tasks=[])["basis"]["missing"][0]) == ([], "tasks")
    assert (estimate(tasks=[])["expected_hours"], estimate(tasks=[])["basis"]["missing"]) == (None, ["tasks"])


GOOD = 'def add(a: int, b: int) -> int:\n    """The sum."""\n    return a + b\n'
BAD = "import os\nx = eval(input())\n"


def review(**arguments: Any) -> dict[str, Any]:
    return use("senior_developer", "review_code", **arguments)


def test_clean_python_is_approved_and_measured() -> None:
    define()
    told = review(files={"sums.py": GOOD}, feature="dark mode")
    assert (told["approved"], told["findings"], told["left_out"]) == (True, [], 0)
    assert told["say"] == f"{told['ref']}: approved (Python files: 1, errors: 0, warnings: 0)."
    assert (told["metrics"]["functions"], told["metrics"]["complexity_most"], told["metrics"]["lines"]) == (1, 1, 3)
    row = Artifact.objects.of(ArtifactKind.CODE_REVIEW).get()
    assert (row.feature, row.content["found"]["approved"]) == ("dark mode", True)
    assert GOOD not in str(row.content)  # its digest is kept


def test_what_is_insecure_is_found_by_line_and_not_approved() -> None:
    told = review(files={"a.py": BAD})
    assert not told["approved"]
    found = [(each["path"], each["line"], each["rule"], each["severity"]) for each in told["findings"]]
    assert found == [("a.py", 2, "S307", "error"), ("a.py", 1, "F401", "warning")]
    assert told["say"].endswith(
        "not approved (Python files: 1, errors: 1, warnings: 1); first S307 at line 2 of “a.py”."
    )
    assert "no finding is an error" in told["basis"]["rule"]


def test_other_languages_are_said_not_to_be_reviewed() -> None:
    told = review(files={"a.js": "eval(x)\n"})
    assert (told["approved"], told["findings"]) == (False, [])
    assert "nothing was reviewed but size and duplication" in told["say"]
    assert told["basis"]["missing"] == ["a review of a.js by somebody who reads its language"]
    told = review(files={"a.js": "eval(x)\n", "a.py": GOOD})
    assert told["approved"]
    assert told["say"].endswith("; 1 in other languages: size and duplication only.")


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({}, "files"),
        ([BAD], "files"),
        ({"a.py": 7}, "files.a.py"),
        ({"": GOOD}, "files"),
        ({"a.py": "\x00"}, "NUL"),
        ({"a.py": "\ud800"}, "surrogate"),
        ({"a.py": "x" * 1024 * 1024}, "1024 KiB"),
        ({f"{n}.py": "" for n in range(1001)}, "1000"),
    ],
)
def test_what_cannot_be_files_is_refused_by_name(files: Any, names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        review(files=files)
    assert not Artifact.objects.exists()


def test_hostile_paths_are_names_and_no_more() -> None:
    paths = ["../../etc/passwd.py", "/etc/cron.d/x.py", "a\nb\x1b[2J.py", "C:\\x.py", "…" * 400 + ".py"]
    told = review(files=dict.fromkeys(paths, GOOD))
    assert {each["path"] for each in told["findings"] if each["rule"] == "path"} == set(paths[:4])
    assert told["approved"]


def test_a_megabyte_of_findings_is_told_in_few() -> None:
    told = review(files={"a.py": "eval(x)\n" * 5000, "b.py": BAD})
    assert len(told["findings"]) == 100
    assert told["left_out"] > 9000
    assert {each["path"] for each in told["findings"]} == {"a.py", "b.py"}


def report(status: str, **more: Any) -> dict[str, Any]:
    arguments = {"feature_id": "dark mode", "summary": "The store is away.", "references": "abc123"} | more
    return use("senior_developer", "report_implementation", status=status, **arguments)


def steps(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["role"], each["tool"]) for each in told["next"]]


def test_what_is_done_is_reviewed_and_tested_next() -> None:
    ref = define()
    told = report("done")
    assert (told["recorded"], steps(told)) == (
        True,
        [("senior_developer", "review_code"), ("test_lead", "create_test_plan")],
    )
    assert told["next"][1]["arguments"] == {"feature": ref}
    assert told["say"] == f"{told['ref']}: “Dark mode” is done; next is the Senior Developer's review_code."
    row = Artifact.objects.of(ArtifactKind.IMPLEMENTATION).get()
    assert (row.feature, row.content["found"]["status"]) == ("dark mode", "done")
    assert row.content["given"]["references"] == ["abc123"]


def test_each_step_on_record_leads_to_the_one_after_it() -> None:
    ref = define()
    failed = review(files={"a.py": BAD}, feature=ref)
    assert report("done")["next"][0]["why"] == f"{failed['ref']} does not approve the code"
    review(files={"a.py": GOOD}, feature=ref)
    left(ArtifactKind.TEST_PLAN, "test_lead", {})
    assert report("done")["next"][0]["arguments"] == {"junit_xml": "…"}
    use("product_manager", "plan_release", release="v1.4", features=["dark mode"], capacity=40)
    define(stories=2)  # anew, under another ref; the release still holds it
    assert report("done")["next"][0]["arguments"] == {"junit_xml": "…", "release": "v1.4"}
    left(ArtifactKind.TEST_RESULTS, "test_lead", {"gate": "passed"}, feature="", release="1.4.0")
    assert steps(report("done")) == [("test_lead", "approve_release_quality")]
    left(ArtifactKind.RELEASE_QUALITY, "test_lead", {}, feature="", release="1.4.0")
    told = report("done", summary="All of it.")
    assert (told["next"], told["say"]) == ([], f"{told['ref']}: “Dark mode” is done.")


def test_a_review_of_other_languages_is_not_asked_for_again() -> None:
    define()
    review(files={"a.js": "x\n"}, feature="dark mode")
    assert steps(report("done")) == [("test_lead", "create_test_plan")]


def test_what_is_in_progress_is_planned_and_estimated_first() -> None:
    define()
    assert [tool for _, tool in steps(report("in_progress"))] == [
        "plan_implementation",
        "estimate_effort",
        "report_implementation",
    ]
    plan()
    estimate(tasks=[{"id": "a", **THREE}], feature="dark mode")
    assert [tool for _, tool in steps(report("in_progress"))] == ["report_implementation"]


def test_what_is_blocked_names_the_letters_to_write_and_they_can_be_sent_as_they_are() -> None:
    define()
    told = report("blocked")
    assert [each["arguments"]["to"] for each in told["next"]] == ["senior_architect", "product_manager"]
    letter = told["next"][0]["arguments"]
    assert letter["content"] == "The store is away."
    sent = use("senior_developer", "send_message", **letter)
    assert [each["to"] for each in sent["deliveries"]] == ["senior_architect"]
    left(ArtifactKind.REQUIREMENTS, "product_manager", {})
    assert [each["arguments"]["to"] for each in report("blocked")["next"]] == ["senior_architect"]


def test_a_report_without_references_says_what_is_missing() -> None:
    define()
    assert report("done", references=[])["basis"]["missing"] == ["references: commits, branches or pages that show it"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"status": "soon"}, "'in_progress', 'blocked' or 'done'"),
        ({"status": "done", "summary": " "}, "summary"),
        ({"status": "done", "references": [7]}, r"references\.0"),
        ({"status": "done", "feature_id": "light mode"}, r"feature_id: .*Known: Dark mode"),
    ],
)
def test_what_cannot_be_a_report_is_refused_by_name(arguments: dict[str, Any], names: str) -> None:
    define()
    with pytest.raises(InvalidInput, match=names):
        report(**arguments)
    assert not Artifact.objects.of(ArtifactKind.IMPLEMENTATION).exists()
