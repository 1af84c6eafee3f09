"""What a role's server writes by itself, besides calls: receipts of what its client got, and that it is there.

Each is a function of the database that writes for the role of the login and for no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


def mark_delivered(role: str, numbers: Sequence[int]) -> None:
    """The messages, or word of them, were handed to a server of their recipient; it has not read them for that."""
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute("SELECT mark_delivered(%s, %s)", [role, list(numbers)])


def mark_read(role: str, numbers: Sequence[int]) -> None:
    """The messages were returned to their recipient."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT mark_read(%s, %s)", [role, list(numbers)])


def mark_answered(role: str, ids: Sequence[UUID]) -> None:
    """The answers of these calls are with the client."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT mark_answered(%s, %s)", [list(ids), role])


def mark_briefed(role: str) -> datetime | None:
    """The role is briefed now; returns when it was before, None if never."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT note_brief(%s)", [role])
        before: datetime | None = cursor.fetchone()[0]
    return before


def beat(role: str, process: UUID, version: str, host: str, pid: int, client: Mapping[str, Any]) -> None:
    """An agent of the role is there, behind a server of this version, for this client."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT beat(%s, %s, %s, %s, %s, %s)", [process, role, version, host, pid, json.dumps(client)])


def leave(role: str, process: UUID) -> None:
    """An agent of the role ends, as it should."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT leave(%s, %s)", [process, role])
