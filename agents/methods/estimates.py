"""How long work may take: three-point estimates, and ten thousand ways a graph of tasks may go.

PERT: Malcolm, Roseboom, Clark and Fazar, "Application of a technique for research and development program
evaluation", Operations Research 7(5), 1959: mean (o + 4m + p) ÷ 6, deviation (p - o) ÷ 6. Drawn from is the PERT-beta
distribution of the same mean and the shape 4 (Vose, "Risk Analysis", 2000): α = 1 + 4(m - o) ÷ (p - o), β = 6 - α; its
variance is (mean - o)(p - mean) ÷ 7. Elapsed time by Monte Carlo: Van Slyke, "Monte Carlo methods and the PERT
problem", Operations Research 11(5), 1963.
Units: hours. Assumed: tasks vary independently, and as many people are there as tasks can run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

from agents.methods.dependencies import Cycle, Dependencies, read
from agents.methods.faults import Impossible
from agents.methods.quantities import possible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Three = tuple[float, float, float]  # optimistic, likely, pessimistic
Step = tuple[int, list[int]]  # a task's place, and the places of what it depends on
DRAWS = 10_000
MOST_DRAWS = 100_000
SEED = 1959
NUMBERS_AT_ONCE = 1_000_000  # drawn and held in memory: 8 MB, and as much again for the ends of tasks
HOURS = ("optimistic_hours", "likely_hours", "pessimistic_hours")


@dataclass(frozen=True, slots=True)
class Task:
    """Hours of one person; None where nothing was said."""

    id: str
    optimistic_hours: float | None = None
    likely_hours: float | None = None
    pessimistic_hours: float | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Hours: the mean, and what is not exceeded in 50, 80 and 95 of a hundred cases."""

    expected: float
    p50: float
    p80: float
    p95: float


@dataclass(frozen=True, slots=True)
class Driver:
    """`share` of the variance of the total effort, 0 to 1; `correlation` of the task with the elapsed time, if any."""

    id: str
    share: float
    correlation: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of the tasks that have three hours each; `elapsed` is None where one has not, or a cycle stands.

    `drivers` are the tasks that vary, the greatest share first; the shares sum up to 1.
    """

    effort: Spread | None
    elapsed: Spread | None
    drivers: tuple[Driver, ...]
    unestimated: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    missing: tuple[str, ...]
    draws: int
    seed: int


def pert_mean(optimistic: float, likely: float, pessimistic: float) -> float:
    """(o + 4m + p) ÷ 6, in hours (Malcolm and others 1959). Raises Impossible where the three are not in order."""
    _in_order("", optimistic, likely, pessimistic)
    return (optimistic + 4 * likely + pessimistic) / 6


def mean_of(task: Task) -> float | None:
    """PERT's mean of a task, in hours; None where one of its three is not given. Raises Impossible as `simulate`."""
    three = _hours(task)
    return None if three is None else pert_mean(*three)


def beta_variance(optimistic: float, likely: float, pessimistic: float) -> float:
    """Of the PERT-beta: (mean - o)(p - mean) ÷ 7, in hours squared (Vose 2000). Raises Impossible as the mean does."""
    mean = pert_mean(optimistic, likely, pessimistic)
    return (mean - optimistic) * (pessimistic - mean) / 7


