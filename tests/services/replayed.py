"""Random organisations whose decisions can be made again under another charter."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from org.authority import Request
from org.charter import SHIPPED, Charter, read
from org.enums import BOARD, Mode, Status
from org.replays import WAITING, Outcome

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SHIPPED_CHARTER = read(SHIPPED.read_text())
NAMES = ("lab", "plant", "fleet", "store")


@dataclass(frozen=True)
class Ask:
    """A request; `revises`: the number of the ask it revises."""

    at: datetime
    request: Request
    name: str
    revises: int | None = None


@dataclass(frozen=True)
class Say:
    """Somebody approves, rejects or withdraws ask number `to`, after raising it to `who` if need be.

    Escalated: raises it and says no more. Pending: the board sends it back.
    """

    at: datetime
    to: int
    who: str
    status: Status


@dataclass(frozen=True)
class Purse:
    """The board sets the treasury."""

    at: datetime
    amount_usd: Decimal | None


@dataclass(frozen=True)
class Ice:
    """The board freezes spending, or thaws it."""

    at: datetime
    frozen: bool


Step = Ask | Say | Purse | Ice


class World(Protocol):
    """An organisation in which steps can be taken. A step that the rules refuse leaves no trace."""

    charter: Charter

    def take(self, step: Step) -> bool: ...

    def outcomes(self) -> list[Outcome]: ...


def live(world: World, chance: random.Random, length: int) -> list[Step]:
    """Let a random story happen; the steps that were taken, refused asks included."""
    taken: list[Step] = []
    now = BEGIN
    for _ in range(length):
        now += timedelta(minutes=chance.randint(1, 60 * 24 * 12))
        step = _step(world, chance, now)
        if world.take(step) or isinstance(step, Ask):
            taken.append(step)
    return taken


def again(world: World, steps: Sequence[Step]) -> list[Outcome]:
    """The same story in another world; how its asks end."""
    for step in steps:
        world.take(step)
    return world.outcomes()


def without(steps: list[Step], kept: set[int]) -> list[Step]:
    """The steps without the asks that were refused: they are not in the record."""
    places = {number: place for place, number in enumerate(sorted(kept))}
    left: list[Step] = []
    number = -1
    for step in steps:
        if isinstance(step, Ask):
            number += 1
            if number in kept:
                revises = places[step.revises] if step.revises is not None else None
                left.append(replace(step, revises=revises))
        elif isinstance(step, Purse | Ice):
            left.append(step)
        else:
            left.append(replace(step, to=places[step.to]))
    return left


def _step(world: World, chance: random.Random, now: datetime) -> Step:
    ends = world.outcomes()
    waiting = [number for number, end in enumerate(ends) if end.status == WAITING]
    dice = chance.random()
    if dice < 0.06:
        return Purse(now, chance.choice([None, *(Decimal(n) for n in (500_000, 2_000_000, 5_000_000))]))
    if dice < 0.12:
        return Ice(now, frozen=dice < 0.09)
    if waiting and dice < 0.5:
        to = chance.choice(waiting)
        holder = ends[to].who
        asker = world.asked(to)  # type: ignore[attr-defined]
        above = [*world.charter.managers(asker), BOARD]
        if dice < 0.17:
            return Say(now, to, chance.choice(above), Status.ESCALATED)
        if dice < 0.21 or holder == asker:
            return Say(now, to, asker, Status.WITHDRAWN)
        if holder == BOARD and dice < 0.25:
            return Say(now, to, BOARD, Status.PENDING)
        return Say(now, to, holder, chance.choice([Status.APPROVED, Status.APPROVED, Status.REJECTED]))
    revises = chance.choice(waiting) if waiting and dice > 0.93 else None
    roles = [world.asked(revises)] if revises is not None else list(SHIPPED_CHARTER.roles)  # type: ignore[attr-defined]
    name = chance.choice(
        ["strategic_initiative", "budget_allocation", "budget_allocation", "hiring", "vendor_contract"]
    )
    kind = chance.choice([name, name, name, chance.choice(list(SHIPPED_CHARTER.types))])
    money = SHIPPED_CHARTER.types[kind].money
    amount = Decimal(chance.choice([0, 1, 99_999, 200_000, 250_000, 400_000, 500_000, 900_000, 1_000_000, 3_000_000]))
    confidence = chance.choice([None, None, None, 0.5, 0.68, 0.9])
    mode = chance.choice([None, None, None, None, Mode.HIERARCHICAL, Mode.HUMAN])
    request = Request(chance.choice(roles), kind, amount if money else None, mode, confidence)
    return Ask(now, request, chance.choice(NAMES), revises)


def another_charter(chance: random.Random) -> Charter:
    """A charter that differs from the shipped one in some ways."""
    charter = SHIPPED_CHARTER
    roles, types = dict(charter.roles), dict(charter.types)
    for name in chance.sample(sorted(roles), chance.randint(0, 4)):
        limit = chance.choice([Decimal(n) for n in (0, 100_000, 300_000, 750_000, 2_000_000, 20_000_000)])
        roles[name] = replace(roles[name], limit_usd=limit, confidence=chance.choice([0.0, 0.6, 0.95]))
    if chance.random() < 0.3:
        roles["test_lead"] = replace(roles["test_lead"], reports_to=chance.choice(["board", "ceo", "chro"]))
    for name in chance.sample(sorted(types), chance.randint(0, 4)):
        kind, deciders = types[name], chance.sample(sorted(roles), chance.randint(1, 4))
        modes = chance.choice([kind.modes, (Mode.HIERARCHICAL, Mode.HUMAN), (Mode.HUMAN,), kind.modes])
        types[name] = replace(kind, decided_by=tuple(deciders), modes=modes)
    if chance.random() < 0.2:
        del types[chance.choice(sorted(types))]
    if chance.random() < 0.2:
        kind = types.get("hiring", charter.types["hiring"])
        types["hiring"] = replace(kind, money=True, approves_budget=True)
    if chance.random() < 0.15:
        types = {name: replace(kind, money=False, approves_budget=False) for name, kind in types.items()}
    if chance.random() < 0.15:
        gone = chance.choice(["test_lead", "uiux_engineer", "senior_developer"])  # nobody reports to these
        del roles[gone]
        types = {
            name: replace(
                kind,
                decided_by=tuple(role for role in kind.decided_by if role != gone),
                must_include=tuple(role for role in kind.must_include if role != gone),
                veto=tuple(role for role in kind.veto if role != gone),
            )
            for name, kind in types.items()
        }
    days, multiple = chance.choice([30, 7, 60]), chance.choice([5, 1, 2])
    return replace(charter, roles=roles, types=types, window_days=days, window_multiple=multiple)


def as_toml(charter: Charter) -> str:
    """The document of a charter."""
    lines = [
        f"window_days = {charter.window_days}",
        f"window_multiple = {charter.window_multiple}",
        f"two_members_from_usd = {charter.two_members_from_usd}",
        f"approval_valid_days = {charter.approval_valid_days}",
        "[deadline_hours]",
        *(f"{urgency} = {hours}" for urgency, hours in charter.deadline_hours.items()),
    ]
    for role in charter.roles.values():
        lines += [
            f"[roles.{role.name}]",
            f'title = "{role.title}"',
            f'reports_to = "{role.reports_to}"',
            f"limit_usd = {role.limit_usd}",
            f"leadership = {str(role.leadership).lower()}",
            f"confidence = {role.confidence}",
        ]
    for kind in charter.types.values():
        lines += [
            f"[types.{kind.name}]",
            f"decided_by = {list(kind.decided_by)}",
            f"money = {str(kind.money).lower()}",
            f"approves_budget = {str(kind.approves_budget).lower()}",
            f"modes = {[str(mode) for mode in kind.modes]}",
            f"must_include = {list(kind.must_include)}",
            f"veto = {list(kind.veto)}",
            f"quorum = {kind.quorum}",
            f"threshold = {kind.threshold}",
            f"min_clients = {kind.min_clients}",
        ]
    return "\n".join(lines) + "\n"
