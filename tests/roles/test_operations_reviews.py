"""How the operations head judges service levels and plans capacity."""

from __future__ import annotations

from typing import Any

import pytest

from org.errors import InvalidInput
from org.models import Artifact
from tests.roles.tools import use

pytestmark = pytest.mark.django_db


# --- Objectives -------------------------------------------------------------------------------------------------------


API = {"api": {"target_percent": 99.9, "window_days": 30}}


def review(objectives: Any = API, **measurements: Any) -> dict[str, Any]:
    return use("operations_head", "review_operational_metrics", objectives=objectives, measurements=measurements)


def window(bad: float, hours: float, total: float = 100_000) -> dict[str, float]:
    return {"good": total - bad, "total": total, "window_hours": hours}


def test_a_review_tells_the_budget_its_burn_and_what_is_left() -> None:
    told = review(api=window(50, 720))
    assert (told["status"], told["actions"]) == ("ok", [])
    budget = told["error_budget"]["api"]
    assert (budget["status"], budget["budget_percent"], budget["left_percent"]) == ("ok", 0.1, 50)
    assert budget["burns"] == [
        {"window_hours": 720, "bad": 50, "burn_rate": 0.5, "spent_percent": 50, "lasts_hours": 1440}
    ]
    level = "“api”: 99.95 % good in 720 h, 99.9 % wanted; its error budget burns 0.5 times as fast as it may; "
    assert budget["says"] == f"{level}at most 50 % of it is left."
    assert told["say"] == f"{told['ref']}: of 1 objectives 1 ok. {budget['says']}"
    assert Artifact.objects.get().content["found"]["status"] == "ok"


def test_a_fast_burn_asks_for_an_incident_with_a_call_that_can_be_sent_as_it_is() -> None:
    told = review(api=[window(1500, 1), window(1600, 0.08)])
    assert told["status"] == "page"
    [step] = told["actions"]
    assert (step["tool"], step["role"], step["objective"]) == ("declare_incident", "operations_head", "api")
    assert use("operations_head", step["tool"], **step["arguments"])["severity"] == "high"
    assert review(api=[window(1500, 1), window(1600, 0.08)])["actions"] == []  # it is declared


def test_what_is_below_its_target_and_no_alarm_yet_says_so() -> None:
    told = review(api=window(200, 24))
    assert told["status"] == "ok"
    assert (
        "99.8 % good in 24 h, 99.9 % wanted; its error budget burns 2 times as fast as it may, too slowly for an"
        in told["say"]
    )


def test_a_slow_burn_asks_for_a_mend_and_a_spent_budget_for_rest() -> None:
    [ticket] = review(api=[window(150, 72), window(150, 6)])["actions"]
    assert (ticket["tool"], ticket["arguments"]["to"]) == ("send_message", "cto")
    told = review(api=window(200, 720))
    assert (told["status"], told["error_budget"]["api"]["left_percent"]) == ("exhausted", -100)
    [rest] = told["actions"]
    assert (rest["tool"], rest["arguments"]["to"]) == ("send_message", "leadership")
    assert use("operations_head", rest["tool"], **rest["arguments"])["ref"]


def test_of_several_objectives_the_worst_is_the_status_and_comes_first() -> None:
    both = {**API, "shop": {"target_percent": 99, "window_days": 30}, "mail": {}}
    told = review(both, api=window(50, 720), shop=window(5000, 720), other=window(1, 1))
    assert (told["status"], [each["objective"] for each in told["actions"]]) == ("exhausted", ["shop", "mail"])
    assert "objectives.mail.target_percent" in told["basis"]["missing"]
    assert "measurements.mail" in told["basis"]["missing"]
    assert "objectives.other" in told["basis"]["missing"]
    assert "of 3 objectives 1 exhausted, 1 unknown, 1 ok." in told["say"]


def test_a_review_names_the_one_before_and_the_same_again_is_the_same() -> None:
    first = review(api=window(50, 720))
    again = review(api=window(50, 720))
    assert (first["ref"], again["basis"]["earlier"]) == (again["ref"], None)
    later = review(api=window(200, 720))
    assert later["basis"]["earlier"] == {"ref": first["ref"], "status": "ok"}


def test_nothing_to_review_says_what_is_missing() -> None:
    told = review({})
    assert (told["status"], told["basis"]["missing"]) == ("unknown", ["objectives"])


