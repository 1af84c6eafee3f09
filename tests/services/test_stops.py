"""What a person stops holds from the very next deed on, and until a person lifts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from agents.registry import NAMES
from agents.roles.briefing import brief_me
from agents.roles.ceo import allocate_budget
from agents.roles.decisions import check_authority
from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, CallStatus, Status
from org.errors import InvalidInput, NotFound, Refused
from org.models import Allocation, AuditRecord, Call, Decision, Escalation, Message, Stop
from org.services import budgets, calls, decisions, stops
from tests.people import Racers, acting, answer, board_member, lift_stop, propose, put_to_vote, racers, store, vote
from tests.services.database import refused

RACERS = 10


@pytest.fixture
def ada(db: None) -> Actor:
    return Actor.member(board_member("ada"))


def suspend(by: Actor, role: str = "cto", reason: str = "odd purchases") -> Stop:
    return stops.suspend(role=role, reason=reason, by=by, clock=database_clock)


def freeze(by: Actor, reason: str = "the bank called") -> Stop:
    return stops.freeze(reason=reason, by=by, clock=database_clock)


def thaw(by: Actor) -> Stop:
    return lift_stop(by=by)


def lift(stop: Stop, by: Actor, reason: str = "all is well") -> Stop:
    return stops.lift(stop=stop, reason=reason, by=by, clock=database_clock)


def call_of(role: str, run: Callable[[Call], Any]) -> Call:
    """A stored call of a role, claimed and performed as a worker does."""
    store(role)
    claimed = calls.claim([role], "test")
    assert claimed is not None
    calls.perform(claimed, run, database_clock)
    return Call.objects.get(pk=claimed.call_id)


def buy(call: Call) -> str:
    return propose("cto", 100, "vendor_contract", by=Actor.role(call)).ref


def allocate(by: Actor) -> object:
    return budgets.allocate(amount_usd=Decimal(10), department="R&D", justification="x", by=by, clock=database_clock)


def test_a_suspended_roles_call_changes_nothing_and_says_who_since_when_why_and_the_way_on(ada: Actor) -> None:
    suspend(ada)
    call = call_of("cto", buy)
    assert call.status == CallStatus.DONE
    says = call.result["error"]
    assert "suspended by ada since 20" in says
    assert "odd purchases" in says
    assert "Nothing was done. You can still read; the board lifts it" in says
    assert not Decision.objects.exists()
    assert AuditRecord.objects.get(action="call.refused").data["rule"] == "suspended"


def test_other_roles_go_on_and_the_role_itself_once_it_is_lifted(ada: Actor) -> None:
    suspend(ada, "ceo")
    assert "answer" in call_of("cto", buy).result
    lift(suspend(ada), ada)
    assert "answer" in call_of("cto", buy).result


def test_a_suspended_role_reads_and_is_told(ada: Actor) -> None:
    suspend(ada)
    by = acting("cto")
    assert "suspended by ada" in brief_me.run(by).say
    authority = check_authority.run(by, "vendor_contract", Decimal(100))
    assert "suspended by ada" in authority.say
    assert not authority.would_decide_alone


def test_an_electorate_keeps_a_suspended_role(ada: Actor) -> None:
    decision = put_to_vote()
    suspend(ada)
    decision.refresh_from_db()
    assert "cto" in decision.waiting_on


@pytest.mark.parametrize(("suspended", "status"), [(None, Status.APPROVED), ("cto", Status.ESCALATED)])
def test_a_ballot_of_a_role_suspended_since_counts_and_lends_no_limit(
    ada: Actor, suspended: str | None, status: Status
) -> None:
    decision = put_to_vote("ceo", 450_000, "strategic_initiative", ["cto", "chro", "operations_head"])
    vote(decision, "cto")
    if suspended:
        suspend(ada, suspended)
    for role in ("chro", "operations_head"):
        vote(decision, role)
    decision.refresh_from_db()
    assert decision.status == status
    if suspended:
        assert "over the Operations Head's limit of $400,000" in Escalation.objects.get(decision=decision).reason


@pytest.mark.parametrize(
    ("suspended", "decided_by"),
    [([], "chro"), (["chro"], "ceo"), (["ceo"], "chro"), (["ceo", "chro"], None)],
)
def test_no_vote_decides_by_the_right_of_a_suspended_role(
    ada: Actor, suspended: list[str], decided_by: str | None
) -> None:
    """A policy is the CEO's and the CHRO's; the CEO opened the vote, the CHRO approved."""
    decision = put_to_vote("ceo", None, "policy", ["cto", "chro", "operations_head"])
    vote(decision, "chro")
    for role in suspended:
        suspend(ada, role)
    for role in ("cto", "operations_head"):
        vote(decision, role)
    decision.refresh_from_db()
    assert decision.decided_by == decided_by
    if decided_by is None:
        assert decision.waiting_on == ["board"]
        reason = Escalation.objects.get(decision=decision).reason
        assert "Nobody who approved and is not suspended decides policy." in reason


def test_a_suspension_is_told_to_the_role_and_those_above_it(ada: Actor) -> None:
    suspend(ada, "senior_architect")
    assert set(Message.objects.values_list("to_role", flat=True)) == {"senior_architect", "cto", "ceo"}


def test_stops_are_audited_with_what_was_and_what_is(ada: Actor) -> None:
    suspend(ada)
    freeze(ada)
    thaw(ada)
    rows = AuditRecord.objects.filter(actor="person:ada").order_by("id").values_list("action", "subject", "data")
    told = [(action, subject, data["before"], data["after"]) for action, subject, data in rows if "before" in data]
    assert ("role.suspended", "cto", {"stopped": False}, {"stopped": True}) in told
    assert ("spending.frozen", "spending", {"stopped": False}, {"stopped": True}) in told
    assert ("spending.thawed", "spending", {"stopped": True}, {"stopped": False}) in told


def test_only_the_board_stops_for_a_reason_and_what_is_there(ada: Actor) -> None:
    with pytest.raises(Refused, match="Board"):
        suspend(acting("ceo"))
    outsider = board_member()
    outsider.groups.clear()
    with pytest.raises(Refused, match="Board"):
        freeze(Actor.member(outsider))
    with pytest.raises(InvalidInput, match="reason"):
        freeze(ada, " ")
    with pytest.raises(NotFound, match="cto"):
        suspend(ada, "janitor")
    freeze(ada)
    with pytest.raises(Refused, match="already"):
        freeze(ada)


def test_the_database_keeps_a_stop_as_it_was_made(ada: Actor) -> None:
    freeze(ada)
    with refused("Cannot update"):
        Stop.objects.update(reason="none")
    with refused("Cannot delete"):
        Stop.objects.all().delete()
    with refused("stops_lifted_by_people"):
        Stop.objects.update(lifted_at=database_clock())
    thaw(ada)
    with refused("Cannot update"):
        Stop.objects.update(lifted_at=None, lifted_by=None)


def test_an_amount_proposed_during_a_freeze_goes_to_the_board_which_may_approve_it(ada: Actor) -> None:
    freeze(ada)
    decision = propose("ceo", 100)
    assert (decision.status, decision.ruling["rule"]) == (Status.ESCALATED, "frozen")
    assert "frozen by ada" in decision.ruling["says"]
    answer(decision, BoardAnswer.APPROVE)
    decision.refresh_from_db()
    assert decision.status == Status.APPROVED


def test_what_carries_no_amount_is_decided_during_a_freeze(ada: Actor) -> None:
    freeze(ada)
    assert propose("cto", None, "architecture").status == Status.APPROVED


def test_no_vote_approves_an_amount_during_a_freeze(ada: Actor) -> None:
    decision = put_to_vote("ceo", 1_000, "strategic_initiative")
    freeze(ada)
    for role in decision.participants or []:
        if not Decision.objects.get(pk=decision.pk).is_voting:
            break
        vote(decision, role)
    decision.refresh_from_db()
    assert decision.status == Status.ESCALATED


def test_what_was_handed_up_goes_on_to_the_board_during_a_freeze(ada: Actor) -> None:
    decision = propose("cto", 600_000, "vendor_contract")
    assert decision.awaiting_role == "ceo"
    freeze(ada)
    decided = decisions.resolve(
        decision=decision.ref, approve=True, rationale="yes", by=acting("ceo"), clock=database_clock
    )
    assert decided.status == Status.ESCALATED


def test_no_budget_is_allocated_during_a_freeze_and_again_after_it(ada: Actor) -> None:
    propose("ceo", 1_000)
    freeze(ada)
    with pytest.raises(Refused, match="frozen by ada") as refusal:
        allocate(acting("ceo"))
    assert refusal.value.rule == "frozen"
    thaw(ada)
    allocate(acting("ceo"))
    assert Allocation.objects.count() == 1


def test_the_ceo_reads_that_a_freeze_refuses_its_allocation(ada: Actor) -> None:
    propose("ceo", 1_000)
    freeze(ada)
    answer = allocate_budget.run(acting("ceo"), amount=Decimal(10), department="R&D", justification="x")
    assert not answer.allocated
    assert "frozen by ada" in answer.say
    assert (answer.basis["rule"], answer.remaining_usd) == ("frozen", 0)


def test_a_freeze_is_told_to_everybody_and_in_briefs(ada: Actor) -> None:
    freeze(ada)
    assert Message.objects.values("to_role").distinct().count() == len(NAMES)
    assert "frozen by ada" in brief_me.run(acting("chro")).say
    assert "frozen by ada" in check_authority.run(acting("ceo"), "strategic_initiative", Decimal(100)).say


@pytest.fixture
def crowd(committed: str) -> Iterator[Racers]:
    with racers(RACERS) as running:
        yield running


def test_no_deed_of_a_role_is_dated_after_its_suspension_however_they_race(crowd: Racers) -> None:
    ada = Actor.member(board_member("ada"))
    for _ in range(5):
        claims = []
        for _ in range(RACERS - 1):
            store("cto")
            claims.append(calls.claim(["cto"], "test"))

        def perform(claimed: Any) -> Callable[[], object]:
            return lambda: calls.perform(claimed, buy, database_clock)

        outcomes = crowd.race([*map(perform, claims), lambda: suspend(ada)])
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        stop = Stop.objects.get(lifted_at=None)
        assert not Decision.objects.filter(created_at__gt=stop.stopped_at).exists()
        lift(stop, ada)


def test_no_role_approves_or_allocates_after_a_freeze_however_they_race(crowd: Racers) -> None:
    ada = Actor.member(board_member("ada"))
    propose("ceo", 10_000)
    for round_ in range(5):

        def deed(number: int, by: Actor, round_: int = round_) -> Callable[[], object]:
            if number % 2:
                return lambda: allocate(by)
            return lambda: propose("ceo", 100, by=by, title=f"Race {round_} {number}")

        racing = [deed(number, acting("ceo")) for number in range(RACERS - 1)]
        outcomes = crowd.race([*racing, lambda: freeze(ada)])
        assert all(isinstance(o, Refused) for o in outcomes if isinstance(o, Exception)), outcomes
        frozen_at = Stop.objects.get(lifted_at=None).stopped_at
        assert not Decision.objects.filter(status=Status.APPROVED, completed_at__gt=frozen_at).exists()
        assert not Allocation.objects.filter(created_at__gt=frozen_at).exists()
        thaw(ada)
