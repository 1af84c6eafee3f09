"""Hires and vendor contracts bind what a department has been allocated; where the charter requires it, no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from agents.roles.answers import about
from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import BoardAnswer, Mode, Status
from org.errors import InvalidInput, Refused
from org.models import CharterVersion, Decision, Escalation
from org.queries import commitments
from org.services import budgets, decisions, interventions
from tests.people import (
    Racers,
    acting,
    amend_charter,
    answer,
    board_member,
    page_of,
    propose,
    publish_charter,
    put_to_vote,
    racers,
    vote,
)
from tests.services.boardroom import Visitor, text_of

HIRING = 'decided_by = ["chro", "ceo"]\nmust_include = ["chro", "ceo"]\nmoney = true\n'


def require_budget() -> None:
    amend_charter(HIRING, HIRING + "require_budget = true\n")


def allocate(amount: int, department: str = "Engineering") -> None:
    propose("ceo", amount)
    budgets.allocate(
        amount_usd=Decimal(amount), department=department, justification="x", by=acting("ceo"), clock=database_clock
    )


def hire(amount: int, role: str = "chro", department: str = "engineering", **given: Any) -> Decision:
    return propose(role, amount, "hiring", department=department, **given)


def resolve(decision: Decision, role: str = "ceo") -> Decision:
    return decisions.resolve(
        decision=decision.ref, approve=True, rationale="yes", by=acting(role), clock=database_clock
    )


def figures(department: str = "engineering") -> tuple[int, int, int]:
    now = commitments.of(department)
    return int(now.allocated_usd), int(now.committed_usd), int(now.remaining_usd)


@pytest.mark.django_db
class TestWithoutRequiredBudget:
    def test_what_fits_is_committed_however_the_department_is_spelled(self) -> None:
        allocate(500_000, "  ENGINEERING ")
        decision = hire(200_000, department="Engineering")
        assert (decision.status, decision.department_key) == (Status.APPROVED, "engineering")
        propose("cto", 100_000, "vendor_contract", department="engineering\u200b")
        assert figures() == (500_000, 300_000, 200_000)

    def test_what_is_over_is_approved_with_a_warning_in_say_and_basis(self) -> None:
        allocate(100_000)
        decision = hire(250_000)
        told = about(decision, acting("chro"), CharterVersion.objects.in_force())
        assert decision.status == Status.APPROVED
        assert told["say"].endswith("This is $150,000 over what “engineering” has been allocated.")
        assert told["basis"]["commitment"] == {
            "department": "engineering",
            "allocated_usd": 100_000,
            "committed_before_usd": 0,
            "remaining_usd": -150_000,
            "warning": "This is $150,000 over what “engineering” has been allocated.",
        }

    def test_what_exactly_fits_is_told_without_a_warning(self) -> None:
        allocate(100_000)
        decision = hire(100_000)
        assert decision.outcome and decision.outcome["commitment"]["warning"] is None
        assert "allocated" not in about(decision, acting("chro"), CharterVersion.objects.in_force())["say"]

    def test_what_waits_or_is_refused_or_revoked_is_not_committed(self) -> None:
        allocate(900_000)
        waiting = hire(300_001)
        assert (waiting.awaiting_role, figures()[1]) == ("ceo", 0)
        hire(50_000, rejects="no")
        assert figures()[1] == 0
        resolve(waiting)
        assert figures()[1] == 300_001
        interventions.revoke(decision=waiting, reason="no", by=Actor.member(board_member()), clock=database_clock)
        assert figures() == (900_000, 0, 900_000)

    def test_departments_do_not_share(self) -> None:
        allocate(500_000)
        hire(100_000, department="Sales")
        assert (figures()[1], figures("sales")) == (0, (0, 100_000, -100_000))

    def test_without_a_department_nothing_is_bound(self) -> None:
        decision = hire(100_000, department="")
        assert decision.status == Status.APPROVED
        assert decision.outcome and "commitment" not in decision.outcome

    @pytest.mark.parametrize(
        ("decision_type", "amount", "department"),
        [("strategic_initiative", 1, "x"), ("feature", None, "x"), ("hiring", 1, "\u200b"), ("hiring", 1, "x" * 256)],
    )
    def test_a_department_that_is_none_or_has_no_place_is_refused_by_name(
        self, decision_type: str, amount: int | None, department: str
    ) -> None:
        with pytest.raises(InvalidInput) as fault:
            propose("ceo", amount, decision_type, department=department)
        assert fault.value.field == "department"

    def test_the_department_never_changes_and_is_in_the_hash(self) -> None:
        decision = hire(1_000)
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(department_key="sales")
        other = hire(1_000, title=decision.title, department="sales")
        assert decision.content_hash != other.content_hash


@pytest.mark.django_db
class TestWithRequiredBudget:
    def test_what_is_over_is_refused_with_the_call_that_helps(self) -> None:
        require_budget()
        allocate(100_000)
        hire(60_000)
        with pytest.raises(Refused) as refusal:
            hire(50_000)
        assert refusal.value.rule == "over_allocation"
        assert "$50,000 is more than the $40,000 left of what “engineering” has been allocated" in str(refusal.value)
        assert "allocate_budget {amount: 10000, department: “engineering”" in str(refusal.value)
        assert Decision.objects.filter(decision_type="hiring").count() == 1
        allocate(10_000)
        assert hire(50_000).status == Status.APPROVED
        assert figures()[2] == 0

    def test_a_department_must_be_named(self) -> None:
        require_budget()
        with pytest.raises(InvalidInput) as fault:
            hire(1, department="")
        assert fault.value.field == "department"

    def test_what_was_handed_up_waits_until_there_is_budget(self) -> None:
        require_budget()
        waiting = hire(400_000)
        with pytest.raises(Refused, match="more than the"):
            resolve(waiting)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.awaiting_role) == (Status.PENDING, "ceo")
        allocate(400_000)
        assert resolve(waiting).status == Status.APPROVED

    def test_a_vote_hands_what_is_over_to_the_manager_and_no_ballot_is_lost(self) -> None:
        require_budget()
        decision = put_to_vote("chro", 1_000, "hiring", ["cto", "operations_head"], department="engineering")
        vote(decision, "ceo", confidence=1)
        decision = vote(decision, "cto", confidence=1)  # the third cannot alter it any more
        assert (decision.status, decision.awaiting_role, decision.votes.count()) == (Status.PENDING, "ceo", 2)
        allocate(1_000)
        assert resolve(decision).status == Status.APPROVED

    def test_the_board_is_above_it_and_is_warned(self) -> None:
        require_budget()
        decision = hire(5_000, mode=Mode.HUMAN)
        matter = Escalation.objects.get(decision=decision)
        seen = text_of(Visitor(board_member()).get(page_of(matter)))
        assert "Allocation of engineering with this" in seen and "$5,000 over" in seen
        answer(decision, BoardAnswer.APPROVE)
        decision.refresh_from_db()
        assert decision.status == Status.APPROVED
        assert decision.outcome and decision.outcome["commitment"]["remaining_usd"] == -5_000

    def test_what_was_asked_under_an_older_charter_without_a_department_needs_one(self) -> None:
        waiting = hire(400_000, department="")
        require_budget()
        with pytest.raises(Refused) as refusal:
            resolve(waiting)
        assert refusal.value.rule == "no_department"

    def test_an_override_keeps_the_department(self) -> None:
        decision = hire(5_000, rejects="no")
        opened = interventions.override(
            decision=decision, reason="look again", by=Actor.member(board_member()), clock=database_clock
        )
        assert opened.decision.department_key == "engineering"


@pytest.fixture
def crowd(committed: str) -> Iterator[Racers]:
    with racers(10) as running:
        yield running


def test_of_racing_hires_and_contracts_only_what_fits_is_approved(crowd: Racers) -> None:
    text = SHIPPED.read_text().replace(HIRING, HIRING + "require_budget = true\n")
    contracts = 'must_include = ["operations_head", "cto"]\nmoney = true\n'
    publish_charter(text.replace(contracts, contracts + "require_budget = true\n"))

    def deed(number: int) -> Callable[[], Decision]:
        role, kind = [("chro", "hiring"), ("cto", "vendor_contract"), ("operations_head", "vendor_contract")][
            number % 3
        ]
        by = acting(role)
        return lambda: propose(role, 60_000, kind, department=" Engineering", by=by)

    for _ in range(5):
        allocate(100_000)
        fits = figures()[2] // 60_000
        ends = crowd.race([deed(number) for number in range(10)])
        refusals = [end for end in ends if not isinstance(end, Decision)]
        assert all(isinstance(end, Refused) and end.rule == "over_allocation" for end in refusals), refusals
        assert len(ends) - len(refusals) == fits
        assert figures()[2] >= 0
