"""Up the reporting line and back: handing up, resolving, raising, the board."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents.roles.ceo import escalate_to_board
from agents.roles.decisions import escalate_decision
from org import events
from org.clock import database_clock
from org.enums import EscalationStatus, MessageType, Mode, Status, Urgency
from org.errors import NotFound, Refused
from org.models import AuditRecord, Decision, Escalation, LedgerEntry, Message, OutboxEvent
from org.services import decisions
from tests.people import acting, amend_charter, propose, request_revision

pytestmark = pytest.mark.django_db


def resolve(role: str, decision: Decision, approve: bool = True) -> Decision:
    return decisions.resolve(
        decision=decision.ref, approve=approve, rationale="I looked", by=acting(role), clock=database_clock
    )


def escalate(role: str, decision: Decision, **given: Any) -> tuple[Decision, str]:
    return decisions.escalate(
        decision=decision.ref, reason="too big for us", by=acting(role), clock=database_clock, **given
    )[:2]


@pytest.mark.parametrize(
    ("role", "amount", "decision_type", "given", "decider"),
    [
        ("cto", 750_000, "budget_allocation", {}, "ceo"),
        ("senior_developer", 500_000, "budget_allocation", {}, "cto"),
        ("senior_developer", 500_001, "budget_allocation", {}, "ceo"),
        ("senior_developer", None, "architecture", {}, "senior_architect"),
        ("uiux_engineer", None, "feature", {}, "product_manager"),
        ("cto", 100, "budget_allocation", {"confidence": 0.5}, "ceo"),
        ("product_manager", None, "feature", {"confidence": 0.74}, "ceo"),
        ("cto", 100, "budget_allocation", {"mode": Mode.HIERARCHICAL}, "ceo"),
    ],
)
def test_a_decision_climbs_to_the_first_role_that_covers_it(
    role: str, amount: int | None, decision_type: str, given: dict[str, Any], decider: str
) -> None:
    decision = propose(role, amount, decision_type, **given)
    assert (decision.status, decision.mode, decision.waiting_on) == (Status.PENDING, Mode.HIERARCHICAL, [decider])
    letter = Message.objects.get(decision=decision)
    assert (letter.from_role, letter.to_role, letter.type) == (role, decider, MessageType.REQUEST)
    assert letter.content["answer_with"]["arguments"] == {"decision_id": decision.ref}


def test_a_stricter_mode_goes_straight_to_the_board() -> None:
    decision = propose("cto", 100, "budget_allocation", mode=Mode.HUMAN)
    assert (decision.status, decision.mode, decision.waiting_on) == (Status.ESCALATED, Mode.HUMAN, ["board"])


def test_a_manager_resolves_within_its_own_authority() -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    settled = resolve("ceo", decision)
    assert (settled.status, settled.decided_by, settled.mode) == (Status.APPROVED, "ceo", Mode.HIERARCHICAL)
    assert LedgerEntry.objects.get(decision=decision).amount_usd == Decimal(750_000)
    answer = Message.objects.get(to_role="cto")
    assert (answer.from_role, answer.type, answer.content["status"]) == ("ceo", MessageType.RESPONSE, "approved")
    assert answer.content["rationale"] == "I looked"
    assert not Message.objects.inbox("ceo").needing_action().exists()


def test_a_manager_rejects_whatever_the_amount() -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1")
    decision = propose("cto", 750_000, "budget_allocation")
    propose("ceo", 1_000_000)  # the CEO's window is full now
    assert resolve("ceo", decision, approve=False).status == Status.REJECTED
    assert not LedgerEntry.objects.filter(decision=decision).exists()


def test_an_approval_counts_in_the_approvers_window_only() -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1")
    resolve("ceo", propose("cto", 750_000, "budget_allocation"))
    assert propose("ceo", 250_001).ruling["window_used_usd"] == 750_000
    assert propose("cto", 500_000, "budget_allocation").status == Status.APPROVED


def test_what_has_outgrown_the_resolver_goes_further_up() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation", initiative="Tools")
    assert decision.waiting_on == ["cto"]
    propose("cto", 200_000, "budget_allocation", initiative="tools")
    passed_on = resolve("cto", decision)
    assert (passed_on.status, passed_on.waiting_on) == (Status.PENDING, ["ceo"])
    assert not Message.objects.inbox("cto").needing_action().exists()
    assert Message.objects.inbox("ceo").needing_action().get().decision == decision
    assert resolve("ceo", decision).decided_by == "ceo"


def test_what_has_outgrown_everybody_goes_to_the_board() -> None:
    decision = propose("cto", 750_000, "budget_allocation", initiative="Lab")
    propose("ceo", 900_000, initiative="LAB")
    passed_on = resolve("ceo", decision)
    assert (passed_on.status, passed_on.mode, passed_on.waiting_on) == (Status.ESCALATED, Mode.HUMAN, ["board"])
    escalation = Escalation.objects.get(decision=decision)
    assert (escalation.ruling["rule"], escalation.ruling["used_usd"]) == ("over_initiative", 900_000)
    assert escalation.raised_by == "ceo"


def test_where_the_charter_wants_a_manager_the_manager_decides() -> None:
    amend_charter("[types.vendor_contract]", '[types.vendor_contract]\nmodes = ["hierarchical", "human"]')
    decision = propose("operations_head", 1_000, "vendor_contract")
    assert decision.waiting_on == ["ceo"]
    settled = resolve("ceo", decision)
    assert (settled.status, settled.decided_by) == (Status.APPROVED, "ceo")


def test_who_is_not_waited_on_resolves_nothing() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation")
    for meddler in ("chro", "senior_architect", "senior_developer", "ceo"):
        with pytest.raises(Refused) as refusal:
            resolve(meddler, decision)
        assert refusal.value.rule == "not_waiting_on_you"
        assert "waits on cto" in str(refusal.value)
    decision.refresh_from_db()
    assert decision.waiting_on == ["cto"]


def test_no_role_resolves_what_the_board_has() -> None:
    decision = propose("ceo", 5_000_000)
    for role in ("ceo", "cto"):
        with pytest.raises(Refused, match="waits on board"):
            resolve(role, decision)


def test_an_unknown_decision_cannot_be_resolved() -> None:
    with pytest.raises(NotFound):
        decisions.resolve(decision="D-999999", approve=True, rationale="x", by=acting("ceo"), clock=database_clock)


def test_raising_goes_one_step_up() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation")
    raised, to = escalate("senior_developer", decision)
    assert (to, raised.waiting_on, raised.status) == ("ceo", ["ceo"], Status.PENDING)
    assert not Message.objects.inbox("cto").needing_action().exists()
    raised, to = escalate("ceo", decision, urgency=Urgency.CRITICAL)
    assert (to, raised.waiting_on, raised.mode) == ("board", ["board"], Mode.HUMAN)
    assert Escalation.objects.get(decision=decision).urgency == Urgency.CRITICAL


def hours_given(decision: Decision) -> tuple[str, float]:
    """The urgency with which the board has a decision, and the hours it has for it."""
    escalation = Escalation.objects.get(decision=decision)
    return escalation.urgency, (escalation.deadline_at - escalation.opened_at).total_seconds() / 3600


def test_what_is_passed_on_keeps_its_urgency_up_to_the_board() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation", initiative="Lab", urgency=Urgency.CRITICAL)
    propose("ceo", 200_000, initiative="Lab")
    assert resolve("cto", decision).waiting_on == ["ceo"]
    propose("ceo", 700_000, initiative="Lab")
    assert {letter.priority for letter in Message.objects.filter(decision=decision)} == {Urgency.CRITICAL}
    assert resolve("ceo", decision).waiting_on == ["board"]
    assert hours_given(decision) == (Urgency.CRITICAL, 4)


@pytest.mark.parametrize(
    ("proposed", "raised", "has"),
    [
        (Urgency.NORMAL, Urgency.CRITICAL, Urgency.CRITICAL),
        (Urgency.CRITICAL, Urgency.NORMAL, Urgency.CRITICAL),
        (Urgency.HIGH, Urgency.LOW, Urgency.HIGH),
        (Urgency.LOW, Urgency.HIGH, Urgency.HIGH),
    ],
)
def test_raising_makes_a_decision_more_urgent_and_never_less(proposed: Urgency, raised: Urgency, has: Urgency) -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation", urgency=proposed)
    escalate("senior_developer", decision, urgency=raised)
    assert Message.objects.inbox("ceo").get().priority == has
    escalate("ceo", decision, urgency=Urgency.LOW)
    assert Decision.objects.get(pk=decision.pk).urgency == hours_given(decision)[0] == has


def test_raising_what_the_board_has_changes_nothing() -> None:
    decision = propose("ceo", 5_000_000)
    before = AuditRecord.objects.count()
    assert escalate("ceo", decision, to_board=True)[1] == "board"
    assert Escalation.objects.filter(decision=decision).count() == 1
    assert AuditRecord.objects.count() == before


@pytest.mark.parametrize(("urgency", "hours"), [(Urgency.HIGH, 24), (Urgency.CRITICAL, 4)])
def test_what_the_board_has_is_made_more_urgent_and_due_sooner(urgency: Urgency, hours: int) -> None:
    decision = propose("ceo", 5_000_000)
    shown = Escalation.objects.get(decision=decision).shown_hash
    told = escalate_to_board.call(acting("ceo"), {"decision_id": decision.ref, "urgency": urgency})
    matter = Escalation.objects.get(decision=decision)
    assert told["say"].endswith(f"as {matter.ref}; its urgency is raised from normal to {urgency}.")
    assert told["deadline"] == matter.deadline_at.isoformat()
    assert (matter.urgency, round(hours_given(decision)[1]), matter.shown_hash) == (urgency, hours, shown)
    assert Decision.objects.get(pk=decision.pk).urgency == urgency
    record = AuditRecord.objects.get(action="escalation.urgency_raised", subject=matter.ref)
    assert (record.data["was"], record.data["urgency"], record.data["decision"]) == ("normal", urgency, decision.ref)
    told_twice = OutboxEvent.objects.filter(channel=events.DECISIONS_ESCALATED).order_by("-id")[0]
    assert told_twice.payload["urgency"] == urgency


def test_more_urgency_never_gives_the_board_more_time() -> None:
    decision = propose("ceo", 5_000_000)
    soon = database_clock() + timedelta(hours=1)
    Escalation.objects.filter(decision=decision).update(deadline_at=soon)
    escalate("ceo", decision, urgency=Urgency.CRITICAL)
    assert Escalation.objects.get(decision=decision).deadline_at == soon


@pytest.mark.parametrize("urgency", [Urgency.LOW, Urgency.HIGH])
def test_no_more_urgency_leaves_what_the_board_has_as_it_is(urgency: Urgency) -> None:
    decision = propose("cto", 2_000_000, "budget_allocation", urgency=Urgency.HIGH)
    before = Escalation.objects.values().get(decision=decision), AuditRecord.objects.count()
    given = {"decision_id": decision.ref, "urgency": urgency, "reason": "again"}
    told = escalate_decision.call(acting("cto"), given)
    assert told["say"].endswith("; its urgency stays high.")
    assert (Escalation.objects.values().get(decision=decision), AuditRecord.objects.count()) == before


def test_the_ceo_raises_straight_to_the_board() -> None:
    decision = propose("senior_developer", None, "architecture")
    raised, to = escalate("ceo", decision, to_board=True)
    assert (to, raised.waiting_on) == ("board", ["board"])
    ruling = Escalation.objects.get(decision=decision).ruling
    assert (ruling["rule"], ruling["says"]) == ("raised", "The Chief Executive Officer raised it: “too big for us”")


def test_who_is_not_concerned_raises_nothing() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation")
    for stranger in ("chro", "test_lead", "product_manager"):
        with pytest.raises(Refused) as refusal:
            escalate(stranger, decision)
        assert refusal.value.rule == "not_concerned"
    assert escalate("senior_architect", decision)[1] == "ceo"


def test_a_revision_asked_for_waits_on_the_initiator_alone() -> None:
    decision = propose("cto", 2_000_000, "budget_allocation")
    request_revision(decision)
    decision.refresh_from_db()
    assert (decision.status, decision.mode, decision.waiting_on) == (Status.PENDING, Mode.HUMAN, ["cto"])
    with pytest.raises(Refused) as refusal:
        resolve("cto", decision)
    assert refusal.value.rule == "own_request"
    with pytest.raises(Refused, match="waits on cto"):
        resolve("ceo", decision)


def test_what_the_board_sent_back_is_raised_to_the_board_again() -> None:
    decision = propose("cto", 2_000_000, "budget_allocation")
    request_revision(decision)
    raised, to = escalate("cto", decision)
    assert (to, raised.mode, raised.waiting_on) == ("board", Mode.HUMAN, ["board"])
    statuses = Escalation.objects.filter(decision=decision).order_by("opened_at").values_list("status", flat=True)
    assert list(statuses) == [EscalationStatus.REVISION_REQUESTED, EscalationStatus.OPEN]
