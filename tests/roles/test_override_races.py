"""Two that override the same at the same moment: one does."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.errors import Refused
from org.models import Decision, LedgerAccount
from org.services import budgets, interventions
from org.services.interventions import Revoked
from tests.people import acting, board_member, propose, racers
from tests.roles.test_ceo import override, turned_down

pytestmark = pytest.mark.usefixtures("committed")


def test_two_approvals_of_the_same_are_one() -> None:
    old = turned_down(100_000, "budget_allocation", "senior_developer")
    with racers(4) as crowd:
        told = crowd.race([lambda: override(old, True)] * 4)
    assert all(isinstance(each, dict) for each in told), told
    assert sum(each["approved"] for each in told if isinstance(each, dict)) == 1
    assert Decision.objects.filter(overrides=old).count() == 1


def test_what_is_ended_twice_goes_back_once() -> None:
    old = propose("cto", 300_000, "budget_allocation")
    with racers(4) as crowd:
        told = crowd.race([lambda: override(old, False)] * 4)
    assert sorted(str(each["status"]) for each in told if isinstance(each, dict)) == ["refused"] * 3 + ["rejected"]
    assert LedgerAccount.objects.get(name=f"decision:{old.pk}").balance_usd == 0
    assert sum(LedgerAccount.objects.values_list("balance_usd", flat=True)) == 0


def test_a_member_and_the_ceo_end_one_approval_once() -> None:
    old = propose("cto", 300_000, "budget_allocation")
    ada = Actor.member(board_member())
    by_member = partial(interventions.revoke, decision=old, reason="a leak", by=ada, clock=database_clock)
    deeds: list[Callable[[], object]] = [lambda: override(old, False), by_member]
    with racers(4) as crowd:
        told = crowd.race(deeds * 2)
    by_ceo = [each for each in told if isinstance(each, dict) and each["status"] == "rejected"]
    assert len(by_ceo) + sum(isinstance(each, Revoked) for each in told) == 1, told
    assert LedgerAccount.objects.get(name=f"decision:{old.pk}").balance_usd == 0


def test_what_is_spent_as_it_is_ended_is_spent_or_goes_back() -> None:
    old = propose("cto", 300_000, "budget_allocation")

    def spend() -> object:
        return budgets.allocate(
            amount_usd=Decimal(200_000),
            department="R&D",
            justification="x",
            decision=old,
            by=acting("ceo"),
            clock=database_clock,
        )

    deeds: list[Callable[[], object]] = [lambda: override(old, False), spend]
    with racers(4) as crowd:
        told = crowd.race(deeds * 2)
    assert all(isinstance(each, dict | tuple | Refused) for each in told), told
    assert LedgerAccount.objects.get(name=f"decision:{old.pk}").balance_usd == 0
    assert sum(LedgerAccount.objects.values_list("balance_usd", flat=True)) == 0


def test_two_that_ask_the_board_for_the_same_open_one_matter() -> None:
    old = turned_down(400_000, "vendor_contract", "senior_developer")
    for _ in range(5):
        propose("ceo", 1_000_000)
    with racers(4) as crowd:
        told = crowd.race([lambda: override(old, True)] * 4)
    assert sorted(str(each["status"]) for each in told if isinstance(each, dict)) == ["escalated"] + ["refused"] * 3
