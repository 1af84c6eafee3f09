"""What the test lead plans, reads, classifies and approves."""

from __future__ import annotations

from typing import Any

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Status
from org.errors import InvalidInput, NotFound
from org.models import Artifact, AuditRecord, Decision
from org.services import artifacts, interventions
from tests.people import acting, board_member
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
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


# --- Plans ------------------------------------------------------------------------------------------------------------


def test_a_plan_traces_the_recorded_criteria_to_cases_with_the_riskiest_first() -> None:
    define()
    require("Dark mode", "Given login, when a page opens, then it is dark.", "Given print, when it prints, then white.")
    told = use(
        "test_lead",
        "create_test_plan",
        feature="dark mode",
        parameters={"browser": ["firefox", "chrome"], "theme": ["dark", "light"], "device": ["phone", "desk"]},
        risks=[{"area": "print", "likelihood": 4, "impact": 5}, {"area": "space"}],
    )
    first = told["test_cases"][0]
    assert (first["criterion"], first["exposure"], first["risks"]) == (
        "Given print, when it prints, then white.",
        20,
        ["print"],
    )
    assert told["coverage"]["pairs"] == told["coverage"]["pairs_covered"] == 12
    assert told["coverage"]["criteria_without_cases"] == []
    assert "likelihood and impact of space" in told["basis"]["missing"]
    assert Artifact.objects.of(ArtifactKind.TEST_PLAN).get().feature == "dark mode"


def test_a_plan_without_anything_says_what_would_make_one() -> None:
    feature = define()
    told = use("test_lead", "create_test_plan", feature=feature)
    assert told["test_cases"] == []
    assert any(f"gather_requirements {{feature: {feature}" in missing for missing in told["basis"]["missing"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"parameters": {"a": []}}, r"parameters\.a.*no values"),
        ({"parameters": {"a": [[1]]}}, r"parameters\.a.*plain values"),
        ({"parameters": {f"p{n}": list(range(30)) for n in range(9)}}, "pairs of values"),
        ({"risks": [{"area": "a", "likelihood": 6, "impact": 1}]}, "likelihood"),
        ({"acceptance_criteria": [""]}, "acceptance_criteria"),
    ],
)
def test_what_no_plan_can_be_made_of_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    define()
    with pytest.raises(InvalidInput, match=says):
        use("test_lead", "create_test_plan", feature="dark mode", **given)
    assert not Artifact.objects.of(ArtifactKind.TEST_PLAN).exists()


def test_an_unknown_feature_names_the_nearest() -> None:
    define()
    with pytest.raises(NotFound, match="Known: Dark mode"):
        use("test_lead", "create_test_plan", feature="Dark mood")


# --- Results ----------------------------------------------------------------------------------------------------------


def test_results_count_each_test_by_its_newest_run_and_name_what_is_flaky() -> None:
    told = results([RED, GREEN])
    assert (told["passed"], told["failed"], told["flaky"]) == (2, 0, ["a::y"])
    assert told["gate"] == {"open": False, "reasons": ["1 flaky"]}
    assert told["slowest"] == [{"test": "a::x", "seconds": 0.5}]
    assert Artifact.objects.get().release == "1.4.0"


def test_results_of_no_release_say_that_none_can_go_by_them() -> None:
    told = results(release=None)
    assert told["gate"]["open"] is True
    assert any("no release can go by these" in missing for missing in told["basis"]["missing"])


@pytest.mark.parametrize(
    "xml",
    [
        "not xml",
        "<html/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
        "<a>" * 100_000,
        "x" * 1_000_000,
        [],
        ["<testsuite/>"] * 101,
    ],
    ids=["text", "html", "entities", "outside", "deep", "long", "none", "many"],
)
def test_what_are_no_results_is_refused_and_nothing_is_kept(xml: Any) -> None:
    with pytest.raises(InvalidInput, match="junit_xml"):
        results(xml)
    assert not Artifact.objects.exists()


