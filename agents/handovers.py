"""Messages on their way to the client: they count as read when the answer that holds them was written to it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from agents.calling import in_database
from agents.notes import Notes

Request = str | int | None


class Handovers:
    """What the answers of one role's server hold, by the request they answer."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._held: dict[Request, Sequence[int]] = {}
        self._read: Notes[int] = Notes(self._mark_read)

    def hold(self, request: Request, numbers: Sequence[int]) -> None:
        """The answer to this request holds these messages; nothing is read yet."""
        if numbers:
            self._held[request] = numbers

    def written(self, request: Request) -> None:
        """The answer is with the client."""
        self._read.add(self._held.pop(request, ()))

    async def flush(self) -> None:
        """Before anything is read again, so that no message the client has is unread in it."""
        await self._read.flush()

    async def _mark_read(self, numbers: list[int]) -> None:
        await in_database(mark_read, self._role, sorted(numbers))


def mark_read(role: str, numbers: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mark_read(%s, %s)", [role, list(numbers)])


def mark_delivered(role: str, numbers: Sequence[int]) -> None:
    """The messages, or word of them, were handed to a server of their recipient; it has not read them for that."""
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute("SELECT mark_delivered(%s, %s)", [role, list(numbers)])
