"""What goes up is told: to who asked, to who had it, and with how the vote went that was taken on it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.roles.answers import about
from agents.roles.decisions import get_decision
from org.actors import Actor
from org.acts import charter_of
from org.clock import database_clock
from org.enums import Status, Urgency, VoteChoice
from org.models import Decision, Message
from org.models import OutboxEvent as Event
from org.queries import progress
from org.services import decisions, overdue
from tests.people import acting, board_member, propose, put_to_vote, shift_clock, vote
from tests.services.boardroom import Visitor, text_of
from tests.services.database import signed_in_as

pytestmark = pytest.mark.django_db
REJECT = VoteChoice.REJECT


def told(role: str, decision: Decision) -> list[str]:
    rows = Message.objects.filter(to_role=role, from_role="system", type="notification", decision=decision)
    return [row.subject.partition(":")[0] for row in rows.order_by("position")]


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def tied() -> Decision:
    """A vote of two against two, which the initiator's manager decides."""
    decision = put_to_vote("uiux_engineer")
    for role in ("cto", "chro"):
        vote(decision, role, rationale=f"the {role} likes it")
    for role in ("operations_head", "product_manager"):
        vote(decision, role, REJECT, rationale="no <b>money</b> for this")
    return again(decision)


def test_who_stayed_silent_and_who_asked_are_told_that_it_went_up() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation", urgency=Urgency.HIGH)
    assert again(decision).awaiting_role == "cto"
    shift_clock(hours=25)
    assert overdue.act(database_clock) == 1
    up = f"{decision.ref} is with the Chief Executive Officer now"
    assert [told(role, decision) for role in ("senior_developer", "cto", "ceo")] == [[up], [up], []]
    asked = Message.objects.get(to_role="cto", type="request", decision=decision)
    assert (asked.state, asked.acknowledge_note) == ("settled", "")
    assert progress.of("senior_developer", asked.ref).says.endswith(
        "settled by what others did, acknowledged by nobody."
    )
    letter = Message.objects.get(to_role="senior_developer", from_role="system")
    assert letter.content["reason"] == "The Chief Technology Officer did not answer in time."


def test_who_takes_it_further_up_is_not_told_what_it_did() -> None:
    decision = propose("senior_developer", 400_000, "budget_allocation")
    decisions.escalate(decision=decision.ref, reason="too new", by=acting("cto"), clock=database_clock)
    decisions.escalate(decision=decision.ref, reason="risky", to_board=True, by=acting("ceo"), clock=database_clock)
    titles = ["the Chief Executive Officer", "the board"]
    assert told("senior_developer", decision) == [f"{decision.ref} is with {above} now" for above in titles]
    assert [told(role, decision) for role in ("cto", "ceo")] == [[], []]


def test_a_vote_that_decides_nothing_keeps_its_tally_wherever_it_is_told() -> None:
    decision = tied()
    by = acting("product_manager")
    assert decision.awaiting_role == "product_manager"
    fields = about(decision, by, charter_of(by))
    assert "The vote: 2 for, 2 against." in fields["say"]
    assert fields["basis"]["vote"]["tally"]["rejections"] == 2
    assert fields["basis"]["vote"]["voices"]["clients"] == 1
    letter = Message.objects.get(to_role="uiux_engineer", from_role="system", decision=decision)
    assert (letter.content["waits_on"], letter.content["tally"]["approvals"]) == ("product_manager", 2)
    decisions.resolve(decision=decision.ref, approve=True, rationale="I do", by=by, clock=database_clock)
    settled = again(decision)
    assert settled.outcome is not None
    assert settled.outcome["tally"]["approvals"] == 2
    assert about(settled, by, charter_of(by))["say"].endswith("“I do” The vote: 2 for, 2 against.")


def test_what_was_never_voted_on_speaks_of_no_vote() -> None:
    decision = propose("cto", None, "architecture")
    by = acting("cto")
    fields = about(decision, by, charter_of(by))
    assert "vote" not in fields["say"].lower()
    assert "vote" not in fields["basis"]


@pytest.mark.parametrize(
    ("role", "amount", "ends"), [("ceo", 500, "decisions:completed"), ("ceo", 5_000_000, "decisions:escalated")]
)
def test_that_it_is_new_is_told_before_what_became_of_it(role: str, amount: int, ends: str) -> None:
    decision = propose(role, amount)
    events = Event.objects.filter(payload__ref=decision.ref).order_by("id")
    assert list(events.values_list("channel", flat=True)) == ["decisions:new", ends]


def test_a_role_is_told_who_has_not_voted_and_not_how_others_did() -> None:
    decision = put_to_vote("ceo")
    vote(decision, "cto", REJECT, rationale="a secret")
    with signed_in_as("chro"):
        seen = get_decision.run(Actor("chro"), decision_id=decision.ref)
    assert seen.waiting_on == ["chro", "operations_head", "product_manager"]
    assert "secret" not in seen.model_dump_json()
    assert seen.votes == []


def test_people_see_each_ballot_once_the_vote_is_over() -> None:
    decision = tied()
    ada = Visitor(board_member("ada"))
    page = ada.get(f"/admin/org/decision/{decision.pk}/change/")
    seen = text_of(page)
    assert "2 for, 2 against. The score is 0.50." in seen
    assert "Cast by one client within" in seen
    assert "the cto likes it" in seen
    assert "no <b>money</b> for this" in seen
    assert b"<b>money</b>" not in page.content
    decisions.escalate(decision=decision.ref, reason="x", to_board=True, by=acting("ceo"), clock=database_clock)
    card = again(decision).escalations.get()
    assert "2 for, 2 against" in text_of(ada.get(f"/admin/org/escalation/{card.pk}/change/"))


def test_people_see_of_an_open_vote_who_has_voted_and_no_ballot() -> None:
    decision = put_to_vote("ceo")
    vote(decision, "cto", REJECT, rationale="a secret")
    seen = text_of(Visitor(board_member()).get(f"/admin/org/decision/{decision.pk}/change/"))
    assert "1 of 4 have voted. The ballots are sealed until the vote is over." in seen
    assert "Still to vote: Chief Human Resources Officer, Operations Head, Product Manager." in seen
    assert "a secret" not in seen


def test_a_page_without_a_vote_shows_none() -> None:
    decision = propose("ceo", Decimal(5))
    assert decision.status == Status.APPROVED
    seen = text_of(Visitor(board_member()).get(f"/admin/org/decision/{decision.pk}/change/"))
    assert "How the roles voted" not in seen
