"""The trail as the database holds it: read in one snapshot, streamed, and followed from seal to seal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from django.db import connection, transaction

from org import audit
from org.chain.checkpoints import Checkpoint
from org.chain.seals import BEGINNING, GENESIS, Fault, Head, Link, Verdict, walk

BATCH = 2000  # rows a fetch
SEALED = """
    SELECT s.seq, s.prev, s.hash, a.body {}
    FROM audit_seal s LEFT JOIN audit a ON a.id = s.audit_id WHERE s.seq > %s ORDER BY s.seq
"""
COPIES = ", a.at, a.actor, a.action, a.subject, a.call_id::text, a.person_id::text, a.timer, a.data::text"
AGREED = """
    SELECT bool_and((
        a.at = (said->>'at')::timestamptz AND a.actor = said->>'actor' AND a.action = said->>'action'
        AND a.subject = said->>'subject' AND a.data = said->'data'
        AND said ? 'call' AND a.call_id::text IS NOT DISTINCT FROM said->>'call'
        AND (NOT said ? 'person' OR a.person_id::text IS NOT DISTINCT FROM said->>'person')
        AND (NOT said ? 'timer' OR a.timer IS NOT DISTINCT FROM said->>'timer')
    ) IS TRUE)
    FROM audit_seal s JOIN audit a ON a.id = s.audit_id,
        LATERAL (SELECT convert_from(a.body, 'UTF8')::jsonb AS said OFFSET 0) AS sealed  -- each body is read once
    WHERE s.seq > %s
"""
UNSEALED = """
    SELECT a.id, a.action, a.subject, a.actor FROM audit a
    WHERE NOT EXISTS (SELECT FROM audit_seal s WHERE s.audit_id = a.id) ORDER BY a.id LIMIT 1
"""
HEAD = "SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1"
FIRST = "SELECT hash FROM audit_seal ORDER BY seq LIMIT 1"


class Standing(NamedTuple):
    """Where the chain ends, the hash of record 1, and how many there are, sealed or not."""

    head: Head
    instance: bytes
    records: int


@contextmanager
def snapshot() -> Iterator[psycopg.Connection]:
    """A connection on which all that is read is of one moment. Not inside another transaction."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection.connection


def head(database: psycopg.Connection) -> Head:
    """The last sealed record."""
    found = database.execute(HEAD).fetchone()
    return Head(*found) if found else BEGINNING


def standing(database: psycopg.Connection) -> Standing:
    """What a checkpoint says, if it is signed now."""
    first = database.execute(FIRST).fetchone()
    counted = database.execute("SELECT count(*) FROM audit").fetchone()
    return Standing(head(database), first[0] if first else GENESIS, counted[0] if counted else 0)


def place(database: psycopg.Connection, seq: int) -> Head | None:
    """The record with this number, if there is one; 0 is the beginning."""
    if seq == 0:
        return BEGINNING
    found = database.execute("SELECT seq, hash FROM audit_seal WHERE seq = %s", [seq]).fetchone()
    return Head(*found) if found else None


def sealed(database: psycopg.Connection, after: int = 0) -> Iterator[Link]:
    """The sealed records after number `after`, in their order."""
    copies = "" if _agree(database, after) else COPIES  # then each is compared here, to name the first that differs
    with database.cursor("sealed_records", binary=True) as cursor:
        cursor.execute(SEALED.format(copies), [after])
        while rows := cursor.fetchmany(BATCH):
            if not copies:
                yield from itertools.starmap(Link, rows)
                continue
            for seq, prev, hash_, body, *copied in rows:
                yield Link(seq, prev, hash_, body, "" if body is None else audit.contradiction(body, copied))


def _agree(database: psycopg.Connection, after: int) -> bool:
    """Whether PostgreSQL finds that all columns say what was sealed. No, too, where it cannot read what was sealed."""
    try:
        with database.transaction():
            found = database.execute(AGREED, [after]).fetchone()
    except (psycopg.DataError, psycopg.errors.StatementTooComplex):
        return False
    return found == (True,)


Watch = Callable[[Iterator[Link]], Iterable[Link]]


def verify(
    database: psycopg.Connection, checkpoints: Iterable[Checkpoint] = (), begin: Head = BEGINNING, watch: Watch = iter
) -> Verdict:
    """Follow the chain after `begin`, then look for records outside it. `watch` sees each link go by."""
    verdict = walk(watch(sealed(database, begin.seq)), checkpoints, begin)
    if verdict.fault is None and (found := database.execute(UNSEALED).fetchone()):
        number, action, subject, actor = found
        after = verdict.head.seq + 1
        says = (
            f"The record with id {number} ({action} {subject} by {actor}) has no seal: it was written past the chain."
        )
        return Verdict(verdict.records, verdict.head, verdict.vouched, Fault(after, after, "unsealed", says))
    return verdict
