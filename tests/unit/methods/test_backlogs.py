"""A backlog in order: most worth for its size first, nothing before what it needs, no more than there is room for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.backlogs import Backlog, Constraints, prioritize
from agents.methods.faults import Impossible
from agents.methods.scores import Item

IDS = "abcdefgh"


@st.composite
def backlogs(draw: st.DrawFn) -> list[Item]:
    count = draw(st.integers(0, 8))
    return [
        Item(
            IDS[at],
            value=draw(st.none() | st.integers(0, 20)),
            effort=draw(st.none() | st.integers(0, 8)),
            depends_on=tuple(draw(st.sets(st.sampled_from(IDS), max_size=2))),
        )
        for at in range(count)
    ]


def ids(backlog: Backlog) -> list[str]:
    return [each.id for each in backlog.ordered]


@settings(max_examples=50, deadline=None)
@given(backlogs(), st.none() | st.integers(0, 20), st.sets(st.sampled_from(IDS), max_size=2))
def test_dependencies_come_first_and_capacity_holds(items: list[Item], capacity: int | None, musts: set[str]) -> None:
    found = prioritize(items, Constraints(capacity, tuple(sorted(musts))))
    place = {id: at for at, id in enumerate(ids(found))}
    known = {item.id: item for item in items}
    for id in place:
        for need in known[id].depends_on:
            if need in known:
                assert place[need] < place[id]
    if capacity is not None:
        assert sum(known[id].effort or 0 for id in place) <= capacity
    assert {*place} | {each.id for each in found.left_out} == {*known}
    assert not {*place} & {each.id for each in found.left_out}
    assert prioritize(items, Constraints(capacity, tuple(sorted(musts)))) == found


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=5))
def test_without_dependencies_no_order_delays_less_worth(parts: list[tuple[int, int]]) -> None:
    """Smith 1956: by ratio of worth to size, the sum of worth times completion is the least there is."""
    items = [Item(IDS[at], value=value, effort=effort) for at, (value, effort) in enumerate(parts)]

    def delayed(order: list[Item]) -> float:
        done, sum_ = 0.0, 0.0
        for item in order:
            done += item.effort or 0
            sum_ += done * (item.value or 0)
        return sum_

    known = {item.id: item for item in items}
    found = [known[id] for id in ids(prioritize(items))]
    assert delayed(found) == min(delayed(list(order)) for order in permutations(items))


def test_what_is_worth_much_draws_what_it_needs_to_the_front() -> None:
    found = prioritize(
        [
            Item("logo", value=3, effort=1),
            Item("login", value=1, effort=2),
            Item("pay", value=30, effort=2, depends_on=("login",)),
        ]
    )
    assert ids(found) == ["login", "pay", "logo"]
    assert [each.drawn_by for each in found.ordered] == ["pay", None, None]


def shared(logos: int) -> list[Item]:
    """A base that two need: 12 of worth in 12 of effort, while each alone with it is 6 in 11; logos are 0.8 each."""
    needing = [
        Item("pay", value=6, effort=1, depends_on=("base",)),
        Item("cart", value=6, effort=1, depends_on=("base",)),
    ]
    return [
        *(Item(f"logo{at}", value=0.8, effort=1) for at in range(logos)),
        Item("base", value=0, effort=10),
        *needing,
    ]


def test_what_several_need_comes_with_all_of_them_before_what_is_worth_less_than_all() -> None:
    """Sidney 1975: the closure of the highest ratio first, base, pay and cart with 12/12 before a logo with 0.8."""
    assert ids(prioritize(shared(2))) == ["base", "pay", "cart", "logo0", "logo1"]
    assert {*ids(prioritize(shared(12), Constraints(12)))} == {"base", "pay", "cart"}  # 12 of worth, not 9.6


def test_where_not_all_of_them_fit_what_is_worth_more_is_taken_instead() -> None:
    assert all(each.startswith("logo") for each in ids(prioritize(shared(12), Constraints(11))))  # 8.8, not 6


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 9), st.sets(st.integers(0, 4), max_size=2)), min_size=1, max_size=6
    )
)
def test_with_dependencies_no_order_delays_less_than_half_as_much_worth(
    parts: list[tuple[int, int, set[int]]],
) -> None:
    """Chekuri and Motwani 1999: any order that keeps to Sidney's decomposition; over all orders there are."""
    needs = {at: {need for need in before if need < at} for at, (_, _, before) in enumerate(parts)}

    def delayed(order: Iterable[int]) -> int:
        done = sum_ = 0
        for at in order:
            done += parts[at][1]
            sum_ += done * parts[at][0]
        return sum_

    orders = [
        order
        for order in permutations(needs)
        if all(need in order[:place] for place, at in enumerate(order) for need in needs[at])
    ]
    items = [
        Item(IDS[at], value=value, effort=effort, depends_on=tuple(IDS[need] for need in sorted(needs[at])))
        for at, (value, effort, _) in enumerate(parts)
    ]
    assert delayed(IDS.index(id) for id in ids(prioritize(items))) <= 2 * min(map(delayed, orders))


