"""How a team does, from each role's load."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.team_health import Kind, Load, gini, judge

AMOUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [([1, 1, 1, 1], 0), ([0, 0, 0, 1], 1), ([1, 2, 3, 4], 1 / 3), ([1, 3], 0.5), ([], 0), ([0, 0], 0), ([7], 0)],
)
def test_ginis_coefficient_has_its_known_values(amounts: list[float], expected: float) -> None:
    """0.75, 0.25 and 0.25 as of a whole population, times n ÷ (n - 1), which makes one who carries all a 1 (Deltas)."""
    assert gini(amounts) == pytest.approx(expected)


@settings(max_examples=50)
@given(AMOUNTS)
def test_ginis_coefficient_is_half_the_relative_mean_difference(amounts: list[int]) -> None:
    mean = sum(amounts) / len(amounts)
    differences = sum(abs(a - b) for a in amounts for b in amounts)
    pairs = len(amounts) * (len(amounts) - 1)  # of two, not of one with itself
    expected = differences / (2 * pairs * mean) if mean and pairs else 0
    assert gini(amounts) == pytest.approx(expected, abs=1e-9)


def test_a_team_without_faults_has_100() -> None:
    loads = [Load(role, handled=5, answers=3, answer_hours=1) for role in "abc"]
    found = judge(loads, expected_hours=24)
    assert (found.score, found.gini, found.findings, found.missing) == (100, 0, (), ())


def test_each_finding_costs_its_points_and_a_subject_at_most_its_share() -> None:
    loads = [
        Load("a", handled=20, open_now=10, overdue=9, answers=5, answer_hours=30),
        Load("b", open_now=1, overdue=1),
        Load("c", handled=1),
    ]
    found = judge(loads, expected_hours=24, conflicts=1)
    told = [(each.kind, each.role, each.points) for each in found.findings]
    assert told[:2] == [(Kind.OVERDUE, "a", 40), (Kind.OVERDUE, "b", 0)]
    assert told[2] == (Kind.SLOW, "a", 5)
    assert told[3][:2] == (Kind.UNEVEN, "a")
    assert told[4] == (Kind.CONFLICTS, "", 5)
    assert found.score == 100 - sum(points for _, _, points in told)


def test_an_empty_record_shows_no_fault_and_says_what_is_missing() -> None:
    found = judge([Load("a"), Load("b")], expected_hours=24)
    assert (found.score, found.gini, found.findings) == (100, None, ())
    assert len(found.missing) == 2


def test_a_few_answers_are_not_called_slow_nor_a_little_work_uneven() -> None:
    loads = [Load("a", handled=9, answers=2, answer_hours=500), Load("b")]
    assert judge(loads, expected_hours=24).findings == ()


@pytest.mark.parametrize("wrong", [{"handled": -1}, {"overdue": -1}])
def test_what_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Impossible):
        judge([Load("a", **wrong)], expected_hours=24)  # type: ignore[arg-type]
    with pytest.raises(Impossible):
        judge([], expected_hours=0)
    with pytest.raises(Impossible):
        gini([-1])


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.integers(0, 1000)] * 4), max_size=50), st.integers(0, 100))
def test_no_load_takes_the_score_out_of_its_bounds(figures: list[tuple[int, ...]], conflicts: int) -> None:
    found = judge([Load("a", *counts, 99) for counts in figures], expected_hours=24, conflicts=conflicts)
    assert 0 <= found.score <= 100
