"""Rings and the threads that heed them: no ring is lost, and no more threads work than may."""

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.draining import Drainers


def test_a_ring_is_heeded_where_it_is_heard() -> None:
    assert Drainers().heed("ceo", lambda roles: len(roles)) == 1


def test_a_ring_while_all_are_busy_is_heeded_by_the_first_that_is_free() -> None:
    drainers = Drainers(most=1)
    drained: list[list[str]] = []

    def drain(roles: list[str]) -> int:
        if not drained:
            assert drainers.heed("cto", drain) == 0  # rung for in the middle of the work: not here, and not forgotten
        drained.append(roles)
        return 1

    assert drainers.heed("ceo", drain) == 2
    assert drained == [["ceo"], ["cto"]]


def test_a_drain_that_breaks_leaves_its_place_to_the_next() -> None:
    drainers = Drainers(most=1)

    def breaks(_: list[str]) -> int:
        raise RuntimeError("broken")

    for _ in range(2):
        try:
            drainers.heed("ceo", breaks)
        except RuntimeError:
            continue
        raise AssertionError("it did not break")
    assert drainers.heed("ceo", len) == 1


@given(threads=st.integers(1, 8), most=st.integers(1, 4), rows=st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_every_row_that_was_written_before_its_ring_is_taken_and_never_by_more_than_may(
    threads: int, most: int, rows: int
) -> None:
    drainers, lock = Drainers(most), threading.Lock()
    waiting: list[int] = []
    taken: list[int] = []
    at_work = peak = 0

    def drain(_: list[str]) -> int:
        nonlocal at_work, peak
        with lock:
            at_work += 1
            peak = max(peak, at_work)
        while True:
            with lock:
                if not waiting:
                    break
                taken.append(waiting.pop())
        with lock:
            at_work -= 1
        return 0

    def write_and_ring(row: int) -> None:
        with lock:
            waiting.append(row)
        drainers.heed("ceo", drain)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(write_and_ring, range(rows)))
    assert sorted(taken) == list(range(rows))
    assert peak <= most
