"""A review from counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.performance import Counts, review

COUNT = st.integers(0, 10_000)


def test_a_record_without_fault_is_strong() -> None:
    found = review(Counts(decided=10, on_time=5, cast=3))
    assert (found.rating, found.score, found.concerns, found.goals, found.missing) == ("strong", 100, (), (), ())
    assert found.strengths[0] == "10 of 10 of its decisions stood."


def test_the_score_is_the_mean_of_the_shares() -> None:
    found = review(Counts(decided=10, reversed=1, on_time=6, late=4, cast=4))
    assert (found.score, found.rating) == (round(100 * (0.9 + 0.6 + 1) / 3), "sound")
    assert found.concerns == ("6 of 10 of its requests were answered in time.",)
    assert found.goals == ("Answer 9 of 10 requests by when they are due.",)


def test_one_bad_measure_is_never_strong() -> None:
    assert review(Counts(decided=100, on_time=100, cast=7, missed=4)).rating == "sound"
    assert review(Counts(cast=1, missed=9)).rating == "weak"


def test_too_few_cases_are_not_rated_and_say_what_would() -> None:
    found = review(Counts(decided=2, late=1))
    assert (found.rating, found.score) == (None, None)
    assert found.missing == (
        "1 more decisions to judge them by",
        "2 more requests to judge them by",
        "3 more ballots to judge them by",
    )


def test_slow_answers_are_a_concern_with_their_hours() -> None:
    found = review(Counts(on_time=3, answer_hours=30.5, expected_hours=24))
    assert found.concerns == ("Half of its answers took longer than 30.5 h; 24 h is expected.",)
    assert found.goals == ("Answer half of the requests within 24 h.",)


def test_more_reversed_than_decided_in_the_time_stays_a_share() -> None:
    [decisions, *_] = review(Counts(decided=1, reversed=4)).measures
    assert (decisions.good, decisions.total, decisions.share) == (0, 4, 0)


@pytest.mark.parametrize("wrong", [{"decided": -1}, {"missed": -1}, {"answer_hours": float("nan")}])
def test_what_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(Impossible):
        review(Counts(**wrong))  # type: ignore[arg-type]


@settings(max_examples=50)
@given(st.tuples(*[COUNT] * 6))
def test_no_counts_break_it_and_more_faults_never_raise_the_score(counts: tuple[int, ...]) -> None:
    better = review(Counts(*counts))
    worse = review(replace(Counts(*counts), late=counts[3] + 1))
    assert better.score is None or 0 <= better.score <= 100
    if better.measures[1].share is not None:
        assert (worse.score or 0) <= (better.score or 0)
