"""The answer of an earlier call, told again: what follows from where the decision stands is true now."""

from __future__ import annotations

from typing import Any

import pytest

from agents.roles.answers import refreshed
from agents.roles.ceo import allocate_budget, approve_strategic_initiative, escalate_to_board
from agents.roles.decisions import cast_vote, escalate_decision
from agents.tool import Tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer
from org.models import Decision
from org.services import decisions
from tests.people import acting, answer, propose, put_to_vote, vote

pytestmark = pytest.mark.django_db


def told(tool: Tool, role: str, **given: Any) -> dict[str, Any]:
    return tool.call(acting(role), given)


def again(tool: Tool, role: str, first: dict[str, Any]) -> dict[str, Any]:
    found = refreshed(tool.output, first, Actor(role))
    assert found.keys() == first.keys()
    return found


def test_what_the_board_was_asked_needs_nobody_any_more_once_it_answered() -> None:
    decision = propose("cto", 600_000, "budget_allocation")
    first = told(escalate_to_board, "ceo", decision_id=decision.ref)
    assert (first["human_approval_required"], first["deadline"] is None) == (True, False)
    assert again(escalate_to_board, "ceo", first) == first
    answer(decision, BoardAnswer.APPROVE)
    now = again(escalate_to_board, "ceo", first)
    assert (now["human_approval_required"], now["escalation_id"], now["deadline"]) == (False, None, None)
    assert (now["status"], now["board_url"]) == ("approved", None)


def test_an_initiative_tells_what_is_left_now() -> None:
    given = {"initiative": "Region", "business_value": "x", "budget": 5_000_000}
    first = told(approve_strategic_initiative, "ceo", **given)
    assert (first["approved"], first["initiative_used_usd"], first["remaining_usd"]) == (False, 0, 1_000_000)
    answer(Decision.objects.get(pk=first["decision_id"]), BoardAnswer.APPROVE)
    now = again(approve_strategic_initiative, "ceo", first)
    assert (now["approved"], now["initiative_used_usd"], now["remaining_usd"]) == (True, 5_000_000, 0)
    assert now["escalation_id"] is None


def test_what_remained_before_a_decision_is_not_called_what_remains() -> None:
    given = {"initiative": "Region", "business_value": "x", "budget": 750_000}
    first = told(approve_strategic_initiative, "ceo", **given)
    assert (first["remaining_usd"], first["basis"]["remaining_before_usd"]) == (250_000, 1_000_000)
    assert "remaining_usd" not in first["basis"]


def test_a_raised_decision_is_with_whoever_has_it_now() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation")
    first = told(escalate_decision, "senior_developer", decision_id=decision.ref, reason="x")
    assert first["escalated_to"] == "ceo"
    decisions.resolve(decision=decision.ref, approve=True, rationale="yes", by=acting("ceo"), clock=database_clock)
    assert again(escalate_decision, "senior_developer", first)["escalated_to"] is None


def test_a_vote_tells_its_score_once_it_is_closed() -> None:
    decision = put_to_vote()
    first = told(cast_vote, "cto", decision_id=decision.ref, vote="approve", rationale="x", confidence=0.9)
    assert (first["recorded"], first["consensus_score"]) == (True, None)
    for role in decision.participants or []:
        if not Decision.objects.get(pk=decision.pk).is_settled and role != "cto":
            vote(decision, role)
    now = again(cast_vote, "cto", first)
    assert (now["recorded"], now["consensus_score"] is None) == (True, False)


def test_what_is_about_no_decision_stays_as_it_was_told() -> None:
    propose("ceo", 100)
    first = told(allocate_budget, "ceo", amount=1, department="IT", justification="x")
    propose("ceo", 100)
    assert again(allocate_budget, "ceo", first) == first
