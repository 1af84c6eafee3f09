"""`now` is after the locks: a deed that waited for its turn is judged by the time at which it got it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org.actors import Actor
from org.clock import Clock, database_clock
from org.enums import BoardAnswer
from org.models import CharterVersion, Decision, Escalation
from org.services import board, budgets, decisions, interventions, messages, stops
from tests.people import acting, board_member, propose

pytestmark = pytest.mark.django_db

INBOX_LOCK = "inboxes"  # taken as a deed's last step, for letters that are written already


def withdraw(clock: Clock) -> None:
    handed_up = propose("cto", 600_000, "budget_allocation")
    decisions.withdraw(decision=handed_up.ref, reason="no", by=acting("cto"), clock=clock)


def resolve(clock: Clock) -> None:
    handed_up = propose("senior_developer", None, "policy")
    decisions.resolve(decision=handed_up.ref, approve=True, rationale="yes", by=acting("ceo"), clock=clock)


def escalate(clock: Clock) -> None:
    handed_up = propose("senior_developer", None, "architecture")
    decisions.escalate(decision=handed_up.ref, reason="help", by=acting("senior_developer"), clock=clock)


def revise(clock: Clock) -> None:
    handed_up = propose("senior_developer", None, "architecture")
    propose("senior_developer", None, "architecture", revises=handed_up.ref, clock=clock)


def answer(clock: Clock) -> None:
    escalation = Escalation.objects.get(decision=propose("ceo", 5_000_000))
    shown = board.shown_hash(escalation, CharterVersion.objects.in_force(), database_clock())
    choice = BoardAnswer.APPROVE
    board.answer(escalation=escalation, member=board_member(), choice=choice, note="", seen_hash=shown, clock=clock)


def allocate(clock: Clock) -> None:
    propose("ceo", 1000)
    budgets.allocate(amount_usd=Decimal(1), department="R&D", justification="x", by=acting("ceo"), clock=clock)


def set_treasury(clock: Clock) -> None:
    budgets.set_treasury(amount_usd=Decimal(1), by=Actor.member(board_member()), clock=clock)


def acknowledge(clock: Clock) -> None:
    [row] = messages.send(to="cto", subject="?", content="x", by=acting("ceo"), clock=database_clock)
    messages.acknowledge(message=row.ref, by=acting("cto"), clock=clock)


def step_in(deed: Callable[..., object], decision: Decision, clock: Clock) -> None:
    deed(decision=decision, reason="because", by=Actor.member(board_member()), clock=clock)


def take_over(clock: Clock) -> None:
    step_in(interventions.release, propose("cto", 600_000, "budget_allocation"), clock)


def revoke(clock: Clock) -> None:
    step_in(interventions.revoke, propose("ceo", 100), clock)


def override(clock: Clock) -> None:
    old = propose("cto", 600_000, "budget_allocation")
    step_in(interventions.withdraw, old, database_clock)
    step_in(interventions.override, old, clock)


def suspend(clock: Clock) -> None:
    stops.suspend(role="cto", reason="because", by=Actor.member(board_member()), clock=clock)


DEEDS = [withdraw, resolve, escalate, revise, answer, allocate, set_treasury, acknowledge]


@pytest.mark.parametrize("deed", [*DEEDS, take_over, revoke, override, suspend], ids=lambda deed: deed.__name__)
def test_a_deed_reads_the_clock_once_and_after_its_locks(deed: Callable[[Clock], None]) -> None:
    read_after: list[int] = []

    def clock() -> datetime:
        read_after.append(len(statements))
        return database_clock()

    with CaptureQueriesContext(connection) as statements:
        deed(clock)
    assert len(read_after) == 1
    later = [query["sql"] for query in statements.captured_queries[read_after[0] :]]
    assert [sql for sql in later if locks(sql) and INBOX_LOCK not in sql] == []
    assert [query["sql"] for query in statements.captured_queries[: read_after[0]] if locks(query["sql"])]


def locks(sql: str) -> bool:
    return "FOR UPDATE" in sql or "hold_sums(" in sql or "close_gates(" in sql


def test_withdrawing_again_is_judged_by_the_decision_as_it_is_now() -> None:
    decision = propose("cto", 600_000, "budget_allocation")
    decisions.withdraw(decision=decision.ref, reason="no", by=acting("cto"), clock=database_clock)
    again = decisions.withdraw(decision=decision.ref, reason="again", by=acting("cto"), clock=database_clock)
    assert again.outcome == Decision.objects.get(pk=decision.pk).outcome
    assert again.outcome is not None
    assert again.outcome["rationale"] == "no"
