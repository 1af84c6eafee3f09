"""What an item of a backlog is worth for its size.

WSJF: Reinertsen, "The Principles of Product Development Flow", 2009, ch. 7, with the cost of delay in three parts as in
SAFe: (value + time criticality + risk reduction) ÷ job size. RICE: McBride, "RICE: Simple prioritization for product
managers", Intercom, 2018: reach · impact · confidence ÷ effort. Units: each of one kind throughout (points, days);
confidence is a share of 0 to 1. A score is a rank among these items, not an amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Literal

from agents.methods.quantities import LEAST_ABOVE_ZERO, MOST, exact, possible, whole

Score = Literal["WSJF", "RICE"]
DELAY = ("value", "time_criticality", "risk_reduction")
GAIN = ("reach", "impact", "confidence")


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be put in order; None where nothing was said."""

    id: str
    value: float | None = None
    time_criticality: float | None = None
    risk_reduction: float | None = None
    effort: float | None = None
    reach: float | None = None
    impact: float | None = None
    confidence: float | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Worth:
    """Gain and effort as whole numbers of one unit; None where they cannot be known."""

    gain: int | None
    effort: int | None

    @property
    def score(self) -> float | None:
        return None if self.gain is None or self.effort is None else self.gain / self.effort


@dataclass(frozen=True, slots=True)
class Weighed:
    """`unit` is how many of the whole numbers make one; `missing` what keeps items from a score, or from a full one."""

    method: Score
    worth: Mapping[str, Worth]
    capacity: int | None
    unit: int
    missing: tuple[str, ...]


def weigh(items: Sequence[Item], capacity: float | None = None) -> Weighed:
    """Each item by WSJF, or all by RICE where that can score as many: scores of two kinds do not compare.

    Of the cost of delay's parts one is enough; those not given count nothing, so the score is the least it can be. An
    effort of 0 is none. Raises Impossible for a number below 0, a confidence above 1, NaN or infinity.
    """
    for item in items:
        for name in (*DELAY, *GAIN, "effort"):
            if (value := getattr(item, name)) is not None:
                least = LEAST_ABOVE_ZERO if name == "effort" and value else 0
                possible(f"items.{item.id}.{name}", value, least=least, most=1 if name == "confidence" else MOST)
    if capacity is not None:
        possible("constraints.capacity", capacity)
    by_delay, by_gain = [_delay(item) for item in items], [_gain(item) for item in items]
    by_rice = _scored(items, by_gain) >= max(1, _scored(items, by_delay))
    gains = by_gain if by_rice else by_delay
    efforts = [exact(item.effort) if item.effort else None for item in items]
    numbers = [*gains, *efforts, None if capacity is None else exact(capacity)]
    *wholes, unit = whole([*(number or Fraction(0) for number in numbers), Fraction(1)])
    *told, room = [None if number is None else each for number, each in zip(numbers, wholes, strict=True)]
    worth = {item.id: Worth(told[at], told[at + len(items)]) for at, item in enumerate(items)}
    missing = _missing_for_rice(items) if by_rice else _missing_for_wsjf(items)
    return Weighed("RICE" if by_rice else "WSJF", worth, room, unit, tuple(missing))


def _delay(item: Item) -> Fraction | None:
    parts = [exact(part) for name in DELAY if (part := getattr(item, name)) is not None]
    return sum(parts, Fraction(0)) if parts else None


def _gain(item: Item) -> Fraction | None:
    parts = [exact(part) for name in GAIN if (part := getattr(item, name)) is not None]
    return prod(parts, start=Fraction(1)) if len(parts) == len(GAIN) else None


def _scored(items: Sequence[Item], gains: Sequence[Fraction | None]) -> int:
    return sum(gain is not None and bool(item.effort) for item, gain in zip(items, gains, strict=True))


def _missing_for_rice(items: Sequence[Item]) -> list[str]:
    return [f"items.{item.id}.{name}" for item in items for name in (*GAIN, "effort") if not _given(item, name)]


def _missing_for_wsjf(items: Sequence[Item]) -> list[str]:
    """A part of the cost of delay that no item tells is told once."""
    told = [name for name in DELAY if any(_given(item, name) for item in items)]
    found = [f"items: no {name} is given; it counts nothing" for name in DELAY if name not in told] if items else []
    for item in items:
        absent = [name for name in told if not _given(item, name)]
        if len(absent) == len(told):
            found.append(f"items.{item.id}: none of {', '.join(DELAY)}")
        else:
            found += [f"items.{item.id}.{name}: counts nothing" for name in absent]
        found += [] if item.effort else [f"items.{item.id}.effort"]
    return found


def _given(item: Item, name: str) -> bool:
    """An effort of 0 tells no size."""
    return bool(item.effort) if name == "effort" else getattr(item, name) is not None
