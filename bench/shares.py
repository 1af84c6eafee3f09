"""What has kept a machine busy: the time each of the stack's processes was on a core."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil

from bench.stack import Stack

BENCH, OTHERS = "this bench", "others on this machine"
TOLD = {"forkserver": "the roles' servers", "postgres": "PostgreSQL", "worker": "the worker", "web": "the pages"}


class Shares:
    """Of the time since this was made, the cores' share of each."""

    def __init__(self, here: Stack) -> None:
        self._here = here
        self._started, self._machine = time.perf_counter(), _machine()
        self._before = self._seconds()

    def told(self) -> str:
        """In cores, the most first."""
        elapsed, after = time.perf_counter() - self._started, self._seconds()
        used = {name: (seconds - self._before.get(name, 0.0)) / elapsed for name, seconds in after.items()}
        busy = (_machine() - self._machine) / elapsed
        used[OTHERS] = max(0.0, busy - sum(used.values()))
        most_first = sorted(used, key=lambda name: used[name], reverse=True)
        shares = ", ".join(f"{TOLD.get(name, name)} {used[name]:.2f}" for name in most_first if used[name] >= 0.01)
        return f"{busy:.1f} of {os.cpu_count()} cores were busy: {shares}"

    def _seconds(self) -> dict[str, float]:
        found = {**self._here.processes(), BENCH: [psutil.Process()]}
        return {name: sum(_used(process) for process in processes) for name, processes in found.items()}


def _used(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _machine() -> float:
    """Seconds that all cores together were busy."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
