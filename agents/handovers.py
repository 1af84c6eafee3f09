"""What is on its way to the client: messages count as read or offered, and calls as answered, when the answer that
holds or announces them was written to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from agents import receipts
from agents.calling import in_database
from agents.notes import Notes

Request = str | int | None


class Handovers:
    """What the answers of one role's server hold, by the request they answer."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._messages: dict[Request, Sequence[int]] = {}
        self._announced: dict[Request, Sequence[int]] = {}
        self._calls: dict[Request, UUID] = {}
        self._read: Notes[int] = Notes(self._mark_read)
        self._offered: Notes[int] = Notes(self._mark_offered)
        self._answered: Notes[UUID] = Notes(self._mark_answered)

    def hold_messages(self, request: Request, numbers: Sequence[int]) -> None:
        """The answer to this request holds these messages; nothing is read yet."""
        if numbers:
            self._messages[request] = numbers

    def hold_announced(self, request: Request, numbers: Sequence[int]) -> None:
        """The answer to this request tells that these messages are there."""
        if numbers:
            self._announced[request] = numbers

    def hold_call(self, request: Request, id: UUID) -> None:
        """The answer to this request is that of this call."""
        self._calls[request] = id

    def written(self, request: Request) -> None:
        """The answer is with the client."""
        self._read.add(self._messages.pop(request, ()))
        self._offered.add(self._announced.pop(request, ()))
        if call := self._calls.pop(request, None):
            self._answered.add([call])

    async def flush(self) -> None:
        """Before anything is read again, so that nothing the client has is news in it."""
        await self._read.flush()
        await self._offered.flush()
        await self._answered.flush()

    async def _mark_read(self, numbers: list[int]) -> None:
        await in_database(receipts.mark_read, self._role, sorted(numbers))

    async def _mark_offered(self, numbers: list[int]) -> None:
        await in_database(receipts.mark_delivered, self._role, sorted(numbers))

    async def _mark_answered(self, ids: list[UUID]) -> None:
        await in_database(receipts.mark_answered, self._role, sorted(ids))
