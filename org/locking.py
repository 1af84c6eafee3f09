"""Locks in one fixed order, taken before the sums they guard.

call, gates, charter, initiative, role window, budget, decision, escalation, inbox; the audit chain at COMMIT.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from org.enums import LockClass, StopKind


def bound_waits() -> None:
    """Let no process that freezes inside this transaction keep others from their locks for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', '3s', true),"
            " set_config('idle_in_transaction_session_timeout', '10s', true)"
        )


def hold(keys: Iterable[tuple[LockClass, str]]) -> None:
    """Lock these sums until the transaction ends: class by class, key by key.

    The rows are made first and locked in a statement of their own; the caller sums in the next statement, whose
    READ COMMITTED snapshot then sees all that earlier holders committed. Locking and summing in one statement lets
    racers through.
    """
    wanted = sorted({(int(lock_class), key) for lock_class, key in keys})
    if not wanted:
        return
    classes, names = [c for c, _ in wanted], [k for _, k in wanted]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO locks (lock_class, key) SELECT * FROM unnest(%s::smallint[], %s::text[]) AS k(c, n)"
            " ORDER BY c, n ON CONFLICT DO NOTHING",
            [classes, names],
        )
        cursor.execute(
            "SELECT 1 FROM locks WHERE (lock_class, key) IN (SELECT * FROM unnest(%s::smallint[], %s::text[]))"
            " ORDER BY lock_class, key FOR UPDATE",
            [classes, names],
        )


def gate(kind: StopKind, role: str = "") -> str:
    """The name of what deeds of a kind go through, side by side, and who stops them closes."""
    return f"{kind}:{role}"


def share(name: str) -> None:
    """Go through a gate with others: nobody closes it until the transaction ends. Read what it guards afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [name])


def close(name: str) -> None:
    """Be alone in a gate until the transaction ends, once all who are going through it have committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
