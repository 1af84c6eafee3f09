"""The relay: publishes what committed, in order of commit for each recipient, at once or when Redis is back."""

from __future__ import annotations

import json

from django.db import connection, transaction

from org.clock import database_clock
from org.models import OutboxEvent
from tasks import bus

BATCH = 200


def relay() -> int:
    """Publish what waits; returns how many events were published.

    Relays take turns, so that an earlier event of a recipient is never overtaken by a later one.
    """
    published = 0
    while batch := _relay_batch():
        published += batch
        if batch < BATCH:
            break
    return published


@transaction.atomic
def _relay_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(7308)")
    rows = list(OutboxEvent.objects.filter(published_at__isnull=True).order_by("id")[:BATCH])
    rows.sort(key=lambda row: (row.recipient, row.position, row.pk))
    if not rows or not bus.publish([(row.channel, json.dumps(row.payload, ensure_ascii=False)) for row in rows]):
        return 0
    OutboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(published_at=database_clock())
    return len(rows)
