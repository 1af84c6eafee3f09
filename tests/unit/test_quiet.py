from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from agents.quiet import Quiet


class Watch:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_nothing_is_quiet_before_the_first_failure() -> None:
    assert not Quiet(2, Watch()).lasts()


def test_it_lasts_so_many_seconds_and_no_longer() -> None:
    watch = Watch()
    quiet = Quiet(2, watch)
    assert quiet.begin()
    watch.seconds = 1.9
    assert quiet.lasts()
    watch.seconds = 2.0
    assert not quiet.lasts()


def test_a_failure_meanwhile_is_no_news_and_begins_it_anew() -> None:
    watch = Watch()
    quiet = Quiet(2, watch)
    quiet.begin()
    watch.seconds = 1.5
    assert not quiet.begin()
    watch.seconds = 3.4
    assert quiet.lasts()
    watch.seconds = 3.5
    assert quiet.begin()


def test_of_all_that_fail_at_the_same_time_one_says_so() -> None:
    quiet, together = Quiet(2), threading.Barrier(16)

    def fail(_: int) -> bool:
        together.wait()
        return quiet.begin()

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(fail, range(16))) == 1


def test_each_subject_is_quiet_for_itself() -> None:
    one, other = Quiet(2, Watch()), Quiet(2, Watch())
    one.begin()
    assert (one.lasts(), other.lasts()) == (True, False)
