"""What the CEO overrides: within its own authority, never the board's word, and everybody concerned is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, Status, VoteChoice
from org.models import AuditRecord, Decision, LedgerAccount, Message
from org.services import budgets, decisions, interventions
from tests.people import acting, amend_charter, answer, board_member, propose, put_to_vote, shift_clock, vote
from tests.roles.tools import use
from tests.services.database import execute, refused
from tests.services.test_overdue import sweep

pytestmark = pytest.mark.django_db


def override(decision: Decision, approve: bool, reason: str = "the market moved", **given: Any) -> dict[str, Any]:
    return use("ceo", "override_decision", decision_id=decision.ref, approve=approve, reason=reason, **given)


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def turned_down(amount: int | None = None, kind: str = "feature", asker: str = "uiux_engineer") -> Decision:
    """Asked by a role, and rejected by its manager."""
    asked = propose(asker, amount, kind)
    by = acting(str(asked.awaiting_role))
    return decisions.resolve(decision=asked.ref, approve=False, rationale="not now", by=by, clock=database_clock)


def balance(name: str) -> Decimal:
    return LedgerAccount.objects.get(name=name).balance_usd


def test_what_was_rejected_is_approved_by_a_new_decision_and_the_old_one_stays() -> None:
    old = turned_down(100_000, "budget_allocation", "senior_developer")
    told = override(old, True)
    new = Decision.objects.get(pk=told["decision_id"])
    assert (told["approved"], told["overrides"], new.overrides, new.decided_by) == (True, old.ref, old, "ceo")
    assert (new.title, new.amount_usd, new.initiative_key) == (old.title, old.amount_usd, old.initiative_key)
    assert again(old).status == Status.REJECTED
    assert balance(f"decision:{new.pk}") == 100_000


def test_beyond_the_ceos_authority_it_goes_to_the_board() -> None:
    old = propose("ceo", 2_000_000, "budget_allocation")
    assert old.status == Status.ESCALATED
    big = turned_down(400_000, "vendor_contract", "senior_developer")
    for _ in range(5):
        propose("ceo", 1_000_000)
    told = override(big, True)
    assert (told["approved"], told["status"], told["waiting_on"]) == (False, "escalated", ["board"])
    assert told["basis"]["rule"] == "over_window"


def test_a_veto_is_overridden_by_the_board_alone() -> None:
    vetoed = put_to_vote("cto", None, "deployment", ["operations_head", "chro"])
    vote(vetoed, "test_lead", VoteChoice.REJECT)
    assert again(vetoed).status == Status.REJECTED
    assert override(vetoed, True)["waiting_on"] == ["board"]


def test_an_approval_is_ended_and_what_is_left_of_its_budget_goes_back() -> None:
    old = propose("cto", 300_000, "budget_allocation")
    budgets.allocate(
        amount_usd=Decimal(100_000),
        department="R&D",
        justification="x",
        decision=old,
        by=acting("ceo"),
        clock=database_clock,
    )
    before = balance("treasury")
    told = override(old, False)
    assert (told["approved"], told["status"]) == (False, "rejected")
    assert told["say"].endswith(f"It overrides {old.ref}.")
    assert again(old).revoked_at is not None and again(old).revoked_by is None
    assert balance(f"decision:{old.pk}") == 0
    assert balance("treasury") - before == 200_000
    assert AuditRecord.objects.get(action="decision.revoked").data["returned_usd"] == 200_000
    assert not again(old).holds(database_clock())


def test_ending_an_approval_takes_no_authority_over_its_amount() -> None:
    old = propose("cto", 450_000, "budget_allocation")
    for _ in range(5):
        propose("ceo", 1_000_000)
    assert override(old, False)["status"] == "rejected"


def test_those_concerned_are_told_and_the_record_says_who_overrode_what() -> None:
    old = turned_down()
    told = override(old, True)
    for role in ("uiux_engineer", "product_manager"):
        letter = Message.objects.filter(to_role=role, from_role="ceo").latest("position")
        assert letter.subject.startswith(f"{old.ref} is overridden by {told['ref']}, approved")
        assert letter.content["reason"] == "the market moved"
    assert AuditRecord.objects.filter(action="decision.proposed", subject=told["ref"]).exists()


@pytest.mark.parametrize("approve", [True, False])
def test_what_is_as_it_would_be_is_refused(approve: bool) -> None:
    old = propose("cto", None, "architecture") if approve else turned_down()
    told = override(old, approve)
    assert (told["decision_id"], told["basis"]["rule"]) == (None, "as_it_is")
    assert Decision.objects.count() == 1


def test_an_undecided_matter_is_answered_and_not_overridden() -> None:
    waits = propose("cto", 750_000, "budget_allocation")
    assert f"resolve_decision {{decision_id: {waits.ref}, approve: false, " in override(waits, False)["say"]
    elsewhere = propose("senior_developer", None, "architecture")
    assert f"escalate_to_board {{decision_id: {elsewhere.ref}}}" in override(elsewhere, True)["say"]
    with_people = propose("ceo", 5_000_000)
    assert f"wait_for {{id: {with_people.ref}}}" in override(with_people, True)["say"]
    decisions_of_people = answer(with_people, BoardAnswer.REQUEST_REVISION)
    assert f"propose_decision {{revises: {with_people.ref}" in override(decisions_of_people.decision, True)["say"]


def test_what_people_said_stands() -> None:
    asked = propose("ceo", 5_000_000)
    answer(asked, BoardAnswer.REJECT)
    assert override(asked, True)["basis"]["rule"] == "the_boards"
    revoked = propose("cto", None, "architecture")
    interventions.revoke(decision=revoked, reason="a leak", by=Actor.member(board_member()), clock=database_clock)
    assert override(revoked, True)["basis"]["rule"] == "the_boards"


def test_what_the_board_said_about_it_anew_stands_too() -> None:
    """Asked by a member or by the CEO: the board's no, and its end of an approval, are no way round for an override."""
    by = Actor.member(board_member())
    asked = turned_down()
    interventions.override(decision=asked, reason="look again", by=by, clock=database_clock)
    assert override(asked, True)["basis"]["rule"] == "newer"
    answer(Decision.objects.get(overrides=asked), BoardAnswer.REJECT)
    assert override(asked, True)["basis"]["rule"] == "the_boards"

    given = turned_down()
    new = Decision.objects.get(pk=override(given, True)["decision_id"])
    interventions.revoke(decision=new, reason="a leak", by=by, clock=database_clock)
    told = override(given, True, idempotency_key="again")
    assert (told["basis"]["rule"], new.ref in told["say"]) == ("the_boards", True)


