"""What the board's answers do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, MessageType, Status
from org.errors import InvalidInput, Refused
from org.models import BoardVote, Decision, LedgerEntry, Member, Message
from org.services import board, budgets, decisions
from tests.people import PASSWORD, acting, board_member, propose
from tests.services.boardroom import (
    APPROVE,
    REJECT,
    REVISE,
    answer,
    decision_of,
    hash_of,
    put_before_the_board,
    settlements,
    status_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_an_approval_settles_the_decision_and_becomes_budget() -> None:
    ada, matter = board_member(), put_before_the_board()
    answer(matter, ada)
    decision = decision_of(matter)
    assert (decision.status, decision.decided_by) == (Status.APPROVED, "board")
    assert status_of(matter) == "approved"
    assert decision.budget.balance_usd == Decimal(5_000_000)


def test_a_rejection_settles_the_decision_and_moves_no_money() -> None:
    matter = put_before_the_board()
    answer(matter, board_member(), REJECT, "not this year")
    assert decision_of(matter).status == Status.REJECTED
    assert decision_of(matter).outcome["rationale"] == "not this year"
    assert not LedgerEntry.objects.exists()


def test_a_revision_sends_the_decision_back_to_its_initiator() -> None:
    matter = put_before_the_board()
    answer(matter, board_member(), REVISE, "half of it, please")
    decision = decision_of(matter)
    assert (decision.status, decision.awaiting_role) == (Status.PENDING, "ceo")
    assert status_of(matter) == "revision_requested"
    request = Message.objects.get(to_role="ceo", type=MessageType.REQUEST)
    assert request.content["note"] == "half of it, please"
    assert request.content["answer_with"]["arguments"]["revises"] == decision.ref


def test_a_revised_request_withdraws_the_one_it_replaces() -> None:
    matter = put_before_the_board()
    answer(matter, board_member(), REVISE, "half of it, please")
    newer = propose("ceo", 2_500_000, revises=decision_of(matter).ref)
    assert decision_of(matter).status == Status.WITHDRAWN
    assert newer.status == Status.ESCALATED


@pytest.mark.parametrize("choice", [REJECT, REVISE])
def test_saying_no_needs_a_note(choice: BoardAnswer) -> None:
    ada, matter = board_member(), put_before_the_board()
    with pytest.raises(InvalidInput, match="note"):
        answer(matter, ada, choice, " \n")
    assert not BoardVote.objects.exists()


def test_the_answer_reaches_the_initiators_inbox() -> None:
    matter = put_before_the_board()
    answer(matter, board_member(), note="go ahead")
    letter = Message.objects.get(to_role="ceo", from_role="board")
    assert letter.type == MessageType.RESPONSE
    assert (letter.content["status"], letter.content["rationale"]) == ("approved", "go ahead")


def test_an_answer_to_what_has_changed_since_is_refused() -> None:
    ada, matter = board_member(), put_before_the_board(title="Lab")
    seen = hash_of(matter)
    propose("ceo", 400_000, title="lab ")  # the same initiative: its total is another now
    with pytest.raises(Refused, match="Read it again"):
        answer(matter, ada, seen=seen)
    assert not BoardVote.objects.exists()
    answer(matter, ada)
    assert decision_of(matter).status == Status.APPROVED


def test_a_forged_hash_is_refused() -> None:
    ada, matter = board_member(), put_before_the_board()
    with pytest.raises(Refused, match="Read it again"):
        answer(matter, ada, seen="0" * 64)


def test_from_ten_million_a_second_member_must_approve() -> None:
    ada, grace = board_member(), board_member()
    matter = put_before_the_board(10_000_000)
    answer(matter, ada)
    assert (status_of(matter), decision_of(matter).status) == ("open", Status.ESCALATED)
    answer(matter, grace)
    decision = decision_of(matter)
    assert decision.status == Status.APPROVED
    assert decision.outcome["members"] == sorted([ada.username, grace.username])
    assert decision.outcome["sole_member"] is False


def test_the_threshold_counts_the_whole_initiative() -> None:
    board_member(), board_member()
    answer(put_before_the_board(6_000_000, title="Lab"), board_member())
    assert put_before_the_board(4_000_000, title="LAB").members_needed == 2
    assert put_before_the_board(4_000_000, title="Other").members_needed == 1


def test_one_rejection_is_enough_even_where_two_must_approve() -> None:
    ada, grace = board_member(), board_member()
    matter = put_before_the_board(12_000_000)
    answer(matter, ada)
    answer(matter, grace, REJECT, "no")
    assert decision_of(matter).status == Status.REJECTED


def test_a_sole_member_decides_alone_and_the_record_says_so() -> None:
    ada, matter = board_member(), put_before_the_board(50_000_000)
    answer(matter, ada)
    assert decision_of(matter).status == Status.APPROVED
    assert decision_of(matter).outcome["sole_member"] is True


def test_a_first_approval_is_void_once_the_initiative_has_grown() -> None:
    ada, grace = board_member(), board_member()
    matter = put_before_the_board(12_000_000, title="Lab")
    answer(matter, ada)
    propose("ceo", 400_000, title="Lab")
    anew = answer(matter, grace)
    assert (status_of(matter), anew.status, anew.members_needed) == ("withdrawn", "open", 2)
    assert decision_of(matter).status == Status.ESCALATED
    answer(anew, ada)
    assert decision_of(matter).status == Status.APPROVED


def test_the_member_whose_approval_is_void_may_approve_again() -> None:
    ada, grace = board_member(), board_member()
    matter = put_before_the_board(12_000_000, title="Lab")
    answer(matter, ada)
    propose("ceo", 400_000, title="Lab")
    answer(answer(matter, ada), grace)
    assert decision_of(matter).status == Status.APPROVED


def test_a_member_deactivated_in_between_is_refused() -> None:
    ada, matter = board_member(), put_before_the_board()
    seen = hash_of(matter)
    Member.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(Refused, match="Only active members"):
        answer(matter, ada, seen=seen)


def test_the_approval_of_a_member_since_deactivated_does_not_count() -> None:
    ada, grace, alan = board_member(), board_member(), board_member()
    matter = put_before_the_board(12_000_000)
    answer(matter, ada)
    Member.objects.filter(pk=ada.pk).update(is_active=False)
    answer(matter, grace)
    assert status_of(matter) == "open"
    answer(matter, alan)
    assert decision_of(matter).status == Status.APPROVED


def test_a_superuser_outside_the_board_is_refused() -> None:
    root = Member.objects.create_superuser("root", password=PASSWORD)
    board_member()
    with pytest.raises(Refused, match="Only active members"):
        answer(put_before_the_board(), root)


def test_the_first_of_two_answers_stands() -> None:
    ada, matter = board_member(), put_before_the_board()
    seen = hash_of(matter)
    answer(matter, ada, seen=seen)
    with pytest.raises(Refused, match="first answer stands"):
        answer(matter, ada, seen=seen)
    with pytest.raises(Refused, match="first answer stands"):
        answer(matter, ada, REJECT, "on second thoughts", seen=seen)
    assert (BoardVote.objects.count(), settlements(matter.decision)) == (1, 1)


def test_a_closed_escalation_takes_no_answer() -> None:
    ada, matter = board_member(), put_before_the_board()
    decisions.withdraw(decision=matter.decision.ref, reason="changed my mind", by=acting("ceo"), clock=database_clock)
    with pytest.raises(Refused, match="withdrawn already"):
        answer(matter, ada)


def test_an_approval_beyond_the_treasury_is_refused() -> None:
    ada = board_member()
    matter = put_before_the_board()
    budgets.set_treasury(amount_usd=Decimal(4_999_999), by=Actor.member(ada), clock=database_clock)
    with pytest.raises(Refused, match="treasury"):
        answer(matter, ada)
    assert not BoardVote.objects.exists()
    budgets.set_treasury(amount_usd=Decimal(5_000_000), by=Actor.member(ada), clock=database_clock)
    answer(matter, ada)
    assert decision_of(matter).status == Status.APPROVED


def test_an_answer_after_the_deadline_still_counts() -> None:
    ada, matter = board_member(), put_before_the_board()
    seen = hash_of(matter)

    def late() -> Any:
        return matter.deadline_at + timedelta(days=3)

    board.answer(escalation=matter, member=ada, choice=APPROVE, note="", seen_hash=seen, clock=late)
    assert decision_of(matter).status == Status.APPROVED


def test_the_database_refuses_an_approval_without_votes() -> None:
    matter = put_before_the_board()
    forged = "UPDATE decisions SET status = 'approved', decided_by = 'board', outcome = '{}', completed_at = now()"
    with pytest.raises(DatabaseError, match="votes alone"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{forged} WHERE id = %s", [matter.decision_id])
    assert decision_of(matter).status == Status.ESCALATED


def test_the_database_refuses_one_vote_where_two_are_needed() -> None:
    ada, _ = board_member(), board_member()
    matter = put_before_the_board(12_000_000)
    answer(matter, ada)
    with pytest.raises(DatabaseError, match="votes alone"), transaction.atomic():
        Decision.objects.filter(pk=matter.decision_id).update(
            status=Status.APPROVED, decided_by="board", outcome={}, completed_at=database_clock()
        )
