"""Features into iterations: the most urgent first, where the first room is, never before what it depends on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.releases import Feature, place

IDS = "abcdefgh"


@st.composite
def features(draw: st.DrawFn) -> list[Feature]:
    return [
        Feature(
            IDS[at],
            draw(st.none() | st.integers(0, 9)),
            draw(st.none() | st.integers(1, 5)),
            tuple(draw(st.sets(st.sampled_from(IDS), max_size=2))),
        )
        for at in range(draw(st.integers(0, 8)))
    ]


@settings(max_examples=50, deadline=None)
@given(features(), st.none() | st.integers(0, 12), st.none() | st.integers(1, 4))
def test_no_iteration_is_overfull_and_nothing_stands_before_what_it_needs(
    asked: list[Feature], capacity: int | None, iterations: int | None
) -> None:
    found = place(asked, capacity=capacity, iterations=iterations)
    known = {each.id: each for each in asked}
    where = {id: (each.number, at) for each in found.iterations for at, id in enumerate(each.features)}
    assert {*where} | {*found.left_out} == {*known} and not {*where} & {*found.left_out}
    for each in found.iterations:
        assert each.used == sum(known[id].effort or 0 for id in each.features)
        assert capacity is None or each.used <= capacity
    for id, at in where.items():
        assert all(where[need] < at for need in known[id].depends_on if need in known)
    assert iterations is None or len(found.iterations) <= iterations
    assert {risk.feature for risk in found.risks} >= {*found.left_out}
    assert place(asked, capacity=capacity, iterations=iterations) == found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 5)), max_size=20))
def test_each_is_in_the_first_iteration_with_room_for_it(parts: list[tuple[int, int]]) -> None:
    """First fit (Johnson 1974): of two iterations, what the later one holds did not fit into the earlier one."""
    asked = {f"f{at}": Feature(f"f{at}", effort, priority) for at, (effort, priority) in enumerate(parts)}
    found = place(list(asked.values()), capacity=10)
    urgency = {id: (asked[id].priority, at) for at, id in enumerate(asked)}
    for later in found.iterations:
        for id in later.features:
            for earlier in found.iterations[: later.number - 1]:
                before = sum(asked[each].effort or 0 for each in earlier.features if urgency[each] < urgency[id])
                assert before + (asked[id].effort or 0) > 10
    assert sum(2 * each.used <= 10 for each in found.iterations) <= 1


def test_a_thousand_features_fit_into_as_many_iterations() -> None:
    asked = [Feature(f"f{n}", 1, n, (f"f{n - 1}",) if n else ()) for n in range(1000)]
    assert len(place(asked, capacity=1, iterations=1000).iterations) == 1000


def test_a_circle_and_what_waits_for_it_stay_out() -> None:
    asked = [Feature("a", 1, 1, ("b",)), Feature("b", 1, 1, ("a",)), Feature("c", 1, 1, ("a",)), Feature("d", 1, 2)]
    found = place(asked, capacity=3)
    assert (found.left_out, found.iterations[0].features) == (("a", "b", "c"), ("d",))
    assert {risk.feature: risk.rule for risk in found.risks} == {"a": "cycle", "b": "cycle", "c": "behind_cycle"}


def test_tenths_fill_an_iteration_to_the_last() -> None:
    found = place([Feature("a", 0.1), Feature("b", 0.2)], capacity=0.3)
    assert [(each.features, each.used) for each in found.iterations] == [(("a", "b"), 0.3)]


def test_without_a_capacity_one_iteration_takes_all_and_says_what_is_missing() -> None:
    found = place([Feature("a", 1), Feature("b")])
    assert ([each.features for each in found.iterations], found.left_out) == ([("a", "b")], ())
    assert {"capacity", "features.b.effort"} <= {*found.missing}
    assert place([]).missing[0] == "features"


def test_the_most_urgent_goes_first_and_a_small_one_fills_the_gap() -> None:
    found = place([Feature("big", 7, 2), Feature("first", 5, 1), Feature("small", 3, 3)], capacity=8)
    assert [(each.features, each.used) for each in found.iterations] == [(("first", "small"), 8), (("big",), 7)]


def test_what_an_urgent_one_needs_is_as_urgent() -> None:
    found = place([Feature("other", 4, 2), Feature("base", 4, 9), Feature("top", 4, 1, ("base",))], capacity=4)
    assert [each.features for each in found.iterations] == [("base",), ("top",), ("other",)]


def test_why_each_is_left_out_is_told() -> None:
    found = place(
        [Feature("huge", 9, 1), Feature("guess", None, 2), Feature("fits", 4, 3), Feature("late", 4, 4)],
        capacity=4,
        iterations=1,
    )
    assert {risk.feature: risk.rule for risk in found.risks if risk.feature} == {
        "huge": "too_large",
        "guess": "no_estimate",
        "late": "no_room",
    }
    assert [risk.rule for risk in found.risks if risk.feature is None] == ["overfull"]


def test_what_is_not_in_the_release_is_a_risk_and_no_hindrance() -> None:
    found = place([Feature("a", 1, 1, ("elsewhere",))])
    assert (found.iterations[0].features, found.risks[0].rule) == (("a",), "not_in")


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"features": [Feature("a", -1)]}, "features.a.effort"),
        ({"features": [], "capacity": -1}, "capacity"),
        ({"features": [], "iterations": 0}, "iterations"),
        ({"features": [], "iterations": 1.5}, "iterations"),
    ],
)
def test_figures_that_cannot_be_are_refused_by_name(given_: dict[str, object], field: str) -> None:
    with pytest.raises(Impossible) as fault:
        place(given_.pop("features"), **given_)  # type: ignore[arg-type]
    assert fault.value.field == field