def test_what_the_board_turned_down_is_not_approved_when_there_is_room_again() -> None:
    old = turned_down(400_000, "vendor_contract", "senior_developer")
    for _ in range(5):
        propose("ceo", 1_000_000)
    new = Decision.objects.get(pk=override(old, True)["decision_id"])
    letter = Message.objects.filter(to_role="senior_developer").latest("position")
    assert letter.subject.startswith(f"{old.ref} is asked for anew as {new.ref}, which waits for board")
    answer(new, BoardAnswer.REJECT)
    for role in ("senior_developer", "cto", "ceo"):
        last = Message.objects.filter(to_role=role).latest("position")
        assert (last.from_role, last.subject) == ("board", f"{new.ref} rejected: {old.title}")
    shift_clock(days=31)
    assert override(old, True)["basis"]["rule"] == "the_boards"


def test_what_is_overridden_by_the_board_is_not_taken_from_it_by_time() -> None:
    amend_charter("[types.feature]", "[types.feature]\nfinal_days = 1")
    old = turned_down()
    interventions.override(decision=old, reason="x", by=Actor.member(board_member()), clock=database_clock)
    shift_clock(days=2)
    sweep()
    anew = Decision.objects.get(overrides=old)
    assert anew.status == Status.EXPIRED
    assert {override(each, True)["basis"]["rule"] for each in (old, anew)} == {"the_boards"}


