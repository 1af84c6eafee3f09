"""Locks in one fixed order, taken before the sums they guard.

call, gates, charter, initiative, role window, budget, decision, escalation, run, step, inbox; the chain of the audit at
COMMIT.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from org.enums import LockClass, StopKind

GIVES_WAY = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock timeout: nothing happened, do it again


def bound_waits() -> None:
    """Let no process that freezes inside this transaction keep others from their locks for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', '3s', true),"
            " set_config('idle_in_transaction_session_timeout', '10s', true)"
        )


def hold(keys: Iterable[tuple[LockClass, str]]) -> None:
    """Lock these sums until the transaction ends: class by class, key by key. The caller sums in the next statement."""
    wanted = sorted({(int(lock_class), key) for lock_class, key in keys})
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT hold_sums(%s::smallint[], %s::text[])", [[c for c, _ in wanted], [key for _, key in wanted]]
            )


def gate(kind: StopKind, role: str = "") -> str:
    """The name of what deeds of a kind go through (`pass_gate`)."""
    return f"{kind}:{role}"


def close_gates() -> None:
    """Be alone in the gates until the transaction ends, once all who are going through them have committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT close_gates()")


def take_turns(names: Iterable[str]) -> None:
    """One at a time for each of these texts until the transaction ends; now and then for another text beside it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT take_turns(array_agg(bucket(name))) FROM unnest(%s::text[]) AS name", [list(names)])
