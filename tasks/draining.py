"""How many threads of one worker answer calls at once.

One thread of a worker's pool stays free to hear rings: Celery stops listening while every thread is busy, and a pool
of threads notices only up to a second later that one of them is free again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Drainers:
    """At most `most` threads answer at once; a ring beyond that is heeded by whichever is free first."""

    def __init__(self, most: int = 1) -> None:
        self.most = most
        self._active = 0
        self._rung: set[str] = set()
        self._lock = threading.Lock()

    def heed(self, key: str, drain: Callable[[list[str]], int]) -> int:
        """Drain what was rung for, like a role's queue, here or in a thread that is at work; how much was done."""
        with self._lock:
            self._rung.add(key)
            if self._active >= self.most:
                return 0
            self._active += 1
        answered = 0
        try:
            while keys := self._take():
                answered += drain(keys)
        except BaseException:
            with self._lock:
                self._active -= 1
            raise
        return answered

    def _take(self) -> list[str]:
        """What was rung for since; when there is nothing, this thread counts no longer."""
        with self._lock:
            keys = sorted(self._rung)
            self._rung.clear()
            if not keys:
                self._active -= 1
            return keys
