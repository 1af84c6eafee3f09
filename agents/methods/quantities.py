"""Numbers the methods take: possible ones, and exact where sums must be compared."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from agents.methods.faults import Impossible

MOST = 10.0**12  # as for money: far beyond any quantity of a company, and sums and products of such stay finite
LEAST_ABOVE_ZERO = 10.0**-6  # what others are divided by


def possible(field: str, value: float, *, least: float = 0.0, most: float = MOST) -> float:
    """The value, from `least` to `most`. Raises Impossible, NaN and infinity included."""
    if not least <= value <= most:
        raise Impossible(field, f"is {_shown(value)}, and must be a number from {least:g} to {most:g}.")
    return value


def _shown(value: float) -> str:
    if value != value:
        return "not a number"
    return f"{value:g}" if -MOST <= value <= MOST else f"beyond ±{MOST:g}"


def exact(value: float) -> Fraction:
    """The decimal as it was written: 0.1 is a tenth, so that 0.1 + 0.2 fits into 0.3."""
    return Fraction(str(value))


def whole(values: Iterable[Fraction]) -> list[int]:
    """The same quantities as whole numbers of one unit: exact as fractions and quick as numbers."""
    fractions = list(values)
    unit = lcm(*(each.denominator for each in fractions))
    return [each.numerator * (unit // each.denominator) for each in fractions]
