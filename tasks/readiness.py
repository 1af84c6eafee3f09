"""What must be right before a worker answers its first call."""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from agents.registry import all_roles
from org.clock import assert_unshifted
from tasks import tools


class Readiness(bootsteps.StartStopStep):  # type: ignore[misc]
    """Refuses a database whose sums would not be exact, and says how many threads of the worker answer."""

    def start(self, worker: Any) -> None:
        assert_isolation()
        assert_unshifted()
        all_roles()  # imports their rooms, which the first call of each would wait for
        tools.drainers.most = max(1, (worker.concurrency or 1) - 1)


def assert_isolation() -> None:
    """Sums are only exact at READ COMMITTED, where each statement sees what earlier lock holders committed."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW default_transaction_isolation")
            level = cursor.fetchone()[0]
    except DatabaseError:
        return  # PostgreSQL is away; nothing runs before it is back, and its default does not change by itself
    finally:
        close_old_connections()
    if level != "read committed":
        raise SystemExit(f"Echo needs READ COMMITTED transactions; this database defaults to {level.upper()}.")
