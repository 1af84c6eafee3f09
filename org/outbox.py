"""What is to be published once the transaction that tells of it has committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection


def put(channel: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Publish `payload` on a Redis channel after commit; kept until it was published."""
    with connection.cursor() as cursor:  # in each deed's way: plain SQL takes half the time of the ORM
        cursor.execute(
            "INSERT INTO outbox (channel, payload, created_at) VALUES (%s, %s::jsonb, %s)",
            [channel, json.dumps(payload), now],
        )
