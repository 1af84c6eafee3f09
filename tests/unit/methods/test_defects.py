"""Severity by impact and frequency: one table, one step milder with a workaround."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.methods.defects import FREQUENCIES, RESPOND_WITHIN, TABLE, Severity, classify
from agents.methods.faults import Impossible

IMPACTS = ("none", "minor", "major", "blocking")


@pytest.mark.parametrize(
    ("impact", "severities"),
    [
        ("blocking", "P1 P1 P0 P0"),
        ("major", "P3 P2 P1 P1"),
        ("minor", "P4 P3 P3 P2"),
        ("none", "P4 P4 P4 P4"),
    ],
)
def test_the_table_is_as_told(impact: str, severities: str) -> None:
    assert [classify(impact, each, False).severity for each in FREQUENCIES] == severities.split()


@given(st.sampled_from(IMPACTS), st.sampled_from(FREQUENCIES), st.sampled_from([True, False, None]))
def test_worse_is_never_milder_and_a_workaround_is_one_step(
    impact: str, frequency: str, workaround: bool | None
) -> None:
    steps = list(Severity)
    here = steps.index(classify(impact, frequency, workaround).severity)
    for worse in IMPACTS[IMPACTS.index(impact) :]:
        assert steps.index(classify(worse, frequency, workaround).severity) <= here
    for more in FREQUENCIES[FREQUENCIES.index(frequency) :]:
        assert steps.index(classify(impact, more, workaround).severity) <= here
    helped = steps.index(classify(impact, frequency, True).severity)
    assert helped == min(steps.index(classify(impact, frequency, False).severity) + 1, 4)


def test_the_graver_the_sooner_somebody_answers() -> None:
    within = [RESPOND_WITHIN[each] for each in Severity]
    assert within == sorted(within)
    assert (within[0], within[-1]) == (timedelta(hours=1), timedelta(days=7))
    assert set(TABLE) == set(IMPACTS)


def test_a_workaround_that_was_not_told_is_missing() -> None:
    assert classify("major", "often").missing == ("workaround",)
    assert classify("major", "often", False).missing == ()
    assert "a workaround is known: P2" in classify("major", "often", True).rule


@pytest.mark.parametrize(
    ("impact", "frequency", "field"), [("huge", "often", "impact"), ("major", "x" * 99, "frequency")]
)
def test_other_words_are_refused_by_name(impact: str, frequency: str, field: str) -> None:
    with pytest.raises(Impossible) as fault:
        classify(impact, frequency)
    assert fault.value.field == field
