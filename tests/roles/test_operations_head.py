"""What the operations head declares, and the contracts it approves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from agents.registry import NAMES
from agents.roles.answers import refreshed
from agents.roles.operations_head import ContractAnswer
from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import ArtifactKind, Status, Urgency
from org.errors import InvalidInput, NotFound
from org.models import Artifact, AuditRecord, Decision, Message, Run
from org.services import budgets, decisions
from tests.people import acting, propose, publish_charter, shift_clock
from tests.roles.tools import use
from tests.tasks.flows import drive

pytestmark = pytest.mark.django_db
LEADERSHIP = ["ceo", "cto", "chro"]
OTHERS = len(NAMES) - 1


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
    begins = f"{row.ref}: the incident “Checkout is down” is open, high; 3 roles are told. {told['run_id']} sees to it"
    assert told["say"].startswith(begins)
    assert AuditRecord.objects.filter(action="artifact.made", subject=row.ref).exists()


def test_an_incident_begins_its_response_once_and_anew_when_it_opens_again() -> None:
    told, again = declare(), declare("CHECKOUT  is down", severity="low")
    [run] = Run.objects.all()
    assert (told["run_id"], again["run_id"]) == (run.ref, run.ref)
    assert (run.name, run.starter_role, run.inputs["incident"]) == (
        "incident_response",
        "operations_head",
        told["incident_id"],
    )
    assert run.steps.get().key == "page"
    closed = declare(status="resolved", severity="low")
    assert closed["run_id"] == run.ref
    assert declare()["run_id"] != run.ref


def test_the_answer_names_the_run_where_it_is_whom_it_waits_for_and_the_next_call() -> None:
    told = declare()
    run = Run.objects.get()
    assert f"{run.ref} sees to it, now at “Page the operations”: W-" in told["say"]
    assert told["waiting_on"] == ["worker"]
    assert told["your_actions"] == [{"tool": "get_workflow", "arguments": {"run_id": run.ref}}]

    drive()
    paged, page = declare(), run.steps.get()
    assert f"M-{page.message} is not acknowledged by the Operations Head." in paged["say"]
    assert paged["waiting_on"] == ["operations_head"]
    assert paged["your_actions"] == [{"tool": "acknowledge_message", "arguments": {"message_id": f"M-{page.message}"}}]
    use("operations_head", "acknowledge_message", message_id=f"M-{page.message}")
    shift_clock(hours=1)
    drive()

    mitigated = declare(status="resolved")
    assert mitigated["waiting_on"] == ["operations_head"]
    [claim] = mitigated["your_actions"]
    assert claim["tool"] == "claim_work"
    assert use("operations_head", "claim_work", **claim["arguments"])["step"] == "mitigate"


def test_a_critical_incident_is_told_to_every_role() -> None:
    told = declare()
    assert len(told["told"]) == OTHERS
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
    assert (len(milder["told"]), len(closed["told"]), closed["status"]) == (OTHERS, OTHERS, "resolved")
    subjects = [message.subject for message in heard(opened["basis"]["thread_id"]) if message.to_role == "ceo"]
    assert subjects == [
        "Incident “Checkout is down” is open",
        "Incident “Checkout is down” is low now",
        "Incident “Checkout is down” is resolved",
    ]
    assert declare(severity="low", status="resolved")["told"] == []
    assert len(declare()["told"]) == OTHERS  # open again


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
    cost: dict[str, Any], months: int, total: float
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
        "says": "“operations” has been allocated $200,000; $150,000 of that is committed, "
        "and $50,000 is left to commit.",
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
