from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from agents import notes
from agents.notes import Notes


class Book:
    """Keeps what is noted in it, while it is open."""

    def __init__(self) -> None:
        self.lines: list[list[int]] = []
        self.closed = False
        self.seconds = 0.0

    async def write(self, things: list[int]) -> None:
        await asyncio.sleep(self.seconds)
        if self.closed:
            raise OperationalError("away")
        self.lines.append(sorted(things))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "SOON_SECONDS", 0.01)


@pytest.fixture
def book() -> Book:
    return Book()


def test_what_comes_close_together_is_noted_together(book: Book) -> None:
    async def story() -> None:
        noted = Notes(book.write)
        for thing in (1, 2, 2):
            noted.add([thing])
        noted.add([])
        await asyncio.sleep(0.1)
        noted.add([3])
        await asyncio.sleep(0.1)

    asyncio.run(story())
    assert book.lines == [[1, 2], [3]]


def test_what_is_not_taken_is_noted_with_the_next(book: Book) -> None:
    async def story() -> None:
        noted = Notes(book.write)
        book.closed = True
        noted.add([1])
        await noted.flush()
        book.closed = False
        noted.add([2])
        await noted.flush()
        await noted.flush()

    asyncio.run(story())
    assert book.lines == [[1, 2]]


def test_a_flush_returns_when_what_another_began_is_noted(book: Book) -> None:
    async def story() -> None:
        noted = Notes(book.write)
        book.seconds = 0.05
        noted.add([1])
        other = asyncio.create_task(noted.flush())
        await asyncio.sleep(0.01)
        noted.add([2])
        await noted.flush()
        assert book.lines == [[1], [2]]
        await other

    asyncio.run(story())


def test_what_a_cancelled_flush_held_is_not_lost(book: Book) -> None:
    async def story() -> None:
        noted = Notes(book.write)
        book.seconds = 0.05
        noted.add([1])
        flushing = asyncio.create_task(noted.flush())
        await asyncio.sleep(0.01)
        flushing.cancel()
        await asyncio.wait([flushing])
        await noted.flush()

    asyncio.run(story())
    assert book.lines == [[1]]