def simulate(tasks: Sequence[Task], *, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """Total effort, and elapsed time along the dependencies, over `draws` outcomes; the same seed gives the same.

    The expected effort and the shares are exact, the rest is drawn. Raises Impossible for hours below 0, not in order,
    NaN or infinite.
    """
    possible("draws", draws, least=1, most=MOST_DRAWS)
    possible("seed", seed)
    found = read(tasks)
    hours = {id: three for id, task in found.nodes.items() if (three := _hours(task))}
    unestimated = tuple(id for id in found.nodes if id not in hours)
    absent = [f"tasks.{id}.{name}" for id in unestimated for name in HOURS if getattr(found.nodes[id], name) is None]
    effort = elapsed = None
    drivers: list[Driver] = []
    if hours:
        ordered = not unestimated and not found.stuck
        totals, ends, correlations = _outcomes(list(hours.values()), _steps(found) if ordered else [], draws, seed)
        effort = _spread(totals, expected=fsum(pert_mean(*three) for three in hours.values()))
        elapsed = _spread(ends, expected=float(ends.mean())) if ordered else None
        variances = [beta_variance(*three) for three in hours.values()]
        whole = fsum(variances)
        drivers = [
            Driver(id, variance / whole, float(correlation) if ordered else None)
            for id, variance, correlation in zip(hours, variances, correlations, strict=True)
            if variance
        ]
    return Estimate(
        effort=effort,
        elapsed=elapsed,
        drivers=tuple(sorted(drivers, key=lambda driver: -driver.share)),
        unestimated=unestimated,
        cycles=found.cycles,
        missing=(*([] if tasks else ["tasks"]), *absent, *found.gaps("tasks")),
        draws=draws,
        seed=seed,
    )


def _hours(task: Task) -> Three | None:
    """The three, once each is possible and they are in order; None where one is not given."""
    for name in HOURS:
        if (hours := getattr(task, name)) is not None:
            possible(f"tasks.{task.id}.{name}", hours)
    optimistic, likely, pessimistic = task.optimistic_hours, task.likely_hours, task.pessimistic_hours
    if optimistic is None or likely is None or pessimistic is None:
        return None
    _in_order(f"tasks.{task.id}.", optimistic, likely, pessimistic)
    return optimistic, likely, pessimistic


def _in_order(of: str, optimistic: float, likely: float, pessimistic: float) -> None:
    for name, hours in zip(HOURS, (optimistic, likely, pessimistic), strict=True):
        possible(f"{of}{name}", hours)
    if not optimistic <= likely <= pessimistic:
        raise Impossible(f"{of}likely_hours", "must lie between optimistic_hours and pessimistic_hours.")


def _steps(found: Dependencies[Task]) -> list[Step]:
    """In an order in which what a task depends on comes first."""
    place = {id: at for at, id in enumerate(found.nodes)}
    return [(place[id], [place[before] for before in found.before(id)]) for id in found.order()]


def _outcomes(threes: Sequence[Three], steps: Sequence[Step], draws: int, seed: int) -> tuple[Array, Array, Array]:
    """Of each draw the total and, by `steps`, the end; of each task the correlation (Pearson's) with the end."""
    import numpy as np

    random = np.random.default_rng(seed)
    totals, ends = np.empty(draws), np.zeros(draws)
    means = np.array([[pert_mean(*three)] for three in threes])
    sums, squares, products = np.zeros((3, len(threes)))
    width = max(1, NUMBERS_AT_ONCE // len(threes))
    for start in range(0, draws, width):
        here = slice(start, min(start + width, draws))
        block = np.empty((len(threes), here.stop - start))
        for row, three in zip(block, threes, strict=True):
            row[:] = _draw(three, random, row.size)
        totals[here] = block.sum(axis=0)
        if steps:
            ends[here] = _ends(block, steps)
            block -= means  # sums of small differences lose few digits
            sums += block.sum(axis=1)
            squares += np.einsum("ij,ij->i", block, block)
            products += block @ (ends[here] - ends[0])
    late = ends - ends[0]
    together = products - sums * late.mean()
    apart = np.sqrt(np.maximum(squares - sums**2 / draws, 0) * max(0.0, float(late @ late - late.sum() ** 2 / draws)))
    return totals, ends, np.divide(together, apart, out=np.zeros_like(sums), where=apart > 0)


def _draw(three: Three, random: np.random.Generator, count: int) -> Array | float:
    low, likely, high = three
    if low == high:
        return low
    skew = 4 * (likely - low) / (high - low)
    return low + (high - low) * random.beta(1 + skew, 5 - skew, count)


def _ends(block: Array, steps: Sequence[Step]) -> Array:
    """When the last task ends, a task starting when the last of what it depends on has ended."""
    import numpy as np

    ends = np.empty_like(block)
    for at, before in steps:
        ends[at] = block[at] + ends[before].max(axis=0) if before else block[at]
    latest: Array = ends.max(axis=0)
    return latest


def _spread(hours: Array, *, expected: float) -> Spread:
    import numpy as np

    p50, p80, p95 = (float(each) for each in np.quantile(hours, (0.5, 0.8, 0.95)))
    return Spread(expected, p50, p80, p95)
