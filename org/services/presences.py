"""Which processes are there: workers say so themselves, the sweeper notices who has fallen silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection

from org.clock import Clock
from org.models import Presence

SILENT_AFTER_SECONDS = 30
KEPT = timedelta(days=7)  # after its end
MOST_FORGOTTEN = 500  # at once


def beat_worker(process: UUID, queues: Sequence[str], version: str, host: str, pid: int) -> None:
    """A worker of these queues is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT beat_worker(%s, %s, %s, %s, %s)", [process, list(queues), version, host, pid])


def leave_worker(process: UUID) -> None:
    """A worker ends, as it should."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT leave_worker(%s)", [process])


def lose_silent() -> int:
    """End what has been silent too long; with the last process of a role its agent is in error. How many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lose_silent(make_interval(secs => %s))", [SILENT_AFTER_SECONDS])
        return int(cursor.fetchone()[0])


def forget_ended(clock: Clock) -> int:
    """Delete the oldest of what ended long ago; returns how many."""
    ended = Presence.objects.filter(ended_at__lt=clock() - KEPT).order_by("ended_at")
    return Presence.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:MOST_FORGOTTEN])).delete()[0]
