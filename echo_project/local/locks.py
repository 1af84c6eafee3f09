"""File locks. The kernel frees them when their holder dies, however it dies; a pid file promises no such thing."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

POLL_SECONDS = 0.01


class FileLock:
    """A `flock` on `path`. It belongs to the open file, so a child that inherits the file holds it too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self, *, shared: bool = False, timeout: float = 0.0) -> bool:
        """Take the lock, waiting `timeout` seconds at most; false if somebody else kept it."""
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= until:
                    self.close()
                    return False
            time.sleep(POLL_SECONDS)

    @property
    def fd(self) -> int:
        """The open file, to pass to a child that shall hold the lock from now on."""
        if self._file is None:
            raise ValueError(f"{self.path} is not locked")
        return self._file

    def close(self) -> None:
        """Let go. A child that inherited the lock keeps it: closing is not unlocking."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_held(path: Path) -> bool:
    """Whether anybody holds `path` exclusively. For an instant this holds it shared, so takers must try twice."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        return not lock.acquire(shared=True)
    finally:
        lock.close()
