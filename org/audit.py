"""The trail of every change: written in the transaction that changes, sealed by the database at commit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import rfc8785

from org.actors import Actor
from org.models import AuditRecord


def record(by: Actor, action: str, subject: str, now: datetime, /, **data: Any) -> None:
    """Write that `by` did `action` (past and dotted: `decision.settled`) to the record called `subject`.

    `data` is plain JSON; what is hashed are its canonical bytes together with actor, cause and time.
    """
    body = rfc8785.dumps(
        {
            "at": now.astimezone(UTC).isoformat(),
            "actor": by.label,
            "call": str(by.call.pk) if by.call else None,
            "action": action,
            "subject": subject,
            "data": data,
        }
    )
    AuditRecord.objects.create(body=body, at=now, actor=by.label, action=action, subject=subject, data=data, **by.cause)