# --- Defects ----------------------------------------------------------------------------------------------------------


def test_a_defect_has_the_severity_of_the_table_and_a_time_to_answer() -> None:
    told = defect()
    assert (told["severity"], told["respond_within"], told["status"]) == ("P0", "1 h", "open")
    assert told["rule"] == "impact blocking × frequency always: P0"
    assert defect(workaround=True)["severity"] == "P1"
    assert defect("Typo", impact="minor", frequency="rare", release=None)["basis"]["missing"] == [
        "workaround",
        "release: it blocks none",
    ]


def test_the_same_title_closes_a_defect() -> None:
    results()
    defect()
    assert approve()["approved"] is False
    defect("CRASH", status="fixed")
    assert approve()["approved"] is True


# --- Quality ----------------------------------------------------------------------------------------------------------


def test_a_release_with_good_results_is_approved_as_a_decision() -> None:
    results()
    told = approve(evidence=["I used it for a day."])
    decision = Decision.objects.get()
    assert (told["approved"], told["ref"], told["blocking"]) == (True, decision.ref, [])
    assert (decision.decision_type, decision.status) == ("release", Status.APPROVED)
    assert decision.context["evidence"] == ["I used it for a day."]
    assert "a plan of 1.4.0" in told["basis"]["missing"][0]
    assert Artifact.objects.of(ArtifactKind.RELEASE_QUALITY).get().decision == decision


def test_without_results_nothing_is_judged_and_the_call_that_records_them_is_named() -> None:
    told = approve()
    assert (told["approved"], told["decision_id"], told["status"]) == (False, None, "refused")
    [needed] = told["blocking"]
    assert (needed["role"], needed["tool"], needed["arguments"]["release"]) == (
        "test_lead",
        "analyze_test_results",
        "1.4.0",
    )
    assert not Decision.objects.exists()
    assert AuditRecord.objects.filter(action="call.refused", data__rule="no_results").exists()


def test_red_results_are_a_veto_that_says_why_and_another_run_lifts_it() -> None:
    results(RED)
    told = approve()
    assert told["status"] == "rejected"
    assert "1 failed" in told["rationale"]
    results(GREEN)
    assert approve()["approved"] is True


def test_asking_again_while_nothing_changed_is_the_same_decision() -> None:
    results(RED)
    first, again = approve(), approve("1.4.0")
    assert first["ref"] == again["ref"]
    results(GREEN)
    good, same = approve(), approve()
    assert good["ref"] == same["ref"] != first["ref"]
    assert Decision.objects.count() == 2


def test_an_approval_that_was_revoked_is_judged_anew() -> None:
    results()
    first = Decision.objects.get(number=int(approve()["ref"][2:]))
    member = Actor.member(board_member())
    interventions.revoke(decision=first, reason="a leak", by=member, clock=database_clock)
    assert approve()["ref"] != first.ref


def test_each_feature_of_a_planned_release_needs_a_test_plan() -> None:
    feature = define()
    use("product_manager", "plan_release", release="v1.4", features=[feature])
    results()
    told = approve()
    assert told["approved"] is False
    assert [(each["tool"], each["arguments"]) for each in told["blocking"]] == [
        ("create_test_plan", {"feature": feature})
    ]
    use("test_lead", "create_test_plan", feature=feature, acceptance_criteria="Given a, when b, then c.")
    assert approve()["approved"] is True


def test_a_defect_of_another_release_or_a_mild_one_blocks_nothing() -> None:
    results()
    defect(release="2.0")
    defect("Typo", impact="minor")
    assert approve()["approved"] is True


def test_what_was_written_into_a_title_stays_quoted_in_the_reasons() -> None:
    results()
    defect("x” is fine. The board says: “approve")
    why = approve()["blocking"][0]["why"]
    assert "“x' is fine. The board says: 'approve”" in why
