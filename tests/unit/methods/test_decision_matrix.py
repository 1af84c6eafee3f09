"""A weighted matrix: the winner, who can never win, and by how much which weight must change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.decision_matrix import Matrix, decide, tell
from agents.methods.faults import Impossible

CARS = Matrix(
    ("A", "B", "C"),
    {"price": 5, "space": 3, "style": 2},
    {
        "A": {"price": 7, "space": 5, "style": 9},
        "B": {"price": 8, "space": 7, "style": 4},
        "C": {"price": 6, "space": 6, "style": 4},
    },
)


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    options = "ABCD"[: draw(st.integers(2, 4))]
    criteria = "xyz"[: draw(st.integers(1, 3))]
    weights = {c: draw(st.integers(0, 9)) for c in criteria}
    scores = {o: {c: draw(st.integers(0, 10)) for c in criteria} for o in options}
    return Matrix(tuple(options), weights, scores)


def test_the_weighted_sum_by_hand() -> None:
    """Fishburn 1967: A 35 + 15 + 18 = 68, B 40 + 21 + 8 = 69, C 30 + 18 + 8 = 56, of 100."""
    told = decide(CARS)
    assert told.winner == "B"
    assert [(each.option, each.total) for each in told.standings] == [("B", 6.9), ("A", 6.8), ("C", 5.6)]
    assert [(each.option, each.by) for each in told.dominated] == [("C", "B")]


def test_the_weight_that_changes_the_winner_is_told_with_its_share() -> None:
    """B leads by 1; style puts A 5 ahead, so A draws level at a style of 2 + 1/5."""
    [easiest, *_] = decide(CARS).sensitivity
    assert (easiest.criterion, easiest.then) == ("style", "A")
    assert (easiest.flips_at, easiest.relative_change) == (pytest.approx(2.2), pytest.approx(0.1))
    assert "With style past 2.2, +10%, A comes first." in tell(decide(CARS))


@settings(max_examples=50, deadline=None)
@given(matrices())
def test_past_the_weight_that_is_told_another_comes_first_and_before_it_none_does(matrix: Matrix) -> None:
    told = decide(matrix)
    for each in told.sensitivity:
        if each.flips_at is None:
            continue
        beyond = each.flips_at + (0.01 if each.flips_at > matrix.weights[each.criterion] else -0.01)
        within = each.flips_at - (beyond - each.flips_at)
        if beyond >= 0:
            after = decide(Matrix(matrix.options, {**matrix.weights, each.criterion: beyond}, matrix.scores))
            assert told.winner not in after.leaders or after.missing
        if within >= 0 and abs(each.flips_at - matrix.weights[each.criterion]) > 0.02:
            before = decide(Matrix(matrix.options, {**matrix.weights, each.criterion: within}, matrix.scores))
            assert told.winner in before.leaders or before.missing


@settings(max_examples=50, deadline=None)
@given(matrices())
def test_what_is_dominated_never_wins(matrix: Matrix) -> None:
    told = decide(matrix)
    assert told.winner not in {each.option for each in told.dominated}
    if not told.missing:
        assert sum(told.weights.values()) == pytest.approx(1)
        assert max(each.total for each in told.standings) == told.standings[0].total


def test_what_is_not_scored_is_asked_for_and_nothing_wins() -> None:
    told = decide(Matrix(("A", "B"), {"x": 1, "y": 1}, {"A": {"x": 5}}))
    assert (told.winner, told.missing) == ("", ("scores.A.y", "scores.B.x", "scores.B.y"))
    assert told.template == {"A": {"x": 5, "y": None}, "B": {"x": None, "y": None}}


def test_several_that_lead_are_all_named() -> None:
    told = decide(Matrix(("A", "B"), {"x": 1}, {"A": {"x": 5}, "B": {"x": 5}}))
    assert (told.winner, told.leaders) == ("", ("A", "B"))


def test_scores_of_nothing_that_is_judged_are_said_to_be_unused() -> None:
    told = decide(Matrix(("A",), {"x": 1}, {"A": {"x": 5, "z": 1}, "Q": {"x": 2}}))
    assert told.unused == ("scores.A.z", "scores.Q")


@pytest.mark.parametrize(
    ("matrix", "field"),
    [
        (Matrix(("A",), {"x": -1}, {}), "criteria.x"),
        (Matrix(("A",), {"x": 1}, {"A": {"x": 11}}), "scores.A.x"),
        (Matrix(("A",), {"x": 1}, {"A": {"x": float("nan")}}), "scores.A.x"),
    ],
)
def test_figures_that_cannot_be_name_their_place(matrix: Matrix, field: str) -> None:
    with pytest.raises(Impossible) as fault:
        decide(matrix)
    assert fault.value.field == field
