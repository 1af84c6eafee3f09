"""What PostgreSQL and Valkey have in common here: one lock, one leash, and health by asking."""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from echo_project.local import logs
from echo_project.local.accounts import Account
from echo_project.local.children import BARE, Child
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.locks import FileLock
from echo_project.local.remnants import evict

READY_POLL_SECONDS = 0.01
SLOWEST_START_SECONDS = 60.0
FORMER_RUN_SECONDS = 30.0  # a server whose supervisor was killed still writes a checkpoint
ORPHANS_SECONDS = 2.0  # what a killed server leaves behind has nothing to write


class Health(Enum):
    """What a server said when it was asked."""

    WELL = "well"
    BUSY = "busy"  # it answered that it cannot serve yet: starting, recovering, loading
    SILENT = "silent"


class Server(ABC):
    """A server of the embedded stack. While any of its processes lives, `lock` is held, so no second one starts."""

    name: str
    on_orphaned: str
    stop_steps: tuple[tuple[signal.Signals, float], ...]

    def __init__(self, home: Home, account: Account) -> None:
        self.home = home
        self.account = account
        self.log = home.log(self.name)
        self.child: Child | None = None
        self._log_start = 0

    @property
    @abstractmethod
    def lock(self) -> Path:
        """The lock file that its processes inherit."""

    @property
    @abstractmethod
    def data(self) -> Path:
        """The folder of its data."""

    @abstractmethod
    def prepare(self, lock: FileLock) -> Sequence[str | Path]:
        """Make the folder ready, under the lock; returns the command."""

    @abstractmethod
    def health(self) -> Health:
        """Ask it."""

    @abstractmethod
    def explain(self, said: str) -> StackError:
        """Why it ended at start, from the last lines it wrote."""

    def start(self, patience: float = FORMER_RUN_SECONDS) -> None:
        """Start it, without waiting until it serves. What is left of a former run gets `patience` seconds to end."""
        lock = FileLock(self.lock)
        if not lock.acquire(timeout=patience):
            evict(self.lock)
            if not lock.acquire(timeout=5):
                raise StackError(
                    f"Another server, perhaps in another container, uses {self.data}.",
                    "Stop that one, or give this Echo an ECHO_HOME of its own.",
                )
        try:
            command = self.prepare(lock)
            self._log_start = self.log.stat().st_size if self.log.exists() else 0
            self.child = self.spawn(command, lock)
        finally:
            lock.close()

    def restart(self) -> Child:
        """Start it again after it died under our eyes."""
        self.start(ORPHANS_SECONDS)
        assert self.child is not None
        return self.child

    def spawn(self, command: Sequence[str | Path], lock: FileLock) -> Child:
        """Run one of the server's programs under its account, holding the lock, with nothing of this environment."""
        return Child(
            command,
            log=self.log,
            env=BARE,
            user=self.account.name if self.account.changes else "-",
            on_orphaned=self.on_orphaned,
            pass_fds=[lock.fd],
        )

    def wait_ready(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Wait until it serves, while `go_on` says so."""
        silent_since = time.monotonic()
        while go_on():
            health = self.health()
            if health is Health.WELL:
                return
            if self.child is None or self.child.ended is not None:
                raise self.explain("\n".join(logs.tail(self.log, 30, start=self._log_start)))
            if health is Health.BUSY:
                silent_since = time.monotonic()  # recovery after a crash takes as long as it takes
            elif time.monotonic() - silent_since > SLOWEST_START_SECONDS:
                raise StackError(f"{self.name} started and does not answer.", f"Read {self.log}.")
            time.sleep(READY_POLL_SECONDS)

    def stop(self) -> None:
        """End it in order; by force if it does not."""
        if self.child is not None:
            self.child.stop(*self.stop_steps)
            self.child = None

    def kill(self) -> None:
        """End it at once; for one that hangs."""
        if self.child is not None:
            self.child.kill()


def disk_is_full(said: str) -> bool:
    return "No space left on device" in said or "Disk quota exceeded" in said


def full_disk_error(home: Home) -> StackError:
    return StackError(
        f"The disk of {home.root} is full.", "Free some space; nothing that was committed is lost. Then start again."
    )
