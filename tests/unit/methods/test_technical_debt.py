"""Technical debt in hours against stated thresholds, its ratio, and what to mend first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.technical_debt import MEASURED, RULES, Metrics, Rule, Trend, assess, trend

GOOD = Metrics(lines_of_code=10_000, test_coverage_percent=90, duplication_percent=1, vulnerable_dependencies=0)


def test_no_threshold_missed_is_no_debt() -> None:
    debt = assess(GOOD)
    assert (debt.score, debt.rating, debt.hours, debt.fixes) == (0, "A", 0, ())


def test_the_hours_and_the_ratio_by_hand() -> None:
    """10,000 lines, 30 of a hundred not covered that should be: 3,000 lines of 2 minutes are 100 hours. To write it
    anew takes 10,000 half hours, so the ratio is 2 % (SonarQube's grid: A up to 5 %, a score of 20).
    """
    debt = assess(Metrics(lines_of_code=10_000, test_coverage_percent=50))
    [fix] = debt.fixes
    assert fix.hours == pytest.approx(100)
    assert (debt.ratio, debt.score, debt.rating) == (pytest.approx(0.02), 8.0, "A")


@pytest.mark.parametrize(
    ("ratio", "score", "rating"),
    [
        (0.05, 20, "A"),
        (0.06, 24, "B"),
        (0.10, 40, "B"),
        (0.20, 60, "C"),
        (0.35, 70, "D"),
        (0.50, 80, "D"),
        (1, 100, "E"),
    ],
)
def test_the_grid_of_ratings_is_the_default_of_sonarqube(ratio: float, score: float, rating: str) -> None:
    """A to 5 %, B to 10 %, C to 20 %, D to 50 %, E beyond. 1,000 lines are 500 hours anew; an update is one hour."""
    debt = assess(Metrics(lines_of_code=1_000, outdated_dependencies=500 * ratio))
    assert (debt.ratio, debt.score, debt.rating) == (pytest.approx(ratio), pytest.approx(score), rating)


def test_hours_are_told_by_characteristic_and_add_up() -> None:
    """By hand: 2 holes of 4 hours; 7 % of 6,000 lines, a minute each, are 7 hours; 20 functions of an hour."""
    debt = assess(Metrics(lines_of_code=6_000, vulnerable_dependencies=2, duplication_percent=10, complex_functions=20))
    told = {name: round(hours, 6) for name, hours in debt.hours_by_characteristic.items()}
    assert told == {"security": 8, "changeability": 7, "maintainability": 20}
    assert debt.hours == pytest.approx(35)


BY_RULE = [  # of 1,000 lines: (metric, a value that keeps the rule, one that breaks it, its characteristic, hours)
    ("vulnerable_dependencies", 0, 2, "security", 2 * 4),
    ("build_minutes", 10, 12, "efficiency", 2 * 4),
    ("complex_functions", 0, 7, "maintainability", 7),
    ("duplication_percent", 3, 9, "changeability", 60 / 60),  # 6 % of the lines, a minute each
    ("cyclomatic_complexity_mean", 5, 8, "testability", 3 * 50 / 60),  # 3 a function of 20 lines, a minute each
    ("test_coverage_percent", 80, 50, "reliability", 300 * 2 / 60),  # 30 % of the lines, two minutes each
    ("outdated_dependencies", 0, 5, "portability", 5),
    ("documentation_percent", 50, 20, "maintainability", 15 * 10 / 60),  # 30 % of 50 functions, ten minutes each
    ("todo_count", 0, 12, "changeability", 6),
]


def test_every_rule_is_in_the_table_and_every_metric_but_the_lines_has_a_rule() -> None:
    assert [metric for metric, *_ in BY_RULE] == [rule.metric for rule in RULES]
    assert {rule.metric for rule in RULES} == {*MEASURED} - {"lines_of_code"}


@pytest.mark.parametrize(("metric", "keeps", "breaks", "characteristic", "hours"), BY_RULE)
def test_each_rule_is_kept_to_its_threshold_and_broken_beyond(
    metric: str, keeps: float, breaks: float, characteristic: str, hours: float
) -> None:
    """The remediation functions that the rules state, by hand (Letouzey 2012: hours by unit and characteristic)."""
    kept = assess(Metrics(lines_of_code=1_000, **{metric: keeps}))
    assert (kept.fixes, kept.hours, dict(kept.hours_by_characteristic)) == ((), 0, {characteristic: 0})
    broken = assess(Metrics(lines_of_code=1_000, **{metric: breaks}))
    [fix] = broken.fixes
    assert (fix.metric, fix.characteristic, fix.value, fix.threshold) == (metric, characteristic, breaks, keeps)
    assert fix.hours == broken.hours == broken.hours_by_characteristic[characteristic] == pytest.approx(hours)
    assert broken.ratio == pytest.approx(hours / 500)
    assert fix.mend.endswith(".")
    hair = assess(Metrics(lines_of_code=1_000, **{metric: keeps + (0.01 if breaks > keeps else -0.01)}))
    assert [each.metric for each in hair.fixes] == [metric]


@pytest.mark.parametrize(
    ("metric", "worst", "interest"),
    [
        ("vulnerable_dependencies", 5, 0.5),
        ("build_minutes", 60, 0.4),
        ("complex_functions", 50, 0.15),
        ("duplication_percent", 30, 0.12),
        ("cyclomatic_complexity_mean", 20, 0.1),
        ("test_coverage_percent", 0, 0.1),
        ("outdated_dependencies", 30, 0.08),
        ("documentation_percent", 0, 0.04),
        ("todo_count", 100, 0.03),
    ],
)
def test_each_rules_interest_is_twice_its_rate_where_it_is_worst_and_no_more(
    metric: str, worst: float, interest: float
) -> None:
    most = assess(Metrics(lines_of_code=1_000, **{metric: worst})).fixes[0]
    assert most.saved_per_hour == pytest.approx(2 * interest)
    [rule] = [each for each in RULES if each.metric == metric]
    nearly = assess(Metrics(lines_of_code=1_000, **{metric: worst + (rule.threshold - worst) / 100})).fixes[0]
    assert nearly.saved_per_hour < 2 * interest


def test_interest_rises_from_its_rate_to_twice_that_where_a_metric_is_worst() -> None:
    for rule in RULES:
        worst = assess(Metrics(lines_of_code=1_000, **{rule.metric: rule.worst})).fixes[0]
        assert worst.saved_per_hour == pytest.approx(2 * rule.interest), rule.metric
        assert worst.interest_hours_a_month == pytest.approx((worst.hours or 0) * worst.saved_per_hour)


def test_a_metric_at_its_threshold_is_no_debt() -> None:
    assert assess(Metrics(lines_of_code=1_000, **{rule.metric: rule.threshold for rule in RULES})).fixes == ()


def test_what_saves_most_interest_an_hour_comes_first() -> None:
    debt = assess(Metrics(lines_of_code=1_000, vulnerable_dependencies=2, todo_count=50, test_coverage_percent=10))
    assert [fix.metric for fix in debt.fixes] == ["vulnerable_dependencies", "test_coverage_percent", "todo_count"]
    assert [fix.saved_per_hour for fix in debt.fixes] == sorted((f.saved_per_hour for f in debt.fixes), reverse=True)


def test_without_lines_of_code_hours_by_line_are_not_known_and_the_score_is_the_mean_gap() -> None:
    debt = assess(Metrics(test_coverage_percent=40, vulnerable_dependencies=0))
    assert (debt.ratio, debt.fixes[0].hours, debt.score) == (None, None, 25.0)
    assert debt.rating is None  # SQALE rates the ratio to writing the code anew, and there is none (Letouzey 2012)
    assert "lines_of_code" in debt.missing


METRICS = st.builds(
    Metrics,
    lines_of_code=st.integers(1, 10**6),
    **{name: st.floats(0, 100) for name in MEASURED if name != "lines_of_code"},
)


@settings(max_examples=50, deadline=None)
@given(METRICS, st.sampled_from(RULES))
def test_a_metric_that_gets_worse_never_lowers_the_score(metrics: Metrics, rule: Rule) -> None:
    figures = {name: getattr(metrics, name) for name in MEASURED}
    good, bad = (Metrics(**figures | {rule.metric: min(100, value)}) for value in (rule.threshold, rule.worst))
    assert 0 <= assess(good).score <= assess(bad).score <= 100


def test_the_trend_tells_what_got_better_and_worse_among_what_was_measured_twice() -> None:
    before = assess(Metrics(lines_of_code=1_000, test_coverage_percent=40, duplication_percent=3))
    after = assess(Metrics(lines_of_code=1_000, test_coverage_percent=60, duplication_percent=9, todo_count=90))
    told = trend(before, after)
    assert (told.better, told.worse) == (("test_coverage_percent",), ("duplication_percent",))


@settings(max_examples=50, deadline=None)
@given(METRICS, METRICS)
def test_a_trend_told_backwards_is_its_opposite(one: Metrics, other: Metrics) -> None:
    there, back = trend(assess(one), assess(other)), trend(assess(other), assess(one))
    assert (set(there.better), set(there.worse)) == (set(back.worse), set(back.better))
    assert there.score_change is not None
    assert back.score_change is not None
    assert there.score_change == pytest.approx(-back.score_change)
    assert there.hours_change == pytest.approx(-back.hours_change)


def test_a_score_of_a_ratio_and_one_of_gaps_do_not_compare() -> None:
    without, rated = assess(Metrics(todo_count=50)), assess(Metrics(lines_of_code=1_000, todo_count=50))
    assert (trend(without, rated).score_change, trend(without, without).score_change) == (None, 0)


def test_no_trend_between_the_same_figures() -> None:
    debt = assess(Metrics(lines_of_code=1_000, todo_count=50))
    assert trend(debt, debt) == Trend(0, 0, (), ())


def test_figures_as_large_as_they_may_be_are_the_most_debt() -> None:
    largest = {rule.metric: 100.0 if rule.metric.endswith("_percent") else 1e12 for rule in RULES}
    most = {rule.metric: 0.0 if rule.worst < rule.threshold else largest[rule.metric] for rule in RULES}
    for lines in (1.0, 1e12):
        debt = assess(Metrics(lines_of_code=lines, **most))
        assert (debt.score, debt.rating, len(debt.fixes)) == (100, "E", len(RULES))


@pytest.mark.parametrize(
    ("metrics", "field"),
    [
        (Metrics(test_coverage_percent=101), "codebase_metrics.test_coverage_percent"),
        (Metrics(lines_of_code=0, todo_count=1), "codebase_metrics.lines_of_code"),
        (Metrics(todo_count=float("nan")), "codebase_metrics.todo_count"),
        (Metrics(build_minutes=float("inf")), "codebase_metrics.build_minutes"),
        (Metrics(complex_functions=1e13), "codebase_metrics.complex_functions"),
        (Metrics(outdated_dependencies=-1), "codebase_metrics.outdated_dependencies"),
        (Metrics(), "codebase_metrics"),
        (Metrics(lines_of_code=5), "codebase_metrics"),
    ],
)
def test_figures_that_cannot_be_are_refused_by_name(metrics: Metrics, field: str) -> None:
    with pytest.raises(Impossible) as fault:
        assess(metrics)
    assert fault.value.field == field
