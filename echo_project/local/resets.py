"""Deleting a home: only what Echo itself put there, and only while nothing runs in it."""

from __future__ import annotations

import shutil
from contextlib import suppress

from echo_project.local import clients, dumps, swaps
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.locks import FileLock


def check(home: Home) -> None:
    """Refuse a folder that Echo did not make."""
    if not home.marker.is_file():
        raise StackError(f"{home.root} is not an Echo home, so nothing is deleted.", "Look at ECHO_HOME.")


def warning(home: Home) -> str:
    """What a reset takes away."""
    return (
        f"This deletes what Echo keeps in {home.root}: every decision, message and audit entry, the keys, the logs, "
        f"and also the dumps ({len(dumps.finished(home))}) in {home.backups}. It cannot be undone. "
        "A database of your own (DATABASE_URL) is not touched."
    )


def reset(home: Home) -> None:
    """Stop the stack and delete its home. A folder that also holds other things loses only Echo's."""
    check(home)
    clients.stop(home)
    lock = FileLock(home.supervisor_lock)
    if not lock.acquire(timeout=5):
        raise StackError(f"A client has just started the stack in {home.root} again.", "Close the MCP clients first.")
    try:
        swaps.clear(home)
        if home.sockets.parent != home.root:
            shutil.rmtree(home.sockets, ignore_errors=True)
        for pattern in (*home.names, home.former_data().name, "postgres.new-*", ".*.new"):
            for path in home.root.glob(pattern):
                if path not in (home.marker, home.supervisor_lock):
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        home.supervisor_lock.unlink()
        home.marker.unlink()  # last, so that an interrupted reset can be repeated
    finally:
        lock.close()
    with suppress(OSError):  # not empty: it holds something of somebody else's
        home.root.rmdir()
