"""Log files that stay small. Every process writes to its file directly, so a log outlives whoever started it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from echo_project.local import state

LARGEST_BYTES = 10 * 1024 * 1024
STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]?\d*")
VALKEYS_STAMP = re.compile(r"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d+")


def say(sentence: str) -> None:
    """One line to this process's own output, which is the supervisor's log."""
    with suppress(OSError):  # a full disk must not end the supervisor
        sys.stdout.write(f"{state.now()} {sentence}\n")
        sys.stdout.flush()


def begin(path: Path) -> None:
    """Put the former run's log aside as `<name>.log.1`."""
    if path.exists() and path.stat().st_size:
        path.replace(path.with_name(f"{path.name}.1"))


def open_log(path: Path) -> int:
    """A file to hand to a process as its output. Appending is what lets `shorten` cut it under a running writer."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def shorten(folder: Path, largest: int = LARGEST_BYTES) -> None:
    """Cut the logs that grew over `largest` bytes, keeping the newest half. Lines written meanwhile may be lost."""
    for path in folder.glob("*.log"):
        size = path.stat().st_size
        if size > largest:
            with path.open("r+b") as log:
                log.seek(size - largest // 2)
                log.readline()  # the rest of a line that was cut
                newest = log.read()
                log.truncate(0)
                log.seek(0)
                log.write(newest)


def tail(path: Path, lines: int, start: int = 0) -> list[str]:
    """The last `lines` lines that were written after byte `start`."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(start if start <= size else 0, size - 200 * lines - 4096))
            return log.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def by_time(paths: Sequence[Path], lines: int) -> list[tuple[Path, str]]:
    """The last `lines` lines of each log in the order of their times; a line without one follows the line before it."""
    found = []
    for path in paths:
        at = ""
        for line in tail(path, lines):
            at = _time(line) or at
            found.append((at, path, line))
    return [(path, line) for _, path, line in sorted(found, key=lambda each: each[0])]


def _time(line: str) -> str:
    """When a line was written, as text that sorts: every process writes UTC, Valkey in a manner of its own."""
    beginning = line[:60]
    if stamp := STAMP.search(beginning):
        return stamp[0].replace("T", " ").replace(",", ".")
    if stamp := VALKEYS_STAMP.search(beginning):
        written = datetime.strptime(stamp[0], "%d %b %Y %H:%M:%S.%f").replace(tzinfo=UTC)
        return f"{written:%Y-%m-%d %H:%M:%S.%f}"
    return ""
