"""The critical path: how early each task can start, how late it may, and which ones cannot slip.

Kelley and Walker, "Critical-path planning and scheduling", Proceedings of the Eastern Joint Computer Conference, 1959:
a forward pass for the earliest times, a backward pass for the latest, their difference is the slack. Units: hours from
the start. Assumed: as many people are there as tasks can run side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from agents.methods.dependencies import Cycle, Dependencies, LeftOut, read
from agents.methods.quantities import exact, possible, whole


@dataclass(frozen=True, slots=True)
class Activity:
    """`hours` it takes; None where nothing was said, 0 for a milestone."""

    id: str
    hours: float | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """In the schedule's unit: without slack a task is critical, and every delay of it delays the end."""

    id: str
    earliest_start: float
    earliest_finish: float
    latest_start: float
    latest_finish: float
    slack: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """`unit` is "tasks" where hours are missing: each task then counts as one, and `finish` is the longest chain.

    `groups` can be done side by side, each after the one before; `critical_path` is one of the longest chains, and
    `critical` all tasks that are on one.
    """

    order: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    unit: Literal["hours", "tasks"]
    finish: float
    critical_path: tuple[str, ...]
    critical: tuple[str, ...]
    timings: tuple[Timing, ...]  # in that order
    cycles: tuple[Cycle, ...]
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]


def plan(activities: Sequence[Activity]) -> Schedule:
    """Order, groups side by side and critical path (Kelley and Walker 1959); exact in the decimals given.

    In the order, what may start the latest comes last. Members of cycles and what waits for them are left out by name.
    Raises Impossible for hours below 0, NaN or infinite.
    """
    for activity in activities:
        if activity.hours is not None:
            possible(f"tasks.{activity.id}.hours", activity.hours)
    found = read(activities)
    untold = [f"tasks.{id}.hours" for id, activity in found.nodes.items() if activity.hours is None]
    given = [Fraction(1) if untold else exact(activity.hours or 0) for activity in found.nodes.values()]
    *wholes, one = whole([*given, Fraction(1)])
    takes = dict(zip(found.nodes, wholes, strict=True))
    earliest: dict[str, int] = {}  # finishes
    for id in (some_order := found.order()):
        earliest[id] = takes[id] + max((earliest[before] for before in found.before(id)), default=0)
    finish = max(earliest.values(), default=0)
    latest: dict[str, int] = {}
    for id in reversed(some_order):
        latest[id] = min((latest[after] - takes[after] for after in found.after(id)), default=finish)
    order = found.order(lambda each: latest[each] - takes[each])
    timings = tuple(
        Timing(
            id,
            earliest_start=(earliest[id] - takes[id]) / one,
            earliest_finish=earliest[id] / one,
            latest_start=(latest[id] - takes[id]) / one,
            latest_finish=latest[id] / one,
            slack=(latest[id] - earliest[id]) / one,
        )
        for id in order
    )
    return Schedule(
        order=tuple(order),
        groups=tuple(found.generations()),
        unit="tasks" if untold else "hours",
        finish=finish / one,
        critical_path=_longest_chain(found, takes, earliest, order),
        critical=tuple(id for id in order if latest[id] == earliest[id]),
        timings=timings,
        cycles=found.cycles,
        left_out=found.stuck,
        missing=(*([] if activities else ["tasks"]), *untold, *found.gaps("tasks")),
    )


def _longest_chain(
    found: Dependencies[Activity], takes: Mapping[str, int], earliest: Mapping[str, int], order: Sequence[str]
) -> tuple[str, ...]:
    """From what ends last back to what each waited for; of several the first in order."""
    chain: list[str] = []
    candidates, ends = list(order), max(earliest.values(), default=0)
    while candidates:
        chain.append(next(id for id in candidates if earliest[id] == ends))
        candidates, ends = found.before(chain[-1]), ends - takes[chain[-1]]
    return tuple(reversed(chain))
