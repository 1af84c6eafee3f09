"""What is to be published once the transaction that tells of it has committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from org.models import OutboxEvent


def put(channel: str, payload: Mapping[str, Any], now: datetime, recipient: str = "", position: int = 0) -> None:
    """Publish `payload` on a Redis channel after commit; kept until it was published."""
    OutboxEvent.objects.create(
        channel=channel, payload=dict(payload), created_at=now, recipient=recipient, position=position
    )
