"""The ledger: approvals draw on the treasury, allocations on what is approved."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, Status
from org.errors import InvalidInput, Refused
from org.models import Allocation, Decision, LedgerAccount, LedgerEntry
from org.queries.standing import budget
from org.services import budgets
from tests.people import acting, answer, board_member, propose

pytestmark = pytest.mark.django_db


def allocate(
    amount: int | str, department: str = "Research", decision: Decision | None = None
) -> tuple[Allocation, Decimal]:
    return budgets.allocate(
        amount_usd=Decimal(amount),
        department=department,
        justification="because",
        decision=decision,
        by=acting("ceo"),
        clock=database_clock,
    )


def set_treasury(amount: int | str | None) -> None:
    usd = None if amount is None else Decimal(amount)
    budgets.set_treasury(amount_usd=usd, by=Actor.member(board_member()), clock=database_clock)


def balance(name: str) -> Decimal:
    return LedgerAccount.objects.get(name=name).balance_usd


@pytest.fixture(autouse=True)
def balanced() -> Any:
    """Whatever a test does, the books balance at its end."""
    yield
    assert LedgerAccount.objects.aggregate(total=Sum("balance_usd"))["total"] == 0
    for account in LedgerAccount.objects.all():
        came = account.incoming.aggregate(total=Sum("amount_usd"))["total"] or 0
        went = account.outgoing.aggregate(total=Sum("amount_usd"))["total"] or 0
        assert account.balance_usd == came - went


def test_approved_budget_is_allocated() -> None:
    propose("ceo", 750_000)
    allocation, left = allocate("250000.50")
    assert (allocation.amount_usd, left) == (Decimal("250000.50"), Decimal("499999.50"))
    assert balance("department:research") == Decimal("250000.50")
    assert budget().unallocated_usd == left


def test_more_than_is_approved_is_refused_with_what_remains() -> None:
    propose("ceo", 750_000)
    allocate(500_000)
    with pytest.raises(Refused) as refusal:
        allocate("250000.01")
    assert (refusal.value.rule, refusal.value.facts["remaining_usd"]) == ("over_approved", 250_000)
    assert "$250,000 of approved budget" in str(refusal.value)
    assert allocate(250_000)[1] == 0


def test_without_any_approval_nothing_can_be_allocated() -> None:
    with pytest.raises(Refused) as refusal:
        allocate(1)
    assert refusal.value.facts["remaining_usd"] == 0


@pytest.mark.parametrize(
    ("amount", "decision_type", "role"), [(100, "hiring", "chro"), (100, "vendor_contract", "cto")]
)
def test_a_commitment_is_nothing_to_allocate(amount: int, decision_type: str, role: str) -> None:
    propose(role, amount, decision_type)
    with pytest.raises(Refused):
        allocate(1)


def test_a_named_decision_alone_is_drawn_on() -> None:
    one, other = propose("ceo", 300_000), propose("ceo", 400_000)
    assert allocate(400_000, decision=other)[1] == 0
    with pytest.raises(Refused, match=f"of {other.ref}") as refusal:
        allocate(1, decision=other)
    assert refusal.value.facts["remaining_usd"] == 0
    assert balance(f"decision:{one.pk}") == 300_000


@pytest.mark.parametrize("status", [Status.ESCALATED, Status.REJECTED])
def test_a_decision_that_is_not_approved_funds_nothing(status: str) -> None:
    propose("ceo", 500_000)
    waiting = propose("ceo", 5_000_000)
    if status == Status.REJECTED:
        answer(waiting, BoardAnswer.REJECT)
        waiting.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        allocate(1, decision=waiting)
    assert refusal.value.rule == "not_approved"


def test_the_oldest_approval_is_drawn_on_first() -> None:
    old, middle, new = (propose("ceo", 300_000) for _ in range(3))
    allocation, _ = allocate(450_000)
    drawn = list(allocation.entries.order_by("id").values_list("decision__number", "amount_usd"))
    assert drawn == [(old.number, 300_000), (middle.number, 150_000)]
    assert balance(f"decision:{new.pk}") == 300_000


def test_a_department_is_one_however_it_is_spelled() -> None:
    propose("ceo", 750_000)
    for name in ("R&D Lab", "r&d  lab", "R&D\u200b LAB"):
        assert allocate(100, name)[0].department == "R&D Lab"
    assert balance("department:r&d lab") == 300


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_allocation_moves_more_than_nothing(amount: str) -> None:
    propose("ceo", 750_000)
    with pytest.raises(InvalidInput, match="more than \\$0"):
        allocate(amount)


@pytest.mark.parametrize(
    ("department", "says"), [("\u200b", "visible"), ("\ufdfa" * 200, "too long")], ids=["invisible", "long"]
)
def test_a_department_has_a_name_that_can_be_read_and_kept(department: str, says: str) -> None:
    propose("ceo", 750_000)
    with pytest.raises(InvalidInput, match=says) as fault:
        allocate(1, department)
    assert fault.value.field == "department"
    assert budget().unallocated_usd == 750_000


def test_what_the_board_approves_becomes_budget() -> None:
    decision = propose("ceo", 5_000_000)
    answer(decision, BoardAnswer.APPROVE)
    assert budget().unallocated_usd == 5_000_000


def test_an_approval_of_nothing_moves_nothing() -> None:
    assert propose("ceo", 0).status == Status.APPROVED
    assert not LedgerEntry.objects.exists()


def test_without_a_treasury_there_is_no_ceiling() -> None:
    propose("ceo", 1_000_000)
    assert budget().treasury_left_usd is None
    assert balance("treasury") == -1_000_000


def test_approvals_use_the_treasury_up_to_its_last_cent() -> None:
    propose("ceo", 400_000)
    set_treasury(1_000_000)
    assert budget().treasury_left_usd == 600_000
    assert propose("ceo", 600_000).status == Status.APPROVED
    over = propose("ceo", "0.01")
    assert (over.status, over.ruling["rule"]) == (Status.ESCALATED, "over_treasury")
    assert propose("chro", 1_000, "hiring").status == Status.APPROVED


def test_a_treasury_is_raised_lowered_and_lifted() -> None:
    propose("ceo", 400_000)
    for amount, left in ((1_000_000, 600_000), (2_000_000, 1_600_000), (500_000, 100_000), (400_000, 0)):
        set_treasury(amount)
        assert budget().treasury_left_usd == left
    set_treasury(None)
    assert budget().treasury_left_usd is None
    assert propose("ceo", 600_000).status == Status.APPROVED
    set_treasury(1_500_000)
    assert budget().treasury_left_usd == 500_000


def test_a_treasury_is_never_smaller_than_what_is_approved() -> None:
    propose("ceo", 400_000)
    with pytest.raises(Refused) as refusal:
        set_treasury("399999.99")
    assert (refusal.value.rule, "$400,000" in str(refusal.value)) == ("under_approved", True)


def test_no_role_sets_the_treasury() -> None:
    with pytest.raises(Refused) as refusal:
        budgets.set_treasury(amount_usd=Decimal(10**9), by=acting("ceo"), clock=database_clock)
    assert refusal.value.rule == "board_only"
    assert budget().treasury_left_usd is None


def test_the_board_itself_cannot_approve_beyond_the_treasury() -> None:
    set_treasury(1_000_000)
    with pytest.raises(Refused) as refusal:
        answer(propose("ceo", 5_000_000), BoardAnswer.APPROVE)
    assert refusal.value.rule == "over_treasury"
