"""What the operations head declares, approves, reviews and plans."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents.roles.answers import refreshed
from agents.roles.operations_head import ContractAnswer
from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import ArtifactKind, Status, Urgency, VoteChoice
from org.errors import InvalidInput, NotFound
from org.models import Artifact, AuditRecord, Decision, Message
from org.queries import gates
from org.services import budgets, decisions
from tests.people import acting, amend_charter, propose, publish_charter, vote
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
LEADERSHIP = ["ceo", "cto", "chro"]


def declare(title: str = "Checkout is down", severity: str = "critical", **given: Any) -> dict[str, Any]:
    wanted = {"services": ["checkout"], "impact": "Nobody can pay.", **given}
    return use("operations_head", "declare_incident", title=title, severity=severity, **wanted)


def heard(thread: str) -> list[Message]:
    return list(Message.objects.filter(thread_id=thread).order_by("number", "to_role"))


# --- Incidents --------------------------------------------------------------------------------------------------------


def test_an_incident_is_kept_and_the_leadership_is_told_of_it_by_urgent_message() -> None:
    told = declare(severity="high")
    row = Artifact.objects.of(ArtifactKind.INCIDENT).get()
    assert (told["incident_id"], told["commander"], told["told"]) == (row.ref, "operations_head", LEADERSHIP)
    assert row.content["found"] == {"severity": "high", "status": "open", "services": ["checkout"]}
    assert row.content["given"] == {"services": ["checkout"], "impact": "Nobody can pay."}
    sent = heard(told["basis"]["thread_id"])
    assert {message.priority for message in sent} == {Urgency.HIGH}
    assert sent[0].content["incident"] == row.ref
    assert told["say"] == f"{row.ref}: the incident “Checkout is down” is open, high; 3 roles are told."
    assert AuditRecord.objects.filter(action="artifact.made", subject=row.ref).exists()


def test_no_workflow_is_started_and_the_answer_says_so() -> None:
    told = declare()
    assert told["run_id"] is None
    assert told["basis"]["missing"][0].startswith("run_id: Echo has no durable workflows yet")


def test_a_critical_incident_is_told_to_every_role() -> None:
    told = declare()
    assert len(told["told"]) == 8
    assert {message.priority for message in heard(told["basis"]["thread_id"])} == {Urgency.CRITICAL}


def test_the_same_again_tells_nobody_twice() -> None:
    first, again = declare(), declare("CHECKOUT  is down")
    assert again["told"] == []
    assert first["incident_id"] == again["incident_id"]
    assert declare(impact="Nobody can pay by card.")["told"] == []
    assert Message.objects.values("number").distinct().count() == 1


def test_the_same_title_resolved_closes_it_and_those_who_were_told_hear_of_it() -> None:
    opened = declare()
    milder = declare(severity="low")
    closed = declare(severity="low", status="resolved")
    assert (len(milder["told"]), len(closed["told"]), closed["status"]) == (8, 8, "resolved")
    subjects = [message.subject for message in heard(opened["basis"]["thread_id"]) if message.to_role == "ceo"]
    assert subjects == [
        "Incident “Checkout is down” is open",
        "Incident “Checkout is down” is low now",
        "Incident “Checkout is down” is resolved",
    ]
    assert declare(severity="low", status="resolved")["told"] == []
    assert len(declare()["told"]) == 8  # open again


def test_an_incident_is_also_known_by_its_ref() -> None:
    ref = declare()["incident_id"]
    closed = declare(ref, status="resolved")
    assert Artifact.objects.get(number=int(closed["incident_id"][2:])).key == "checkout is down"
    plan = use("product_manager", "define_feature", name="Pay", user_stories="Pay.", business_value="x")
    with pytest.raises(InvalidInput, match=r"title: .* is a feature, no incident"):
        declare(plan["feature_id"])


def test_what_nobody_declared_is_not_resolved() -> None:
    declare()
    with pytest.raises(NotFound, match=r"title.*Known: Checkout is down"):
        declare("Checkout was down", status="resolved")


@pytest.mark.parametrize(
    ("word", "severity"), [("sev1", "critical"), ("SEV2", "high"), ("sev3", "medium"), (" sev4", "low")]
)
def test_severities_have_other_names(word: str, severity: str) -> None:
    assert declare(severity=word)["severity"] == severity


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"severity": "sev5"}, "severity: must be one of"),
        ({"severity": 1}, "severity"),
        ({"title": "\u200b"}, "title: holds nothing"),
        ({"status": "closed"}, "status: must be one of 'open' or 'resolved'"),
        ({"services": [7]}, r"services\.0"),
        ({"services": ["x"] * 1001}, "services"),
        ({"impact": ""}, "impact"),
        ({"title": "x" * 256}, "title"),
    ],
)
def test_what_is_no_incident_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        declare(**given)
    assert not Artifact.objects.exists()
    assert not Message.objects.exists()


def test_an_incident_that_hits_nothing_asks_what_it_hits() -> None:
    assert "services: what it hits" in declare(services=[])["basis"]["missing"]


# --- Changes ----------------------------------------------------------------------------------------------------------

BACK = "Switch back to the old primary.\nCheck that writes arrive."


def ahead(hours: float = 10, lasts: float = 2) -> dict[str, str]:
    begins = database_clock() + timedelta(hours=hours)
    return {"from": begins.isoformat(), "to": (begins + timedelta(hours=lasts)).isoformat()}


def change(what: str = "Upgrade PostgreSQL", risk: str = "medium", **given: Any) -> dict[str, Any]:
    wanted = {"environments": ["Production"], "rollback_plan": BACK, **given}
    return use("operations_head", "approve_infrastructure_change", change=what, risk=risk, **wanted)


def unmet(told: dict[str, Any]) -> list[str]:
    return [each["name"] for each in told["conditions"] if not each["met"]]


def test_a_change_whose_conditions_are_met_is_approved_as_a_decision() -> None:
    told = change()
    decision = Decision.objects.get()
    assert (told["approved"], told["ref"], unmet(told)) == (True, decision.ref, [])
    assert (decision.decision_type, decision.status, decision.title) == (
        "infrastructure_change",
        Status.APPROVED,
        "Upgrade PostgreSQL",
    )
    kept = Artifact.objects.of(ArtifactKind.INFRASTRUCTURE_CHANGE).get()
    assert (told["change_id"], kept.decision) == (kept.ref, decision)
    assert (kept.content["found"]["environments"], kept.content["found"]["window"]) == (["production"], None)
    assert kept.content["given"]["rollback_plan"] == BACK
    assert told["basis"]["production"] == ["production"]


def test_a_deployment_finds_the_window_and_the_way_back_of_an_approved_change() -> None:
    told = change(risk="sev2", window=ahead(), environments=["Production", "staging"])
    now = database_clock()
    assert {name: row.ref for name, row in gates.windows(now).items()} == dict.fromkeys(
        ("production", "staging"), told["change_id"]
    )
    assert gates.rollbacks(["production"], now)["production"].startswith("Switch back")


@pytest.mark.parametrize("plan", ["none", "revert", "n/a", []])
def test_without_a_way_back_nothing_is_decided_and_the_no_is_noted(plan: Any) -> None:
    told = change(rollback_plan=plan)
    assert (told["approved"], told["status"]) == (False, "refused")
    assert (told["change_id"], told["ref"], told["decision_id"]) == (None, None, None)
    assert unmet(told) == ["rollback"]
    assert "Nothing was done. Say in rollback_plan what is done" in told["say"]
    assert not Decision.objects.exists()
    assert not Artifact.objects.exists()
    assert AuditRecord.objects.filter(action="call.refused").count() == 1


def test_a_risky_change_in_production_needs_a_window_and_steps() -> None:
    told = change(risk="high", rollback_plan="Restore the last snapshot")
    assert unmet(told) == ["rollback", "window"]
    [window] = [each["needed"] for each in told["conditions"] if each["name"] == "window"]
    assert (window["tool"], window["role"]) == ("approve_infrastructure_change", "operations_head")
    assert window["arguments"]["window"] == {"from": "…", "to": "…"}
    assert change(risk="high", environments="staging")["approved"] is True


def test_an_open_critical_incident_holds_every_change_but_its_mend() -> None:
    incident = declare()["incident_id"]
    told = change()
    assert unmet(told) == ["incidents"]
    assert f"A critical incident is open: {incident} “Checkout is down”." in told["say"]
    mend = change("Restart checkout", risk="critical", mends=incident)
    assert (mend["approved"], mend["basis"]["emergency"], mend["mode"]) == (True, True, "autonomous")
    declare(status="resolved")
    assert change()["approved"] is True
    with pytest.raises(NotFound, match="mends"):
        change(mends=incident)


def test_a_critical_change_in_production_is_put_to_a_vote_of_the_leadership() -> None:
    told = change(risk="critical", window=ahead())
    assert (told["approved"], told["mode"], told["waiting_on"]) == (False, "collaborative", ["ceo", "cto", "chro"])
    assert gates.windows(database_clock()) == {}
    for role in ("ceo", "cto", "chro"):
        vote(Decision.objects.get(), role, VoteChoice.APPROVE)
    assert list(gates.windows(database_clock())) == ["production"]


def test_where_the_charter_allows_no_vote_it_is_decided_alone_and_that_is_said() -> None:
    changes = '[types.infrastructure_change]\ndecided_by = ["operations_head", "cto"]\n'
    amend_charter(changes, changes + 'modes = ["autonomous", "human"]\n')
    told = change(risk="critical", window=ahead())
    assert (told["approved"], told["mode"]) == (True, "autonomous")
    assert told["basis"]["missing"] == ["a vote of the leadership: the charter allows none here, or too few voters"]


def test_a_change_one_is_not_sure_of_goes_up_the_line() -> None:
    told = change(confidence=0.2)
    assert (told["approved"], told["status"], told["basis"]["rule"]) == (False, "pending", "low_confidence")
    assert told["change_id"] == Artifact.objects.get().ref


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"risk": "huge"}, "risk: must be one of"),
        ({"environments": []}, "environments"),
        ({"environments": ["\u200b"]}, "environments: holds nothing"),
        ({"environments": ["x"] * 21}, "environments"),
        ({"window": {"from": "2026-01-01T10:00:00Z"}}, r"window\.to"),
        ({"window": {"from": "2026-01-01T10:00:00", "to": "2026-01-02T10:00:00Z"}}, r"window\.from.*timezone"),
        ({"window": {"from": "0001-01-01T00:00:00+14:00", "to": "2026-01-02T10:00:00Z"}}, "outside the calendar"),
        ({"window": {"from": "2026-01-02T10:00:00Z", "to": "2026-01-02T11:00:00+01:00"}}, "window: begins when"),
        ({"window": "tonight"}, "window"),
        ({"mends": "Nothing we know"}, "mends"),
        ({"rollback_plan": "x" * 70_000}, "rollback_plan"),
    ],
)
def test_what_is_no_change_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        change(**given)
    assert not Decision.objects.exists()
    assert not Artifact.objects.exists()


def test_a_window_that_is_over_or_outlasts_the_approval_is_told() -> None:
    assert "The window was over at" in change(window=ahead(-10))["say"]
    assert "when an approval of today holds no more" in change(window=ahead(24 * 31))["say"]


# --- Contracts --------------------------------------------------------------------------------------------------------


def contract(vendor: str = "Acme Hosting", **given: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"term_months": 36, "purpose": "Servers.", **given}
    if not {"annual_cost", "monthly_cost"} & set(given):
        wanted["annual_cost"] = 50_000
    return use("operations_head", "approve_vendor_contract", vendor=vendor, **wanted)


def allocate(amount: int, department: str = "operations") -> None:
    propose("ceo", amount)
    budgets.allocate(
        amount_usd=Decimal(amount), department=department, justification="x", by=acting("ceo"), clock=database_clock
    )


@pytest.mark.parametrize(
    ("cost", "months", "total"),
    [
        ({"annual_cost": 50_000}, 36, 150_000),
        ({"monthly_cost": 1_250.5}, 24, 30_012),
        ({"annual_cost": 1_000}, 7, 583.34),  # 583.333… is rounded up: nothing slips below a limit
        ({"monthly_cost": 0}, 12, 0),
    ],
)
def test_a_contract_is_judged_by_what_it_costs_over_its_whole_term(
    cost: dict[str, float], months: int, total: float
) -> None:
    told = contract(term_months=months, **cost)
    decision = Decision.objects.get()
    assert (told["approved"], told["total_cost_usd"], decision.amount_usd) == (True, total, Decimal(str(total)))
    assert (decision.decision_type, decision.status) == ("vendor_contract", Status.APPROVED)
    kept = Artifact.objects.of(ArtifactKind.VENDOR_CONTRACT).get()
    assert (kept.decision, kept.content["found"]["total_cost_usd"]) == (decision, total)
    assert told["basis"]["missing"][0].startswith("department: ")
    assert told["budget_impact"] is None


def test_a_contract_binds_the_allocation_of_its_department_for_the_whole_term() -> None:
    allocate(200_000)
    told = contract(department="Operations")
    assert told["budget_impact"] == {
        "total_usd": 150_000,
        "department": "operations",
        "allocated_usd": 200_000,
        "committed_usd": 150_000,
        "remaining_usd": 50_000,
        "warning": None,
    }
    again = contract("Other Hosting", department="operations")
    assert again["approved"] is True
    assert again["say"].endswith("This is $100,000 over what “operations” has been allocated.")


def test_where_the_charter_requires_budget_the_no_is_an_answer_without_a_decision() -> None:
    money = 'must_include = ["operations_head", "cto"]\nmoney = true\n'
    publish_charter(SHIPPED.read_text().replace(money, money + "require_budget = true\n"))
    allocate(100_000)
    told = contract(department="operations")
    assert (told["approved"], told["status"], told["ref"], told["total_cost_usd"]) == (False, "refused", None, 150_000)
    assert told["basis"]["rule"] == "over_allocation"
    assert not Artifact.objects.exists()
    with pytest.raises(InvalidInput, match="department"):
        contract()


def test_a_contract_over_the_limit_waits_for_the_ceo_however_it_is_cut() -> None:
    told = contract(term_months=60, annual_cost=100_000, department="operations")
    assert (told["approved"], told["status"], told["waiting_on"]) == (False, "pending", ["ceo"])
    assert Artifact.objects.get().decision == Decision.objects.get()
    decisions.resolve(decision=told["ref"], approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    later = refreshed(ContractAnswer, told, Actor("operations_head"))
    assert (later["approved"], later["total_cost_usd"]) == (True, 500_000)
    part = contract(term_months=12, annual_cost=1_000, vendor="ACME  hosting")
    assert (part["approved"], part["basis"]["rule"]) == (False, "over_initiative")


def test_the_contract_before_with_the_same_vendor_is_named() -> None:
    contract()
    first = Artifact.objects.get().ref
    told = contract("acme hosting", term_months=1, annual_cost=12)
    assert told["basis"]["earlier"] == first


def test_a_confidential_contract_leaves_nothing_that_others_read() -> None:
    assert contract(confidential=True)["approved"] is True
    assert not Artifact.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"annual_cost": 1, "monthly_cost": 1}, "annual_cost: both are given"),
        ({"annual_cost": None}, "annual_cost: neither is given"),
        ({"annual_cost": -1}, "annual_cost"),
        ({"annual_cost": "5000"}, "annual_cost"),
        ({"monthly_cost": 1.005}, "monthly_cost"),
        ({"monthly_cost": 10**11}, "monthly_cost: over 36 months is beyond"),
        ({"term_months": 0}, "term_months"),
        ({"term_months": 121}, "term_months"),
        ({"term_months": 1.5}, "term_months: must be a whole number"),
        ({"purpose": ""}, "purpose"),
        ({"vendor": "\u200b"}, "vendor: holds nothing"),
        ({"department": "\u200b"}, "department"),
        ({"confidence": 2}, "confidence"),
        ({"revises": "D-99999999"}, "revises"),
    ],
)
def test_what_is_no_contract_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        contract(**given)
    assert not Decision.objects.exists()
    assert not Artifact.objects.exists()


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
    assert told["say"] == f"{told['ref']}: of 1 objectives 1 ok."
    assert Artifact.objects.get().content["found"]["status"] == "ok"


def test_a_fast_burn_asks_for_an_incident_with_a_call_that_can_be_sent_as_it_is() -> None:
    told = review(api=[window(1500, 1), window(1600, 0.08)])
    assert told["status"] == "page"
    [step] = told["actions"]
    assert (step["tool"], step["role"], step["objective"]) == ("declare_incident", "operations_head", "api")
    assert use("operations_head", step["tool"], **step["arguments"])["severity"] == "high"
    assert review(api=[window(1500, 1), window(1600, 0.08)])["actions"] == []  # it is declared


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
    assert told["say"].endswith("of 3 objectives 1 exhausted, 1 unknown, 1 ok.")


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


def plan(growth: float = 0, periods: int = 1, **workloads: Any) -> dict[str, Any]:
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
