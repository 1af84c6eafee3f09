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
