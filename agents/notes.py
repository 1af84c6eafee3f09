"""What is noted in PostgreSQL once the client has its answer: soon, several at once, off the way of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from django.db import Error as DatabaseError

T = TypeVar("T")

SOON_SECONDS = 0.2


class Notes(Generic[T]):
    """Things to be noted by `write`, which may be told the same one twice. Lost with us, they are only told again."""

    def __init__(self, write: Callable[[list[T]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: set[T] = set()
        self._soon: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def add(self, things: Iterable[T]) -> None:
        self._waiting.update(things)
        if self._waiting:
            self._soon = self._soon or asyncio.create_task(self._flush_soon())

    async def flush(self) -> None:
        """Note what waits now; what PostgreSQL does not take is noted with the next."""
        async with self._turn:  # what another flush has begun with is noted when this one returns
            things = list(self._waiting)
            if things:
                try:
                    await self._write(things)
                except DatabaseError:
                    return
                self._waiting.difference_update(things)

    async def _flush_soon(self) -> None:
        await asyncio.sleep(SOON_SECONDS)
        self._soon = None
        await self.flush()
