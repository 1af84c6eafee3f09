"""Error budgets, burn rates and alarms, as the SRE workbook has them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.objectives import Assessment, Measurement, Objective, assess, thresholds

few = settings(max_examples=50, deadline=None)
MONTH = 30 * 24
EVENTS = 1_000_000


def burning(rate: float, hours: float, target: float = 99.9) -> Measurement:
    """A window whose errors burn the budget of `target` at this rate."""
    bad = float(Fraction(str(rate)) * (1 - Fraction(str(target)) / 100) * EVENTS)
    return Measurement(EVENTS - bad, EVENTS, hours)


def told(*windows: Measurement, target: float = 99.9, days: float = 30) -> Assessment:
    return assess(Objective("api", target, days), windows)


@pytest.mark.parametrize(
    ("rate", "hours", "share"),
    [(14.4, 1, 0.02), (6, 6, 0.05), (1, 72, 0.1), (1, MONTH, 1.0), (2, MONTH / 2, 1.0), (1000, 0.72, 1.0)],
)
def test_what_is_spent_is_as_in_tables_5_4_and_5_8_of_the_workbook(rate: float, hours: float, share: float) -> None:
    """Burn rate times window ÷ period; at 1000, a whole outage, a month's budget lasts 43 minutes."""
    [burn] = told(burning(rate, hours)).burns
    assert burn.burn_rate == pytest.approx(rate)
    assert burn.spent == pytest.approx(share)
    assert burn.lasts_hours == pytest.approx(MONTH / rate)


@pytest.mark.parametrize(
    ("days", "rates"),
    [
        (30, [14.4, 6, 1]),  # table 5-8
        (90, [43.2, 18, 3]),  # 2 % of 2,160 h in 1, 5 % in 6, 10 % in 72
        (28, [13.44, 5.6, 1]),
        (7, [3.36, 1.4, 1]),  # at 0.23 a week's budget outlasts the week: no alarm
        (1, [1, 1, 1]),
    ],
)
def test_the_alarms_are_those_of_table_5_8_for_the_objectives_own_period(days: float, rates: list[float]) -> None:
    """Burn rate = share of the budget · period ÷ window (chapter 5, "alerting on burn rate")."""
    assert [(each.alarm, each.hours) for each in thresholds(days)] == [("page", 1), ("page", 6), ("ticket", 72)]
    assert [float(each.burn_rate) for each in thresholds(days)] == pytest.approx(rates)


@pytest.mark.parametrize(
    ("rate", "days", "status"), [(4, 7, "page"), (3.3, 7, "ok"), (20, 90, "ok"), (44, 90, "page"), (0.9, 1, "ok")]
)
def test_two_percent_of_a_budget_in_an_hour_call_somebody_whatever_its_period(
    rate: float, days: float, status: str
) -> None:
    assert told(burning(rate, 1), burning(rate, 1 / 12), days=days).status == status


@pytest.mark.parametrize(
    ("windows", "status"),
    [
        ([burning(15, 1), burning(15, 1 / 12)], "page"),
        ([burning(14.4, 1), burning(14.4, 1 / 12)], "ok"),  # at the threshold, not over it
        ([burning(15, 1), burning(0.1, 1 / 12)], "ok"),  # it has stopped: the short window resets the alarm
        ([burning(15, 1), burning(15, 0.09)], "page"),  # five minutes, rounded
        ([burning(7, 6), burning(7, 0.5)], "page"),
        ([burning(7, 6), burning(5, 0.5)], "ok"),
        ([burning(1.1, 72), burning(1.1, 6)], "ticket"),
        ([burning(1.1, 72), burning(0.9, 6)], "ok"),
        ([burning(7, 6)], "page"),  # no short window: an alarm that is not confirmed
        ([burning(0.5, MONTH)], "ok"),
        ([burning(1, MONTH)], "exhausted"),
        ([burning(1, MONTH), burning(0, 1)], "exhausted"),
    ],
)
def test_an_alarm_needs_a_long_window_and_the_short_one_that_says_it_goes_on(
    windows: list[Measurement], status: str
) -> None:
    assert told(*windows).status == status
    assert told(*reversed(windows)).status == status


def test_an_alarm_tells_its_window_and_whether_a_short_one_confirms_it() -> None:
    [alone] = told(burning(8, 6)).alerts
    assert (alone.window_hours, alone.threshold.hours, alone.confirmed) == (6, 6, None)
    first, *_ = told(burning(15, 1), burning(20, 1 / 12)).alerts
    assert (first.threshold.hours, first.confirmed) == (1, True)


def test_sums_are_exact_in_the_decimals_given() -> None:
    """1 in 1,000 at 99.9 % is the whole budget, not a hair more or less."""
    told_ = told(Measurement(999, 1000, MONTH))
    assert (told_.left, told_.budget, told_.status) == (0, 0.001, "exhausted")
    assert told(Measurement(9991, 10_000, MONTH)).left == 0.1