@pytest.mark.parametrize(
    ("objectives", "measured", "says"),
    [
        (API, {"good": 2, "total": 1, "window_hours": 1}, r"measurements\.api\.good"),
        (API, {"good": "1", "total": 1, "window_hours": 1}, "must be a number"),
        (API, {"good": 0, "total": 1, "window_hours": 0}, r"measurements\.api\.window_hours"),
        ({"api": {"target_percent": 101, "window_days": 30}}, window(1, 1), r"objectives\.api\.target_percent"),
        ([], window(1, 1), "objectives"),
        (API, [window(1, 1)] * 1001, "measurements"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(objectives: Any, measured: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        review(objectives, api=measured)
    assert not Artifact.objects.exists()


def test_the_strangest_numbers_are_judged_and_kept() -> None:
    strange = {"api": {"target_percent": 99.99999999999999, "window_days": 1e-6, "colour": "red"}}
    told = review(strange, api={"good": 0, "total": 1e-300, "window_hours": 1e12})
    assert told["status"] == "exhausted"
    assert told["error_budget"]["api"]["burns"][0]["burn_rate"] is None
    assert told["basis"]["not_used"] == ["objectives.colour"]


# --- Capacity ---------------------------------------------------------------------------------------------------------


def plan(growth: Any = 0, periods: Any = 1, **workloads: Any) -> dict[str, Any]:
    return use("operations_head", "plan_capacity", workloads=workloads, growth=growth, periods=periods)


CALLS = {"arrivals_per_hour": 240, "service_minutes": 5, "servers": 22, "target_wait_minutes": 0.5}


def test_a_plan_tells_how_busy_servers_are_how_long_work_waits_and_how_many_it_takes() -> None:
    told = plan(calls=CALLS, mail={"arrivals_per_hour": 30, "service_minutes": 2, "servers": 4})
    calls = told["plan"]["calls"]
    assert (told["bottleneck"], calls["servers_needed_now"], calls["add_servers"]) == ("calls", 24, 2)
    assert (calls["now"]["offered_erlangs"], calls["now"]["meets_target"]) == (20, False)
    assert calls["now"]["utilisation_percent"] == 90.909091
    assert calls["now"]["mean_in_line"] == pytest.approx(4 * calls["now"]["mean_wait_minutes"], abs=1e-5)
    assert told["plan"]["mail"]["add_servers"] == 0
    busiest = "“calls” is the busiest, at 90.91 %: the mean wait is 1.42 minutes"
    assert told["say"] == f"{told['ref']}: {busiest}; 1 of 2 take more servers."
    assert told["basis"]["missing"] == ["workloads.mail.target_wait_minutes"]
    assert Artifact.objects.get().content["found"]["bottleneck"] == "calls"


def test_growth_is_percent_a_period_and_compounds() -> None:
    told = plan(growth=10, periods=2, calls=CALLS)
    assert told["basis"]["growth_percent_in_all"] == 21
    grown = told["plan"]["calls"]["grown"]
    assert (grown["arrivals_per_hour"], grown["stable"], grown["mean_wait_minutes"]) == (290.4, False, None)
    assert "growth: read as 0.2 percent" in plan(growth=0.2, calls=CALLS)["basis"]["missing"][0]


def test_too_little_to_plan_by_is_named() -> None:
    told = plan(web={"servers": 3}, colour={"arrivals_per_hour": 1, "service_minutes": 1, "color": 1})
    assert told["bottleneck"] is None
    assert told["say"].endswith("too little is known to plan by.")
    assert told["basis"]["missing"] == [
        "workloads.web.arrivals_per_hour",
        "workloads.web.service_minutes",
        "workloads.colour.servers",
        "workloads.colour.target_wait_minutes",
    ]
    assert told["basis"]["not_used"] == ["workloads.color"]
    assert plan()["basis"]["missing"] == ["workloads"]
    assert plan(calls=CALLS, web={"servers": 3})["say"].endswith("1 of 2 take more servers; of 1 it is not known.")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"growth": -101}, "growth: is percent a period"),
        ({"growth": 1001}, "growth"),
        ({"growth": 50, "periods": 60}, "growth: makes more than 1000 times"),
        ({"growth": "5"}, "growth: must be a number"),
        ({"periods": 0}, "periods"),
        ({"periods": 121}, "periods"),
        ({"web": {**CALLS, "servers": 0}}, r"workloads\.web\.servers"),
        ({"web": {**CALLS, "servers": 1.5}}, "must be a whole number"),
        ({"web": {**CALLS, "arrivals_per_hour": -1}}, r"workloads\.web\.arrivals_per_hour"),
        ({"web": {**CALLS, "service_minutes": 0}}, r"workloads\.web\.service_minutes"),
        ({"web": 7}, "workloads"),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        plan(**given)
    assert not Artifact.objects.exists()


def test_the_largest_loads_are_planned_and_kept() -> None:
    huge = {"arrivals_per_hour": 1e12, "service_minutes": 1e12, "servers": 1}
    edge = {"arrivals_per_hour": 60 * (1 - 1e-15) / 1e12, "service_minutes": 1e12, "servers": 1}
    tiny = {"arrivals_per_hour": 1e-300, "service_minutes": 1e-6, "servers": 100_000}
    told = plan(growth=900, huge=huge, edge=edge, tiny=tiny)
    assert (told["bottleneck"], told["plan"]["huge"]["servers_needed_now"]) == ("huge", None)
    assert "“huge” is the busiest, far beyond its servers after 900 % growth: its line grows without end" in told["say"]


def test_as_many_workloads_as_a_call_holds_are_planned() -> None:
    most = {f"w{n}": {"arrivals_per_hour": n + 1, "service_minutes": 1, "servers": 9} for n in range(700)}
    assert len(plan(**most)["plan"]) == 700
