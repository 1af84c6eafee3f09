"""What bounds the transactions of agents' logins, whoever uses them: what one holds, others wait for."""

from __future__ import annotations

from django.db import connection

LONGEST_SECONDS = 30  # an agent's own ones take milliseconds


def end_long() -> int:
    """End the sessions of agents' logins whose transaction goes on for too long; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT end_long_transactions(make_interval(secs => %s))", [LONGEST_SECONDS])
        return int(cursor.fetchone()[0])
