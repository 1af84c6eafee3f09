"""Putting a new data folder in the place of the former one, by renames: a crash comes between them, never within.

Whoever calls these holds the supervisor's lock.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from echo_project.local.home import Home
from echo_project.local.locks import FileLock
from echo_project.local.places import sync_folder
from echo_project.local.remnants import evict

PATIENCE_SECONDS = 10.0  # for a server whose starter was killed; what it writes is thrown away


def finish(home: Home) -> bool:
    """Whether a swap that was cut off between its renames had to be finished. One cut off before them is undone."""
    clear(home)
    if home.postgres_data.exists():
        if home.postgres_next.exists():  # outdated as soon as the former folder is used again
            shutil.rmtree(home.postgres_next)
        return False
    if not home.postgres_next.exists():
        return False
    _rename(home.postgres_next, home.postgres_data)
    return True


def clear(home: Home) -> None:
    """Remove the home within the home, and end what a killed upgrade left running in it."""
    inner = Home(home.upgrade)
    if inner.root.exists():
        lock = FileLock(inner.postgres_lock)
        if not lock.acquire(timeout=PATIENCE_SECONDS):
            evict(lock.path)
        lock.close()
        shutil.rmtree(inner.root)
    if inner.sockets.parent != inner.root:
        shutil.rmtree(inner.sockets, ignore_errors=True)


def swap(home: Home, fresh: Path, major: int, say: Callable[[str], None]) -> None:
    """Set the data of PostgreSQL `major` aside and put `fresh` in its place."""
    kept = home.former_data(major, time.strftime("%Y%m%d-%H%M%S", time.gmtime()))
    _rename(fresh, home.postgres_next)
    say("Putting the new folder in place.")
    _rename(home.postgres_data, kept)
    say(f"The former data stays in {kept}, which may be deleted once all is well.")
    finish(home)


def kept(home: Home) -> list[Path]:
    """The folders that upgrades set aside, oldest first."""
    return sorted(home.root.glob(home.former_data().name))


def _rename(source: Path, target: Path) -> None:
    source.rename(target)
    sync_folder(target.parent)
