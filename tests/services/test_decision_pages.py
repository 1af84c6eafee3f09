"""A decision's page: from there a member withdraws it, takes it to the board, revokes or overrides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.roles import answers
from org import audit
from org.actors import Actor
from org.acts import Act
from org.clock import database_clock
from org.enums import BoardAnswer, Status
from org.models import AuditRecord, CharterVersion, Decision, Escalation
from org.queries import progress
from org.services import budgets, decisions
from tests.people import PASSWORD, acting, answer, board_member, page_of, propose, put_to_vote, shift_clock
from tests.services import boardroom
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


def put_anew(visitor: Visitor) -> Escalation:
    old = propose("ceo", 5_000_000, title="Lab")
    answer(old, BoardAnswer.REJECT)
    assert step_in(visitor, old, "override").status_code == 302
    return Escalation.objects.get(decision__overrides=old)


def test_an_override_is_asked_by_its_member_for_the_role_whose_matter_it_is(ada: Visitor) -> None:
    matter, bob = put_anew(ada), Visitor(board_member("bob"))
    seen = text_of(bob.get(page_of(matter)))
    asks = "ada, a member of the board, asks it to approve a strategic initiative that the "
    assert f"{asks}Chief Executive Officer asked for." in seen
    assert "Officer asks the board" not in seen
    assert "becomes budget, and the Chief Executive Officer is told at once" in seen
    assert "ada, for the Chief Executive Officer" in text_of(bob.get("/admin/org/escalation/"))


def test_an_override_is_approved_or_rejected_and_no_role_is_asked_to_revise_it(ada: Visitor) -> None:
    matter = put_anew(ada)
    assert "Request revision" not in ada.read(page_of(matter))
    seen = ada.answers(matter, "request_revision", "smaller")
    assert seen.status_code == 409
    says = "no role revises it. Nothing was done. Approve it, or reject it and say what to ask for instead."
    assert says in text_of(seen)
    assert boardroom.status_of(matter) == "open"
    assert ada.answers(matter, "reject", "smaller").status_code == 302


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


@pytest.mark.parametrize("deed", ["withdraw", "release", "revoke", "override"])
def test_every_way_to_step_in_asks_for_proof_again_after_five_minutes(ada: Visitor, deed: str) -> None:
    decision = propose("ceo", 900_000) if deed == "revoke" else waits_for_the_ceo()
    if deed == "override":
        decisions.resolve(decision=decision.ref, approve=False, rationale="no", by=acting("ceo"), clock=database_clock)
    before = AuditRecord.objects.count()
    shift_clock(minutes=6)
    seen = step_in(ada, decision, deed)
    assert seen.status_code == 403
    assert "You typed your password over five minutes ago. Nothing was done." in text_of(seen)
    assert AuditRecord.objects.count() == before
    form = {"deed": deed, "reason": "the board says so", "password": PASSWORD}
    assert ada.post(page(decision), form).status_code == 302


def test_an_approval_that_was_not_used_in_time_is_nowhere_called_one(ada: Visitor) -> None:
    decision = propose("cto", None, "architecture")
    assert "Approved" in text_of(ada.get(page(decision)))
    seen = text_of(ada.get(page(decision)))
    assert "Revoke the approval" in seen
    assert "Waits for: nobody Before the board: never" in seen
    shift_clock(days=31)
    ada = Visitor(ada.member)
    seen = text_of(ada.get(page(decision)))
    assert "Approved, not used in time" in seen
    assert "Revoke the approval" not in seen
    assert "Put it before the board anew" in seen
    assert "Approved, not used in time" in text_of(ada.get("/admin/org/decision/"))
    refusal = step_in(ada, decision, "revoke")
    assert refusal.status_code == 409
    assert "was not used in time and holds no more" in text_of(refusal)
    says = "was not used in time; it holds no more."
    assert answers.about(decision, acting("cto"), CharterVersion.objects.in_force())["say"].endswith(says)
    assert progress.of("cto", decision.ref).says.endswith(says)


def test_an_approval_of_the_board_that_holds_no_more_is_told_on_its_card(ada: Visitor) -> None:
    large, idle = propose("ceo", 5_000_000), propose("ceo", None, "other")
    for decision in (large, idle):
        answer(decision, BoardAnswer.APPROVE)
    revoked, lapsing = (page_of(Escalation.objects.get(decision=decision)) for decision in (large, idle))
    assert "The board approved it." in text_of(ada.get(lapsing))
    step_in(ada, large, "revoke")
    assert "It is revoked since." in text_of(ada.get(revoked))
    assert "holds no more" not in text_of(ada.get(lapsing))
    shift_clock(days=31)
    assert "It was not used in time, and holds no more." in text_of(Visitor(ada.member).get(lapsing))


def test_the_record_says_who_took_a_matter_to_the_board(ada: Visitor) -> None:
    decision = waits_for_the_ceo()
    step_in(ada, decision, "release", "too long asleep")
    opened = Escalation.objects.get(decision=decision)
    for seen in (text_of(ada.get(page(decision))), text_of(ada.get(page_of(opened)))):
        assert f"ada took {decision.ref} to the board as {opened.ref}, normal urgency." in seen
        assert "too long asleep" in seen


def test_a_matter_that_begins_anew_was_taken_to_the_board_once(ada: Visitor) -> None:
    """It keeps the rule of the first time, and the member who answered is its author."""
    grace = board_member("grace")
    decision = put_to_vote("ceo", 12_000_000, "strategic_initiative", title="Hall")
    step_in(ada, decision, "release")
    first = Escalation.objects.get(decision=decision)
    boardroom.answer(first, ada.member)
    propose("ceo", 400_000, title="Hall")
    second = boardroom.answer(first, grace)
    seen = text_of(ada.get(page(decision)))
    assert f"ada took {decision.ref} to the board as {first.ref}" in seen
    assert f"{decision.ref} went to the board as {second.ref}" in seen


def test_what_the_page_has_no_words_for_is_told_with_its_reason(ada: Visitor) -> None:
    decision = waits_for_the_ceo()
    act = Act.begin(acting("ceo"), database_clock)
    audit.note(act, "decision.postponed", decision.ref, reason="the fair is in May")
    seen = text_of(ada.get(page(decision)))
    assert f"decision postponed {decision.ref}." in seen
    assert "the fair is in May" in seen


def test_a_history_asks_once_for_the_people_in_it(ada: Visitor) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as statements:
            ada.read(page(decision))
        return len(statements)

    decision = waits_for_the_ceo()
    few = asked()
    for number in range(6):
        member = Actor.member(board_member(f"member {number}"))
        audit.note(Act.begin(member, database_clock), "decision.discussed", decision.ref)
    assert asked() <= few


def test_who_is_not_on_the_board_reads_and_does_nothing() -> None:
    auditor = board_member("auditor")
    auditor.groups.clear()
    auditor.groups.add(Group.objects.get(name="Auditor"))
    decision, visitor = waits_for_the_ceo(), Visitor(auditor)
    assert "Only active members of the board step in." in text_of(visitor.get(page(decision)))
    assert step_in(visitor, decision, "withdraw").status_code == 403
    assert again(decision).status == Status.PENDING
