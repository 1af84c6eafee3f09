"""Quantities that can be, and exact sums of what was written as decimals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.quantities import MOST, exact, possible, whole


@given(st.floats(0, MOST))
def test_what_is_possible_is_returned_as_it_is(value: float) -> None:
    assert possible("x", value) == value


@pytest.mark.parametrize("value", [-1e-9, 1e13, float("nan"), float("inf"), float("-inf")])
def test_what_is_not_names_the_field_and_the_bounds(value: float) -> None:
    with pytest.raises(Impossible, match="from 0 to 1e\\+12") as fault:
        possible("x", value)
    assert fault.value.field == "x"


def test_decimals_are_what_they_were_written_as() -> None:
    assert exact(0.1) + exact(0.2) == exact(0.3)


@given(st.lists(st.fractions(0, 1000, max_denominator=1000), min_size=1, max_size=8))
def test_whole_numbers_keep_the_ratios(values: list[Fraction]) -> None:
    numbers = whole(values)
    unit = next((n / v for n, v in zip(numbers, values, strict=True) if v), Fraction(1))
    assert [v * unit for v in values] == numbers
