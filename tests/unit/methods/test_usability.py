"""SUS, task success and times, against published figures."""

from __future__ import annotations

from math import inf, nan
from statistics import median
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.usability import Attempt, adjusted_wald, geometric_mean, grade, sus, tasks

BEST, WORST, NEUTRAL = [5, 1] * 5, [1, 5] * 5, [3] * 10
few = settings(max_examples=50, deadline=None)
answers = st.lists(st.integers(1, 5), min_size=10, max_size=10)


def test_the_best_the_worst_and_the_neutral_answers_score_as_brooke_says() -> None:
    assert (sus([BEST]).mean, sus([WORST]).mean, sus([NEUTRAL]).mean) == (100, 0, 50)


def test_brookes_own_example_scores_55() -> None:
    """Brooke 1996: its contributions sum to 22, times 2.5."""
    assert sus([[5, 4, 2, 1, 2, 3, 2, 4, 5, 2]]).mean == 55


@pytest.mark.parametrize(
    ("score", "letter"),
    [
        *((100, "A+"), (84.1, "A+"), (84.0, "A"), (80.8, "A"), (80.7, "A-"), (78.9, "A-"), (78.8, "B+"), (77.2, "B+")),
        *((77.1, "B"), (74.1, "B"), (74.0, "B-"), (72.6, "B-"), (72.5, "C+"), (71.1, "C+"), (71.0, "C"), (68, "C")),
        *((65.0, "C"), (64.9, "C-"), (62.7, "C-"), (62.6, "D"), (51.7, "D"), (51.6, "F"), (0, "F")),
    ],
)
def test_grades_are_those_of_sauro_and_lewis(score: float, letter: str) -> None:
    """Quantifying the User Experience, 2nd ed., table 8.5."""
    assert grade(score) == letter


@pytest.mark.parametrize(
    ("successes", "attempts", "low", "high"),
    [(7, 10, 0.392, 0.897), (9, 10, 0.574, 1.0), (0, 10, 0.0, 0.321), (5, 5, 0.511, 1.0), (50, 100, 0.404, 0.596)],
)
def test_adjusted_wald_intervals_are_the_published_ones(successes: int, attempts: int, low: float, high: float) -> None:
    """By (x + 1.92) ÷ (n + 3.84) as Sauro and Lewis 2005 give it; 7 of 10 is 39 % to 90 % at measuringu.com."""
    assert adjusted_wald(successes, attempts) == pytest.approx((low, high), abs=0.003)


@pytest.mark.parametrize(
    ("successes", "attempts", "estimate"), [(5, 5, 6 / 7), (0, 5, 1 / 7), (1, 1, 2 / 3), (7, 10, 2 / 3), (98, 98, 0.99)]
)
def test_a_few_successes_are_no_certainty(successes: int, attempts: int, estimate: float) -> None:
    """Laplace 1814, (x + 1) ÷ (n + 2); Lewis and Sauro 2006 take it where all of a few succeed."""
    [told] = tasks([Attempt("pay", n < successes) for n in range(attempts)]).by_task
    assert (told.rate, told.estimate) == (successes / attempts, pytest.approx(estimate))


@few
@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_rate_and_mirrors_failures(counts: tuple[int, int]) -> None:
    successes, attempts = counts
    low, high = adjusted_wald(successes, attempts)
    assert 0 <= low <= successes / attempts <= high <= 1
    assert adjusted_wald(attempts - successes, attempts) == pytest.approx((1 - high, 1 - low))


@few
@given(st.integers(1, 100))
def test_more_attempts_at_the_same_rate_narrow_the_interval(successes: int) -> None:
    few_, many = adjusted_wald(successes, 2 * successes), adjusted_wald(10 * successes, 20 * successes)
    assert many[1] - many[0] < few_[1] - few_[0]


@few
@given(st.lists(answers, min_size=1, max_size=30))
def test_a_score_is_within_0_and_100_and_the_opposite_answers_mirror_it(responses: list[list[int]]) -> None:
    told = sus(responses)
    assert 0 <= told.mean <= 100
    assert sus([[6 - answer for answer in each] for each in responses]).mean == pytest.approx(100 - told.mean)
    assert all(score % 2.5 == 0 for score in told.scores)


