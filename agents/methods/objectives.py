"""Service level objectives: how much of the error budget is spent, how fast it burns, and when to call somebody.

Beyer and others, "The Site Reliability Workbook", 2018, chapter 5, tables 5-4 and 5-8: call a person (page) when 2 % of
the budget go in 1 h or 5 % in 6 h, open a ticket at 10 % in 3 days, each only while it still burns as fast in a window
a twelfth as long. Burn rate: error rate ÷ (1 - target); what these shares come to is share · period ÷ hours, so 14.4, 6
and 1 in the workbook's period of 30 days. Units: events, hours, and days of the objective's own period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from agents.methods.faults import Impossible
from agents.methods.quantities import LEAST_ABOVE_ZERO, exact, possible

HOURS_A_DAY = 24
SHORT = Fraction(1, 10)  # of the long window: a twelfth, and some room for 5 minutes given as 0.09 h
Alarm = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Faster than `burn_rate` over `hours` is an alarm."""

    alarm: Alarm
    hours: int
    burn_rate: Fraction


SHARES: tuple[tuple[Alarm, int, Fraction], ...] = (  # of the whole budget, within so many hours
    ("page", 1, Fraction(2, 100)),
    ("page", 6, Fraction(5, 100)),
    ("ticket", 72, Fraction(10, 100)),
)


@dataclass(frozen=True, slots=True)
class Objective:
    """`target_percent` of the events are to be good, over `window_days`."""

    name: str
    target_percent: float | None = None
    window_days: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Events of the last `window_hours`."""

    good: float | None = None
    total: float | None = None
    window_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Burn:
    """Of one measurement; `spent` is the share of the whole period's budget, 1 for all, at an even flow of events.

    `lasts_hours` is how long a whole budget lasts at this rate; None where nothing burns. Without a budget (a target of
    100 %) `burn_rate` and `spent` are None too.
    """

    window_hours: float
    bad: float
    error_rate: float
    burn_rate: float | None
    spent: float | None
    lasts_hours: float | None


@dataclass(frozen=True, slots=True)
class Alert:
    """By which threshold and over which window; `confirmed` is None where no short window tells whether it goes on."""

    threshold: Threshold
    window_hours: float
    confirmed: bool | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """`budget` is the share of events that may fail; `left` of it at most, below 0 when overspent.

    `measured` is the share of the period that the longest window covers: below 1, more may have been spent before.
    """

    name: str
    status: Literal["ok", "ticket", "page", "exhausted", "unknown"]
    budget: float | None
    left: float | None
    measured: float
    burns: tuple[Burn, ...]  # the shortest window first
    alerts: tuple[Alert, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    hours: Fraction
    bad: Fraction
    rate: Fraction


def thresholds(window_days: float) -> tuple[Threshold, ...]:
    """The alarms of an objective over so many days, the most pressing first. No errors.

    None is below 1, where a period is too short for such a share to be much: at 1 the budget just lasts its period.
    """
    period = exact(window_days) * HOURS_A_DAY
    return tuple(Threshold(alarm, hours, max(Fraction(1), share * period / hours)) for alarm, hours, share in SHARES)


def assess(objective: Objective, measurements: Sequence[Measurement]) -> Assessment:
    """Error budget, burn rates and alarms of one objective (SRE workbook, chapter 5), exact in the decimals given.

    A window longer than a threshold's counts by its burn rate; a shorter one by what it alone has spent of the budget.
    Raises Impossible for a target outside 0 to 100, more good events than events, a window of no time, NaN.
    """
    name = objective.name
    missing = [f"objectives.{name}.{field}" for field in ("target_percent", "window_days") if _none(objective, field)]
    if objective.target_percent is not None:
        possible(f"objectives.{name}.target_percent", objective.target_percent, most=100)
    if objective.window_days is not None:
        possible(f"objectives.{name}.window_days", objective.window_days, least=LEAST_ABOVE_ZERO)
    windows = sorted(_windows(name, measurements, missing), key=lambda window: window.hours)
    if objective.target_percent is None or objective.window_days is None or not windows:
        return Assessment(name, "unknown", None, None, 0.0, (), (), tuple(missing))
    budget = 1 - exact(objective.target_percent) / 100
    period = exact(objective.window_days) * HOURS_A_DAY
    if not budget:
        missing.append(f"objectives.{name}.target_percent: 100 leaves no error budget, so no rate at which it burns")
    alerts = [
        alert for each in thresholds(objective.window_days) if budget and (alert := _alert(each, windows, budget))
    ]
    spent = max(_spent(window, budget, period) for window in windows) if budget else None
    exhausted = spent >= 1 if spent is not None else any(window.bad for window in windows)
    return Assessment(
        name=name,
        status="exhausted" if exhausted else alerts[0].threshold.alarm if alerts else "ok",
        budget=float(budget),
        left=None if spent is None else float(1 - spent),
        measured=float(min(Fraction(1), windows[-1].hours / period)),
        burns=tuple(_burn(window, budget, period) for window in windows),
        alerts=tuple(alerts),
        missing=tuple(missing),
    )


def _none(record: object, field: str) -> bool:
    return getattr(record, field) is None


def _windows(name: str, measurements: Sequence[Measurement], missing: list[str]) -> list[_Window]:
    """The measurements that tell something; what the others lack goes into `missing`."""
    windows: list[_Window] = []
    if not measurements:
        missing.append(f"measurements.{name}")
    for at, each in enumerate(measurements, start=1):
        of = f"measurements.{name}" + (f" ({at})" if len(measurements) > 1 else "")
        for field in ("good", "total", "window_hours"):
            if (value := getattr(each, field)) is not None:
                possible(f"{of}.{field}", value, least=LEAST_ABOVE_ZERO if field == "window_hours" else 0)
        if each.good is None or each.total is None or each.window_hours is None:
            missing += [f"{of}.{field}" for field in ("good", "total", "window_hours") if _none(each, field)]
        elif each.good > each.total:
            raise Impossible(f"{of}.good", f"is {each.good:g}, more than the total of {each.total:g}.")
        elif not each.total:
            missing.append(f"{of}.total: no events, so nothing to judge")
        else:
            bad = exact(each.total) - exact(each.good)
            windows.append(_Window(exact(each.window_hours), bad, bad / exact(each.total)))
    return windows


def _spent(window: _Window, budget: Fraction, period: Fraction) -> Fraction:
    """A window longer than the period stands for the period by its mean."""
    return window.rate / budget * min(Fraction(1), window.hours / period)


def _burn(window: _Window, budget: Fraction, period: Fraction) -> Burn:
    rate = window.rate / budget if budget else None
    return Burn(
        window_hours=float(window.hours),
        bad=float(window.bad),
        error_rate=float(window.rate),
        burn_rate=None if rate is None else float(rate),
        spent=float(_spent(window, budget, period)) if budget else None,
        lasts_hours=float(period / rate) if rate else None,
    )


def _alert(threshold: Threshold, windows: Sequence[_Window], budget: Fraction) -> Alert | None:
    """The alarm of this threshold, unless a short window tells that it has stopped burning so fast."""
    burning = [
        window
        for window in windows
        if window.rate / budget > threshold.burn_rate * max(Fraction(1), threshold.hours / window.hours)
    ]
    shorts = [window for window in windows if window.hours <= threshold.hours * SHORT]
    if not burning:
        return None
    confirmed = shorts[-1].rate / budget > threshold.burn_rate if shorts else None
    return None if confirmed is False else Alert(threshold, float(burning[-1].hours), confirmed)
