"""Keeping a process alive: restart with back-off, and for a server restart also when it stops answering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from echo_project.local.children import Child
from echo_project.local.errors import StackError
from echo_project.local.servers import Health

PING_SECONDS = 1.0
SILENT_PINGS = 3  # of 2 s each: a server that hangs is killed after about seven seconds
STARTING_SECONDS = 60.0  # before its first answer a server may be silent this long
SHORTEST_DELAY = 0.1
LONGEST_DELAY = 30.0
SETTLED_SECONDS = 30.0  # after this long the back-off is forgotten


class Keeper:
    """One process and its restarts. `start` makes the child; `health`, where there is one, asks it."""

    def __init__(
        self,
        name: str,
        start: Callable[[], Child],
        health: Callable[[], Health] | None = None,
        child: Child | None = None,
    ) -> None:
        self.name = name
        self.child = child
        self.restarts = 0
        self.problem = ""
        self._start = start
        self._health = health
        self._answered = child is not None
        self._silent = 0
        self._started_at = 0.0
        self._delay = 0.0
        self._next_start = 0.0
        self._next_ping = 0.0

    def tick(self, now: float, *, jumped: bool = False) -> None:
        """Look after it; `now` is monotonic, `jumped` says that the machine slept."""
        if jumped:
            self._silent = 0
        if self.child is not None and (status := self.child.ended) is not None:
            self._has_ended(now, status)
        if self.child is None:
            if now >= self._next_start:
                self._begin(now)
        elif self._health is not None and now >= self._next_ping:
            self._ping(now, self._health())
        elif now - self._started_at > SETTLED_SECONDS:
            self._delay = 0.0
            if self._health is None:
                self.problem = ""

    def start(self, now: float) -> None:
        """The first start, which is no restart."""
        self.child = self._start()
        self._started_at = now

    def _has_ended(self, now: float, status: int) -> None:
        self.child = None
        self.restarts += 1
        if self._delay:
            self.problem = f"{self.name} keeps ending (status {status})."
        self._next_start = now + self._delay
        self._delay = min(LONGEST_DELAY, max(SHORTEST_DELAY, self._delay * 2))

    def _begin(self, now: float) -> None:
        self._silent, self._answered, self._started_at = 0, False, now
        try:
            self.child = self._start()
        except (StackError, OSError) as error:
            self.problem = str(error)
            self._next_start = now + self._delay
            self._delay = min(LONGEST_DELAY, max(SHORTEST_DELAY, self._delay * 2))

    def _ping(self, now: float, health: Health) -> None:
        self._next_ping = now + PING_SECONDS
        if health is Health.SILENT:
            self._silent += 1
            if self._silent >= SILENT_PINGS and (self._answered or now - self._started_at > STARTING_SECONDS):
                self.problem = f"{self.name} did not answer and was restarted."
                if self.child is not None:
                    self.child.kill()
            return
        self._silent = 0
        if health is Health.WELL:
            self._answered = True
            self.problem = ""

    def shown(self) -> dict[str, Any]:
        return {"name": self.name, "pid": self.child.pid if self.child else None, "restarts": self.restarts}
