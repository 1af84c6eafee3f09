"""`charter simulate`: recorded decisions against another charter, on the real record."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from org.actors import Actor
from org.charter import SHIPPED, Charter, read
from org.clock import database_clock
from org.enums import BOARD, BoardAnswer, Status
from org.errors import OrgError
from org.models import CharterVersion, Decision, Escalation, Member, Stop
from org.queries.simulations import simulate
from org.replays import END_OF_TIME, REFUSED, WAITING, Outcome
from org.services import board, budgets, decisions, proposals, stops
from tests.people import acting, answer, board_member, lift_stop, propose, publish_charter, put_to_vote, vote
from tests.services.replayed import (
    BEGIN,
    SHIPPED_CHARTER,
    Ask,
    Ice,
    Purse,
    Say,
    Step,
    again,
    another_charter,
    as_toml,
    live,
    without,
)

pytestmark = pytest.mark.django_db

ANSWERS = {
    Status.APPROVED: BoardAnswer.APPROVE,
    Status.REJECTED: BoardAnswer.REJECT,
    Status.PENDING: BoardAnswer.REQUEST_REVISION,
}
TEXT = SHIPPED.read_text()


class Real:
    """An organisation on the real database, under one charter."""

    def __init__(self, charter: Charter, member: Member) -> None:
        publish_charter(as_toml(charter))
        self.charter = CharterVersion.objects.in_force()
        assert self.charter == charter
        self.member = member
        self.asks: list[tuple[Ask, Decision | None]] = []

    def asked(self, number: int) -> str:
        return self.asks[number][0].request.role

    def outcomes(self) -> list[Outcome]:
        return [self._outcome(ask, row) for ask, row in self.asks]

    def _outcome(self, ask: Ask, row: Decision | None) -> Outcome:
        if row is None:
            return Outcome(REFUSED, ask.request.role)
        row.refresh_from_db()
        return Outcome(row.status, str(row.decided_by)) if row.is_settled else Outcome(WAITING, row.waiting_on[0])

    def take(self, step: Step) -> bool:
        row = None
        try:
            with transaction.atomic():
                match step:
                    case Ask():
                        row = self._ask(step)
                    case Purse():
                        by = Actor.member(self.member)
                        budgets.set_treasury(amount_usd=step.amount_usd, by=by, clock=lambda: step.at)
                    case Ice():
                        if step.frozen == Stop.objects.standing().exists():
                            return False
                        change = stops.freeze if step.frozen else lift_stop
                        change(reason="so", by=Actor.member(self.member), clock=lambda: step.at)
                    case Say():
                        self._say(step)
        except OrgError:
            return False
        finally:
            if isinstance(step, Ask):
                self.asks.append((step, row))
        return True

    def _ask(self, ask: Ask) -> Decision:
        earlier = self.asks[ask.revises][1] if ask.revises is not None else None
        if ask.revises is not None and earlier is None:
            raise OrgError("what it revises was refused")
        request = ask.request
        return proposals.propose(
            decision_type=request.decision_type,
            title=ask.name,
            context="because",
            amount_usd=request.amount_usd,
            confidence=request.confidence,
            mode=request.mode,
            revises=earlier.ref if earlier else "",
            by=acting(request.role),
            clock=lambda: ask.at,
        )

    def _say(self, say: Say) -> None:
        ask, row = self.asks[say.to]
        if row is None:
            raise OrgError("there is no such decision")
        if say.status == Status.WITHDRAWN:
            decisions.withdraw(decision=row.ref, reason="no", by=acting(ask.request.role), clock=lambda: say.at)
            return
        self._raise(ask, row, say)
        if say.status == Status.ESCALATED:
            return
        if say.who != BOARD:
            approve = say.status == Status.APPROVED
            decisions.resolve(
                decision=row.ref, approve=approve, rationale="so", by=acting(say.who), clock=lambda: say.at
            )
            return
        escalation = Escalation.objects.get(decision=row, closed_at__isnull=True)
        board.answer(
            escalation=escalation,
            member=self.member,
            choice=ANSWERS[say.status],
            note="so",
            seen_hash=board.shown_hash(escalation, self.charter, say.at),
            clock=lambda: say.at,
        )

    def _raise(self, ask: Ask, row: Decision, say: Say) -> None:
        """Raise it step by step until the one who is to answer has it."""
        line = [ask.request.role, *self.charter.managers(ask.request.role), BOARD]
        row.refresh_from_db()
        if row.is_settled or say.who not in line or line.index(say.who) < line.index(row.waiting_on[0]):
            raise OrgError("it is not theirs to answer")
        while row.waiting_on != [say.who]:
            if row.status == Status.ESCALATED:
                raise OrgError("it is the board's")
            by = acting(ask.request.role)
            decisions.escalate(decision=row.ref, reason="up", by=by, clock=lambda: say.at)
            row.refresh_from_db()


class Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves no trace."""
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


