"""What adds up: amounts under one initiative, and a role's decisions of thirty days."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from org.clock import Clock, database_clock
from org.enums import BoardAnswer, Status
from org.models import Decision
from org.services import decisions
from tests.people import acting, amend_charter, answer, propose

pytestmark = pytest.mark.django_db


def days_ago(days: float) -> Clock:
    def clock() -> datetime:
        return database_clock() - timedelta(days=days)

    return clock


def fill_window(
    role: str, amount: int, decision_type: str = "budget_allocation", clock: Clock = database_clock
) -> None:
    """Decisions of a role under initiatives of their own, to `amount` in all."""
    limit = {"ceo": 1_000_000, "cto": 500_000}[role]
    for _ in range(amount // limit):
        assert propose(role, limit, decision_type, clock=clock).status == Status.APPROVED


@pytest.mark.parametrize(
    "spelling", ["AI LAB", "ai  lab", "AI\u200b Lab", " Ａｉ lab ", "AI\u00a0Lab", "A\ufe0fI Lab"], ids=ascii
)
def test_two_halves_over_the_limit_do_not_pass_however_they_are_spelled(spelling: str) -> None:
    assert propose("ceo", 600_000, title="AI Lab").status == Status.APPROVED
    second = propose("ceo", 600_000, title="Compute", initiative=spelling)
    assert (second.status, second.ruling["rule"]) == (Status.ESCALATED, "over_initiative")
    assert second.ruling["remaining_usd"] == 400_000


def test_the_title_is_the_initiative_where_none_is_named() -> None:
    propose("ceo", 600_000, title="AI Lab")
    assert propose("ceo", 600_000, title="ai lab").status == Status.ESCALATED
    assert propose("ceo", 400_000, title="ai lab").status == Status.APPROVED


def test_an_initiative_adds_up_over_types_and_roles() -> None:
    propose("cto", 500_000, "budget_allocation", initiative="Lab")
    propose("ceo", 300_000, "hiring", title="Staff", initiative="lab")
    assert propose("ceo", 200_001, initiative="LAB").status == Status.ESCALATED
    assert propose("ceo", 200_000, initiative="LAB").status == Status.APPROVED
    assert propose("cto", 1, "budget_allocation", initiative="lab").status == Status.ESCALATED


def test_what_the_board_approved_counts_towards_the_initiative() -> None:
    answer(propose("ceo", 5_000_000, title="Region"), BoardAnswer.APPROVE)
    later = propose("ceo", 1, title="Region")
    assert (later.status, later.ruling["used_usd"]) == (Status.ESCALATED, 5_000_000)


def test_an_initiative_has_no_time_limit() -> None:
    propose("ceo", 600_000, title="Lab", clock=days_ago(400))
    assert propose("ceo", 600_000, title="Lab").status == Status.ESCALATED


def test_only_approvals_count() -> None:
    waiting = propose("ceo", 5_000_000, title="Lab")
    assert propose("ceo", 500_000, title="Lab").status == Status.APPROVED
    decisions.withdraw(decision=waiting.ref, reason="no", by=acting("ceo"), clock=database_clock)
    rejected = propose("ceo", 900_000, title="Lab")
    answer(rejected, BoardAnswer.REJECT)
    assert propose("ceo", 500_000, title="Lab").status == Status.APPROVED


def test_a_role_decides_five_limits_in_thirty_days_and_no_cent_more() -> None:
    fill_window("ceo", 5_000_000)
    last = propose("ceo", "0.01")
    assert (last.status, last.ruling["rule"]) == (Status.ESCALATED, "over_window")
    assert last.ruling["window_used_usd"] == 5_000_000
    assert propose("ceo", 0).status == Status.APPROVED


def test_a_window_forgets_what_is_older_than_thirty_days() -> None:
    fill_window("cto", 2_500_000, clock=days_ago(29.999))
    assert propose("cto", 1, "budget_allocation").waiting_on == ["ceo"]
    amend_charter("window_days = 30", "window_days = 29")
    assert propose("cto", 1, "budget_allocation").status == Status.APPROVED


def test_a_window_counts_every_type_with_money() -> None:
    fill_window("cto", 2_000_000)
    assert propose("cto", 400_000, "vendor_contract").status == Status.APPROVED
    assert propose("cto", 100_001, "budget_allocation").waiting_on == ["ceo"]


def test_renaming_is_bounded_by_the_window() -> None:
    outcomes = [propose("ceo", 1_000_000, title=f"Lab {n}").status for n in range(7)]
    assert outcomes == [Status.APPROVED] * 5 + [Status.ESCALATED] * 2


def test_what_the_board_approves_leaves_the_roles_window_alone() -> None:
    answer(propose("ceo", 5_000_000, title="Region"), BoardAnswer.APPROVE)
    assert propose("ceo", 1_000_000).ruling["window_used_usd"] == 0


def test_a_full_window_of_the_manager_sends_a_request_past_it() -> None:
    fill_window("ceo", 5_000_000)
    assert propose("cto", 600_000, "budget_allocation").waiting_on == ["board"]
    assert Decision.objects.filter(decided_by="ceo", amount_usd__gt=Decimal(0)).count() == 5
