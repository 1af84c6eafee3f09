"""What the test lead classifies and approves."""

from __future__ import annotations

from typing import Any

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Status
from org.errors import InvalidInput
from org.models import Artifact, AuditRecord, Decision
from org.queries import quality
from org.services import interventions
from tests.people import board_member
from tests.roles.releasing import GREEN, RED, approve, defect, define, require, results, send
from tests.roles.tools import use

pytestmark = pytest.mark.django_db

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


def test_what_is_fixed_without_a_release_is_fixed_where_it_is_open() -> None:
    results()
    defect()
    told = defect(status="fixed", release=None)
    assert told["say"] == f"{told['ref']} “Crash” in “1.4.0” is fixed."
    assert approve()["approved"] is True


def test_a_defect_that_is_open_in_several_releases_is_fixed_where_it_is_said_to_be() -> None:
    first = defect()
    defect(release="2.0")
    with pytest.raises(InvalidInput, match=r"release: “Crash” is open in “1\.4\.0”, “2\.0\.0”.*Name the one"):
        defect(status="fixed", release=None)
    assert defect(first["defect_id"], status="fixed", release=None)["say"].endswith("“Crash” in “1.4.0” is fixed.")
    assert [row.release for row in quality.open_defects(key="crash")] == ["2.0.0"]


def test_the_ref_of_a_defect_is_its_title_and_another_ref_is_refused() -> None:
    defect()
    defect(defect()["ref"], impact="minor")
    assert {row.name for row in Artifact.objects.all()} == {"Crash"}
    with pytest.raises(InvalidInput, match=r"title: F-.* is a feature, no defect"):
        defect(define())


def test_a_fix_of_what_was_never_open_is_kept_and_told() -> None:
    assert defect("Never seen", status="fixed")["basis"]["missing"] == [
        "workaround",
        "an open defect of that title in “1.4.0”: there was none to close",
    ]


def test_the_newest_word_on_a_defect_counts_and_a_regression_opens_it_again() -> None:
    results()
    for given, approved in (
        ({}, False),
        ({"impact": "minor"}, True),
        ({"status": "fixed"}, True),
        ({"frequency": "often"}, False),
    ):
        defect(**given)
        assert approve()["approved"] is approved, given


def test_what_is_open_then_fixed_then_open_again_ends_open_however_soon() -> None:
    wanted = {"title": "Crash", "impact": "blocking", "frequency": "always", "release": "1.4"}
    for status in ("open", "fixed", "open", "open"):
        send("classify_defect", **wanted, status=status)
    assert [row.name for row in quality.open_defects(release="1.4.0")] == ["Crash"]
    assert Artifact.objects.count() == 3, "the same again, while nothing newer stands, is kept once"


def test_results_that_are_red_then_green_then_red_again_end_red_however_soon() -> None:
    for xml in (RED, GREEN, RED):
        send("analyze_test_results", junit_xml=xml, release="1.4")
    assert approve()["status"] == "rejected"


def test_a_plan_made_again_after_another_stands_again() -> None:
    define()
    for criterion in ("One.", "Two.", "One."):
        send("create_test_plan", feature="dark mode", acceptance_criteria=criterion)
    newest = Artifact.objects.of(ArtifactKind.TEST_PLAN).newest_first()[0]
    assert newest.content["given"]["acceptance_criteria"] == ["One."]


@pytest.mark.parametrize("given", [{"title": "\u200b"}, {"impact": "huge"}, {"frequency": "never"}, {"status": "gone"}])
def test_what_is_no_defect_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(given))):
        defect(**given)
    assert not Artifact.objects.exists()


# --- Quality ----------------------------------------------------------------------------------------------------------


