"""What comes before what; cycles by name."""

from __future__ import annotations

import time
from dataclasses import dataclass

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.dependencies import read

IDS = "abcdefg"


@dataclass(frozen=True)
class Node:
    id: str
    depends_on: tuple[str, ...] = ()


NODES = st.lists(
    st.builds(
        Node, st.sampled_from(IDS), st.sets(st.sampled_from(IDS), max_size=3).map(lambda ids: tuple(sorted(ids)))
    ),
    max_size=7,
)


@settings(max_examples=50, deadline=None)
@given(NODES)
def test_an_order_puts_nothing_before_what_it_depends_on_and_the_rest_is_stuck(nodes: list[Node]) -> None:
    found = read(nodes)
    order = found.order()
    place = {id: at for at, id in enumerate(order)}
    for id in order:
        assert all(place[need] < place[id] for need in found.nodes[id].depends_on if need in found.nodes)
    assert {*order} | {each.id for each in found.stuck} == {*found.nodes}
    assert ([id for group in found.generations() for id in sorted(group)] and order) or not order
    for cycle in found.cycles:
        for one, needed in zip(cycle.path, cycle.path[1:], strict=False):
            assert needed in found.nodes[one].depends_on
        assert cycle.path[0] == cycle.path[-1]


def test_a_cycle_is_told_by_a_shortest_way_round_and_what_waits_behind_it() -> None:
    found = read([Node("a", ("b",)), Node("b", ("c",)), Node("c", ("a",)), Node("d", ("c",)), Node("e")])
    assert str(found.cycles[0]) == "a → b → c → a"
    assert {each.id: each.rule for each in found.stuck} == {
        "a": "cycle",
        "b": "cycle",
        "c": "cycle",
        "d": "behind_cycle",
    }
    assert found.order() == ["e"]


def test_what_waits_for_itself_is_a_cycle_of_one() -> None:
    assert str(read([Node("a", ("a",))]).cycles[0]) == "a → a"


def test_repeated_and_unknown_names_are_told_and_hold_nothing_up() -> None:
    found = read([Node("a", ("ghost",)), Node("a", ("b",)), Node("b")])
    assert (found.repeated, found.unknown, found.order()) == (("a",), (("a", "ghost"),), ["a", "b"])
    assert found.gaps("tasks") == [
        "tasks.a: given more than once; only the first is used",
        "tasks.a.depends_on: 'ghost' is none of the tasks",
    ]


def test_a_long_cycle_is_told_short() -> None:
    ring = [Node(f"n{at}", (f"n{(at + 1) % 1000}",)) for at in range(1000)]
    assert str(read(ring).cycles[0]).endswith("(1000 in all)")


def test_generations_and_order_of_a_known_graph() -> None:
    """Kahn 1962: of those that are free the first given; equal needs are one generation."""
    found = read([Node("shoes", ("socks",)), Node("coat", ("shirt",)), Node("socks"), Node("shirt")])
    assert found.order() == ["socks", "shoes", "shirt", "coat"]
    assert found.order(key=str) == ["shirt", "coat", "socks", "shoes"]
    assert found.generations() == [("socks", "shirt"), ("shoes", "coat")]
    assert (found.before("coat"), found.after("socks")) == (["shirt"], ["shoes"])


@settings(max_examples=50, deadline=None)
@given(NODES)
def test_the_cycles_are_the_strong_components_and_each_way_round_is_a_shortest(nodes: list[Node]) -> None:
    """Tarjan 1972, against the definition: two are in one cycle when each can be reached from the other."""
    found = read(nodes)
    needs = {(id, need) for id, node in found.nodes.items() for need in node.depends_on if need in found.nodes}
    reach: dict[str, set[str]] = {id: {need for one, need in needs if one == id} for id in found.nodes}
    for _ in found.nodes:
        reach = {id: there.union(*(reach[each] for each in there)) for id, there in reach.items()}
    held = {id for id in found.nodes if id in reach[id]}
    assert {id for cycle in found.cycles for id in cycle.members} == held
    for cycle in found.cycles:
        assert {*cycle.members} == {id for id in held if id in reach[cycle.path[0]] and cycle.path[0] in reach[id]}
        assert len({*cycle.path}) == len(cycle.path) - 1
        assert len(cycle.path) - 1 == girth(needs, cycle.path[0])


def girth(needs: set[tuple[str, str]], start: str) -> int:
    """The length of a shortest way from a node back to it, by breadth."""
    ahead, steps = {need for one, need in needs if one == start}, 1
    while start not in ahead:
        ahead, steps = {need for one, need in needs if one in ahead}, steps + 1
    return steps


def test_nothing_has_an_order_too() -> None:
    found = read([])
    assert (found.order(), found.generations(), found.cycles, found.stuck) == ([], [], (), ())


@pytest.mark.parametrize("near", [1, 16])
@pytest.mark.parametrize("closed", [True, False])
def test_the_largest_graphs_take_little_time(near: int, closed: bool) -> None:
    far = [[n + k for k in range(1, near + 1)] for n in range(1_000)]
    nodes = [
        Node(f"n{n}", tuple(f"n{each % 1_000 if closed else each}" for each in to if closed or each < 1_000))
        for n, to in enumerate(far)
    ]
    started = time.process_time()
    found = read(nodes)
    assert (len(found.order()), len(found.stuck)) == ((0, 1_000) if closed else (1_000, 0))
    assert nx.is_directed_acyclic_graph(found.graph)
    assert time.process_time() - started < 1
