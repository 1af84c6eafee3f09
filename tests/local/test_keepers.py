"""Back-off, hung servers, sleep and lifetime, on a clock of the test's own."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from echo_project.local import logs
from echo_project.local.children import Child
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.keepers import LONGEST_DELAY, SILENT_PINGS, Keeper
from echo_project.local.lifetime import Lifetime
from echo_project.local.locks import FileLock
from echo_project.local.releases import Release
from echo_project.local.servers import Health
from echo_project.local.status import duration


class FakeChild(Child):
    """A process that ends when it is told."""

    def __init__(self) -> None:
        self.pid = 1
        self.status: int | None = None

    @property
    def ended(self) -> int | None:
        return self.status

    def kill(self) -> None:
        self.status = -9


def test_restarts_come_at_once_first_and_then_ever_later() -> None:
    started: list[float] = []
    now = 0.0

    def start() -> Child:
        started.append(now)
        child = FakeChild()
        child.status = 1
        return child

    keeper = Keeper("worker", start)
    keeper.start(now)
    while now < 300:
        now += 0.1
        keeper.tick(now)
    pauses = [after - before for before, after in pairwise(started)]
    assert pauses[0] < 0.2
    assert max(pauses) == pytest.approx(LONGEST_DELAY, abs=0.3)
    assert len(started) < 20
    assert "keeps ending (status 1)" in keeper.problem


def test_a_server_is_killed_only_after_several_silent_pings() -> None:
    health = [Health.WELL, *[Health.SILENT] * (SILENT_PINGS - 1), Health.BUSY, *[Health.SILENT] * SILENT_PINGS]
    child = FakeChild()
    keeper = Keeper("postgres", FakeChild, lambda: health.pop(0), child)
    now = 100.0
    while health:
        assert child.status is None
        now += 1.1
        keeper.tick(now)
    assert child.status == -9
    keeper.tick(now + 1)
    assert keeper.child is not child
    assert keeper.restarts == 1


def test_a_server_that_is_still_starting_may_be_silent_longer() -> None:
    keeper = Keeper("postgres", FakeChild, lambda: Health.SILENT)
    keeper.start(0.0)
    child = keeper.child
    assert child
    for second in range(1, 55):
        keeper.tick(float(second))
    assert child.ended is None
    for second in range(55, 70):
        keeper.tick(float(second))
    assert child.ended == -9


def test_a_start_that_fails_is_said_and_tried_again() -> None:
    failures = [StackError("The disk is full.", "Free some space.")]

    def start() -> Child:
        if failures:
            raise failures.pop()
        return FakeChild()

    child = FakeChild()
    keeper = Keeper("postgres", start, lambda: Health.WELL, child)
    child.status = 1
    keeper.tick(100.0)
    assert keeper.problem == "The disk is full. Free some space."
    keeper.tick(101.0)
    keeper.tick(103.0)
    assert keeper.problem == ""


@pytest.fixture
def lived_in(home: Home) -> Home:
    home.root.mkdir()
    return home


def test_the_grace_begins_when_the_last_client_goes(lived_in: Home) -> None:
    client = FileLock(lived_in.clients_lock)
    assert client.acquire(shared=True)
    life = Lifetime(lived_in, 20.0, lambda: False)
    assert not life.is_over(0.0)
    assert not life.is_over(100.0)
    client.close()
    assert not life.is_over(101.0)
    assert not life.is_over(120.0)
    assert life.is_over(121.0)
    assert not client.acquire(shared=True)  # kept out until the stack is down
    life.close()
    assert client.acquire(shared=True)


def test_waking_from_sleep_does_not_end_it(lived_in: Home) -> None:
    life = Lifetime(lived_in, 20.0, lambda: False)
    assert not life.is_over(0.0)
    assert not life.is_over(9000.0, jumped=True)
    assert not life.is_over(9019.0)
    assert life.is_over(9020.0)
    life.close()


def test_what_is_due_is_asked_only_when_idle_and_not_often(lived_in: Home) -> None:
    asked: list[int] = []

    def due() -> bool:
        asked.append(1)
        return True

    life = Lifetime(lived_in, 20.0, due)
    for tick in range(120):
        assert not life.is_over(tick / 2)
    assert 15 <= len(asked) <= 21


def test_a_log_is_cut_under_its_writer(folder: Path) -> None:
    path = folder / "worker.log"
    child = Child(["/bin/sh", "-c", "seq 1 20000; sleep 0.5; echo last"], log=path, env={"PATH": "/bin:/usr/bin"})
    while b"20000\n" not in path.read_bytes():
        child.wait(0.02)
    logs.shorten(folder, largest=20_000)
    assert path.stat().st_size < 12_000
    assert child.wait(5)
    assert logs.tail(path, 2) == ["20000", "last"]
    logs.begin(path)
    assert not path.exists()


def test_releases_are_compared_by_what_they_know() -> None:
    old, new = Release("/old", frozenset({"org.0001"})), Release("/new", frozenset({"org.0001", "org.0002"}))
    other = Release("/other", frozenset({"org.0001", "org.0002_else"}))
    assert new.is_newer_than(old.migrations)
    assert not old.is_newer_than(old.migrations)
    old.require(old.path, old.migrations)
    with pytest.raises(StackError, match=r"last used by the Echo in /new, .*\(org\.0002\)"):
        old.require(new.path, new.migrations)
    with pytest.raises(StackError, match="ECHO_HOME of its own"):
        other.require(new.path, new.migrations)


def test_a_time_that_cannot_be_read_is_no_error() -> None:
    assert duration("") == "an unknown time"
    assert duration("2020-01-01T00:00:00+00:00").endswith("days")
