"""What the CHRO hires, reviews, resolves and looks after."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from agents.roles.answers import refreshed
from agents.roles.committing import CommitmentAnswer
from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import ArtifactKind
from org.errors import InvalidInput
from org.models import Artifact, AuditRecord, Decision
from org.services import budgets, decisions
from tests.people import acting, propose, publish_charter
from tests.roles.tools import use

pytestmark = pytest.mark.django_db


def hire(salary: float = 100_000, department: str = "Engineering", **given: Any) -> dict[str, Any]:
    wanted = {"position": "Engineer", "justification": "Two left.", "annual_salary": salary, "department": department}
    return use("chro", "approve_hiring_request", **wanted | given)


def allocate(amount: int, department: str = "engineering") -> None:
    propose("ceo", amount)
    budgets.allocate(
        amount_usd=Decimal(amount), department=department, justification="x", by=acting("ceo"), clock=database_clock
    )


def test_a_hire_is_judged_by_salary_times_headcount_for_a_year() -> None:
    allocate(500_000)
    told = hire(120_000, headcount=2)
    assert told["approved"] is True
    assert told["budget_impact"] == {
        "total_usd": 240_000,
        "department": "engineering",
        "allocated_usd": 500_000,
        "committed_usd": 240_000,
        "remaining_usd": 260_000,
        "warning": None,
    }
    decision = Decision.objects.get(decision_type="hiring")
    assert (decision.ref, decision.amount_usd, decision.department_key) == (told["ref"], 240_000, "engineering")
    kept = Artifact.objects.get()
    assert (kept.kind, kept.decision, kept.content["given"]["headcount"]) == (ArtifactKind.HIRING, decision, 2)


def test_a_hire_over_the_allocation_is_approved_and_says_so() -> None:
    allocate(50_000)
    told = hire(80_000)
    assert told["approved"] is True
    assert told["say"].endswith("This is $30,000 over what “engineering” has been allocated.")
    assert told["basis"]["commitment"]["remaining_usd"] == told["budget_impact"]["remaining_usd"] == -30_000
    assert told["budget_impact"]["warning"] == told["basis"]["commitment"]["warning"]


def test_a_hire_over_the_limit_waits_for_the_ceo_and_tells_what_it_would_mean() -> None:
    told = hire(200_000, headcount=2)
    assert (told["approved"], told["status"], told["waiting_on"]) == (False, "pending", ["ceo"])
    impact = told["budget_impact"]
    assert (impact["committed_usd"], impact["warning"]) == (
        0,
        "This is $400,000 over what “engineering” has been allocated.",
    )
    decisions.resolve(decision=told["ref"], approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    later = refreshed(CommitmentAnswer, told, Actor("chro"))
    assert (later["approved"], later["budget_impact"]["committed_usd"]) == (True, 400_000)


def test_a_hire_in_two_parts_adds_up_to_one_limit() -> None:
    assert hire(200_000)["approved"] is True
    told = hire(200_000, headcount=1, justification="One more.")
    assert (told["approved"], told["basis"]["rule"]) == (False, "over_initiative")


def test_where_the_charter_requires_budget_the_no_is_an_answer_without_a_decision() -> None:
    money = 'must_include = ["chro", "ceo"]\nmoney = true\n'
    publish_charter(SHIPPED.read_text().replace(money, money + "require_budget = true\n"))
    allocate(50_000)
    told = hire(80_000)
    assert (told["approved"], told["status"], told["ref"], told["decision_id"]) == (False, "refused", None, None)
    assert told["basis"]["rule"] == "over_allocation"
    assert told["basis"]["remaining_usd"] == 50_000
    assert "allocate_budget {amount: 30000, department: “engineering”" in told["say"]
    assert told["budget_impact"]["warning"]
    assert not Decision.objects.filter(decision_type="hiring").exists()
    assert not Artifact.objects.exists()
    assert AuditRecord.objects.filter(action="call.refused").count() == 1


def test_a_confidential_hire_leaves_nothing_that_others_read() -> None:
    told = hire(100_000, confidential=True)
    assert told["approved"] is True
    assert not Artifact.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"headcount": 0}, "headcount"),
        ({"headcount": 1.5}, "headcount: must be a whole number"),
        ({"headcount": 1001}, "headcount"),
        ({"annual_salary": "100000"}, "annual_salary"),
        ({"annual_salary": 10**10, "headcount": 1000}, "annual_salary: times 1000"),
        ({"department": "\u200b"}, "department: a name needs"),
        ({"position": ""}, "position"),
        ({"revises": "D-99999999"}, "revises"),
    ],
)
def test_what_cannot_be_a_hire_is_refused_by_name(wrong: dict[str, Any], names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        hire(**wrong)
    assert not Decision.objects.exists()
    assert not Artifact.objects.exists()
