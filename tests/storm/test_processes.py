"""Processes that race for an initiative's last dollars, a window's, the treasury's, or with their votes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from django.db.models import Sum

from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import MessageType, Status, VoteChoice
from org.models import AuditRecord, CharterVersion, Decision, LedgerAccount, Message
from org.services import budgets
from org.voting import Ballot, Rules, tally
from tests.people import amend_charter, board_member, publish_charter, put_to_vote, shift_clock
from tests.stack import ROOT, Organisation, Servers

pytestmark = [pytest.mark.storm, pytest.mark.timeout(1800)]

Racer = subprocess.Popen[str]
Crowd = Callable[..., list[Racer]]

CROWD, CROWD_ROUNDS = 20, 100
EIGHT, EIGHT_ROUNDS = 8, 200
VOTE_ROUNDS = 500
LIMIT_USD = 1000
ASKED_USD = 400


@pytest.fixture
def crowd(servers: Servers, committed: str) -> Iterator[Crowd]:
    """Starts processes that stay for all rounds: `crowd("ceo", "cto")`."""
    env = Organisation(servers, committed).env | {
        "DJANGO_SETTINGS_MODULE": "echo_project.settings",
        "PYTHONPATH": str(ROOT),
        "ECHO_DATABASE_POOL_SIZE": "1",
    }
    with ExitStack() as stack:

        def start(*roles: str) -> list[Racer]:
            running = [
                stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-m", "tests.storm.racer", role],
                        cwd=ROOT,
                        env=os.environ | env,
                        stdin=-1,
                        stdout=-1,
                        text=True,
                    )
                )
                for role in roles
            ]
            assert [_line(racer) for racer in running] == ["ready"] * len(running)
            return running

        yield start


def race(racers: Sequence[Racer], orders: Sequence[dict[str, Any]]) -> list[str]:
    """Every racer does its deed in the same instant; what each printed."""
    for racer, order in zip(racers, orders, strict=True):
        assert racer.stdin is not None
        racer.stdin.write(json.dumps(order) + "\n")
        racer.stdin.flush()
    return [_line(racer) for racer in racers]


def _line(racer: Racer) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


def ask(amount: int, initiative: str, decision_type: str = "strategic_initiative") -> dict[str, Any]:
    return {"amount": amount, "type": decision_type, "initiative": initiative}


def assert_books_balance() -> None:
    assert LedgerAccount.objects.aggregate(total=Sum("balance_usd"))["total"] == 0
    budget = Decision.objects.filter(status=Status.APPROVED, decision_type="strategic_initiative")
    assert budgets.approved_usd() == (budget.aggregate(total=Sum("amount_usd"))["total"] or 0)


def test_twenty_fit_exactly_what_fits_and_nobody_waits_for_ever(crowd: Crowd) -> None:
    amend_charter("window_multiple = 5", "window_multiple = 1000")
    racers = crowd(*["ceo"] * CROWD)
    for number in range(CROWD_ROUNDS):
        outcomes = sorted(race(racers, [ask(300_000, f"Lab {number}")] * CROWD))
        assert outcomes == ["approved"] * 3 + ["escalated"] * (CROWD - 3), number
    assert_books_balance()


def small_limit(window_multiple: int) -> None:
    """The CEO decides 1,000 alone, and so many times that in thirty days."""
    text = SHIPPED.read_text()
    for old, new in (
        ("limit_usd = 1_000_000", f"limit_usd = {LIMIT_USD}"),
        ("window_multiple = 5", f"window_multiple = {window_multiple}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    publish_charter(text)


def assert_two_of_eight_fit(racers: Sequence[Racer], orders: Sequence[dict[str, Any]], rule: str) -> None:
    before = set(Decision.objects.values_list("pk", flat=True))
    assert sorted(race(racers, orders)) == ["approved"] * 2 + ["escalated"] * (EIGHT - 2)
    waiting = Decision.objects.exclude(pk__in=before).exclude(status=Status.APPROVED)
    assert {decision.ruling["rule"] for decision in waiting} == {rule}


def test_of_eight_that_ask_400_with_1000_left_to_an_initiative_two_fit(crowd: Crowd) -> None:
    small_limit(window_multiple=1000)
    racers = crowd(*["ceo"] * EIGHT)
    for number in range(EIGHT_ROUNDS):
        assert_two_of_eight_fit(racers, [ask(ASKED_USD, f"Lab {number}")] * EIGHT, "over_initiative")
    assert_books_balance()


def test_of_eight_that_ask_400_with_1000_left_to_a_window_two_fit(crowd: Crowd) -> None:
    """Each round is thirty days after the one before: what that approved has only just left the window."""
    small_limit(window_multiple=1)
    racers = crowd(*["ceo"] * EIGHT)
    for number in range(EIGHT_ROUNDS):
        shift_clock(days=30)
        orders = [ask(ASKED_USD, f"Lab {number} of {racer}") for racer in range(EIGHT)]
        assert_two_of_eight_fit(racers, orders, "over_window")
    assert_books_balance()


def test_of_eight_that_ask_400_with_1000_left_to_the_treasury_two_fit(crowd: Crowd) -> None:
    small_limit(window_multiple=1000)
    racers = crowd(*["ceo"] * EIGHT)
    person = Actor.member(board_member())
    for number in range(EIGHT_ROUNDS):
        budgets.set_treasury(amount_usd=budgets.approved_usd() + LIMIT_USD, by=person, clock=database_clock)
        orders = [ask(ASKED_USD, f"Lab {number} of {racer}") for racer in range(EIGHT)]
        assert_two_of_eight_fit(racers, orders, "over_treasury")
    assert_books_balance()


def test_nine_processes_vote_in_the_same_instant_and_it_closes_once_with_the_right_result(crowd: Crowd) -> None:
    """Eight roles, and the first of them from a second client."""
    roles = tuple(role for role in CharterVersion.objects.in_force().roles if role != "ceo")
    racers = crowd(*roles, roles[0])
    by_chance = random.Random(9)
    expected: Counter[str] = Counter()
    for _ in range(VOTE_ROUNDS):
        matter = put_to_vote("ceo", None, "policy", roles)
        choices = by_chance.choices(list(VoteChoice), [by_chance.random() for _ in VoteChoice], k=len(roles))
        ballots = {
            role: Ballot(choice, by_chance.randint(0, 100) / 100) for role, choice in zip(roles, choices, strict=True)
        }
        orders = [
            {"vote": matter.number, "choice": str(ballots[role].choice), "confidence": ballots[role].confidence}
            for role in (*roles, roles[0])
        ]
        outcomes = race(racers, orders)
        assert set(outcomes) <= {"pending", "approved", "rejected", "escalated", "already_settled", "no_open_vote"}
        right = str(tally(Rules(roles, 0.5, 0.66), ballots).result)
        expected[right] += 1
        matter.refresh_from_db()
        assert matter.status == {"undecided": "escalated"}.get(right, right), (ballots, outcomes)
        assert_closed_once(matter)
    assert len(expected) == 3, expected
    assert_books_balance()


def assert_closed_once(matter: Decision) -> None:
    done = Counter(AuditRecord.objects.filter(subject=matter.ref).values_list("action", flat=True))
    letters = Counter(
        Message.objects.filter(decision=matter, type=MessageType.RESPONSE).values_list("to_role", flat=True)
    )
    settled = matter.is_settled
    assert (done["vote.closed"], done["decision.settled"]) == (1, int(settled))
    assert matter.escalations.count() == int(not settled)
    assert set(letters.values()) <= {1}
    assert len(letters) == (len(matter.participants or []) if settled else 0), letters  # all but who closed it
