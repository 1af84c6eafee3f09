"""Dumps of the embedded database: whole or absent, the newest few of each kind."""

from __future__ import annotations

import os
import time
from enum import StrEnum
from pathlib import Path

from echo_project.local.binaries import PostgresPrograms
from echo_project.local.home import Home
from echo_project.local.places import sync_folder

KEPT = 3


class Kind(StrEnum):
    """What a dump is for, and how its name begins. No kind pushes out another's."""

    BEFORE_MIGRATION = "echo"
    BEFORE_UPGRADE = "upgrade"
    NIGHTLY = "nightly"


class Dump:
    """One dump in the making. There is only one at a time: whoever makes it holds the supervisor's lock."""

    def __init__(self, home: Home, kind: Kind) -> None:
        self._home = home
        self._kind = kind
        self.path = home.backups / time.strftime(f"{kind}-%Y%m%d-%H%M%S.dump", time.gmtime())
        self._unfinished = self.path.with_name(f".{self.path.name}")
        self.discard()

    def command(self, programs: PostgresPrograms) -> list[str | Path]:
        where = ["-h", str(self._home.sockets), "-U", "echo", "-d", "echo"]
        return [programs.program("pg_dump"), "-Fc", "-f", self._unfinished, *where]

    def keep(self) -> None:
        """Give the finished file its name, and let the oldest of its kind go."""
        with self._unfinished.open("rb") as dump:
            os.fsync(dump.fileno())
        self._unfinished.replace(self.path)
        sync_folder(self._home.backups)
        others = sorted(set(self._home.backups.glob(f"{self._kind}-*.dump")) - {self.path})
        for former in others[: 1 - KEPT]:  # this one stays, also beside dumps of a clock that was ahead
            former.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what an unfinished dump left, be it this one or one that was killed."""
        for unfinished in self._home.backups.glob(".*"):
            unfinished.unlink(missing_ok=True)


def finished(home: Home) -> list[Path]:
    """The dumps of every kind that are whole."""
    return [path for path in home.backups.glob("*.dump") if not path.name.startswith(".")]


def newest_age(home: Home) -> float:
    """Seconds since the newest dump of any kind; infinite without one. One from the future says nothing."""
    now = time.time()
    ages = (now - dump.stat().st_mtime for dump in finished(home))
    return min((age for age in ages if age > -60), default=float("inf"))
