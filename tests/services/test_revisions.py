"""Taking back and replacing what is not settled yet."""

from typing import Any

import pytest

from agents.roles.decisions import get_decision, propose_decision
from org.clock import database_clock
from org.enums import BoardAnswer, EscalationStatus, Status
from org.errors import InvalidInput, Refused
from org.models import Decision, Escalation, Message
from org.services import decisions
from tests.people import acting, answer, propose, request_revision

pytestmark = pytest.mark.django_db


def withdraw(role: str, decision: Decision) -> Decision:
    return decisions.withdraw(decision=decision.ref, reason="not needed", by=acting(role), clock=database_clock)


def test_the_initiator_withdraws_what_is_unsettled() -> None:
    decision = withdraw("cto", propose("cto", 600_000, "budget_allocation"))
    assert (decision.status, decision.decided_by) == (Status.WITHDRAWN, "cto")
    assert decision.outcome is not None
    assert decision.outcome["approved"] is False
    assert not Message.objects.inbox("ceo").needing_action().exists()
    told = Message.objects.inbox("ceo").order_by("-position")[0]
    assert told.content == {"decision": decision.ref, "status": "withdrawn", "reason": "not needed"}


def test_withdrawing_closes_the_escalation() -> None:
    decision = withdraw("ceo", propose("ceo", 5_000_000))
    assert Escalation.objects.get(decision=decision).status == EscalationStatus.WITHDRAWN


@pytest.mark.parametrize("stranger", ["ceo", "chro", "senior_architect"])
def test_only_the_initiator_withdraws(stranger: str) -> None:
    decision = propose("cto", 600_000, "budget_allocation")
    with pytest.raises(Refused) as refusal:
        withdraw(stranger, decision)
    assert refusal.value.rule == "not_yours"
    decision.refresh_from_db()
    assert decision.status == Status.PENDING


def test_a_revision_replaces_what_it_names() -> None:
    old = propose("ceo", 5_000_000, title="Region")
    new = propose("ceo", 900_000, title="Region", revises=old.ref)
    old.refresh_from_db()
    assert (old.status, new.status, new.revises) == (Status.WITHDRAWN, Status.APPROVED, old)
    assert old.outcome is not None
    assert old.outcome["rationale"] == f"Revised by {new.ref}."
    assert Escalation.objects.get(decision=old).status == EscalationStatus.WITHDRAWN


def test_a_revision_the_board_asked_for_goes_back_to_the_board() -> None:
    old = propose("ceo", 5_000_000, title="Region")
    request_revision(old)
    request = Message.objects.inbox("ceo").needing_action().get()
    assert request.from_role == "board"
    new = propose("ceo", 4_000_000, title="Region", revises=old.ref)
    assert (new.status, new.waiting_on) == (Status.ESCALATED, ["board"])
    answer(new, BoardAnswer.APPROVE)
    assert not Message.objects.inbox("ceo").needing_action().exists()
    assert Decision.objects.get(pk=new.pk).status == Status.APPROVED


@pytest.mark.parametrize(
    ("role", "amount", "decision_type", "given"),
    [
        ("ceo", 5_000_000, "strategic_initiative", {"initiative": "Region", "confidential": True}),
        ("senior_developer", None, "other", {}),
    ],
)
def test_a_request_to_revise_holds_a_call_that_can_be_sent(
    role: str, amount: int | None, decision_type: str, given: dict[str, Any]
) -> None:
    old = propose(role, amount, decision_type, **given)
    request_revision(old)
    order = Message.objects.inbox(role).needing_action().get().content["answer_with"]
    offered = get_decision.run(acting(role), old.ref).your_actions
    assert order in [action.model_dump() for action in offered]
    assert order["tool"] == "propose_decision"
    told = propose_decision.call(acting(role), order["arguments"])
    new = Decision.objects.get(pk=told["decision_id"])
    assert (new.revises, new.title, new.amount_usd) == (old, old.title, old.amount_usd)
    assert (new.initiative_key, new.confidential) == (old.initiative_key, old.confidential)


@pytest.mark.parametrize("thief", ["ceo", "chro"])
def test_nobody_revises_anothers_decision(thief: str) -> None:
    old = propose("cto", 600_000, "budget_allocation")
    with pytest.raises(InvalidInput) as fault:
        propose(thief, 1, "budget_allocation", revises=old.ref)
    assert fault.value.field == "revises"
    assert "a role revises only its own" in str(fault.value)
    assert Decision.objects.count() == 1


def test_what_is_settled_is_not_revised() -> None:
    settled = propose("ceo", 750_000)
    with pytest.raises(InvalidInput) as fault:
        propose("ceo", 1, revises=settled.ref)
    assert (fault.value.field, "settles only once" in str(fault.value)) == ("revises", True)
    assert Decision.objects.count() == 1


def test_a_decision_is_revised_once() -> None:
    old = propose("ceo", 5_000_000)
    propose("ceo", 4_000_000, revises=old.ref)
    with pytest.raises(InvalidInput):
        propose("ceo", 3_000_000, revises=old.ref)


def test_an_approval_withdrawn_by_nobody_stays_in_the_window() -> None:
    """Withdrawing never refunds: what is approved cannot be withdrawn, what is withdrawn was never counted."""
    approved = propose("ceo", 1_000_000)
    with pytest.raises(Refused):
        withdraw("ceo", approved)
    withdraw("ceo", propose("ceo", 2_000_000))
    assert propose("ceo", 1).ruling["window_used_usd"] == 1_000_000
