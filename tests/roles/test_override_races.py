"""Two that override the same at the same moment: one does."""

from __future__ import annotations

import pytest

from org.models import Decision, LedgerAccount
from tests.people import propose, racers
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
