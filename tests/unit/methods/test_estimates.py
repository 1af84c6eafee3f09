"""How long work may take, against published formulas and tables."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.estimates import DRAWS, Task, beta_variance, mean_of, pert_mean, simulate
from agents.methods.faults import Impossible

# The example of Wikipedia's "Program evaluation and review technique": o, m, p, predecessors, expected time.
TABLE: dict[str, tuple[float, float, float, str, float]] = {
    "a": (2, 4, 6, "", 4.00),
    "b": (3, 5, 9, "", 5.33),
    "c": (4, 5, 7, "a", 5.17),
    "d": (4, 6, 10, "a", 6.33),
    "e": (4, 5, 7, "bc", 5.17),
    "f": (3, 4, 8, "d", 4.50),
    "g": (3, 5, 8, "e", 5.17),
}
PROJECT = [Task(id, o, m, p, tuple(before)) for id, (o, m, p, before, _) in TABLE.items()]
UNIT = Task("u", 0, 5, 10)  # ten times the beta distribution of α = β = 3


def beta_3_3(x: float) -> float:
    """Its distribution function: the regularised incomplete beta function is a polynomial for whole α and β."""
    return 10 * x**3 - 15 * x**4 + 6 * x**5


@st.composite
def projects(draw: st.DrawFn) -> list[Task]:
    hours = st.tuples(*[st.integers(0, 1000)] * 3).map(sorted)
    count = draw(st.integers(1, 8))
    before = [draw(st.lists(st.integers(0, max(0, at - 1)), max_size=3)) if at else [] for at in range(count)]
    return [Task(str(at), *draw(hours), tuple(map(str, before[at]))) for at in range(count)]


@pytest.mark.parametrize("task", PROJECT, ids=lambda task: task.id)
def test_the_mean_is_that_of_the_published_table(task: Task) -> None:
    """Malcolm and others 1959."""
    assert mean_of(task) == pytest.approx(TABLE[task.id][4], abs=0.005)


def test_mean_and_variance_are_the_published_formulas() -> None:
    """Malcolm and others 1959; Vose 2000: of α = β = 3 the variance is αβ ÷ ((α+β)²(α+β+1)) of the square."""
    assert pert_mean(2, 4, 12) == 5
    assert beta_variance(0, 5, 10) == pytest.approx(100 * 9 / (36 * 7))


def test_the_percentiles_are_those_of_the_beta_distribution() -> None:
    effort = simulate([UNIT]).effort
    assert effort is not None
    for hours, share in ((effort.p50, 0.5), (effort.p80, 0.8), (effort.p95, 0.95)):
        assert beta_3_3(hours / 10) == pytest.approx(share, abs=0.015)


def test_what_runs_side_by_side_ends_with_the_later_one() -> None:
    """Van Slyke 1963: the mean of the maximum exceeds the maximum of the means."""
    told = simulate([UNIT, Task("v", 0, 5, 10)])
    steps = 10_000
    expected = 10 * sum(1 - beta_3_3(at / steps) ** 2 for at in range(steps)) / steps
    assert told.elapsed and told.elapsed.expected == pytest.approx(expected, abs=0.05)
    assert told.effort and told.effort.expected == 10


def test_the_published_project_takes_as_long_as_its_critical_path() -> None:
    told = simulate(PROJECT)
    assert told.elapsed and told.effort
    assert told.elapsed.expected == pytest.approx(19.5, abs=0.06)  # the other chains have hours to spare
    assert told.effort.expected == pytest.approx(sum(row[4] for row in TABLE.values()), abs=0.02)
    assert [driver.id for driver in told.drivers[:3]] == ["b", "d", "g"]  # by (mean - o)(p - mean): 8.6, 8.6, 6.1
    correlations = {driver.id: driver.correlation or 0 for driver in told.drivers}
    assert max(correlations, key=correlations.__getitem__) in "aceg"


@settings(max_examples=25, deadline=None)
@given(projects())
def test_percentiles_ascend_and_no_time_is_longer_than_the_work(tasks: list[Task]) -> None:
    told = simulate(tasks, draws=200)
    assert told.effort and told.elapsed
    for spread in (told.effort, told.elapsed):
        assert all(a <= b + 1e-9 for a, b in pairwise((spread.p50, spread.p80, spread.p95)))
    assert told.elapsed.p95 <= told.effort.p95 + 1e-6
    least, most = (sum(getattr(task, f"{name}_hours") for task in tasks) for name in ("optimistic", "pessimistic"))
    assert least - 1e-6 <= told.effort.p50 <= most + 1e-6
    if told.drivers:
        assert sum(driver.share for driver in told.drivers) == pytest.approx(1)
        assert all(-1.000001 <= (driver.correlation or 0) <= 1.000001 for driver in told.drivers)
    assert told == simulate(tasks, draws=200)


@settings(max_examples=10, deadline=None)
@given(projects(), st.sampled_from([0.25, 2, 8]))
def test_the_unit_makes_no_difference(tasks: list[Task], factor: float) -> None:
    def scaled(task: Task) -> Task:
        hours = [(value or 0) * factor for value in (task.optimistic_hours, task.likely_hours, task.pessimistic_hours)]
        return Task(task.id, *hours, task.depends_on)

    one, other = simulate(tasks, draws=100).elapsed, simulate([scaled(task) for task in tasks], draws=100).elapsed
    assert one and other and other.p80 == pytest.approx(one.p80 * factor)


def test_what_does_not_vary_takes_its_hours_and_drives_nothing() -> None:
    told = simulate([Task("a", 3, 3, 3), Task("b", 4, 4, 4, ("a",))])
    assert told.effort == told.elapsed and told.effort and told.effort.p95 == 7
    assert told.drivers == ()


def test_another_seed_draws_otherwise_and_tells_much_the_same() -> None:
    one, other = simulate(PROJECT), simulate(PROJECT, seed=1)
    assert one.elapsed and other.elapsed
    assert one.elapsed != other.elapsed
    assert other.elapsed.p80 == pytest.approx(one.elapsed.p80, rel=0.01)
    assert (one.draws, one.seed, other.seed) == (DRAWS, 1959, 1)


def test_what_is_not_given_is_named_and_not_invented() -> None:
    told = simulate([Task("a", 1, 2, 3), Task("b", likely_hours=4), Task("c")])
    assert told.effort and told.effort.expected == 2
    assert (told.elapsed, told.unestimated) == (None, ("b", "c"))
    assert [name.partition(".")[2] for name in told.missing] == [
        *("b.optimistic_hours", "b.pessimistic_hours"),
        *("c.optimistic_hours", "c.likely_hours", "c.pessimistic_hours"),
    ]
    nothing = simulate([])
    assert (nothing.effort, nothing.elapsed, nothing.missing) == (None, None, ("tasks",))


def test_cycles_unknown_names_and_repetitions_are_told() -> None:
    told = simulate([Task("a", 1, 2, 3, ("b",)), Task("b", 1, 2, 3, ("a",)), Task("a", 9, 9, 9)])
    assert ([str(cycle) for cycle in told.cycles], told.elapsed) == (["a → b → a"], None)
    assert told.effort and told.effort.expected == 4
    assert "tasks.a: given more than once; only the first is used" in told.missing
    assert simulate([Task("a", 1, 2, 3, ("ghost",))]).missing == ("tasks.a.depends_on: 'ghost' is none of the tasks",)


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ((-1, 2, 3), "tasks.a.optimistic_hours"),
        ((1, float("nan"), 3), "tasks.a.likely_hours"),
        ((1, 2, float("inf")), "tasks.a.pessimistic_hours"),
        ((1, 2, 10.0**300), "tasks.a.pessimistic_hours"),
        ((3, 2, 1), "tasks.a.likely_hours"),
        ((1, 4, 3), "tasks.a.likely_hours"),
        ((None, -2, None), "tasks.a.likely_hours"),
    ],
)
def test_hours_that_cannot_be_are_refused_by_field(hours: Any, field: str) -> None:
    for refused in (lambda: simulate([Task("a", *hours)]), lambda: mean_of(Task("a", *hours))):
        with pytest.raises(Impossible) as fault:
            refused()
        assert fault.value.field == field


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"draws": 10**9}, {"seed": -1}])
def test_draws_and_seed_are_bounded(wrong: dict[str, int]) -> None:
    with pytest.raises(Impossible):
        simulate([UNIT], **wrong)


def test_a_thousand_tasks_in_a_row_take_little_time() -> None:
    simulate([UNIT])  # numpy is loaded
    started = time.process_time()
    told = simulate([Task(str(at), 1, 2, 3, (str(at - 1),) if at else ()) for at in range(1000)])
    assert told.elapsed and told.elapsed.p50 == pytest.approx(2000, rel=0.01)
    assert time.process_time() - started < 2.5
