"""What the CEO is told of the organisation's health: a true cause, and a call that works as it is written."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.models import AgentStatus, Allocation, Decision, Message, Run, RunStep
from org.services import messages, overdue, runs, stops
from tests.people import acting, board_member, propose, put_to_vote, shift_clock, vote
from tests.roles.tools import use

pytestmark = pytest.mark.django_db


def health(*metrics: str) -> dict[str, Any]:
    return use("ceo", "review_organizational_health", **({"metrics": list(metrics)} if metrics else {}))


def only(*metrics: str) -> tuple[str, str]:
    """The one issue there is, and its cure."""
    told = health(*metrics)
    [issue], [cure] = told["issues"], told["recommendations"]
    assert told["health_score"] < 100
    return issue, cure


def send(cure: str) -> dict[str, Any]:
    """Send the call that a cure begins with, exactly as it is written."""
    tool, _, rest = cure.partition(" ")
    arguments, _ = json.JSONDecoder().raw_decode(rest)
    return use("ceo", tool, **arguments)


def approved(amount: int = 1_000_000, **given: Any) -> Decision:
    return propose("ceo", amount, **given)


def test_budget_just_approved_is_no_issue() -> None:
    approved()
    told = health("budget")
    assert (told["issues"], told["health_score"]) == ([], 100)
    assert told["basis"]["budget"]["unallocated_usd"] == 1_000_000
    assert told["basis"]["budget"]["unallocated_too_long_usd"] == 0


def test_budget_that_lies_there_is_allocated_by_the_call_it_names_decision_for_decision() -> None:
    old = use(
        "ceo",
        "approve_strategic_initiative",
        initiative="Region",
        business_value="x",
        budget=700_000.5,
        department='Sales "North"',
    )
    shift_clock(days=40)
    later = use(
        "ceo",
        "approve_strategic_initiative",
        initiative="Lab",
        business_value="x",
        budget=300_000,
        department="Research",
    )
    shift_clock(days=8)
    approved(400_000, title="New")
    issue, cure = only("budget")
    assert re.fullmatch(
        r"\$1,000,000\.50 approved more than 7 days ago is not allocated, of decisions: 2; the oldest,"
        rf" {old['ref']}, has \$700,000\.50 of it, approved on \d{{4}}-\d\d-\d\d\.",
        issue,
    )
    told = send(cure)
    assert told["allocated"], told
    first = Allocation.objects.get()
    assert (first.department, first.decision and first.decision.ref) == ('Sales "North"', old["ref"])
    assert f"the oldest, {later['ref']}," in only("budget")[0]
    told = send(only("budget")[1])
    assert told["allocated"], told
    assert health("budget")["issues"] == []


def test_budget_of_no_department_leads_to_its_decision() -> None:
    decision = approved()
    use("ceo", "allocate_budget", amount=250_000, department="Sales", justification="x")
    shift_clock(days=8)
    issue, cure = only("budget")
    assert f"{decision.ref}, has $750,000 of it" in issue
    assert send(cure)["ref"] == decision.ref
    assert "then allocate_budget with that decision_id" in cure
    assert f"a board member revokes {decision.ref}" in cure


def test_while_spending_is_frozen_no_allocation_is_advised() -> None:
    approved()
    stops.freeze(reason="the bank called", by=Actor.member(board_member("ada")), clock=database_clock)
    shift_clock(days=8)
    _, cure = only("budget")
    assert cure.startswith("Spending is frozen by ada since")
    assert "allocate_budget" not in cure


def test_a_decision_with_another_role_is_put_before_the_board() -> None:
    decision = propose("senior_developer", 100_000, "budget_allocation")
    assert decision.awaiting_role == "cto"
    shift_clock(hours=73)
    issue, cure = only("decisions")
    assert f"{decision.ref}, on cto." in issue
    assert send(cure)["waiting_on"] == ["board"]


def test_a_decision_with_the_ceo_is_the_ceos_to_decide() -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    assert decision.awaiting_role == "ceo"
    shift_clock(hours=73)
    _, cure = only("decisions")
    assert send(cure)["ref"] == decision.ref
    assert "resolve_decision" in cure


def test_who_has_not_voted_is_asked_to() -> None:
    decision = put_to_vote("cto", participants=("chro", "product_manager", "operations_head"))
    vote(decision, "chro")
    shift_clock(hours=73)
    issue, cure = only("decisions")
    assert "for the votes of " in issue
    told = send(cure)
    [row] = Message.objects.filter(number=int(told["ref"].removeprefix("M-")))
    assert row.to_role in Decision.objects.get(pk=decision.pk).waiting_on


def ask(to: str, sender: str = "cto") -> Message:
    soon = database_clock() + timedelta(hours=1)
    [row] = messages.send(to=to, subject="?", content="?", ack_by=soon, by=acting(sender), clock=database_clock)
    shift_clock(hours=2)
    return row


def test_who_is_late_to_answer_is_asked_again_and_the_ceo_looks_into_its_own_inbox() -> None:
    row = ask("chro")
    issue, cure = only("messages")
    assert f"the oldest is {row.ref} to chro" in issue
    send(cure)
    assert Message.objects.filter(from_role="ceo", to_role="chro", subject=f"Please answer {row.ref}").exists()
    use("chro", "acknowledge_message", message_id=row.ref)
    mine = ask("ceo")
    assert mine.ref in str(send(only("messages")[1])["messages"])


def test_of_a_suspended_role_the_suspension_is_the_cause() -> None:
    ask("chro")
    AgentStatus.objects.update_or_create(
        role="chro", defaults={"status": "stopped", "last_heartbeat": database_clock()}
    )
    [cure] = health("agents")["recommendations"]
    assert "mcp_agent chro" in cure
    stops.suspend(role="chro", reason="odd hires", by=Actor.member(board_member("ada")), clock=database_clock)
    issue, cure = only("agents")
    assert issue == "Work waits for roles that people suspended: chro."
    assert cure.startswith("Ask a board member to lift the suspension of chro, made by ada since")
    assert cure.endswith("odd hires; no agent can.")
    assert only("messages")[1] == cure
    assert health("agents")["health_score"] == 95


def test_votes_that_decide_nothing_are_told_and_the_decision_tells_why() -> None:
    for _ in range(3):
        put_to_vote("cto", participants=("chro", "product_manager", "operations_head"))
    shift_clock(days=15)
    overdue.act(database_clock)
    issue, cure = only("votes")
    assert issue.startswith("Votes that decided nothing in 30 days: 3, and 0 that did")
    assert send(cure)["ref"].startswith("D-")


def test_a_step_that_waits_for_a_person_is_a_persons() -> None:
    run = hire()
    row = RunStep.objects.get(run=run)
    RunStep.objects.filter(pk=row.pk).update(status="failed", fault="It broke.", due_at=None)
    issue, cure = only("workflows")
    assert issue == f"Steps of workflows that wait for a person: 1; the oldest is {row.ref} of {run.ref}."
    assert cure.endswith("no agent can.")


def test_work_that_is_late_is_taken_by_who_has_it_now() -> None:
    row = RunStep.objects.get(run=hire())
    shift_clock(hours=49)
    RunStep.objects.filter(pk=row.pk).update(raised_to="ceo")
    issue, cure = only("workflows")
    assert f"the oldest, {row.ref}, is with the ceo now" in issue
    assert send(cure)["ref"] == row.ref


def hire() -> Run:
    given = {"position": "Tester", "department": "QA", "reason": "Bugs.", "salary_usd": 90_000}
    return runs.start(name="hiring", inputs=given, by=acting("chro"), clock=database_clock)
