"""How the CHRO reviews roles and the team, by the record."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from agents.registry import NAMES
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, BoardAnswer
from org.errors import InvalidInput
from org.models import Artifact, Message
from org.queries.performance import records
from org.services import decisions, interventions, messages
from tests.people import acting, answer, board_member, propose, put_to_vote, shift_clock, vote
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
COUNTER = count(1)
PARTIES = ("cto", "product_manager")


def settle(asked: Message, hours: float = 0) -> None:
    """The recipient answers a request so many hours later than now."""
    shift_clock(hours=hours)
    messages.acknowledge(message=asked.ref, by=acting(asked.to_role), clock=database_clock)


def ask(to: str, **given: Any) -> Message:
    content = {"n": next(COUNTER)}
    return messages.send(to=to, subject="x", content=content, by=acting("ceo"), clock=database_clock, **given)[0]


def review(role: str = "cto", **given: Any) -> dict[str, Any]:
    return use("chro", "conduct_performance_review", role=role, **given)


def test_a_role_without_a_record_is_not_rated_and_told_what_would() -> None:
    told = review()
    assert (told["rating"], told["strengths"], told["concerns"], told["goals"]) == ("too little on record", [], [], [])
    assert told["basis"]["missing"][0] == "3 more decisions to judge them by"
    assert Artifact.objects.get().ref == told["review_id"] == told["ref"]


def test_a_review_that_is_made_again_is_not_what_stood_before_it() -> None:
    first = review()
    assert (first["basis"]["before"], review()) == (None, first)
    propose("cto", 1_000, "vendor_contract")
    second = review()
    assert second["basis"]["before"] == {"ref": first["ref"], "score": None}
    assert review() == second


def test_decisions_that_stand_and_requests_in_time_are_strengths_with_their_figures() -> None:
    for _ in range(3):
        propose("cto", 1_000, "vendor_contract")
        settle(ask("cto"))
    told = review()
    assert (told["rating"], told["basis"]["score"]) == ("strong", 100)
    assert told["say"].endswith("is rated strong (100 of 100, by 2 of 3 measures).")
    assert told["strengths"] == ["3 of 3 of its decisions stood.", "3 of 3 of its requests were answered in time."]
    figures = told["basis"]["figures"]
    assert (figures["decided"], figures["requests"], figures["on_time"], figures["late"]) == (3, 3, 3, 0)


def test_what_was_revoked_or_overridden_is_a_concern_by_its_refs() -> None:
    mine = [propose("cto", 1_000, "vendor_contract") for _ in range(4)]
    ada = Actor.member(board_member())
    interventions.revoke(decision=mine[0], reason="no", by=ada, clock=database_clock)
    said_no = propose("cto", 1_000, "vendor_contract", rejects="too dear")
    anew = interventions.override(decision=said_no, reason="look", by=ada, clock=database_clock)
    answer(anew.decision, BoardAnswer.APPROVE)
    told = review()
    assert told["rating"] == "weak"
    assert told["concerns"] == [
        "3 of 5 of its decisions stood.",
        f"Revoked or overridden: {said_no.ref}, {mine[0].ref}.",
    ]
    assert told["goals"] == ["Let 5 of 5 decisions stand: ask first."]


def test_late_and_slow_answers_are_told_apart_from_what_needed_none() -> None:
    for _ in range(2):
        settle(ask("cto", ack_by=in_hours(40)), hours=30)
    settle(ask("cto", ack_by=in_hours(20)), hours=30)
    settle(ask("cto"), hours=30)
    needless = propose("test_lead", None, "architecture")
    decisions.withdraw(decision=needless.ref, reason="x", by=acting("test_lead"), clock=database_clock)
    waiting = ask("cto", ack_by=in_hours(1))
    shift_clock(hours=2)
    told = review()
    figures = told["basis"]["figures"]
    assert (figures["requests"], figures["answered"], figures["on_time"], figures["late"]) == (6, 4, 3, 2)
    assert (figures["answer_hours"], figures["overdue_now"]) == (pytest.approx(30, abs=0.1), 1)
    assert told["concerns"][0] == "3 of 5 of its requests were answered in time."
    assert any("took longer than 30" in concern for concern in told["concerns"])
    assert told["goals"][-1] == f"Answer {waiting.ref} and what else is past its time."


def in_hours(hours: float) -> datetime:
    return database_clock() + timedelta(hours=hours)


def test_a_ballot_is_missed_only_when_the_vote_ran_out_without_it() -> None:
    asked = put_to_vote("ceo", None, "feature")
    vote(asked, "cto")
    closed = put_to_vote("ceo", None, "feature")
    for role in ("chro", "operations_head", "product_manager"):
        vote(closed, role, confidence=1)
    shift_clock(hours=80)
    figures = {role: review(role)["basis"]["figures"] for role in ("cto", "operations_head")}
    assert (figures["cto"]["cast"], figures["cto"]["missed"]) == (1, 0)
    assert (figures["operations_head"]["cast"], figures["operations_head"]["missed"]) == (1, 1)


def test_only_the_period_counts_and_the_review_before_is_named() -> None:
    propose("cto", 1_000, "vendor_contract")
    first = review(period_days=1)
    shift_clock(hours=30)
    told = review(period_days=1)
    assert (first["basis"]["figures"]["decided"], told["basis"]["figures"]["decided"]) == (1, 0)
    assert told["basis"]["before"] == {"ref": first["ref"], "score": None}
    assert review(period_days=3)["basis"]["figures"]["decided"] == 1


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"role": "chro"}, "role: you are the chro"),
        ({"role": "cfo"}, r"role: nothing is called 'cfo'\. Known: ceo"),
        ({"role": "cto", "period_days": 0}, "period_days"),
        ({"role": "cto", "period_days": 366}, "period_days"),
    ],
)
def test_nobody_and_oneself_are_not_reviewed(arguments: dict[str, Any], names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        use("chro", "conduct_performance_review", **arguments)
    assert not Artifact.objects.exists()


def team() -> dict[str, Any]:
    return use("chro", "review_team_health")


def test_a_team_at_rest_has_no_finding_and_says_what_was_not_judged() -> None:
    told = team()
    assert (told["health_score"], told["findings"], told["recommendations"]) == (100, [], [])
    assert len(told["basis"]["missing"]) == 2
    assert Artifact.objects.get().kind == ArtifactKind.TEAM_HEALTH


def test_overdue_work_uneven_load_and_open_conflicts_cost_points_and_name_their_calls() -> None:
    first = ask("cto", ack_by=in_hours(1))
    mine = ask("chro", ack_by=in_hours(1))
    for _ in range(20):
        propose("cto", 1_000, "vendor_contract")
    use("chro", "resolve_conflict", parties=list(PARTIES), issue="Who owns the queue?")
    shift_clock(hours=2)
    told = team()
    assert told["health_score"] == 100 - sum(told["basis"]["points"])
    assert told["findings"][:2] == ["cto: 1 of 2 open are overdue.", "chro: 1 of 1 open are overdue."]
    assert (
        told["recommendations"][0] == f"send_message {{to: cto, subject: 'Please answer {first.ref}', content: '…'}}."
    )
    assert told["recommendations"][1] == f"read_inbox {{needs_action: true}}, and answer {mine.ref} first."
    assert told["findings"][2].startswith("cto carries 22 of ")
    assert told["recommendations"][2].startswith("send_message {to: ceo, subject: 'Share out what the cto")
    assert told["findings"][3] == "Conflicts that are not decided: 1."
    assert "resolve_conflict" in told["recommendations"][3] and "Who owns the queue?" in told["recommendations"][3]


def test_slow_roles_are_named_and_reviewed_next() -> None:
    for _ in range(3):
        settle(ask("cto"), hours=30)
    told = team()
    assert told["findings"][0].startswith("cto: half of 3 answers took longer than 30 h; 24 h is expected")
    assert told["recommendations"][0].startswith("conduct_performance_review {role: cto}")


@pytest.mark.parametrize("roles", [["cto"], list(NAMES)])
def test_a_record_takes_as_many_queries_for_one_role_as_for_all(
    roles: list[str], django_assert_num_queries: Any
) -> None:
    now = database_clock()
    with django_assert_num_queries(7):
        assert list(records(roles, now - timedelta(days=90), now)) == roles
