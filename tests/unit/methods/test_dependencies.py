"""What comes before what; cycles by name."""

from __future__ import annotations

from dataclasses import dataclass

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