def test_few_respondents_and_contradictions_and_a_low_score_are_said() -> None:
    few_said, alike, low = sus([NEUTRAL, WORST]).findings
    assert few_said.startswith("Of fewer than 12 respondents, here 2")
    assert alike == "One answer to items that contradict each other was given by no. 1."
    assert low.startswith("25.0 is below the average of 68")
    assert sus([BEST] * 12).findings == ()


def test_one_respondent_has_no_deviation() -> None:
    assert sus([BEST]).deviation is None
    assert sus([BEST, WORST]).deviation == pytest.approx(70.71, abs=0.01)


@pytest.mark.parametrize(
    ("responses", "field"),
    [
        ([], "sus_responses"),
        ([BEST] * 10_001, "sus_responses"),
        ([[]], r"sus_responses\[0\]"),
        ([BEST, [5] * 11], r"sus_responses\[1\]"),
        ([[0] + [3] * 9], r"sus_responses\[0\]\[0\]"),
        ([[3] * 9 + [6]], r"sus_responses\[0\]\[9\]"),
        ([[True] * 10], r"sus_responses\[0\]\[0\]"),
        ([[nan] * 10], r"sus_responses\[0\]\[0\]"),
    ],
)
def test_answers_that_cannot_be_are_refused_by_place(responses: Any, field: str) -> None:
    with pytest.raises(Impossible, match=field):
        sus(responses)


def test_the_geometric_mean_is_the_root_of_the_product() -> None:
    assert geometric_mean([1, 4, 16]) == pytest.approx(4)
    assert geometric_mean([10]) == pytest.approx(10)


@pytest.mark.parametrize("times", [[], [0], [-1], [nan], [inf]])
def test_times_that_cannot_be_are_refused(times: list[float]) -> None:
    with pytest.raises(Impossible, match="seconds"):
        geometric_mean(times)


def test_tasks_are_told_apart_by_name_and_only_successes_are_timed() -> None:
    told = tasks(
        [Attempt("Pay", True, 10), Attempt("pay ", True, 40), Attempt("pay", False, 900), Attempt("find", True)]
    )
    pay, find = told.by_task
    assert (pay.task, pay.attempts, pay.successes, pay.timed, pay.median) == ("Pay", 3, 2, 2, 25)
    assert pay.seconds == pytest.approx(20)
    assert (find.seconds, find.median, find.timed) == (None, None, 0)
    assert (told.overall.attempts, told.overall.successes) == (4, 3)
    assert told.missing == ("seconds of 1 of 4 attempts",)


def test_a_task_is_judged_by_its_interval_against_78_percent() -> None:
    def found(successes: int, attempts: int) -> tuple[str, ...]:
        return tuple(told for _, told in tasks([Attempt("pay", n < successes, 1) for n in range(attempts)]).findings)

    assert "below the average of 78%" in found(2, 20)[0]
    assert "may be below" in found(6, 10)[0]
    assert "good so far" in found(9, 10)[0]
    assert "may be below" in found(1, 1)[0]  # one success tells no 100 %
    assert found(100, 100) == ()


@few
@given(st.lists(st.floats(0.001, 10_000), min_size=1, max_size=30))
def test_means_of_times_lie_among_the_times(times: list[float]) -> None:
    [told] = tasks([Attempt("pay", True, each) for each in times]).by_task
    assert told.seconds is not None
    assert min(times) * 0.999999 <= told.seconds <= max(times) * 1.000001
    assert told.median == median(times)


def test_no_attempts_and_impossible_counts_are_refused() -> None:
    with pytest.raises(Impossible, match="task_results"):
        tasks([])
    with pytest.raises(Impossible, match=r"task_results\[1\]\.seconds"):
        tasks([Attempt("pay", True, 1), Attempt("pay", False, -1)])
    for successes, attempts, confidence in ((1, 0, 0.95), (2, 1, 0.95), (-1, 1, 0.95), (1, 1, 1.0), (1, 1, 0.0)):
        with pytest.raises(Impossible):
            adjusted_wald(successes, attempts, confidence)


def test_the_largest_input_is_told_at_once() -> None:
    began = process_time()
    sus([BEST] * 1000)
    tasks([Attempt(f"task {n}", n % 2 == 0, n + 1) for n in range(1000)])
    assert process_time() - began < 1
