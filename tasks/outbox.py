"""The relay: publishes what committed, in order of commit for each inbox, at once or when Redis is back; and forgets
what was published a day ago.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from org.clock import Clock
from tasks import bus
from tasks.draining import Drainers

BATCH = 200
KEPT = timedelta(days=1)  # after publishing, for whoever looks into what was published
MOST_FORGOTTEN = 1000  # at once
_relays = Drainers()  # relays take turns anyway; a second thread would only wait to find nothing left


class _NotPublished(Exception):
    """Redis did not take the batch; it stays in the outbox."""


def relay() -> int:
    """Publish what waits, here or in the thread that is at it; returns how many events this one published."""
    return _relays.heed("outbox", lambda _: _relay())


def _relay() -> int:
    published = 0
    if bus.quiet.lasts():
        return published
    try:
        while batch := _relay_batch():
            published += batch
            if batch < BATCH:
                break
    except _NotPublished:
        pass
    return published


@transaction.atomic
def _relay_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM take_outbox(%s)", [BATCH])
        events = cursor.fetchall()
    if events and not bus.publish(events):
        raise _NotPublished
    return len(events)


def forget_published(clock: Clock) -> int:
    """Delete the oldest of what was published more than a day ago; returns how many events."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM outbox WHERE id IN (
                SELECT id FROM outbox WHERE published_at < %s ORDER BY published_at LIMIT %s FOR UPDATE SKIP LOCKED
            )
            """,
            [clock() - KEPT, MOST_FORGOTTEN],
        )
        return int(cursor.rowcount)