@few
@given(st.floats(50, 99.999), st.integers(1, 10**6), st.floats(0.01, 1), st.floats(0.1, 2000))
def test_what_is_left_and_spent_make_a_whole_budget(target: float, total: int, share: float, hours: float) -> None:
    good = math.floor(total * share)
    seen = told(Measurement(good, total, hours), target=target)
    [burn] = seen.burns
    assert burn.spent is not None
    assert seen.left is not None
    assert seen.left + burn.spent == pytest.approx(1, abs=1e-6 * max(1, burn.spent))
    assert burn.error_rate == pytest.approx((total - good) / total)
    assert 0 < seen.measured <= 1
    assert (seen.status == "exhausted") == (burn.spent >= 1)


@few
@given(st.floats(0, 900), st.floats(0, 100), st.sampled_from([1 / 12, 0.5, 1.0, 6.0, 72.0, 720.0]))
def test_more_errors_never_calm_it(rate: float, more: float, hours: float) -> None:
    order = ["ok", "ticket", "page", "exhausted"]
    calm, worse = (told(burning(each, hours, 99.0)) for each in (rate / 10, (rate + more) / 10))
    assert order.index(worse.status) >= order.index(calm.status)


def test_a_window_shorter_than_an_alarms_counts_by_what_it_alone_has_spent() -> None:
    """2 % of a month's budget in half an hour is what 14.4 in an hour is."""
    assert told(burning(29, 0.5)).status == "page"
    assert told(burning(28, 0.5)).alerts == ()


def test_a_whole_target_has_no_budget_and_one_bad_event_is_over_it() -> None:
    seen = told(Measurement(99, 100, 1), target=100)
    assert (seen.status, seen.budget, seen.left, seen.burns[0].burn_rate) == ("exhausted", 0, None, None)
    assert "no error budget" in seen.missing[0]
    assert told(Measurement(100, 100, 1), target=100).status == "ok"


@pytest.mark.parametrize(
    ("objective", "windows", "missing"),
    [
        (Objective("api"), [Measurement(1, 1, 1)], ("objectives.api.target_percent", "objectives.api.window_days")),
        (Objective("api", 99, 30), [], ("measurements.api",)),
        (Objective("api", 99, 30), [Measurement(total=5)], ("measurements.api.good", "measurements.api.window_hours")),
        (Objective("api", 99, 30), [Measurement(0, 0, 1)], ("measurements.api.total: no events, so nothing to judge",)),
    ],
)
def test_too_little_is_unknown_and_named(
    objective: Objective, windows: list[Measurement], missing: tuple[str, ...]
) -> None:
    seen = assess(objective, windows)
    assert (seen.status, seen.missing, seen.left, seen.burns) == ("unknown", missing, None, ())


def test_of_several_windows_the_one_that_says_too_little_is_named_by_its_place() -> None:
    seen = told(burning(1, 1), Measurement(1, 2))
    assert (seen.missing, len(seen.burns)) == (("measurements.api (2).window_hours",), 1)


@pytest.mark.parametrize(
    ("objective", "window", "field"),
    [
        (Objective("api", 100.1, 30), Measurement(1, 1, 1), "objectives.api.target_percent"),
        (Objective("api", -1, 30), Measurement(1, 1, 1), "objectives.api.target_percent"),
        (Objective("api", 99, 0), Measurement(1, 1, 1), "objectives.api.window_days"),
        (Objective("api", math.nan, 30), Measurement(1, 1, 1), "objectives.api.target_percent"),
        (Objective("api", 99, 30), Measurement(2, 1, 1), "measurements.api.good"),
        (Objective("api", 99, 30), Measurement(-1, 1, 1), "measurements.api.good"),
        (Objective("api", 99, 30), Measurement(1, math.inf, 1), "measurements.api.total"),
        (Objective("api", 99, 30), Measurement(1, 1, 0), "measurements.api.window_hours"),
    ],
)
def test_what_cannot_be_is_refused_by_name(objective: Objective, window: Measurement, field: str) -> None:
    with pytest.raises(Impossible) as refused:
        assess(objective, [window])
    assert refused.value.field == field


def test_the_smallest_and_the_largest_numbers_stay_finite() -> None:
    for window in (Measurement(0, 10.0**-300, 10.0**-6), Measurement(10.0**12 - 0.01, 10.0**12, 10.0**12)):
        [burn] = told(window, target=99.99999999999999, days=10.0**12).burns
        assert burn.burn_rate is not None
        assert math.isfinite(burn.burn_rate)
        assert burn.lasts_hours is None or math.isfinite(burn.lasts_hours)


def test_a_thousand_windows_are_judged_at_once() -> None:
    seen = told(*(Measurement(999_000.123456 - n, 1_000_000.654321 + n, 0.001 + n * 0.37) for n in range(1000)))
    assert len(seen.burns) == 1000
