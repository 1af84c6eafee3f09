"""A decision's page: from there a member withdraws it, takes it to the board, revokes or overrides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group

from org.clock import database_clock
from org.enums import BoardAnswer, Status
from org.models import Decision, Escalation
from org.services import budgets
from tests.people import acting, answer, board_member, page_of, propose, put_to_vote, shift_clock
from tests.services.boardroom import Visitor, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada() -> Visitor:
    return Visitor(board_member("ada"))


def page(decision: Decision) -> str:
    return f"/admin/org/decision/{decision.pk}/change/"


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def step_in(visitor: Visitor, decision: Decision, deed: str, reason: str = "the board says so") -> Any:
    return visitor.post(page(decision), {"deed": deed, "reason": reason})


def allocate(decision: Decision, amount: int) -> None:
    budgets.allocate(
        amount_usd=Decimal(amount),
        department="R&D",
        justification="x",
        decision=decision,
        by=acting("ceo"),
        clock=database_clock,
    )


def waits_for_the_ceo() -> Decision:
    return propose("cto", 750_000, "budget_allocation", title="Hall")


def test_what_waits_for_a_role_is_withdrawn(ada: Visitor) -> None:
    decision = waits_for_the_ceo()
    seen = text_of(ada.get(page(decision)))
    assert "It waits for the Chief Executive Officer" in seen
    assert "neither approved nor rejected, and the Chief Technology Officer is told why" in seen
    assert step_in(ada, decision, "withdraw").headers["Location"] == page(decision)
    assert again(decision).status == Status.WITHDRAWN
    assert "is withdrawn" in text_of(ada.get(page(decision)))


def test_what_waits_for_a_role_is_taken_to_the_board_and_answered_there(ada: Visitor) -> None:
    decision = waits_for_the_ceo()
    went = step_in(ada, decision, "release")
    opened = Escalation.objects.get(decision=decision)
    assert went.headers["Location"] == page_of(opened)
    assert "the board says so" in text_of(ada.get(page_of(opened)))
    assert f"answer {opened.ref}" in text_of(ada.get(page(decision)))


def test_an_approval_is_revoked_and_the_page_says_what_comes_back(ada: Visitor) -> None:
    decision = propose("ceo", 900_000)
    allocate(decision, 300_000)
    seen = text_of(ada.get(page(decision)))
    assert "$600,000 of its budget goes back to the treasury. $300,000 is allocated already and stays so." in seen
    assert step_in(ada, decision, "revoke").status_code == 302
    seen = text_of(ada.get(page(decision)))
    assert "is revoked. $600,000 went back to the treasury." in seen
    assert "Put it before the board anew" in seen


def test_a_used_up_approval_stands(ada: Visitor) -> None:
    decision = propose("ceo", 900_000)
    allocate(decision, 900_000)
    assert "There is nothing to withdraw, revoke or override here." in text_of(ada.get(page(decision)))
    assert step_in(ada, decision, "revoke").status_code == 409


def test_what_was_rejected_is_put_before_the_board_anew(ada: Visitor) -> None:
    decision = propose("ceo", 5_000_000)
    answer(decision, BoardAnswer.REJECT)
    went = step_in(ada, decision, "override")
    opened = Escalation.objects.latest("opened_at")
    assert went.headers["Location"] == page_of(opened)
    assert f"overrides {decision.ref}, which is rejected." in text_of(ada.get(page_of(opened)))
    assert opened.decision.ref in text_of(ada.get(page(decision)))
    assert step_in(ada, decision, "override").status_code == 409


def test_an_open_vote_shows_whom_it_waits_for(ada: Visitor) -> None:
    assert "the Chief Technology Officer and the" in text_of(ada.get(page(put_to_vote())))


def test_without_a_reason_or_by_no_such_button_nothing_is_done(ada: Visitor) -> None:
    decision = waits_for_the_ceo()
    for deed, reason in (("withdraw", " "), ("burn", "x")):
        seen = step_in(ada, decision, deed, reason)
        assert seen.status_code == 400
        assert "Nothing was done" in text_of(seen)
    assert step_in(ada, decision, "revoke").status_code == 409
    assert again(decision).status == Status.PENDING


def test_what_was_typed_is_kept_when_the_password_is_asked_for(ada: Visitor) -> None:
    decision = waits_for_the_ceo()
    shift_clock(minutes=6)
    seen = step_in(ada, decision, "withdraw", "a long reason")
    assert seen.status_code == 403
    assert "a long reason" in text_of(seen)
    assert again(decision).status == Status.PENDING


def test_who_is_not_on_the_board_reads_and_does_nothing() -> None:
    auditor = board_member("auditor")
    auditor.groups.clear()
    auditor.groups.add(Group.objects.get(name="Auditor"))
    decision, visitor = waits_for_the_ceo(), Visitor(auditor)
    assert "Only active members of the board step in." in text_of(visitor.get(page(decision)))
    assert step_in(visitor, decision, "withdraw").status_code == 403
    assert again(decision).status == Status.PENDING
