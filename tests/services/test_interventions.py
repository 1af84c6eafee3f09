"""What a member does about decisions of agents: withdraw, take over, revoke, override."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from agents.roles.decisions import get_decision
from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, EscalationStatus, Mode, Status, VoteChoice
from org.errors import InvalidInput, Refused
from org.models import AuditRecord, Decision, Escalation, LedgerEntry, Message
from org.queries import standing
from org.services import budgets, decisions, interventions
from org.services.interventions import Revoked
from tests.people import acting, amend_charter, answer, board_member, propose, put_to_vote, racers, vote
from tests.services.database import execute, refused

DEEDS: list[Callable[..., Any]] = [
    interventions.withdraw,
    interventions.release,
    interventions.revoke,
    interventions.override,
]


@pytest.fixture
def ada(db: None) -> Actor:
    return Actor.member(board_member("ada"))


def step_in(deed: Callable[..., Any], decision: Decision, by: Actor, reason: str = "the board says so") -> Any:
    return deed(decision=decision, reason=reason, by=by, clock=database_clock)


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def allocate(decision: Decision, amount: int) -> None:
    budgets.allocate(
        amount_usd=Decimal(amount),
        department="R&D",
        justification="x",
        decision=decision,
        by=acting("ceo"),
        clock=database_clock,
    )


def told(decision: Decision) -> set[str]:
    """The roles that the board has written to about a decision."""
    return set(Message.objects.filter(decision=decision, from_role="board").values_list("to_role", flat=True))


def rejected() -> Decision:
    decision = propose("cto", 750_000, "budget_allocation")
    decisions.resolve(decision=decision.ref, approve=False, rationale="no", by=acting("ceo"), clock=database_clock)
    return again(decision)


# --- Withdrawing --------------------------------------------------------------------------------------------------


def test_what_waits_for_a_role_is_withdrawn_and_both_are_told(ada: Actor) -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    step_in(interventions.withdraw, decision, ada)
    decision = again(decision)
    assert (decision.status, decision.decided_by, decision.waiting_on) == (Status.WITHDRAWN, "board", [])
    assert told(decision) == {"cto", "ceo"}
    assert not Message.objects.filter(decision=decision).needing_action().exists()


def test_what_waits_for_the_board_is_withdrawn_with_its_escalation(ada: Actor) -> None:
    decision = propose("ceo", 5_000_000)
    step_in(interventions.withdraw, decision, ada)
    assert again(decision).status == Status.WITHDRAWN
    assert Escalation.objects.get(decision=decision).status == EscalationStatus.WITHDRAWN
    with pytest.raises(Refused, match="settles only once"):
        step_in(interventions.withdraw, decision, ada)


def test_an_open_vote_is_withdrawn_and_takes_no_more_ballots(ada: Actor) -> None:
    decision = put_to_vote()
    step_in(interventions.withdraw, decision, ada)
    with pytest.raises(Refused, match="is withdrawn"):
        vote(decision, "cto")
    assert told(decision) >= set(decision.participants or [])


# --- Taking over --------------------------------------------------------------------------------------------------


def test_a_matter_is_taken_from_the_role_that_sits_on_it_and_the_board_answers(ada: Actor) -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    opened = step_in(interventions.release, decision, ada)
    with pytest.raises(Refused, match="waits on board"):
        decisions.resolve(decision=decision.ref, approve=True, rationale="me", by=acting("ceo"), clock=database_clock)
    assert told(decision) == {"cto", "ceo"}
    letter = Message.objects.get(decision=decision, from_role="board", to_role="ceo")
    assert letter.subject.startswith(f"The board takes {decision.ref}")
    assert letter.content["reason"] == "the board says so"
    assert not Message.objects.filter(decision=decision, to_role="ceo").needing_action().exists()
    assert opened.raised_by == "board"
    assert opened.reason == "the board says so"
    answer(again(decision), BoardAnswer.APPROVE)
    assert again(decision).status == Status.APPROVED


def test_a_vote_is_taken_from_its_voters_and_decides_nothing_any_more(ada: Actor) -> None:
    decision = put_to_vote()
    vote(decision, "cto", VoteChoice.REJECT)
    step_in(interventions.release, decision, ada)
    assert again(decision).mode == Mode.HUMAN
    assert told(decision) == {"ceo", *(decision.participants or [])}
    with pytest.raises(Refused, match="waits on board"):
        vote(decision, "chro")


def test_what_the_board_has_is_not_taken_to_it_again(ada: Actor) -> None:
    with pytest.raises(Refused, match="before the board already"):
        step_in(interventions.release, propose("ceo", 5_000_000), ada)


# --- Revoking -----------------------------------------------------------------------------------------------------


def test_a_revoked_approval_gives_its_budget_back_and_nothing_can_draw_on_it(ada: Actor) -> None:
    budgets.set_treasury(amount_usd=Decimal(1_000_000), by=ada, clock=database_clock)
    decision = propose("ceo", 900_000)
    revoked = step_in(interventions.revoke, decision, ada)
    assert revoked.returned_usd == 900_000
    assert standing.budget().treasury_left_usd == 1_000_000
    assert standing.budget().unallocated_usd == 0
    with pytest.raises(Refused, match="is revoked since"):
        allocate(decision, 1)
    assert budgets.approved_usd() == 0
    assert told(decision) == {"ceo"}


def test_what_is_allocated_stays_allocated(ada: Actor) -> None:
    decision = propose("ceo", 900_000)
    allocate(decision, 300_000)
    assert step_in(interventions.revoke, decision, ada).returned_usd == 600_000
    budget = standing.budget()
    assert (budget.unallocated_usd, budget.allocated_usd) == (0, 300_000)
    assert sum(entry.amount_usd for entry in LedgerEntry.objects.filter(target="treasury")) == 600_000


def test_an_approval_that_is_used_up_or_revoked_is_not_revoked(ada: Actor) -> None:
    used, twice = propose("ceo", 100), propose("ceo", 200)
    allocate(used, 100)
    with pytest.raises(Refused, match="used up"):
        step_in(interventions.revoke, used, ada)
    step_in(interventions.revoke, twice, ada)
    with pytest.raises(Refused, match="revoked since"):
        step_in(interventions.revoke, twice, ada)
    with pytest.raises(Refused, match="is rejected, not approved"):
        step_in(interventions.revoke, rejected(), ada)


def test_commitments_and_matters_without_money_are_revoked_too(ada: Actor) -> None:
    hiring, feature = propose("chro", 90_000, "hiring"), propose("product_manager", None, "feature")
    for decision in (hiring, feature):
        assert step_in(interventions.revoke, decision, ada).returned_usd is None
        assert not again(decision).holds(database_clock())


def test_a_revoked_approval_keeps_its_initiative_and_window_used(ada: Actor) -> None:
    decision = propose("ceo", 900_000, title="Lab")
    step_in(interventions.revoke, decision, ada)
    assert propose("ceo", 200_000, title="Lab").status == Status.ESCALATED


def test_the_initiator_reads_that_it_is_revoked(ada: Actor) -> None:
    decision = propose("ceo", 900_000)
    step_in(interventions.revoke, decision, ada, "the market moved")
    read = get_decision.run(acting("ceo"), decision_id=decision.ref)
    assert "was approved and is revoked since" in read.say
    assert [event["reason"] for event in read.history if event["action"] == "decision.revoked"] == ["the market moved"]


def test_an_allocation_and_a_revocation_at_the_same_moment_never_spend_the_same_dollar(committed: None) -> None:
    ada = Actor.member(board_member())
    with racers(3) as threads:
        for _ in range(20):
            decision = propose("ceo", 1_000)
            before = standing.budget().allocated_usd
            spend, stop = partial(allocate, decision, 1_000), partial(step_in, interventions.revoke, decision, ada)
            ends = threads.race([spend, stop])
            allocated = standing.budget().allocated_usd - before
            returned = next((end.returned_usd for end in ends if isinstance(end, Revoked)), Decimal(0))
            assert allocated + (returned or 0) == 1_000, ends
            assert sum(isinstance(end, Refused) for end in ends) == 1, ends


# --- Overriding ---------------------------------------------------------------------------------------------------


def test_what_a_role_rejected_comes_before_the_board_anew_and_the_old_one_stays(ada: Actor) -> None:
    old = rejected()
    opened = step_in(interventions.override, old, ada)
    new = opened.decision
    assert (new.overrides, new.initiator_role, new.amount_usd, new.context) == (old, "cto", 750_000, old.context)
    assert (new.mode, new.status, new.person) == (Mode.HUMAN, Status.ESCALATED, ada.person)
    assert opened.ruling["rule"] == "overridden"
    assert new.content_hash != old.content_hash
    answer(new, BoardAnswer.APPROVE)
    assert again(new).status == Status.APPROVED
    assert standing.budget().unallocated_usd == 750_000
    assert again(old).status == Status.REJECTED
    assert {"cto", "ceo"} <= told(new)


def test_who_overrides_has_not_answered_yet_and_large_sums_need_two(ada: Actor) -> None:
    board_member("bob")
    decision = propose("ceo", 12_000_000)
    answer(decision, BoardAnswer.REJECT)
    opened = step_in(interventions.override, again(decision), ada)
    assert opened.members_needed == 2
    assert not opened.votes.exists()


def test_an_override_is_opened_once_at_a_time_and_can_be_rejected(ada: Actor) -> None:
    old = rejected()
    opened = step_in(interventions.override, old, ada)
    with pytest.raises(Refused, match="before the board anew already"):
        step_in(interventions.override, old, ada)
    answer(opened.decision, BoardAnswer.REJECT)
    step_in(interventions.override, old, ada)


def test_what_was_overridden_by_an_approval_is_not_overridden_again_until_that_is_revoked(ada: Actor) -> None:
    old = rejected()
    new = step_in(interventions.override, old, ada).decision
    answer(new, BoardAnswer.APPROVE)
    with pytest.raises(Refused, match=f"{old.ref} was overridden by {new.ref}, which is approved") as refusal:
        step_in(interventions.override, old, ada)
    assert refusal.value.rule == "overridden"
    step_in(interventions.revoke, again(new), ada)
    step_in(interventions.override, old, ada)
    assert again(old).status == Status.REJECTED


def test_of_members_who_override_at_the_same_moment_one_does_and_the_others_read_which(committed: None) -> None:
    members = [Actor.member(board_member()) for _ in range(3)]
    with racers(3) as threads:
        for _ in range(10):
            old = rejected()
            ends = threads.race([partial(step_in, interventions.override, old, by) for by in members])
            [opened] = [end for end in ends if isinstance(end, Escalation)]
            others = [str(end) for end in ends if end is not opened]
            assert all(f"is before the board anew already, as {opened.decision.ref}" in said for said in others), ends


def test_what_holds_waits_or_was_revised_is_not_overridden(ada: Actor) -> None:
    approved, waiting = propose("ceo", 100), propose("ceo", 5_000_000, title="Lab")
    with pytest.raises(Refused, match="is approved"):
        step_in(interventions.override, approved, ada)
    with pytest.raises(Refused, match="not decided yet"):
        step_in(interventions.override, waiting, ada)
    propose("ceo", 6_000_000, title="Lab", revises=waiting.ref)
    with pytest.raises(Refused, match="is revised by"):
        step_in(interventions.override, again(waiting), ada)


def test_a_revoked_approval_can_be_put_before_the_board_anew(ada: Actor) -> None:
    decision = propose("ceo", 900_000)
    step_in(interventions.revoke, decision, ada)
    opened = step_in(interventions.override, again(decision), ada)
    assert "which is revoked" in opened.ruling["says"]


def test_a_type_that_the_charter_dropped_is_not_put_before_the_board(ada: Actor) -> None:
    old = rejected()
    amend_charter("[types.budget_allocation]", "[types.budget_of_old]")
    with pytest.raises(Refused, match="does not know"):
        step_in(interventions.override, old, ada)


# --- All of them --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", DEEDS)
def test_only_members_of_the_board_step_in_and_they_say_why(ada: Actor, deed: Callable[..., Any]) -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    eve = board_member("eve")
    eve.groups.clear()
    for by in (Actor.member(eve), acting("ceo"), acting("cto")):
        with pytest.raises(Refused, match="Only active members of the group Board"):
            step_in(deed, decision, by)
    with pytest.raises(InvalidInput, match="reason: it is empty"):
        step_in(deed, decision, ada, " ")
    assert again(decision).status == Status.PENDING


def test_each_is_in_the_audit_with_who_and_why(ada: Actor) -> None:
    step_in(interventions.withdraw, propose("cto", 750_000, "budget_allocation"), ada)
    step_in(interventions.release, propose("cto", 750_000, "budget_allocation"), ada)
    step_in(interventions.revoke, propose("ceo", 100), ada)
    step_in(interventions.override, rejected(), ada)
    rows = AuditRecord.objects.filter(actor="person:ada")
    assert set(rows.values_list("action", flat=True)) == {
        *("decision.settled", "decision.escalated", "decision.revoked", "decision.proposed"),
        *("message.settled",),
    }
    reasons = [row.data.get("reason") or row.data.get("rationale") for row in rows.exclude(action="decision.proposed")]
    assert [reason for reason in reasons if reason] == ["the board says so"] * 4


@pytest.mark.parametrize("change", ["revoked_at = NULL, revoked_by_id = NULL", "revoked_at = now() + interval '1 day'"])
def test_the_database_keeps_what_was_revoked(ada: Actor, change: str) -> None:
    decision = propose("ceo", 900_000)
    step_in(interventions.revoke, decision, ada)
    with refused("decisions_settle_once"):
        execute(f"UPDATE decisions SET {change} WHERE id = %s", decision.pk)


@pytest.mark.parametrize("change", ["overrides_id = NULL", "final_at = now()", "person_id = NULL, timer = 'x'"])
def test_the_database_keeps_what_was_overridden_by_whom(ada: Actor, change: str) -> None:
    new = step_in(interventions.override, rejected(), ada).decision
    with refused("decisions_content_is_fixed"):
        execute(f"UPDATE decisions SET {change} WHERE id = %s", new.pk)