def test_a_release_with_good_results_is_approved_as_a_decision() -> None:
    results()
    told = approve(evidence=["I used it for a day."])
    decision = Decision.objects.get()
    assert (told["approved"], told["ref"], told["blocking"]) == (True, decision.ref, [])
    assert told["say"].endswith("“v1.4” is kept as “1.4.0”.")
    assert "is kept as" not in approve("1.4.0", evidence=["I used it for a day."])["say"]
    assert (decision.decision_type, decision.status) == ("release", Status.APPROVED)
    assert decision.context["evidence"] == [{"author": "test_lead", "says": "I used it for a day."}]
    assert "a plan of “1.4.0”" in told["basis"]["missing"][0]
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
    assert [(each["tool"], each["arguments"]) for each in told["blocking"]] == [
        ("analyze_test_results", {"junit_xml": "…", "release": "1.4.0"})
    ]
    results(GREEN)
    assert approve()["approved"] is True


def test_results_that_tell_too_little_are_not_judged() -> None:
    results("<testsuite/>")
    told = approve()
    assert (told["approved"], told["decision_id"], told["status"]) == (False, None, "refused")
    assert "are unknown: no test passed. So the quality of “1.4.0” is not judged." in told["say"]
    assert not Decision.objects.exists()


def test_a_grave_defect_is_a_veto_even_before_there_are_results() -> None:
    defect()
    told = approve()
    assert told["status"] == "rejected"
    assert [each["tool"] for each in told["blocking"]] == ["analyze_test_results", "classify_defect"]
    assert told["blocking"][1]["arguments"] == {
        "title": "Crash",
        "impact": "blocking",
        "frequency": "always",
        "status": "…",
        "release": "1.4.0",
    }
    assert told["blocking"][1]["first"].startswith("The senior developer mends it, and a test shows that it is gone;")


def test_the_calls_that_close_defects_take_somebody_to_say_that_they_are_mended() -> None:
    results()
    for n in range(3):
        defect(f"Crash {n}")
    for each in approve()["blocking"]:
        with pytest.raises(InvalidInput, match="status: must be one of 'open' or 'fixed'"):
            use(each["role"], each["tool"], **each["arguments"])
        use(each["role"], each["tool"], **each["arguments"] | {"status": "fixed"})
    assert approve()["approved"] is True


def test_of_many_reasons_the_first_are_said_and_the_others_counted() -> None:
    results()
    for n in range(103):
        defect(f"Crash {n}")
    told = approve()
    assert told["rationale"].endswith("90 more stand in the way.")
    assert len(told["blocking"]) == 100
    assert any(missing.startswith("3 more that stand") for missing in told["basis"]["missing"])


def test_the_longest_name_of_a_release_is_judged() -> None:
    results(release="r" * 255)
    assert approve("r" * 255)["approved"] is True


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
        ("create_test_plan", {"feature": feature, "acceptance_criteria": "…"})
    ]
    assert approve()["blocking"][0]["why"] == f"{feature} “Dark mode” has no test plan."
    use("test_lead", "create_test_plan", feature=feature, acceptance_criteria="Given a, when b, then c.")
    assert approve()["approved"] is True


def test_a_plan_without_cases_or_older_than_the_criteria_does_not_count() -> None:
    feature = define()
    use("product_manager", "plan_release", release="v1.4", features=[feature])
    results()
    use("test_lead", "create_test_plan", feature=feature)
    assert "holds no case" in approve()["blocking"][0]["why"]
    use("test_lead", "create_test_plan", feature=feature, acceptance_criteria="Given a, when b, then c.")
    assert approve()["approved"] is True
    require("Dark mode", "Given A, when b, then c.", "Given d, when e, then f.")
    [late] = approve()["blocking"]
    assert "has no case for 1 of the criteria of “Dark mode” on record." in late["why"]
    use(late["role"], late["tool"], **late["arguments"])
    assert approve()["approved"] is True


def test_a_release_of_many_features_is_judged_by_few_questions(django_assert_max_num_queries: Any) -> None:
    features = [define(f"Feature {n}") for n in range(20)]
    use("product_manager", "plan_release", release="v1.4", features=features)
    with django_assert_max_num_queries(7):
        seen = quality.of_release("v1.4")
    assert (len(seen.blocks), seen.features, seen.is_known) == (21, features, False)


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
