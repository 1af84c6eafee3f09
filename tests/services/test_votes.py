"""Decisions by vote: who votes, what is sealed, when it closes, and that it creates no authority."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import MessageType, Mode, Status, VoteChoice
from org.errors import Refused
from org.models import AuditRecord, CharterVersion, Decision, DecisionVote, Escalation, LedgerAccount, Message
from org.models import OutboxEvent as Event
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.queries import votes as ballots
from org.services import decisions, overdue
from tests.people import VOTERS, acting, amend_charter, propose, publish_charter, put_to_vote, shift_clock, vote
from tests.roles.tools import use
from tests.services.database import execute, refused

APPROVE, REJECT, ABSTAIN = VoteChoice.APPROVE, VoteChoice.REJECT, VoteChoice.ABSTAIN
pytestmark = pytest.mark.django_db


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def closings(decision: Decision) -> int:
    return AuditRecord.objects.filter(subject=decision.ref, action="vote.closed").count()


# --- Opening ----------------------------------------------------------------------------------------------------------


def test_the_electorate_is_the_charters_roles_and_the_callers_without_the_initiator() -> None:
    decision = put_to_vote("cto", None, "architecture", ["chro", "product_manager", "chro", "cto"])
    assert decision.participants == ["chro", "product_manager", "senior_architect"]
    assert decision.waiting_on == decision.participants
    assert (decision.status, decision.awaiting_role) == (Status.PENDING, None)
    asked = Message.objects.filter(decision=decision, type=MessageType.REQUEST)
    assert sorted(asked.values_list("to_role", flat=True)) == decision.participants
    assert asked[0].ack_by == decision.due_at
    assert Event.objects.filter(channel="decisions:vote_required", payload__ref=decision.ref).count() == 1


def test_a_vote_opens_even_where_the_initiator_may_not_decide() -> None:
    assert put_to_vote("senior_developer", None, "architecture").mode == Mode.COLLABORATIVE


def test_the_charter_can_ask_for_a_vote_unasked() -> None:
    amend_charter(
        'decided_by = ["ceo", "chro"]\n', 'decided_by = ["ceo", "chro"]\nmodes = ["collaborative", "human"]\n'
    )
    assert propose("ceo", None, "policy", participants=VOTERS).mode == Mode.COLLABORATIVE


# --- Casting ----------------------------------------------------------------------------------------------------------


def test_votes_are_sealed_until_one_has_voted_oneself_or_it_is_over() -> None:
    decision = put_to_vote()
    vote(decision, "cto", REJECT, 0.3, "secret reason")
    assert lookup.votes(again(decision), "chro") == []
    assert lookup.votes(again(decision), "ceo") == []
    assert "secret reason" not in str(lookup.history(again(decision)))
    vote(decision, "chro")
    assert [row["role"] for row in lookup.votes(again(decision), "chro")] == ["cto", "chro"]
    for role in ("operations_head", "product_manager"):
        vote(decision, role)
    assert len(lookup.votes(again(decision), "ceo")) >= 3


def test_a_vote_can_be_changed_and_its_first_is_kept() -> None:
    decision = put_to_vote()
    vote(decision, "cto", REJECT, 0.3)
    vote(decision, "cto", APPROVE, 0.8)
    ballot = DecisionVote.objects.get(decision=decision)
    assert (ballot.first_vote, ballot.first_confidence, ballot.vote, ballot.confidence) == (REJECT, 0.3, APPROVE, 0.8)
    assert decision.waiting_on == ["chro", "operations_head", "product_manager"]


def test_who_has_voted_is_asked_no_more() -> None:
    decision = put_to_vote()
    vote(decision, "cto")
    assert not Message.objects.inbox("cto").needing_action().exists()
    assert Message.objects.inbox("chro").needing_action().exists()


def test_who_has_not_voted_is_offered_every_vote_and_who_has_none() -> None:
    decision = put_to_vote()
    vote(decision, "cto")
    for role, offered in (("chro", ["approve", "reject", "abstain"]), ("cto", []), ("test_lead", [])):
        actions = use(role, "get_decision", decision_id=decision.ref)["your_actions"]
        assert [each["arguments"]["vote"] for each in actions if each["tool"] == "cast_vote"] == offered
        assert [each["ref"] for each in use(role, "brief_me")["votes_due"]] == [decision.ref][: len(offered)]


@pytest.mark.parametrize("role", ["ceo", "test_lead"])
def test_nobody_else_votes_not_even_the_initiator(role: str) -> None:
    decision = put_to_vote()
    with pytest.raises(Refused) as refusal:
        vote(decision, role)
    assert refusal.value.rule == "not_in_electorate"
    outcome = f"wait_for {{id: {decision.ref}}} tells the outcome."
    assert f"send_message {{to: cto, subject, content}} tells what you think; {outcome}" in str(refusal.value)


def test_a_decision_without_a_vote_takes_none() -> None:
    with pytest.raises(Refused) as refusal:
        vote(propose("cto", 750_000, "budget_allocation"), "ceo")
    assert refusal.value.rule == "no_open_vote"


# --- Closing ----------------------------------------------------------------------------------------------------------


def test_it_closes_with_the_ballot_after_which_none_can_alter_it() -> None:
    decision = put_to_vote()
    vote(decision, "cto", confidence=1)
    assert not vote(decision, "chro", confidence=1).is_settled, "two of four are no quorum"
    settled = vote(decision, "operations_head", confidence=1)  # a sure rejection would leave three against one
    assert (settled.status, settled.decided_by, settled.due_at) == (Status.APPROVED, "ceo", None)
    assert settled.consensus_score == 1
    assert settled.outcome is not None
    assert settled.outcome["tally"]["approvals"] == 3
    assert closings(decision) == 1


def test_a_veto_rejects_at_once_and_a_change_after_it_is_refused() -> None:
    decision = put_to_vote("cto", None, "release", ["chro", "product_manager"])
    settled = vote(decision, "test_lead", REJECT, 0.1)
    assert (settled.status, settled.decided_by) == (Status.REJECTED, "electorate")
    with pytest.raises(Refused) as refusal:
        vote(decision, "test_lead", APPROVE, 1)
    assert refusal.value.rule == "already_settled"


def test_all_concerned_are_told_the_outcome() -> None:
    decision = put_to_vote("cto", None, "release", ["chro", "product_manager"])
    vote(decision, "test_lead", REJECT, 0.1)
    told = Message.objects.filter(decision=decision, type=MessageType.RESPONSE)
    assert sorted(told.values_list("to_role", flat=True)) == ["chro", "cto", "product_manager"]
    assert "vetoed" in told[0].content["rationale"]


def test_what_the_vote_leaves_undecided_goes_to_the_initiators_manager_with_its_tally() -> None:
    decision = put_to_vote("senior_developer", None, "architecture", ["cto", "chro", "product_manager"])
    for role, choice in (("cto", APPROVE), ("chro", REJECT), ("product_manager", APPROVE)):
        vote(decision, role, choice, 0.5)
    vote(decision, "senior_architect", REJECT, 0.5)
    left = again(decision)
    assert (left.mode, left.waiting_on, left.status) == (Mode.HIERARCHICAL, ["senior_architect"], Status.PENDING)
    letter = Message.objects.get(decision=decision, to_role="senior_architect", from_role="system")
    assert "tie" in letter.content["reason"]
    resolved = decisions.resolve(
        decision=decision.ref, approve=True, rationale="yes", by=acting("senior_architect"), clock=database_clock
    )
    assert resolved.status == Status.APPROVED


def test_at_the_deadline_silence_is_no_vote() -> None:
    decision = put_to_vote()
    vote(decision, "cto")
    shift_clock(hours=73)
    with pytest.raises(Refused) as refusal:
        vote(decision, "chro")
    assert refusal.value.rule == "vote_over"
    assert overdue.act(database_clock) == 1
    left = again(decision)
    assert (left.status, left.waiting_on) == (Status.ESCALATED, ["board"])
    assert "1 of 4 voted" in Escalation.objects.get(decision=decision).reason
    assert overdue.act(database_clock) == 0


def test_at_the_deadline_a_quorum_decides() -> None:
    decision = put_to_vote(deadline=database_clock() + timedelta(hours=1))
    for role in VOTERS[:3]:
        vote(decision, role, REJECT, 0.9) if role != "chro" else vote(decision, role, ABSTAIN, 0.9)
    shift_clock(minutes=61)
    overdue.act(database_clock)
    assert again(decision).status == Status.REJECTED


def test_a_vote_on_a_type_that_a_newer_charter_dropped_goes_up_and_holds_nothing_up() -> None:
    decision, other = put_to_vote(), put_to_vote("ceo", None, "policy")
    for role in VOTERS[:3]:
        vote(decision, role, REJECT if role == "chro" else APPROVE, 0.9)
    without = re.sub(r"\[types\.feature\]\n(.+\n)+", "", SHIPPED.read_text())
    publish_charter(without)
    shift_clock(hours=73)
    assert overdue.act(database_clock) == 2
    assert again(decision).waiting_on == ["board"]
    assert again(other).waiting_on == ["board"]
    assert "does not know" in Escalation.objects.get(decision=decision).reason


# --- No authority -----------------------------------------------------------------------------------------------------


def decide(decision: Decision, roles: tuple[str, ...] = VOTERS) -> Decision:
    for role in roles:
        if not again(decision).is_voting:
            break
        vote(decision, role, confidence=1)
    return again(decision)


@pytest.mark.parametrize(("amount", "status"), [(500_000, Status.APPROVED), (500_001, Status.ESCALATED)])
def test_a_vote_approves_up_to_the_largest_limit_among_those_who_approved(amount: int, status: Status) -> None:
    decision = decide(put_to_vote("ceo", amount, "strategic_initiative"))
    assert decision.status == status
    if status == Status.APPROVED:
        assert decision.decided_by == "cto"
        assert LedgerAccount.objects.get(decision=decision).balance_usd == amount
        standing = standings.of(CharterVersion.objects.in_force(), ["cto", "ceo"], "", database_clock())
        assert (standing.window("cto"), standing.window("ceo")) == (Decimal(amount), 0)


def test_a_limit_of_a_role_that_did_not_approve_lends_nothing() -> None:
    decision = put_to_vote("ceo", 450_000, "strategic_initiative")
    vote(decision, "cto", ABSTAIN)
    left = decide(decision, VOTERS[1:])
    assert (left.status, left.waiting_on) == (Status.ESCALATED, ["board"])


def test_friends_cannot_outvote_a_right_that_nobody_among_them_has() -> None:
    friends = ["product_manager", "test_lead", "senior_developer"]
    left = decide(put_to_vote("uiux_engineer", None, "other", friends), tuple(friends))
    assert (left.status, left.waiting_on) == (Status.ESCALATED, ["board"])
    assert "Nobody who approved decides other" in Escalation.objects.get(decision=left).reason


def test_votes_fill_the_window_of_the_role_that_carried_them() -> None:
    for number in range(5):
        assert decide(put_to_vote("ceo", 500_000, "strategic_initiative", title=f"Part {number}")).decided_by == "cto"
    sixth = decide(put_to_vote("ceo", 400_001, "strategic_initiative"))
    assert sixth.status == Status.ESCALATED
    seventh = decide(put_to_vote("ceo", 400_000, "strategic_initiative"))
    assert (seventh.status, seventh.decided_by) == (Status.APPROVED, "operations_head")


# --- Voices -----------------------------------------------------------------------------------------------------------


def by_client(role: str, pid: int) -> Actor:
    return acting(role, json.dumps({"pid": pid}))


def test_one_model_voting_as_many_looks_like_one() -> None:
    decision = put_to_vote()
    text = "I have looked at the whole plan and it is sound in every respect"
    for role in VOTERS[:3]:
        vote(decision, role, rationale=text, by=by_client(role, 7), confidence=0.6)
    heard = ballots.voices(decision)
    assert heard.clients == 1
    assert ("chro", "cto") in heard.alike
    vote(decision, "product_manager", rationale="No strong view.", by=by_client("product_manager", 8))
    assert ballots.voices(decision).clients == 2


def test_the_charter_can_ask_for_more_than_one_client() -> None:
    publish_charter(SHIPPED.read_text().replace("[types.feature]\n", "[types.feature]\nmin_clients = 2\n"))
    decision = put_to_vote()
    for role in VOTERS[:3]:
        vote(decision, role, by=by_client(role, 7), confidence=1)
    assert again(decision).is_voting, "another client may still vote"
    vote(decision, "product_manager", by=by_client("product_manager", 7))
    assert again(decision).waiting_on == ["board"]
    other = put_to_vote()
    for pid, role in enumerate(VOTERS):
        if again(other).is_voting:
            vote(other, role, by=by_client(role, pid), confidence=1)
    assert again(other).status == Status.APPROVED


# --- The database's own guards ----------------------------------------------------------------------------------------


def insert(decision: Decision, role: str, confidence: float = 0.5) -> None:
    now = database_clock()
    DecisionVote.objects.create(
        decision=decision,
        voter_role=role,
        vote=APPROVE,
        first_vote=APPROVE,
        confidence=confidence,
        first_confidence=confidence,
        first_voted_at=now,
        voted_at=now,
        **acting(role).cause,
    )


def test_a_role_votes_once_on_a_decision() -> None:
    decision = put_to_vote()
    insert(decision, "chro")
    with refused("one_a_role", IntegrityError):
        insert(decision, "chro")
    with refused("confidence_in_range", IntegrityError):
        insert(decision, "cto", 1.01)


@pytest.mark.parametrize("role", ["ceo", "test_lead"])
def test_the_database_takes_votes_of_the_electorate_only(role: str) -> None:
    decision = put_to_vote()
    with refused("only the electorate votes"):
        insert(decision, role)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decisions SET participants = '[\"ceo\"]' WHERE id = %s",
        "UPDATE decision_votes SET first_vote = 'reject' WHERE decision_id = %s",
        "UPDATE decision_votes SET voter_role = 'chro' WHERE decision_id = %s",
        "DELETE FROM decision_votes WHERE decision_id = %s",
    ],
)
def test_electorate_and_first_votes_never_change(change: str) -> None:
    decision = put_to_vote()
    vote(decision, "cto")
    with refused("Cannot "):
        execute(change, decision.pk)


def test_a_vote_never_approves_against_its_ballots() -> None:
    decision = put_to_vote()
    vote(decision, "cto", REJECT)
    with refused("more roles approved than rejected"):
        execute(
            "UPDATE decisions SET status = 'approved', due_at = NULL, completed_at = now(), outcome = '{}',"
            " decided_by = 'cto' WHERE id = %s",
            decision.pk,
        )
