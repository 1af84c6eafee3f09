"""Timing of repeated work. All times are milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

WARM_UP = 20
CALLS = 300


@dataclass(frozen=True)
class Times:
    """The times of one kind of work, sorted."""

    milliseconds: tuple[float, ...]

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        return cls(tuple(sorted(second * 1000 for second in seconds)))

    def percentile(self, percent: float) -> float:
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * percent / 100))]

    @property
    def p50(self) -> float:
        return self.percentile(50)

    @property
    def p99(self) -> float:
        return self.percentile(99)


def repeat(work: Callable[[int], object], times: int, warm_up: int = WARM_UP) -> Times:
    """Do `work` one after the other; the first `warm_up` are not counted."""
    for number in range(-warm_up, 0):
        work(number)
    return Times.of([_timed(work, number) for number in range(times)])


def at_once(works: Sequence[Callable[[int], object]], times: int) -> Times:
    """Do each of `works` `times` times, all of them side by side."""

    def one(work: Callable[[int], object]) -> list[float]:
        return [_timed(work, number) for number in range(times)]

    with ThreadPoolExecutor(len(works)) as pool:
        return Times.of([second for seconds in pool.map(one, works) for second in seconds])


def _timed(work: Callable[[int], object], number: int) -> float:
    started = time.perf_counter()
    work(number)
    return time.perf_counter() - started
