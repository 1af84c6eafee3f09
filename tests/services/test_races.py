"""Twenty callers at the same moment: what fits is approved, and nothing more; nobody waits for ever."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Max, Sum

from org.actors import Actor
from org.clock import Clock, database_clock
from org.enums import Status
from org.errors import Refused
from org.models import Allocation, AuditRecord, Decision, LedgerAccount, Memory, MemoryRevision, Message
from org.queries.standing import budget
from org.services import board_mail, budgets, memories, messages
from org.services.board_mail import Sent
from tests.people import Racers, acting, amend_charter, board_member, propose, put_to_vote, racers, vote

RACERS = 20
rounds = pytest.mark.parametrize("rounds", [20, pytest.param(100, marks=[pytest.mark.storm, pytest.mark.timeout(900)])])


@pytest.fixture
def crowd(committed: str) -> Iterator[Racers]:
    with racers(RACERS) as running:
        yield running


def all_propose(
    crowd: Racers, role: str, amount: int, decision_type: str, clock: Clock = database_clock, **given: Any
) -> list[Decision]:
    """Every racer proposes at once; nobody fails."""

    def deed(by: Actor) -> Callable[[], Decision]:
        return lambda: propose(role, amount, decision_type, by=by, clock=clock, **given)

    outcomes = crowd.race([deed(acting(role)) for _ in range(RACERS)])
    failures = [outcome for outcome in outcomes if not isinstance(outcome, Decision)]
    assert failures == []
    return [outcome for outcome in outcomes if isinstance(outcome, Decision)]


def approved(decisions: list[Decision]) -> int:
    return sum(decision.status == Status.APPROVED for decision in decisions)


def assert_books_balance() -> None:
    assert LedgerAccount.objects.aggregate(total=Sum("balance_usd"))["total"] == 0
    budget = Decision.objects.filter(status=Status.APPROVED).aggregate(total=Sum("amount_usd"))["total"]
    assert budgets.approved_usd() == budget


@rounds
def test_racers_for_an_initiatives_last_dollars_fit_exactly_what_fits(crowd: Racers, rounds: int) -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1000")
    for number in range(rounds):
        decisions = all_propose(crowd, "ceo", 300_000, "strategic_initiative", initiative=f"Lab {number}")
        assert approved(decisions) == 3
        assert all(d.ruling["rule"] == "over_initiative" for d in decisions if d.status != Status.APPROVED)
    assert_books_balance()


@rounds
def test_racers_at_the_edge_of_a_window_fit_exactly_what_fits(crowd: Racers, rounds: int) -> None:
    for number in range(rounds):

        def later(months: int = number) -> datetime:
            return database_clock() + timedelta(days=31 * months)

        for _ in range(4):
            propose("cto", 500_000, "vendor_contract", clock=later)
        decisions = all_propose(crowd, "cto", 200_000, "vendor_contract", later)
        assert approved(decisions) == 2
        assert all(d.ruling["rule"] == "over_window" for d in decisions if d.status != Status.APPROVED)


@rounds
def test_racers_for_the_treasury_fit_exactly_what_fits(crowd: Racers, rounds: int) -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1000")
    person = Actor.member(board_member())
    for _ in range(rounds):
        budgets.set_treasury(amount_usd=budgets.approved_usd() + 1_000_000, by=person, clock=database_clock)
        decisions = all_propose(crowd, "ceo", 300_000, "strategic_initiative")
        assert approved(decisions) == 3
        assert budget().treasury_left_usd == 100_000
        assert all(d.ruling["rule"] == "over_treasury" for d in decisions if d.status != Status.APPROVED)
    assert_books_balance()


@rounds
def test_racers_for_approved_budget_fit_exactly_what_fits(crowd: Racers, rounds: int) -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1000")

    def deed(by: Actor) -> Callable[[], tuple[Allocation, Decimal]]:
        return lambda: budgets.allocate(
            amount_usd=Decimal(300_000), department="R&D", justification="x", by=by, clock=database_clock
        )

    for number in range(1, rounds + 1):
        propose("ceo", 1_000_000)
        fits = (1_000_000 * number - 300_000 * Allocation.objects.count()) // 300_000
        outcomes = crowd.race([deed(acting("ceo")) for _ in range(RACERS)])
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert all(isinstance(refusal, Refused) for refusal in refusals), refusals
        assert RACERS - len(refusals) == fits
    assert 0 <= budget().unallocated_usd < 300_000
    assert_books_balance()


@rounds
def test_deeds_of_every_kind_at_once_never_wait_for_each_other(crowd: Racers, rounds: int) -> None:
    """Proposals up the whole line under two initiatives, allocations and the treasury: one order of locks."""
    amend_charter("window_multiple = 5", "window_multiple = 1000")
    person = Actor.member(board_member())
    roles = ("ceo", "cto", "product_manager", "senior_developer", "operations_head")

    def one(number: int, round_: int) -> Callable[[], object]:
        role = roles[number % len(roles)]
        by = acting(role)
        if number % 10 == 9:
            return lambda: budgets.set_treasury(amount_usd=Decimal(10**9), by=person, clock=database_clock)
        if number % 10 == 8:
            return lambda: budgets.allocate(
                amount_usd=Decimal(1), department=f"D{number}", justification="x", by=by, clock=database_clock
            )
        initiative = f"Lab {number % 2} of {round_}"
        return lambda: propose(role, 1_000 * number, "budget_allocation", initiative=initiative, by=by)

    propose("ceo", 1_000_000)
    for round_ in range(rounds):
        outcomes = crowd.race([one(number, round_) for number in range(RACERS)])
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert budget().treasury_left_usd == 10**9 - budgets.approved_usd()
    assert_books_balance()


def test_positions_in_an_inbox_follow_the_order_of_commit(crowd: Racers) -> None:
    """Whoever has seen position n has seen all below it: at no moment is there a gap that is filled later."""
    finished = threading.Event()
    gaps: list[tuple[int, int]] = []

    def watch() -> None:
        try:
            while not finished.is_set():
                seen = Message.objects.filter(to_role="ceo").aggregate(count=Count("pk"), newest=Max("position"))
                if seen["count"] != (seen["newest"] or 0):
                    gaps.append((seen["count"], seen["newest"]))
        finally:
            connection.close()

    def deed(by: Actor, to: str) -> Callable[[], object]:
        return lambda: messages.send(to=to, subject="x", content="x", by=by, clock=database_clock)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(5):
            senders = [acting(role) for role in ("cto", "chro", "test_lead", "operations_head") * 5]
            outcomes = crowd.race([deed(by, ("ceo", "all", "leadership")[n % 3]) for n, by in enumerate(senders)])
            assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    finally:
        finished.set()
        watcher.join()
    assert gaps == []
    positions = Message.objects.filter(to_role="ceo").order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, 101))


def test_however_many_vote_in_the_same_instant_it_closes_once(crowd: Racers) -> None:
    """Ten times; 500 with processes in `tests/storm/test_processes.py`."""
    everybody = ("cto", "chro", "operations_head", "product_manager", "senior_architect", "test_lead", "uiux_engineer")
    everybody += ("senior_developer",)

    def deed(decision: Decision, role: str) -> Callable[[], Decision]:
        by = acting(role)
        return lambda: vote(decision, role, confidence=1, by=by)

    amend_charter("window_multiple = 5", "window_multiple = 1000")
    for _ in range(10):
        decision = put_to_vote("ceo", 1000, "strategic_initiative", everybody)
        outcomes = crowd.race([deed(decision, role) for role in everybody])
        unexpected = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, Refused)]
        assert unexpected == []
        assert Decision.objects.get(pk=decision.pk).status == Status.APPROVED
        assert AuditRecord.objects.filter(subject=decision.ref, action="vote.closed").count() == 1
    assert_books_balance()


def test_of_many_who_write_one_key_at_once_each_has_a_revision(crowd: Racers) -> None:
    def write(n: int) -> Memory:
        return memories.remember(key="x", content=f"text {n}", by=acting("cto"), clock=database_clock)

    ends = crowd.race([partial(write, n) for n in range(RACERS)])
    assert sorted(memory.revision for memory in ends) == list(range(1, RACERS + 1))
    assert Memory.objects.get().content == MemoryRevision.objects.get(revision=RACERS).content


def test_a_letter_of_a_member_posted_many_times_at_once_is_sent_once(crowd: Racers) -> None:
    ada = Actor.member(board_member("ada"))

    def write() -> Sent:
        return board_mail.write(to="cto", subject="x", content="x", by=ada, clock=database_clock)

    ends = crowd.race([write] * RACERS)
    [row] = Message.objects.all()
    assert [end.rows for end in ends if isinstance(end, Sent)] == [[row]] * RACERS
    assert sum(not end.is_repeat for end in ends if isinstance(end, Sent)) == 1


def test_an_answer_that_many_members_open_at_once_is_read_once(crowd: Racers) -> None:
    members = [Actor.member(board_member()) for _ in range(RACERS)]
    [asked] = board_mail.write(to="cto", subject="x", content="x", by=members[0], clock=database_clock).rows
    [answer] = messages.send(
        to="board", reply_to=asked.ref, subject="x", content="y", by=acting("cto"), clock=database_clock
    )

    def open_page(by: Actor) -> None:
        board_mail.note_read(numbers=[answer.number], by=by, clock=database_clock)

    assert crowd.race([partial(open_page, by) for by in members]) == [None] * RACERS
    [told] = AuditRecord.objects.filter(action="message.read")
    assert Message.objects.get(pk=answer.pk).read_at == told.at
