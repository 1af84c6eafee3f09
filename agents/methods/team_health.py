"""How a team does, from each role's load: what is overdue, how quickly roles answer, how evenly work is spread.

The spread is Gini's coefficient (Gini, "Variabilità e mutabilità", 1912), times n ÷ (n - 1) since few carry the work
(Deltas, "The small-sample bias of the Gini coefficient", Review of Economics and Statistics 85(1), 2003): 0 where all
carry the same, 1 where one carries all, however many they are. The score is 100 less the points of each finding; a
subject takes at most its share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agents.methods.faults import Impossible

LEAST_ANSWERS = 3
LEAST_WORK = 10  # pieces; fewer are spread by chance
UNEVEN = 0.5  # Gini's coefficient from which work is badly spread
METHOD = (
    "100 less 5 points per overdue item (at most 40), 5 per role whose median answer is slower than expected "
    f"(at most 20), up to 20 for work spread unevenly (Gini 1912, times n / (n - 1) "
    f"for few roles, from {UNEVEN:g} on), 5 per open conflict (at most 20)"
)


class Kind(StrEnum):
    """What a finding is about; its value is how it is told of."""

    OVERDUE = "overdue"
    SLOW = "slow"
    UNEVEN = "uneven"
    CONFLICTS = "conflicts"


@dataclass(frozen=True, slots=True)
class Load:
    """One role's figures. `handled`: what it did in the time; `open_now`: what waits, of which some is overdue;
    `answers` and their median in hours, None where there is none.
    """

    role: str
    handled: int = 0
    open_now: int = 0
    overdue: int = 0
    answers: int = 0
    answer_hours: float | None = None

    @property
    def work(self) -> int:
        return self.handled + self.open_now


@dataclass(frozen=True, slots=True)
class Finding:
    """What costs points, with its figures; `role` is who it is about, empty where it is about all."""

    kind: Kind
    role: str
    points: int
    says: str


@dataclass(frozen=True, slots=True)
class Health:
    """`score` from 0 to 100; `gini` None where there is too little work to spread; `missing`: what was not judged."""

    score: int
    gini: float | None
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]


def gini(amounts: Sequence[float]) -> float:
    """Gini's coefficient of amounts of 0 or more: half the mean absolute difference of all pairs of two, by the mean.

    That is the estimate corrected by n ÷ (n - 1) (Deltas 2003), 0 to 1. 0 for no amounts, and for a single one.

    Raises Impossible for an amount below 0.
    """
    if any(amount < 0 for amount in amounts):
        raise Impossible("amounts", "must not be below 0.")
    total, count = sum(amounts), len(amounts)
    if not total or count == 1:
        return 0.0
    ranked = sum(place * amount for place, amount in enumerate(sorted(amounts), 1))
    return max(0.0, (2 * ranked / total - count - 1) / (count - 1))


def judge(loads: Sequence[Load], *, expected_hours: float, conflicts: int = 0) -> Health:
    """Judge a team by its roles' loads. Raises Impossible for a count below 0 or expected hours that are none."""
    if not 0 < expected_hours < float("inf"):
        raise Impossible("expected_hours", "must be hours, more than 0.")
    for load in loads:
        for name in ("handled", "open_now", "overdue", "answers"):
            if getattr(load, name) < 0:
                raise Impossible(name, "must not be below 0.")
    work = sum(load.work for load in loads)
    spread = gini([load.work for load in loads]) if work >= LEAST_WORK and len(loads) > 1 else None
    findings = [*_overdue(loads), *_slow(loads, expected_hours), *_uneven(loads, spread, work), *_conflicts(conflicts)]
    missing = []
    if spread is None:
        missing.append(f"{max(0, LEAST_WORK - work)} more pieces of work to judge how they are spread")
    if not any(load.answers >= LEAST_ANSWERS for load in loads):
        missing.append(f"{LEAST_ANSWERS} answers of one role to judge how quickly it answers")
    score = 100 - sum(finding.points for finding in findings)
    return Health(score, spread, tuple(findings), tuple(missing))


def _capped(found: Sequence[tuple[int, Kind, str, str]], most: int) -> Iterator[Finding]:
    """Findings of one subject in order, each with as many of its points as the subject has left."""
    left = most
    for points, kind, role, says in found:
        taken = min(points, left)
        left -= taken
        yield Finding(kind, role, taken, says)


def _overdue(loads: Sequence[Load]) -> Iterator[Finding]:
    worst = sorted((load for load in loads if load.overdue), key=lambda load: -load.overdue)
    told = [
        (5 * load.overdue, Kind.OVERDUE, load.role, f"{load.role}: {load.overdue} of {load.open_now} open are overdue.")
        for load in worst
    ]
    return _capped(told, 40)


def _slow(loads: Sequence[Load], expected: float) -> Iterator[Finding]:
    timed = [(load.answer_hours, load) for load in loads if load.answer_hours is not None]
    slow = [(hours, load) for hours, load in timed if load.answers >= LEAST_ANSWERS and hours > expected]
    told = [
        (
            5,
            Kind.SLOW,
            load.role,
            f"{load.role}: half of {load.answers} answers took longer than {hours:g} h; {expected:g} h is expected.",
        )
        for hours, load in sorted(slow, key=lambda each: -each[0])
    ]
    return _capped(told, 20)


def _uneven(loads: Sequence[Load], spread: float | None, work: int) -> Iterator[Finding]:
    if spread is not None and spread > UNEVEN:
        busiest = max(loads, key=lambda load: load.work)
        points = round(20 * (spread - UNEVEN) / (1 - UNEVEN))
        says = f"{busiest.role} carries {busiest.work} of {work} pieces of work; Gini's coefficient is {spread:.2f}."
        yield Finding(Kind.UNEVEN, busiest.role, points, says)


def _conflicts(count: int) -> Iterator[Finding]:
    if count:
        yield Finding(Kind.CONFLICTS, "", min(20, 5 * count), f"Conflicts that are not decided: {count}.")