def test_a_veto_stands_where_the_board_cannot_be_asked() -> None:
    modes = 'modes = ["autonomous", "collaborative"]'
    amend_charter(
        '[types.deployment]\ndecided_by = ["cto"]', f'[types.deployment]\n{modes}\ndecided_by = ["cto", "ceo"]'
    )
    vetoed = put_to_vote("cto", None, "deployment", ["operations_head", "chro"])
    vote(vetoed, "test_lead", VoteChoice.REJECT)
    assert override(vetoed, True)["basis"]["rule"] == "vetoed"


def test_what_the_charter_no_longer_knows_is_refused() -> None:
    old = turned_down()
    amend_charter("[types.feature]", "[types.trait]")
    assert override(old, True)["basis"]["rule"] == "unknown_type"


def test_a_vote_is_overridden_from_above_and_not_by_who_asked_for_it() -> None:
    voters = ["cto", "chro", "operations_head", "product_manager"]
    for asker, rule in (("chro", "within_authority"), ("ceo", "the_boards")):
        old = put_to_vote(asker, None, "policy", voters if asker == "ceo" else ["cto", "operations_head"])
        for role in old.participants or []:
            if not again(old).is_settled:
                vote(old, role, VoteChoice.REJECT)
        assert again(old).decided_by == "electorate"
        assert override(old, True)["basis"]["rule"] == rule
    letters = Message.objects.filter(subject__contains="is overridden by")
    assert {letter.to_role for letter in letters} == {"chro", "cto", "operations_head"}


def test_ones_own_and_the_withdrawn_are_not_overridden() -> None:
    assert override(propose("ceo", 500), False)["basis"]["rule"] == "the_boards"
    taken_back = propose("cto", 750_000, "budget_allocation")
    decisions.withdraw(decision=taken_back.ref, reason="x", by=acting("cto"), clock=database_clock)
    assert override(taken_back, True)["basis"]["rule"] == "withdrawn"


def test_a_budget_that_is_spent_cannot_be_taken_back() -> None:
    old = propose("cto", 300_000, "budget_allocation")
    budgets.allocate(
        amount_usd=Decimal(300_000),
        department="R&D",
        justification="x",
        decision=old,
        by=acting("ceo"),
        clock=database_clock,
    )
    assert override(old, False)["basis"]["rule"] == "used"
    assert Decision.objects.count() == 1


def test_a_second_override_looks_at_the_first() -> None:
    old = turned_down()
    first = override(old, True)
    told = override(old, True, idempotency_key="on purpose")
    assert (told["basis"]["rule"], first["ref"] in told["say"]) == ("newer", True)
    assert override(Decision.objects.get(pk=first["decision_id"]), False)["basis"]["rule"] == "the_boards"


def test_an_approval_that_lapsed_can_be_given_anew() -> None:
    old = propose("product_manager", None, "feature")
    shift_clock(days=40)
    assert override(old, True)["approved"] is True


def test_no_plain_statement_revokes_what_no_role_above_has_overridden() -> None:
    old = propose("cto", None, "architecture")
    with refused("by the board, or by a role above that overrides it", DatabaseError):
        execute("UPDATE decisions SET revoked_at = echo_now() WHERE id = %s", old.pk)


def test_a_decision_of_nobody_below_revokes_nothing() -> None:
    """The product manager rejects a matter that names the CEO's approval as the one it overrides."""
    old = propose("ceo", 500)
    asked = turned_down()
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE decisions SET overrides_id = %s WHERE id = %s", old.pk, asked.pk)
    execute("SET LOCAL session_replication_role = origin")
    with refused("by the board, or by a role above that overrides it", DatabaseError):
        execute("UPDATE decisions SET revoked_at = echo_now() WHERE id = %s", old.pk)
