"""What the CHRO hires and resolves."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from agents.roles.answers import refreshed
from agents.roles.committing import CommitmentAnswer
from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import ArtifactKind
from org.errors import InvalidInput
from org.models import Artifact, AuditRecord, Decision, Message
from org.services import budgets, decisions, messages
from tests.people import acting, propose, publish_charter, put_to_vote
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
COUNTER = count(1)
PARTIES = ("cto", "product_manager")


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
        "says": "“engineering” has been allocated $500,000; $240,000 of that is committed, "
        "and $260,000 is left to commit.",
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
    assert told["say"].endswith("This is $400,000 over what “engineering” has been allocated.")
    read = use("ceo", "get_decision", decision_id=told["ref"])
    assert read["basis"]["commitment"]["warning"] == impact["warning"]
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
    proposed = {"title": "Hire", "context": "x", "amount_usd": 80_000, "department": "engineering"}
    other = use("chro", "propose_decision", decision_type="hiring", **proposed)
    assert (other["status"], other["decision_id"], other["basis"]["rule"]) == ("refused", None, "over_allocation")
    assert AuditRecord.objects.filter(action="call.refused").count() == 2


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


def conflict(parties: Any = PARTIES, issue: str = "Who owns the queue?", **given: Any) -> dict[str, Any]:
    return use("chro", "resolve_conflict", parties=list(parties), issue=issue, **given)


def tell_side(role: str, content: str) -> None:
    asked = Message.objects.get(to_role=role, thread_id__startswith="conflict_")
    messages.send(to="chro", subject="Re", content=content, reply_to=asked.ref, by=acting(role), clock=database_clock)


def test_each_side_is_asked_once_in_the_cases_own_thread() -> None:
    told, again = conflict(), conflict(("product_manager", "cto", "cto"), "WHO owns the  queue?")
    assert (told["status"], told["waiting_on"]) == ("asked", ["cto", "product_manager"])
    assert told["case_id"] == again["case_id"] == Artifact.objects.order_by("number").first().ref
    assert Message.objects.filter(thread_id=told["basis"]["thread_id"]).count() == 2
    assert again["basis"]["asked_now"] == []
    assert [call["tool"] for call in told["actions"][:2]] == ["wait_for", "wait_for"]


def test_answers_are_told_to_who_asked_and_the_record_names_only_their_messages() -> None:
    conflict()
    tell_side("cto", "It breaks at night, and my people mend it.")
    told = conflict()
    assert (told["status"], told["waiting_on"]) == ("asked", ["product_manager"])
    tell_side("product_manager", "Its users are mine.")
    told = conflict()
    assert (told["status"], told["waiting_on"]) == ("answered", [])
    assert [(each["party"], each["said"]) for each in told["statements"]] == [
        ("cto", "It breaks at night, and my people mend it."),
        ("product_manager", "Its users are mine."),
    ]
    kept = Artifact.objects.order_by("-number")[0]
    assert kept.content["found"]["status"] == "answered"
    assert "night" not in str(kept.content)


def test_a_conflict_leads_to_a_vote_of_others_or_the_nearest_manager_of_all() -> None:
    told = conflict()
    propose_, send = told["actions"][-2:]
    assert (propose_["tool"], send["tool"], send["arguments"]["to"]) == ("propose_decision", "send_message", "ceo")
    assert propose_["arguments"]["participants"][:2] == ["ceo", "operations_head"]
    assert not {"cto", "product_manager", "chro"} & set(propose_["arguments"]["participants"])
    opened = use("chro", "propose_decision", **propose_["arguments"])
    assert opened["mode"] == "collaborative"
    assert use("chro", "send_message", **send["arguments"])["ref"]
    near = conflict(("senior_architect", "senior_developer"), "Which pattern?")
    assert near["basis"]["manager"] == "cto"


def test_a_conflict_with_the_ceo_goes_to_the_board_and_not_to_a_vote_in_which_the_ceo_sits() -> None:
    told = conflict(("ceo", "cto"))
    last = told["actions"][-1]
    assert (last["tool"], last["arguments"]["mode"]) == ("propose_decision", "human")
    assert "participants" not in last["arguments"]
    assert use("chro", "propose_decision", **last["arguments"])["status"] == "escalated"


def test_a_conflict_about_an_open_decision_is_ended_where_that_is() -> None:
    waiting = propose("cto", 600_000, "vendor_contract")
    told = conflict(("cto", "operations_head"), decision_id=waiting.ref)
    [_, _, call] = told["actions"]
    assert (call["tool"], call["arguments"]["to"]) == ("send_message", "cto")
    assert use("chro", "send_message", **call["arguments"])["thread_id"] == told["basis"]["thread_id"]
    mine = propose("chro", 400_000, "hiring")
    [*_, call] = conflict(("cto", "operations_head"), "Hiring?", decision_id=mine.ref)["actions"]
    assert (call["tool"], call["arguments"]["decision_id"]) == ("escalate_decision", mine.ref)
    assert conflict(("cto", "test_lead"), decision_id=put_to_vote().ref)["actions"][-1]["tool"] == "wait_for"
    decisions.resolve(decision=waiting.ref, approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    told = conflict(("cto", "operations_head"), decision_id=waiting.ref)
    assert (told["status"], told["actions"]) == (
        "decided",
        [{"tool": "get_decision", "arguments": {"decision_id": waiting.ref}}],
    )


@pytest.mark.parametrize(
    ("parties", "names"),
    [
        (["cto", "cfo"], "parties: nothing is called 'cfo'"),
        (["cto", "cto"], "parties: a conflict has two"),
        (["cto", "chro"], "parties: you are the chro"),
        ([], "parties"),
    ],
)
def test_who_cannot_be_in_conflict_is_refused_by_name(parties: list[str], names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        conflict(parties)
    for issue, rule in (("\u200b", "holds nothing"), ("\ufdfa" * 255, "is too long")):
        with pytest.raises(InvalidInput, match=f"issue: {rule}"):
            conflict(issue=issue)
    with pytest.raises(InvalidInput, match="decision_id"):
        conflict(decision_id="D-99999999")
    assert not Message.objects.exists()
    assert not Artifact.objects.exists()
