"""Technical debt: the hours it would take to mend what misses its threshold, and what to mend first.

Letouzey, "The SQALE method for evaluating technical debt", Managing Technical Debt (MTD), 2012: a remediation cost per
characteristic, and the debt ratio as its share of the cost to write the code anew. Thirty minutes a line for that, the
grid of ratings, 2 minutes an uncovered line, the gates of 80 % coverage and 3 % duplication: SonarQube's defaults. A
ten-minute build: Beck, "Extreme Programming Explained", 2004. A mean complexity of 5: rank A of radon. Interest:
Nugroho, Visser and Kuipers, "An empirical model of technical debt and interest", MTD, 2011. Other figures of RULES are
this module's own; whoever knows better ones hands in other rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import pairwise

from agents.methods.faults import Impossible
from agents.methods.quantities import MOST, possible

HOURS_A_LINE = 0.5  # to write it anew
LINES_A_FUNCTION = 20  # how many functions there are is told by nobody
MINUTE = 1 / 60  # of an hour
GRID = ((0.0, 0.0), (0.05, 20.0), (0.10, 40.0), (0.20, 60.0), (0.50, 80.0), (1.0, 100.0))  # debt ratio: score
RATINGS = ((20.0, "A"), (40.0, "B"), (60.0, "C"), (80.0, "D"), (100.0, "E"))  # up to that score


class Per(StrEnum):
    """What one unit of a rule's hours is."""

    EACH = "each above the threshold"
    LINE = "line of the share that misses the threshold"
    FUNCTION = f"function of {LINES_A_FUNCTION} lines, times how far it misses the threshold"


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was measured of a codebase; None is not measured. Percentages are 0 to 100."""

    lines_of_code: float | None = None
    test_coverage_percent: float | None = None
    duplication_percent: float | None = None
    cyclomatic_complexity_mean: float | None = None
    complex_functions: float | None = None
    outdated_dependencies: float | None = None
    vulnerable_dependencies: float | None = None
    todo_count: float | None = None
    documentation_percent: float | None = None
    build_minutes: float | None = None


MEASURED = tuple(field.name for field in fields(Metrics))


@dataclass(frozen=True, slots=True)
class Rule:
    """From `threshold` to `worst` a metric goes from no debt to its fullest. `hours`: to mend one unit.

    `interest`: hours it costs a month for each hour of debt, rising to twice that at `worst` and beyond.
    """

    metric: str
    characteristic: str
    threshold: float
    worst: float
    hours: float
    per: Per
    interest: float
    mend: str

    def gap(self, value: float) -> float:
        """How far the value misses the threshold, from 0 to 1."""
        return min(1.0, max(0.0, (value - self.threshold) / (self.worst - self.threshold)))

    def units(self, value: float, lines: float | None) -> float | None:
        """How many units there are to mend; None where that takes the lines of code."""
        off = max(0.0, value - self.threshold if self.worst > self.threshold else self.threshold - value)
        if self.per is Per.EACH or not off:
            return off
        if lines is None:
            return None
        share = off / 100 if self.metric.endswith("_percent") else off
        return share * (lines if self.per is Per.LINE else lines / LINES_A_FUNCTION)


RULES = (
    Rule("vulnerable_dependencies", "security", 0, 5, 4, Per.EACH, 0.5, "Update or replace what has known holes."),
    Rule("build_minutes", "efficiency", 10, 60, 4, Per.EACH, 0.4, "Split, cache or drop what makes the build slow."),
    Rule("complex_functions", "maintainability", 0, 50, 1, Per.EACH, 0.15, "Split the functions changed most often."),
    Rule("duplication_percent", "changeability", 3, 30, MINUTE, Per.LINE, 0.12, "Put what is said twice in one place."),
    Rule("cyclomatic_complexity_mean", "testability", 5, 20, MINUTE, Per.FUNCTION, 0.1, "Take branches apart."),
    Rule("test_coverage_percent", "reliability", 80, 0, 2 * MINUTE, Per.LINE, 0.1, "Test what changes most first."),
    Rule("outdated_dependencies", "portability", 0, 30, 1, Per.EACH, 0.08, "Update, the oldest first."),
    Rule("documentation_percent", "maintainability", 50, 0, 10 * MINUTE, Per.FUNCTION, 0.04, "Say what is public."),
    Rule("todo_count", "changeability", 0, 100, 0.5, Per.EACH, 0.03, "Do them, or delete them."),
)


@dataclass(frozen=True, slots=True)
class Fix:
    """One metric to bring to its threshold. `saved_per_hour`: hours of interest a month for each hour spent."""

    metric: str
    characteristic: str
    value: float
    threshold: float
    hours: float | None
    interest_hours_a_month: float | None
    saved_per_hour: float
    mend: str


@dataclass(frozen=True, slots=True)
class Debt:
    """`score` 0 (none) to 100. `hours`, by characteristic as well, hold what could be counted; `fixes` the best first.

    Without lines of code there is no `ratio`, and so no `rating`; the score is then the mean gap of what was given.
    """

    score: float
    rating: str | None
    ratio: float | None
    hours: float
    hours_by_characteristic: Mapping[str, float]
    fixes: tuple[Fix, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """What changed between two assessments; of metrics given in both. `score_change` below 0 is less debt.

    It is None where one score is of a ratio and the other of a mean gap.
    """

    score_change: float | None
    hours_change: float
    better: tuple[str, ...]
    worse: tuple[str, ...]


def assess(metrics: Metrics, rules: Sequence[Rule] = RULES) -> Debt:
    """Debt in hours, its ratio to writing the code anew, and the fixes by interest saved per hour (Letouzey 2012).

    Raises Impossible for a figure that cannot be, and where none was given that a rule knows.
    """
    _check(metrics)
    given = [(rule, value) for rule in rules if (value := getattr(metrics, rule.metric)) is not None]
    if not given:
        raise Impossible("codebase_metrics", f"has none of {', '.join(rule.metric for rule in rules)}.")
    fixes = [_fix(rule, value, metrics.lines_of_code) for rule, value in given if rule.gap(value)]
    hours: dict[str, float] = {rule.characteristic: 0.0 for rule, _ in given}
    for fix in fixes:
        hours[fix.characteristic] += fix.hours or 0.0
    total = sum(hours.values())
    ratio = total / (metrics.lines_of_code * HOURS_A_LINE) if metrics.lines_of_code else None
    gaps = [rule.gap(value) for rule, value in given]
    score = _score(ratio) if ratio is not None else 100 * sum(gaps) / len(gaps)
    return Debt(
        round(score, 1),
        None if ratio is None else next(rating for most, rating in RATINGS if score <= most),
        ratio,
        total,
        hours,
        tuple(sorted(fixes, key=lambda fix: -fix.saved_per_hour)),
        tuple(name for name in MEASURED if getattr(metrics, name) is None),
    )


def trend(earlier: Debt, later: Debt) -> Trend:
    """How the debt changed: a metric is worse when its interest per hour rose. No errors."""
    before, after = ({fix.metric: fix.saved_per_hour for fix in debt.fixes} for debt in (earlier, later))
    told = [metric for metric in {**before, **after} if metric not in {*earlier.missing, *later.missing}]
    change = {metric: after.get(metric, 0.0) - before.get(metric, 0.0) for metric in told}
    return Trend(
        round(later.score - earlier.score, 1) if (later.ratio is None) == (earlier.ratio is None) else None,
        later.hours - earlier.hours,
        tuple(metric for metric, by in change.items() if by < 0),
        tuple(metric for metric, by in change.items() if by > 0),
    )


def _check(metrics: Metrics) -> None:
    for name in MEASURED:
        value = getattr(metrics, name)
        if value is not None:
            least = 1.0 if name == "lines_of_code" else 0.0
            most = 100.0 if name.endswith("_percent") else MOST
            possible(f"codebase_metrics.{name}", value, least=least, most=most)


def _fix(rule: Rule, value: float, lines: float | None) -> Fix:
    units = rule.units(value, lines)
    hours = None if units is None else units * rule.hours
    rate = rule.interest * (1 + rule.gap(value))
    interest = None if hours is None else hours * rate
    return Fix(rule.metric, rule.characteristic, value, rule.threshold, hours, interest, rate, rule.mend)


def _score(ratio: float) -> float:
    """Along the grid, straight between its points."""
    for (low, at_low), (high, at_high) in pairwise(GRID):
        if ratio <= high:
            return at_low + (at_high - at_low) * (ratio - low) / (high - low)
    return GRID[-1][1]
