"""Cases by pairs: every two values meet, the riskiest come first, each criterion is traced."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.pairwise import MOST_NAMED, Risk, combine, count_pairs, plan, uncovered

VALUES = st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True)
PARAMETERS = st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=5)


@settings(max_examples=50, deadline=None)
@given(PARAMETERS)
def test_every_pair_of_values_meets_in_some_case(parameters: dict[str, list[int]]) -> None:
    cases = combine(parameters)
    assert uncovered(parameters, cases) == set()
    assert all(case.keys() == parameters.keys() for case in cases)
    sizes = sorted((len(each) for each in parameters.values()), reverse=True)
    if len(sizes) > 1:
        assert len(cases) >= sizes[0] * sizes[1]


def test_thirteen_parameters_of_three_values_need_far_fewer_cases_than_all_of_them() -> None:
    """The example of Cohen et al. 1997: 3^13 combinations; AETG needs 15, a greedy search somewhat more."""
    parameters = {f"p{n}": [1, 2, 3] for n in range(13)}
    assert count_pairs(parameters) == 702
    cases = combine(parameters)
    assert uncovered(parameters, cases) == set()
    assert 15 <= len(cases) <= 24


def test_two_parameters_are_all_their_combinations_and_one_is_each_value() -> None:
    assert len(combine({"a": [1, 2, 3], "b": [1, 2]})) == 6
    assert combine({"a": [1, 1, True]}) == ({"a": 1}, {"a": True})
    assert combine({}) == ()


def test_the_case_of_the_highest_exposure_comes_first_and_shows_its_criterion() -> None:
    made = plan(
        ["It prints on paper.", "It pays by card."],
        {"pay": ["card", "cash"], "paper": ["a4", "letter"]},
        [Risk("pays", 5, 4), Risk("paper", 1, 2), Risk("space", 5, 5)],
    )
    assert made.cases[0].criterion == "It pays by card."
    assert [case.exposure for case in made.cases] == sorted((case.exposure for case in made.cases), reverse=True)
    assert made.criteria.keys() == {"C-1", "C-2"}
    assert all(made.criteria.values())
    assert made.untouched_risks == ("space",)


def test_a_criterion_is_shown_by_each_case_that_has_the_value_it_names() -> None:
    made = plan(["On device phone it scrolls."], {"device": ["phone", "desk"], "theme": ["dark", "light"]})
    shown = [case for case in made.cases if case.values.get("device") == "phone"]
    assert set(made.criteria["C-1"]) >= {case.id for case in shown}


def test_nothing_given_is_nothing_planned_and_all_of_it_missing() -> None:
    made = plan()
    assert (made.cases, made.missing) == ((), ("acceptance_criteria", "parameters", "risks"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"parameters": {"": [1]}}, "parameters"),
        ({"parameters": {"a": []}}, "parameters.a"),
        ({"parameters": {"a": list(range(30)), "b": list(range(30))}}, "parameters"),
        ({"parameters": {f"p{n}": list(range(9)) for n in range(40)}}, "parameters"),
        ({"risks": [Risk("a", 0, 5)]}, "risks[0].likelihood"),
        ({"risks": [Risk("a", 5, 6)]}, "risks[0].impact"),
        ({"criteria": ["fine", " "]}, "acceptance_criteria[1]"),
        ({"criteria": ["fine"] * 1_001}, "acceptance_criteria"),
        ({"risks": [Risk("a", 1, 1)] * 1_001}, "risks"),
        ({"criteria": ["fine"] * 601, "parameters": {"a": list(range(20)), "b": list(range(20))}}, "parameters"),
        ({"parameters": {"a": list(range(20)), "b": list(range(20)), "c": ["x" * 50_000]}}, "parameters"),
    ],
)
def test_what_cannot_be_planned_names_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(Impossible) as fault:
        plan(**given)  # type: ignore[arg-type]
    assert fault.value.field == field


@settings(max_examples=30, deadline=None)
@given(PARAMETERS, st.lists(st.sampled_from(["a 1", "b 2 c 3", "d", "paper"]), max_size=4))
def test_coverage_is_counted_from_the_cases_and_each_criterion_has_one(
    parameters: dict[str, list[int]], criteria: list[str]
) -> None:
    made = plan(criteria, parameters)
    assert made.covered == made.pairs == count_pairs(parameters)
    cases = {case.id: case for case in made.cases}
    assert len(cases) == len(made.cases)
    for id, shown_by in made.criteria.items():
        assert shown_by
        assert all(id in cases[case].criteria for case in shown_by)


def test_a_pair_that_no_case_has_is_told_and_true_is_not_one() -> None:
    parameters = {"a": [1, True], "b": ["x"]}
    assert uncovered(parameters, [{"a": 1, "b": "x"}]) == {("a", True, "b", "x")}
    assert plan((), parameters).covered == 2


def test_risk_is_likelihood_times_impact_and_of_equals_the_worse_harm_stands_first() -> None:
    """ISO 31000's matrix, 5 by 5: 4 × 5 = 20 before 5 × 3 = 15."""
    made = plan(["It pays on paper in space."], {}, [Risk("pays", 5, 3), Risk("paper", 4, 5), Risk("space", 3, 5)])
    assert (made.cases[0].exposure, made.cases[0].risks) == (20, ("paper", "space", "pays"))


def test_a_case_names_the_worst_of_many_risks_and_none_of_them_counts_as_untouched() -> None:
    made = plan(["alpha " + " ".join(map(str, range(99)))], {}, [Risk(f"alpha {n}", 1, 1 + n % 5) for n in range(99)])
    assert len(made.cases[0].risks) == MOST_NAMED
    assert (made.cases[0].exposure, made.untouched_risks) == (5, ())


def test_the_largest_plan_is_made_at_once() -> None:
    began = time.perf_counter()
    made = plan(
        ["a 1 2 3 4 5 6 7 8"] * 600,
        {"a": list(range(20)), "b": list(range(20))},
        [Risk(" ".join(["a"] * (n % 60 + 1)), 1, 1) for n in range(1_000)],
    )
    assert len(made.cases) == 1_000
    assert sum(len(case.criteria) + len(case.risks) for case in made.cases) <= 1_000 * 2 * MOST_NAMED
    assert time.perf_counter() - began < 5  # a search that has no end, not a speed
