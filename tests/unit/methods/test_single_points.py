"""Dominators against the published example and against the definition; what every entry needs."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.single_points import weights

NAMES = "abcdef"
EDGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=14)
ENTRIES = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)


def test_lengauer_and_tarjan_figure_1() -> None:
    """ACM TOPLAS 1(1), 1979: the flowgraph, each node with those it leads to, and its dominator tree."""
    flowgraph = {
        "R": "ABC",
        "A": "D",
        "B": "ADE",
        "C": "FG",
        "D": "L",
        "E": "H",
        "F": "I",
        "G": "IJ",
        "H": "EK",
        "I": "K",
        "J": "I",
        "K": "RI",
        "L": "H",
    }
    found = weights(tuple(flowgraph), [(one, other) for one, others in flowgraph.items() for other in others], ["R"])
    tree = {part: "".join(each.cuts_off) for part, each in found.items() if each.cuts_off}
    assert tree == {"R": "ABCDEHIK", "C": "FG", "D": "L", "G": "J"}
    assert {part for part, each in found.items() if each.needed_by_all} == {*"RABCDEFGHIJKL"}


@settings(max_examples=50, deadline=None)
@given(EDGES, ENTRIES)
def test_a_part_cuts_off_just_what_is_not_reached_without_it(edges: list[tuple[str, str]], entries: list[str]) -> None:
    found = weights(NAMES, edges, entries)
    there = reached(edges, entries)
    assert found.keys() == there
    for part in there:
        behind = {part} | {each for near in found[part].cuts_off for each in below(found, near)}
        assert behind == there - reached(edges, entries, without=part)


@settings(max_examples=50, deadline=None)
@given(EDGES, ENTRIES)
def test_what_every_entry_leads_to_is_needed_by_all(edges: list[tuple[str, str]], entries: list[str]) -> None:
    for part, each in weights(NAMES, edges, entries).items():
        assert each.needed_by_all == all(part in reached(edges, [entry]) for entry in entries)


def test_with_two_ways_in_neither_cuts_off_what_both_reach() -> None:
    found = weights("xyz", [("x", "z"), ("y", "z")], ["x", "y"])
    assert {part: (each.cuts_off, each.needed_by_all) for part, each in found.items()} == {
        "x": ((), False),
        "y": ((), False),
        "z": ((), True),
    }


def test_where_nobody_comes_in_nothing_weighs() -> None:
    assert weights("ab", [("a", "b")], []) == {}
    assert weights((), (), ()) == {}


def test_the_largest_graphs_take_little_time() -> None:
    parts = [f"n{at}" for at in range(1_000)]
    started = time.process_time()
    for near in (1, 16):
        ring = [(part, parts[(at + step) % 1_000]) for at, part in enumerate(parts) for step in range(1, near + 1)]
        assert len(weights(parts, ring, parts)) == 1_000
        assert len(weights(parts, ring, parts[:1])) == 1_000
    assert time.process_time() - started < 2


def reached(edges: list[tuple[str, str]], entries: list[str], without: str = "") -> set[str]:
    there, ahead = set(), [entry for entry in entries if entry != without]
    while ahead:
        part = ahead.pop()
        there.add(part)
        ahead += [after for before, after in edges if before == part and after not in {*there, without}]
    return there


def below(found: object, part: str) -> set[str]:
    """The part and all that its part of the dominator tree holds."""
    assert isinstance(found, dict)
    return {part} | {each for near in found[part].cuts_off for each in below(found, near)}