def test_what_must_be_in_is_in_before_what_is_worth_more() -> None:
    items = [Item("a", value=9, effort=3), Item("b", value=1, effort=3)]
    assert ids(prioritize(items, Constraints(3, ("b",)))) == ["b"]
    found = prioritize(items, Constraints(3, ("b",), ("b",)))
    assert (ids(found), found.unmet) == (["a"], ("b",))
    assert {each.id: each.rule for each in found.left_out} == {"b": "excluded"}


def test_why_each_is_left_out_is_told() -> None:
    items = [
        Item("big", value=9, effort=9),
        Item("guess", value=9),
        Item("a", value=1, effort=1, depends_on=("b",)),
        Item("b", value=1, effort=1, depends_on=("a",)),
        Item("behind", value=5, effort=1, depends_on=("a",)),
    ]
    found = prioritize(items, Constraints(5))
    rules = {each.id: each.rule for each in found.left_out}
    assert rules == {"big": "no_room", "guess": "no_estimate", "a": "cycle", "b": "cycle", "behind": "behind_cycle"}
    assert [str(cycle) for cycle in found.cycles] == ["a → b → a"]


def test_ties_are_told_and_keep_the_order_given() -> None:
    found = prioritize([Item("x", value=2, effort=1), Item("y", value=4, effort=2), Item("z", value=1, effort=1)])
    assert (ids(found), found.ties) == (["x", "y", "z"], (("x", "y"),))


def test_a_thousand_in_a_chain_are_put_in_order() -> None:
    items = [Item(f"i{n}", value=n, effort=1, depends_on=(f"i{n - 1}",) if n else ()) for n in range(1000)]
    assert ids(prioritize(items))[:3] == ["i0", "i1", "i2"]


def test_a_capacity_that_cannot_be_is_refused() -> None:
    with pytest.raises(Impossible, match=r"constraints\.capacity"):
        prioritize([Item("a", value=1, effort=1)], Constraints(-1))


@pytest.mark.parametrize(
    "given", [Item("a", value=1, effort=0.1), Item("a", reach=1, impact=1, confidence=1, effort=0.1)]
)
def test_tenths_fill_the_capacity_to_the_last(given: Item) -> None:
    found = prioritize([given, replace(given, id="b", effort=0.2)], Constraints(0.3))
    assert (ids(found), found.used) == (["a", "b"], 0.3)


def test_names_that_are_none_of_the_items_are_told() -> None:
    found = prioritize([Item("a", value=1, effort=1, depends_on=("ghost",))], Constraints(must_include=("x",)))
    assert (ids(found), found.unmet) == (["a"], ("x",))
    told = " ".join(found.missing)
    assert "ghost" in told and "constraints.must_include: 'x' is none of the items" in told


def test_nothing_to_put_in_order_is_said() -> None:
    assert prioritize([]).missing == ("items",)


def test_a_thousand_that_all_need_those_before_them_are_put_in_order_in_no_time_to_speak_of() -> None:
    needs = [tuple(f"i{k}" for k in range(max(0, n - 20), n)) for n in range(1000)]
    items = [Item(f"i{n}", value=n, effort=1, depends_on=needs[n]) for n in range(1000)]
    began = time.perf_counter()
    assert len(prioritize(items, Constraints(500)).ordered) == 500
    assert time.perf_counter() - began < 5  # a search that has no end, not a speed
