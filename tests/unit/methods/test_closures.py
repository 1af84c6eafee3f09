"""Sidney's decomposition against its definition, over all closures of small graphs."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.closures import ranks

Graph = tuple[dict[str, list[str]], dict[str, int], dict[str, int]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    ids = "abcdefg"[: draw(st.integers(1, 7))]
    needs = {
        id: sorted(draw(st.sets(st.sampled_from(ids[:at]), max_size=3))) if at else [] for at, id in enumerate(ids)
    }
    return needs, {id: draw(st.integers(0, 9)) for id in ids}, {id: draw(st.integers(1, 6)) for id in ids}


def by_definition(needs: dict[str, list[str]], gain: dict[str, int], effort: dict[str, int]) -> dict[str, int]:
    """Again and again the largest closure, of what is left, of the highest ratio (Sidney 1975)."""
    found: dict[str, int] = {}
    place = 0
    while len(found) < len(needs):
        left = [id for id in needs if id not in found]
        closures = [
            chosen
            for count in range(1, len(left) + 1)
            for chosen in combinations(left, count)
            if all(need in found or need in chosen for id in chosen for need in needs[id])
        ]
        best = max(closures, key=lambda ids: (Fraction(sum(map(gain.get, ids)), sum(map(effort.get, ids))), len(ids)))  # type: ignore[arg-type]
        found |= dict.fromkeys(best, place)
        place += 1
    return found


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_the_parts_are_the_closures_of_the_highest_ratio_one_after_the_other(graph: Graph) -> None:
    assert ranks(*graph) == by_definition(*graph)


def test_two_that_share_what_they_need_are_weighed_with_it_together() -> None:
    """(0 + 6 + 6) ÷ (10 + 1 + 1) is 1, though each alone with it is 6/11."""
    needs = {"logo": [], "base": [], "a": ["base"], "b": ["base"]}
    told = ranks(needs, {"logo": 8, "base": 0, "a": 60, "b": 60}, {"logo": 10, "base": 100, "a": 10, "b": 10})
    assert told == {"base": 0, "a": 0, "b": 0, "logo": 1}


def test_what_costs_nothing_comes_with_what_it_needs_and_what_gains_nothing_comes_last() -> None:
    assert ranks({"a": [], "b": ["a"], "c": []}, {"a": 1, "b": 5, "c": 4}, {"a": 2, "b": 0, "c": 2}) == {
        "a": 0,
        "b": 0,
        "c": 1,
    }
    assert ranks({"a": [], "b": ["a"], "c": ["a"]}, {"a": 4, "b": 0, "c": 1}, {"a": 2, "b": 0, "c": 2}) == {
        "a": 0,
        "b": 2,
        "c": 1,
    }
    assert ranks({}, {}, {}) == {}


RANDOM = random.Random(5)
SHAPES = {
    "a chain that rises": [[n - 1] if n else [] for n in range(1000)],
    "all before it": [[*range(max(0, n - 20), n)] for n in range(1000)],
    "two layers": [[] if n < 500 else RANDOM.sample(range(500), 20) for n in range(1000)],
    "ten layers": [
        [] if n < 100 else RANDOM.sample(range(n // 100 * 100 - 100, n // 100 * 100), 10) for n in range(1000)
    ],
    "nothing": [[] for _ in range(1000)],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rise", [1, -1, 0])
def test_a_thousand_are_parted_at_once(shape: str, rise: int) -> None:
    needs = {str(at): [str(need) for need in sorted(before)] for at, before in enumerate(SHAPES[shape])}
    gain = {id: rise * int(id) + 1000 if rise else RANDOM.randrange(10**9) for id in needs}
    began = time.process_time()
    told = ranks(needs, gain, {id: RANDOM.randint(1, 20) for id in needs})
    assert time.process_time() - began < 1
    assert all(told[need] <= told[id] for id in needs for need in needs[id])
