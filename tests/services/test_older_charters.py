"""Records name roles and types of the charter they were made under; the charter in force may know them no more."""

from __future__ import annotations

import re

import pytest

from agents.roles import answers, briefing, correspondence
from agents.roles.decisions import check_authority, get_decision
from org.admin import cards
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import BOARD, BoardAnswer, EscalationStatus, Mode, Status
from org.errors import NotFound, Refused
from org.models import CharterVersion, Decision, Escalation
from org.queries import brief, health, progress
from org.services import board, decisions
from tests.people import acting, amend_charter, answer, board_member, drop_role, propose, publish_charter

pytestmark = pytest.mark.django_db


def drop_type(name: str) -> None:
    """A charter that knows the type no more."""
    text, count = re.subn(rf"\[types\.{name}\]\n(\w+ = .*\n)+", "", SHIPPED.read_text())
    assert count == 1
    publish_charter(text)


def resolve(role: str, decision: Decision, *, approve: bool = True) -> Decision:
    return decisions.resolve(
        decision=decision.ref, approve=approve, rationale="I looked", by=acting(role), clock=database_clock
    )


def escalate(role: str, decision: Decision) -> str:
    return decisions.escalate(decision=decision.ref, reason="on", by=acting(role), clock=database_clock)[1]


def withdraw(role: str, decision: Decision) -> Decision:
    return decisions.withdraw(decision=decision.ref, reason="no", by=acting(role), clock=database_clock)


def read_all(role: str, decision: Decision) -> None:
    """Everything a role can ask about a decision, and a member can see of it."""
    by = acting(role)
    assert get_decision.run(by, decision.ref).ref == decision.ref
    assert briefing.brief_me.run(by).role == role
    assert decision.ref in progress.of(role, decision.ref).says
    correspondence.read_inbox.run(by)
    health.review(None, "ceo", database_clock())
    for escalation in decision.escalations.all():
        assert cards.of(escalation, board_member(), database_clock()).title == decision.title


def test_nobody_approves_a_type_the_charter_dropped() -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    drop_type("budget_allocation")
    read_all("ceo", decision)
    newest = CharterVersion.objects.in_force().version
    with pytest.raises(Refused, match=f"type budget_allocation, which charter {newest} does not know") as refusal:
        resolve("ceo", decision)
    assert refusal.value.rule == "unknown_type"
    offered = get_decision.run(acting("ceo"), decision.ref).your_actions
    assert [a.arguments.get("approve") for a in offered if a.tool == "resolve_decision"] == [False]
    assert resolve("ceo", decision, approve=False).status == Status.REJECTED


def test_the_board_rejects_but_does_not_approve_a_type_the_charter_dropped() -> None:
    decision = propose("ceo", 5_000_000)
    drop_type("strategic_initiative")
    read_all("ceo", decision)
    card = cards.of(Escalation.objects.get(decision=decision), board_member(), database_clock())
    assert "does not know this type" in card.approve.obstacle
    with pytest.raises(Refused, match="Nothing was done") as refusal:
        answer(decision, BoardAnswer.APPROVE)
    assert refusal.value.rule == "unknown_type"
    assert answer(decision, BoardAnswer.REJECT).status == EscalationStatus.REJECTED


def without_money(name: str) -> None:
    """A charter in which decisions of the type carry no amount any more."""
    text, count = re.subn(rf"(\[types\.{name}\]\n(?:\w+ = \[.*\n)+)(\w+ = true\n)+", r"\1", SHIPPED.read_text())
    assert count == 1
    publish_charter(text)


def test_nobody_approves_an_amount_that_the_charter_in_force_does_not_judge() -> None:
    decision = propose("cto", 999_000_000, "vendor_contract", mode=Mode.HIERARCHICAL)
    small = propose("senior_developer", 500, "hiring")
    assert small.waiting_on == ["ceo"]
    board_has_it = Escalation.objects.get(decision=decision)
    without_money("vendor_contract")
    read_all("ceo", decision)
    with pytest.raises(Refused, match="has an amount, which charter") as refusal:
        answer(decision, BoardAnswer.APPROVE)
    assert refusal.value.rule == "other_money"
    assert "does not know this type as" in cards.of(board_has_it, board_member(), database_clock()).approve.obstacle
    assert answer(decision, BoardAnswer.REJECT).status == EscalationStatus.REJECTED
    without_money("hiring")
    with pytest.raises(Refused, match="has an amount"):
        resolve("ceo", small)
    offered = get_decision.run(acting("ceo"), small.ref).your_actions
    assert [a.arguments.get("approve") for a in offered if a.tool == "resolve_decision"] == [False]


