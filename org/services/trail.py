"""What is done about the trail: its head is signed, and it is handed out. Neither changes the record."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from org.chain import exports
from org.chain.checkpoints import Checkpoint
from org.chain.seals import BEGINNING, Link, Verdict
from org.checkpoints import Folder
from org.clock import Clock
from org.errors import NOTHING_DONE, InvalidInput, Refused
from org.queries import trail
from org.queries.trail import Standing, Watch

MOST_AGE = timedelta(days=1)
LOOK_AT_IT = f"{NOTHING_DONE} Run `manage.py audit verify`, and keep the database and its dumps as they are."
SAY_ANOTHER = f"{NOTHING_DONE} Give the number of a record that you have, or leave it out for all."


def sign(*, clock: Clock, watch: Watch = iter) -> Checkpoint:
    """Sign the chain's head and keep the checkpoint, unless what was added since the last one is broken."""
    folder = Folder.configured()
    before = folder.newest()
    now = clock()
    with trail.snapshot() as database:
        standing = trail.standing(database)
        _refuse_if_empty(standing)
        begin = trail.place(database, before.seq if before else 0)
        if before and begin is None:
            says = f"The chain ends with record {standing.head.seq}, before the last checkpoint's {before.seq}."
            raise Refused("broken_chain", says, LOOK_AT_IT)
        verdict = trail.verify(database, [before] if before else [], begin or BEGINNING, watch)
    _refuse_if_broken(verdict)
    return folder.sign_and_keep(_unsigned(standing, now))


def sign_when_due(*, clock: Clock, at_once: bool = False) -> Checkpoint | None:
    """Sign if records were added since the last checkpoint, and a day has passed since (or `at_once`)."""
    before = Folder.configured().newest()
    with trail.snapshot() as database:
        head = trail.head(database)
    if head.seq == (before.seq if before else 0):
        return None
    if before and not at_once and clock() - datetime.fromisoformat(before.at) < MOST_AGE:
        return None
    return sign(clock=clock)


def export(*, path: Path, since: int = 0, clock: Clock, watch: Watch = iter) -> Checkpoint:
    """Write the records after number `since` to a file, closed by the signed checkpoint of the last one.

    A broken chain is not handed out as a sound one: the file is whole and sound, or absent.
    """
    folder = Folder.configured()
    kept = folder.kept()
    now = clock()
    with trail.snapshot() as database:
        standing = trail.standing(database)
        _refuse_if_empty(standing)
        begin = trail.place(database, since)
        if begin is None:
            last = standing.head.seq
            raise InvalidInput("--since", f"there is no record {since}; the last one is {last}.", SAY_ANOTHER)
        partial = path.with_name(f".{path.name}.part")
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(exports.opening_line(begin))
                _refuse_if_broken(trail.verify(database, kept, begin, lambda links: _written(file, watch(links))))
                signed = folder.sign_and_keep(_unsigned(standing, now))
                file.write(exports.closing_line(signed))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return signed


def _written(file: IO[str], links: Iterable[Link]) -> Iterator[Link]:
    for link in links:
        if link.body is not None:  # otherwise the chain is broken, and the file is not kept
            file.write(exports.record_line(link))
        yield link


def _refuse_if_empty(standing: Standing) -> None:
    if not standing.head.seq:
        raise Refused("empty_chain", "The audit has no sealed records yet.", f"{NOTHING_DONE} Try again after a deed.")


def _refuse_if_broken(verdict: Verdict) -> None:
    if verdict.fault is not None:
        raise Refused("broken_chain", verdict.fault.says, LOOK_AT_IT)


def _unsigned(standing: Standing, now: datetime) -> Checkpoint:
    at = now.astimezone(UTC).isoformat(timespec="microseconds")
    return Checkpoint(standing.head.seq, standing.head.hash.hex(), at, standing.records, standing.instance.hex())
