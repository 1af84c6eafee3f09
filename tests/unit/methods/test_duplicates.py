"""What stands in texts more than once."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.duplicates import MOST_CLONES, RUN, Clone, find

BLOCK = "".join(f"call_{n}(x)\n" for n in range(RUN))


def test_six_lines_that_stand_twice_are_a_clone_and_five_are_none() -> None:
    """Bellon and others 2007: six lines at least."""
    assert find({"a": BLOCK, "b": f"one()\n{BLOCK}"}).clones == (Clone("b", 2, "a", 1, RUN),)
    assert find({"a": BLOCK.partition("\n")[2], "b": BLOCK.partition("\n")[2]}).clones == ()


def test_white_space_and_lines_that_say_nothing_make_no_difference() -> None:
    """Ducasse and others 1999."""
    spread = "\n\n".join(f"\t{line} ;".replace(" ;", "") + "\n}" for line in BLOCK.splitlines())
    [clone] = find({"a": BLOCK, "b": spread}).clones
    assert (clone.of_path, clone.lines) == ("a", RUN)


def test_a_clone_is_as_long_as_it_goes_and_ends_with_its_file() -> None:
    longer = "".join(f"call_{n}(x)\n" for n in range(20))
    told = find({"a": longer + "end()\n", "b": longer, "c": "end()\n"})
    assert told.clones == (Clone("b", 1, "a", 1, 20),)
    assert told.percent == 100 * 40 / 42


def test_clones_within_a_file_do_not_overlap_themselves() -> None:
    told = find({"a": "same()\n" * 24})
    assert all(clone.of_line + clone.lines <= clone.line for clone in told.clones)
    assert told.percent == 100


def test_nothing_has_no_clones() -> None:
    assert (find({}).percent, find({"a": ""}).percent, find({"a": "\n}\n" * 99}).clones) == (0, 0, ())


@settings(max_examples=50)
@given(
    st.dictionaries(st.text(max_size=3), st.lists(st.sampled_from(["alpha", "beta", "gamma", "}", ""]), max_size=40))
)
def test_each_clone_says_the_same_in_both_places(files: dict[str, list[str]]) -> None:
    told = find({path: "\n".join(lines) for path, lines in files.items()})
    assert 0 <= told.percent <= 100
    for clone in told.clones:
        here = [line for line in files[clone.path][clone.line - 1 :] if len(line) > 1][: clone.lines]
        there = [line for line in files[clone.of_path][clone.of_line - 1 :] if len(line) > 1][: clone.lines]
        assert here == there and len(here) == clone.lines >= RUN


def test_a_megabyte_of_the_same_or_of_anything_takes_little_time_and_is_told_in_few() -> None:
    started = time.process_time()
    find({"a": "abc\n" * 2**18})
    find({"a": "\n".join(f"a{n}" for n in range(2**17))})
    told = find({f"f{n}": "abc\n" * 250 for n in range(1000)})
    assert len(told.clones) == MOST_CLONES
    assert time.process_time() - started < 3