def ends_of(world: Real, charter: Charter) -> list[Outcome]:
    """How the record of this world would have ended under `charter`, refused asks left out."""
    found = {
        change.matter.ref: change.now for change in simulate(charter, BEGIN - timedelta(days=1), END_OF_TIME).changes
    }
    return [
        found.get(row.ref, outcome)
        for (_, row), outcome in zip(world.asks, world.outcomes(), strict=True)
        if row is not None
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("worlds", [10, pytest.param(40, marks=pytest.mark.storm)])
def test_many_real_decisions_replayed_are_what_enforcement_does(worlds: int) -> None:
    ada = board_member()
    asks = changed = 0
    for seed in range(worlds):
        chance = random.Random(seed)
        mine, other = (SHIPPED_CHARTER if seed % 2 else another_charter(chance)), another_charter(chance)
        with undone():
            world = Real(mine, ada)
            steps = live(world, chance, 14)
            unchanged = simulate(world.charter, BEGIN - timedelta(days=1), END_OF_TIME)
            assert unchanged.changes == (), (seed, unchanged.changes)
            record = [end for end in world.outcomes() if end.status != REFUSED]
            tried = ends_of(world, other)
            kept = {number for number, (_, row) in enumerate(world.asks) if row is not None}
        with undone():
            made_anew = again(Real(other, ada), without(steps, kept))
        assert tried == made_anew, seed
        asks += len(record)
        changed += sum(a != b for a, b in zip(record, tried, strict=True))
    assert asks > 5 * worlds
    assert changed > worlds


@pytest.fixture
def run(settings: Any, tmp_path: Path) -> Callable[..., str]:
    settings.DATABASE_URL = settings.REDIS_URL = "given"

    def simulated(old: str, new: str, *options: str) -> str:
        assert old in TEXT
        path, out = tmp_path / "draft.toml", io.StringIO()
        path.write_text(TEXT.replace(old, new, 1))
        call_command("charter", "simulate", str(path), *options, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return simulated


def test_the_command_lists_what_would_change_with_totals(run: Callable[..., str]) -> None:
    small, large = propose("cto", 300_000, "budget_allocation"), propose("cto", 450_000, "budget_allocation")
    waits = propose("cto", 600_000, "budget_allocation")
    assert "3 decisions since" in run("limit_usd = 500_000", "limit_usd = 500_000")
    assert "nothing changes" in run("limit_usd = 500_000", "limit_usd = 500_000")
    told = run("limit_usd = 500_000", "limit_usd = 400_000")
    assert f"{large.ref}  $450,000, budget_allocation by cto: approved by cto → waits for ceo  over_limit: " in told
    assert small.ref not in told
    assert "1 outcome would change" in told
    assert "No longer approved by a role: 1 decision, $450,000 in all." in told
    found = json.loads(run("limit_usd = 500_000", "limit_usd = 700_000", "--json"))
    assert (found["judged"], found["changed"], found["newly_alone"]) == (3, 1, {"count": 1, "usd": 600_000})
    assert found["changes"][0]["ref"] == waits.ref
    assert found["changes"][0]["now"] == {"status": "approved", "who": "cto", "rule": "within_authority"}


def test_only_decisions_of_the_time_asked_for_are_judged_from_the_sums_of_its_beginning(
    run: Callable[..., str],
) -> None:
    early, late = database_clock() - timedelta(days=10), database_clock() - timedelta(hours=1)
    propose("cto", 300_000, "budget_allocation", initiative="x", clock=lambda: early)
    second = propose("cto", 150_000, "budget_allocation", initiative="x", clock=lambda: late)
    told = run("limit_usd = 500_000", "limit_usd = 400_000", "--since", "1d")
    assert "1 decision since" in told
    assert f"{second.ref}  $150,000" in told
    assert "over_initiative" in told


def test_windows_and_the_treasury_begin_as_the_record_stood(run: Callable[..., str]) -> None:
    early, late = database_clock() - timedelta(days=10), database_clock() - timedelta(hours=1)
    ada = board_member()
    budgets.set_treasury(amount_usd=Decimal(2_000_000), by=Actor.member(ada), clock=lambda: early)
    for _ in range(4):
        propose("cto", 450_000, "budget_allocation", clock=lambda: early)
    late_one = propose("cto", 200_000, "budget_allocation", clock=lambda: late)
    assert late_one.status == Status.APPROVED
    assert "nothing changes" in run("window_multiple = 5", "window_multiple = 5", "--since", "2d")
    told = run("window_multiple = 5", "window_multiple = 3", "--since", "2d")
    assert "over_window" in told
    assert "nothing changes" in run("window_days = 30", "window_days = 7", "--since", "2d")
    propose("cto", 100_000, "budget_allocation", clock=lambda: late)
    assert "nothing changes" in run("window_days = 30", "window_days = 7", "--since", "2d")


@pytest.mark.parametrize("since", ["30", "d", "-3d", "1y", "999999d"])
def test_a_length_of_time_that_is_none_is_refused(run: Callable[..., str], since: str) -> None:
    with pytest.raises(CommandError):
        run("window_days = 30", "window_days = 30", f"--since={since}")


def test_a_charter_with_faults_is_not_tried(run: Callable[..., str]) -> None:
    with pytest.raises(CommandError, match="cannot be a charter"):
        run("window_days = 30", "window_days = 0")


def test_what_a_freeze_put_before_the_board_is_there_under_any_charter(run: Callable[..., str]) -> None:
    ada = Actor.member(board_member("ada"))
    before, during = propose("cto", 100_000, "vendor_contract"), propose("cto", 600_000, "vendor_contract")
    stops.freeze(reason="the bank called", by=ada, clock=database_clock)
    held, free = propose("cto", 200_000, "vendor_contract"), propose("cto", None, "architecture")
    decisions.resolve(decision=during.ref, approve=True, rationale="so", by=acting("ceo"), clock=database_clock)
    answer(held, BoardAnswer.APPROVE)
    lift_stop(by=ada)
    after = propose("cto", 200_000, "vendor_contract")
    assert [row.status for row in (before, free, after)] == [Status.APPROVED] * 3
    assert "nothing changes" in run("limit_usd = 500_000", "limit_usd = 500_000")
    told = run("limit_usd = 500_000", "limit_usd = 700_000")
    assert "1 outcome would change" in told
    assert f"{during.ref}  $600,000, vendor_contract by cto: waits for the board → approved by cto" in told
    told = run("limit_usd = 500_000", "limit_usd = 150_000")
    assert f"{after.ref}  $200,000, vendor_contract by cto: approved by cto → waits for ceo" in told
    assert held.ref not in told


def test_a_freeze_that_stood_at_the_beginning_holds_until_it_was_lifted(run: Callable[..., str]) -> None:
    ada, now = Actor.member(board_member("ada")), database_clock()
    stops.freeze(reason="the bank called", by=ada, clock=lambda: now - timedelta(days=3))
    held = propose("cto", 200_000, "vendor_contract", clock=lambda: now - timedelta(hours=3))
    lift_stop(by=ada, clock=lambda: now - timedelta(hours=2))
    propose("cto", 200_000, "vendor_contract", clock=lambda: now - timedelta(hours=1))
    assert held.status == Status.ESCALATED
    assert "nothing changes" in run("limit_usd = 500_000", "limit_usd = 500_000", "--since", "1d")


def test_a_vote_approves_again_by_the_approvals_that_counted(run: Callable[..., str]) -> None:
    """One that decides the type and one that may spend as much, neither of which could alone; no suspended one."""
    voted = put_to_vote("product_manager", 450_000, "hiring", ["cto"])
    vote(voted, "ceo")
    stops.suspend(role="ceo", reason="odd", by=Actor.member(board_member("ada")), clock=database_clock)
    for role in ("cto", "chro"):
        vote(voted, role)
    voted.refresh_from_db()
    assert (voted.status, voted.decided_by) == (Status.APPROVED, "cto")
    assert "nothing changes" in run("limit_usd = 500_000", "limit_usd = 500_000")
    told = run("limit_usd = 500_000", "limit_usd = 400_000")
    assert f"{voted.ref}  $450,000, hiring by product_manager: approved by cto → waits for ceo" in told


def test_the_document_of_a_charter_reads_as_the_charter() -> None:
    assert read(as_toml(SHIPPED_CHARTER)) == SHIPPED_CHARTER
