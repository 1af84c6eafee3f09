"""A charter tried on recorded decisions: what is replayed is what enforcement does.

The organisation of these tests is kept in lists and sums by looking at all of them, so that it shares no sum with what
it tests; who decides is judged by the rule itself, `authority.judge`.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from org.authority import Request, Standing, admit, judge
from org.charter import Charter
from org.enums import BOARD, Mode, Status
from org.errors import OrgError
from org.replays import REFUSED, WAITING, Answer, Ceiling, Freeze, Matter, Outcome, Replay
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
    live,
    without,
)

ZERO = Decimal(0)


class Paper:
    """An organisation on paper. Each ask is a dict of what the record would hold of it."""

    def __init__(self, charter: Charter) -> None:
        self.charter = charter
        self.asks: list[dict[str, Any]] = []
        self.ceilings: list[Ceiling] = []
        self.freezes: list[Freeze] = []

    def asked(self, number: int) -> str:
        return str(self.asks[number]["ask"].request.role)

    def outcomes(self) -> list[Outcome]:
        return [Outcome(each["status"], each["who"]) for each in self.asks]

    def take(self, step: Step) -> bool:
        match step:
            case Ask():
                return self._ask(step)
            case Purse():
                drawn = sum((self._amount(each) for each in self.asks if self._is_budget(each)), ZERO)
                if step.amount_usd is not None and step.amount_usd < drawn:
                    return False
                self.ceilings.append(Ceiling(step.at, step.amount_usd))
                return True
            case Ice():
                if step.frozen == bool(self._frozen()):
                    return False
                self.freezes.append(Freeze(step.at, "Spending is frozen." if step.frozen else ""))
                return True
            case Say():
                return self._say(self.asks[step.to], step)
        raise AssertionError(step)

    def _ask(self, ask: Ask) -> bool:
        revised = self.asks[ask.revises] if ask.revises is not None else None
        row: dict[str, Any] = {"ask": ask, "answers": [], "status": REFUSED, "who": ask.request.role}
        self.asks.append(row)
        try:
            admit(self.charter, ask.request)
        except OrgError:
            return False
        if revised is not None and revised["status"] != WAITING:
            return False
        if revised is not None:
            revised |= {"status": Status.WITHDRAWN, "who": revised["ask"].request.role}
        ruling = judge(self.charter, ask.request, self._standing(ask.request, ask.name, ask.at))
        row |= {"status": WAITING, "who": ruling.decider}
        if ruling.alone:
            self._approve(row, ask.at, ask.request.role)
        return True

    def _lift(self, row: dict[str, Any], who: str) -> bool:
        line = [row["ask"].request.role, *self.charter.managers(row["ask"].request.role), BOARD]
        if row["status"] != WAITING or who not in line or line.index(who) < line.index(row["who"]):
            return False
        row["who"] = who
        return True

    def _say(self, row: dict[str, Any], say: Say) -> bool:
        if row["status"] != WAITING:
            return False
        request: Request = row["ask"].request
        answer = Answer(say.at, say.status, say.who)
        if say.status == Status.WITHDRAWN:
            row |= {"status": Status.WITHDRAWN, "who": request.role}
        elif self._is_short(row, say) or not self._lift(row, say.who):
            return False
        elif say.status == Status.PENDING:
            row["who"] = request.role
        elif say.status == Status.REJECTED:
            row |= {"status": Status.REJECTED, "who": say.who}
        elif say.status == Status.APPROVED and say.who == BOARD:
            self._approve(row, say.at, None)
        elif say.status == Status.APPROVED:
            mine = Request(say.who, request.decision_type, request.amount_usd)
            ruling = judge(self.charter, mine, self._standing(mine, row["ask"].name, say.at), handed_up=True)
            if ruling.alone:
                self._approve(row, say.at, say.who)
            else:
                row["who"] = ruling.decider
        row["answers"].append(answer)
        return True

    def _approve(self, row: dict[str, Any], at: datetime, role: str | None) -> None:
        row |= {"status": Status.APPROVED, "who": role or BOARD, "at": at}

    def _amount(self, row: dict[str, Any]) -> Decimal:
        approved = row["status"] == Status.APPROVED
        return (row["ask"].request.amount_usd or ZERO) if approved else ZERO

    def _is_budget(self, row: dict[str, Any]) -> bool:
        return self.charter.kind(row["ask"].request.decision_type).approves_budget

    def _left(self) -> Decimal | None:
        ceiling = self.ceilings[-1].amount_usd if self.ceilings else None
        drawn = sum((self._amount(each) for each in self.asks if self._is_budget(each)), ZERO)
        return None if ceiling is None else ceiling - drawn

    def _is_short(self, row: dict[str, Any], say: Say) -> bool:
        left, amount = self._left(), row["ask"].request.amount_usd or ZERO
        approves = say.who == BOARD and say.status == Status.APPROVED
        return approves and self._is_budget(row) and left is not None and amount > left

    def _standing(self, request: Request, name: str, now: datetime) -> Standing:
        if not self.charter.kind(request.decision_type).money:
            return Standing()
        begin = now - timedelta(days=self.charter.window_days)
        window: dict[str, Decimal] = {}
        for row in self.asks:
            if self._amount(row) and row["at"] > begin:
                window[row["who"]] = window.get(row["who"], ZERO) + self._amount(row)
        used = sum((self._amount(row) for row in self.asks if row["ask"].name == name), ZERO)
        return Standing(used, window, self._left(), self._frozen())

    def _frozen(self) -> str:
        return self.freezes[-1].says if self.freezes else ""


def recorded(paper: Paper) -> list[Matter]:
    """The record of an organisation, as the replay reads it: what was refused left no row."""
    return [
        Matter(
            ref=f"D-{number}",
            at=row["ask"].at,
            request=row["ask"].request,
            initiative_key=row["ask"].name,
            outcome=Outcome(row["status"], row["who"]),
            answers=tuple(row["answers"]),
            revises=f"D-{row['ask'].revises}" if row["ask"].revises is not None else "",
        )
        for number, row in enumerate(paper.asks)
        if row["status"] != REFUSED
    ]


def replayed(charter: Charter, paper: Paper) -> dict[str, Outcome]:
    replay = Replay(charter)
    list(replay.run(recorded(paper), [*paper.ceilings, *paper.freezes]))
    return replay.outcomes


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.storm)])
def test_thousands_of_records_replayed_are_what_enforcement_does(count: int) -> None:
    """Unchanged, nothing changes; under another charter, all ends as if the same had been asked and answered there."""
    asks = changed = frozen = 0
    for seed in range(count):
        chance = random.Random(seed)
        paper = Paper(SHIPPED_CHARTER if seed % 3 else another_charter(chance))
        steps = live(paper, chance, 10)
        record = {matter.ref: matter.outcome for matter in recorded(paper)}
        assert replayed(paper.charter, paper) == record, seed
        kept = {number for number, row in enumerate(paper.asks) if row["status"] != REFUSED}
        other = another_charter(chance)
        anew = again(Paper(other), without(steps, kept))
        expected = {ref: anew[place] for place, ref in enumerate(record)}
        assert replayed(other, paper) == expected, seed
        asks += len(record)
        frozen += any(freeze.says for freeze in paper.freezes)
        changed += sum(expected[ref] != record[ref] for ref in record)
    assert asks > 4 * count
    assert changed > 0.4 * count, "these charters change a good part of what they are tried on"
    assert frozen > 0.1 * count, "spending was frozen in a good part of them"


def matter(number: int, role: str, dollars: int | None, kind: str = "budget_allocation", **given: Any) -> Matter:
    request = Request(role, kind, None if dollars is None else Decimal(dollars), given.pop("mode", None))
    at = BEGIN + timedelta(days=number)
    return Matter(f"D-{number}", at, request, given.pop("name", f"n{number}"), Outcome(Status.APPROVED, role), **given)


def with_limit(role: str, dollars: int) -> Charter:
    roles = dict(SHIPPED_CHARTER.roles)
    roles[role] = replace(roles[role], limit_usd=Decimal(dollars))
    return replace(SHIPPED_CHARTER, roles=roles)


def ends(charter: Charter, *matters: Matter) -> list[str]:
    replay = Replay(charter)
    list(replay.run(matters))
    return [str(replay.outcomes[each.ref]) for each in matters]


def test_what_would_have_waited_counts_in_no_sum() -> None:
    first, second = matter(1, "cto", 400_000, name="x"), matter(2, "cto", 100_000, name="x")
    assert ends(SHIPPED_CHARTER, first, second) == ["approved by cto", "approved by cto"]
    assert ends(with_limit("cto", 300_000), first, second) == ["waits for ceo", "approved by cto"]


def test_a_roles_answer_is_no_answer_of_one_above_it() -> None:
    answer = Answer(BEGIN + timedelta(days=2), Status.APPROVED, "ceo")
    asked = replace(matter(1, "cto", 900_000), outcome=Outcome(Status.APPROVED, "ceo"), answers=(answer,))
    assert ends(SHIPPED_CHARTER, asked) == ["approved by ceo"]
    assert ends(with_limit("ceo", 800_000), asked) == ["waits for the board"]
    assert ends(with_limit("cto", 900_000), asked) == ["approved by cto"]


def test_a_larger_treasury_need_finds_the_ceiling_of_its_day() -> None:
    replay = Replay(SHIPPED_CHARTER, [Ceiling(BEGIN, Decimal(500_000))])
    first, second = matter(1, "cto", 400_000), matter(3, "cto", 400_000)
    list(replay.run([first, second], [Ceiling(BEGIN + timedelta(days=2), Decimal(700_000))]))
    assert [str(end) for end in replay.outcomes.values()] == ["approved by cto", "waits for the board"]
    assert replay.outcomes["D-3"].rule == "over_treasury"


def test_while_spending_is_frozen_an_amount_waits_for_the_board_under_any_charter() -> None:
    frozen, thawed = Freeze(BEGIN, "Spending is frozen."), Freeze(BEGIN + timedelta(days=3), "")
    early, plain, late = matter(1, "cto", 100), matter(2, "cto", None, "architecture"), matter(4, "cto", 100)
    for charter in (SHIPPED_CHARTER, with_limit("cto", 900_000)):
        replay = Replay(charter, [frozen])
        list(replay.run([early, plain, late], [thawed]))
        ends_there = [str(end) for end in replay.outcomes.values()]
        assert ends_there == ["waits for the board", "approved by cto", "approved by cto"]
        assert replay.outcomes["D-1"].says == "Spending is frozen."


def test_a_vote_approves_by_whose_approvals_counted_and_no_amount_while_spending_is_frozen() -> None:
    answer = Answer(BEGIN + timedelta(days=3), Status.APPROVED, "cto", approving=("chro", "cto"))
    asked = matter(1, "product_manager", 450_000, "hiring", mode=Mode.COLLABORATIVE, answers=(answer,))
    assert ends(SHIPPED_CHARTER, asked) == ["approved by cto"]
    assert ends(SHIPPED_CHARTER, replace(asked, answers=(replace(answer, approving=("cto",)),))) == ["waits for ceo"]
    replay = Replay(SHIPPED_CHARTER)
    list(replay.run([asked], [Freeze(BEGIN + timedelta(days=2), "Spending is frozen.")]))
    assert str(replay.outcomes["D-1"]) == "waits for the board"


def test_a_stricter_mode_that_was_asked_for_is_asked_for_again() -> None:
    asked = matter(1, "cto", 600_000, mode=Mode.HIERARCHICAL)
    assert ends(with_limit("cto", 900_000), asked) == ["waits for ceo"]