def test_nobody_approves_without_the_amount_that_the_charter_asks_for_by_now() -> None:
    decision = propose("senior_developer", None, "architecture")
    amend_charter("[types.architecture]\n", "[types.architecture]\nmoney = true\n")
    with pytest.raises(Refused, match="has no amount, which charter"):
        resolve("senior_architect", decision)
    assert resolve("senior_architect", decision, approve=False).status == Status.REJECTED


def test_what_the_board_sent_back_of_a_dropped_type_can_be_withdrawn_and_not_revised() -> None:
    decision = propose("ceo", 5_000_000)
    answer(decision, BoardAnswer.REQUEST_REVISION)
    drop_type("strategic_initiative")
    offered = {action.tool for action in get_decision.run(acting("ceo"), decision.ref).your_actions}
    assert offered == {"escalate_to_board", "withdraw_decision"}
    with pytest.raises(NotFound, match="strategic_initiative"):
        propose("ceo", 1, revises=decision.ref)
    assert withdraw("ceo", decision).status == Status.WITHDRAWN


def test_a_dropped_type_is_raised_as_any_other() -> None:
    decision = propose("senior_developer", 400_000, "hiring")
    drop_type("hiring")
    assert escalate("senior_developer", decision) == BOARD
    read_all("senior_developer", decision)


def test_a_dropped_role_is_shown_by_its_bare_name() -> None:
    decision = propose("uiux_engineer", None, "feature")
    drop_role("uiux_engineer", "product_manager")
    read_all("uiux_engineer", decision)
    assert resolve("product_manager", decision).status == Status.APPROVED
    charter = CharterVersion.objects.in_force()
    assert "uiux_engineer" in answers.say(
        propose("ceo", None, "other", title="uiux_engineer"), charter, None, ["board"]
    )
    assert charter.title("uiux_engineer") == "uiux_engineer"


def test_a_dropped_role_has_no_authority_left() -> None:
    waiting = propose("senior_developer", None, "release")
    assert waiting.waiting_on == ["cto"]
    mine = propose("test_lead", None, "policy")
    drop_role("test_lead", "cto")
    in_force = CharterVersion.objects.in_force()
    with pytest.raises(Refused, match=f"Charter {in_force.version} has no role test_lead") as refusal:
        propose("test_lead", None, "release")
    assert refusal.value.rule == "unknown_role"
    with pytest.raises(Refused, match="has no role test_lead"):
        check_authority.run(acting("test_lead"), "release")
    assert brief.limits(in_force, "test_lead", database_clock()) == []
    assert withdraw("test_lead", mine).status == Status.WITHDRAWN


def test_what_waits_on_a_dropped_role_goes_up_the_initiators_line() -> None:
    decision = propose("senior_developer", None, "architecture")
    assert decision.waiting_on == ["senior_architect"]
    drop_role("senior_architect", "cto")
    read_all("senior_developer", decision)
    with pytest.raises(Refused, match="no role senior_architect"):
        resolve("senior_architect", decision)
    assert escalate("senior_developer", decision) == "cto"
    assert resolve("cto", decision).status == Status.APPROVED


def test_what_a_dropped_role_put_before_the_board_is_answered() -> None:
    decision = propose("uiux_engineer", None, "other")
    drop_role("uiux_engineer", "product_manager")
    escalation = Escalation.objects.get(decision=decision)
    assert "Uiux engineer asks the board" in cards.of(escalation, board_member(), database_clock()).sentence
    now_shown = board.shown_hash(escalation, CharterVersion.objects.in_force(), database_clock())
    assert len(now_shown) == 64
    assert answer(decision, BoardAnswer.APPROVE).status == EscalationStatus.APPROVED
