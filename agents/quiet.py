"""Leaving alone for a moment what has just failed, so that an outage costs each caller its time once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Quiet:
    """Begins with a failure and lasts so many seconds; each further failure begins it anew."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._until: float | None = None
        self._lock = threading.Lock()

    def lasts(self) -> bool:
        """It failed a moment ago, so that trying now would only cost time."""
        until = self._until
        return until is not None and self._clock() < until

    def begin(self) -> bool:
        """It failed. True for one caller of all that fail at the same time: the one to say so."""
        with self._lock:
            is_news = not self.lasts()
            self._until = self._clock() + self._seconds
        return is_news
