"""What an item is worth for its size: WSJF and RICE as their sources compute them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.methods.faults import Impossible
from agents.methods.scores import Item, weigh


def wsjf(value: float, time_criticality: float, risk_reduction: float, effort: float) -> float | None:
    item = Item("a", value=value, time_criticality=time_criticality, risk_reduction=risk_reduction, effort=effort)
    return weigh([item]).worth["a"].score


FIGURES = st.floats(0, 1000, allow_nan=False).map(lambda figure: round(figure, 3))


@pytest.mark.parametrize(
    ("parts", "score"), [((13, 8, 5, 5), 5.2), ((1, 1, 1, 1), 3.0), ((20, 0, 0, 8), 2.5), ((0.1, 0.2, 0, 0.3), 1.0)]
)
def test_wsjf_is_the_cost_of_delay_by_the_size_of_the_job(parts: tuple[float, ...], score: float) -> None:
    """SAFe: user value + time criticality + risk reduction, divided by job size. Exact: 0.1 + 0.2 is 0.3."""
    assert wsjf(*parts) == score


@pytest.mark.parametrize(
    ("parts", "score"), [((2000, 0.5, 0.8, 2), 400.0), ((500, 3, 1, 2), 750.0), ((1000, 2, 0.5, 4), 250.0)]
)
def test_rice_is_reach_impact_and_confidence_by_effort(parts: tuple[float, ...], score: float) -> None:
    """Intercom's formula, with confidence as a share."""
    reach, impact, confidence, effort = parts
    told = weigh([Item("a", reach=reach, impact=impact, confidence=confidence, effort=effort)])
    assert (told.method, told.worth["a"].score) == ("RICE", score)


@given(FIGURES, FIGURES, FIGURES, st.floats(0.1, 100).map(lambda size: round(size, 3)))
def test_twice_the_size_is_half_the_score_and_more_delay_never_less(a: float, b: float, c: float, size: float) -> None:
    once, twice, more = wsjf(a, b, c, size), wsjf(a, b, c, 2 * size), wsjf(a + 1, b, c, size)
    assert once is not None
    assert twice == pytest.approx(once / 2)
    assert more is not None
    assert more > once


def test_all_are_weighed_by_the_kind_that_can_score_as_many() -> None:
    both = Item("a", value=8, reach=100, impact=2, confidence=0.5, effort=4)
    assert weigh([both]).method == "RICE"
    assert weigh([both, Item("b", value=3, effort=1)]).method == "WSJF"
    assert weigh([Item("c")]).method == "WSJF"


def test_what_keeps_an_item_from_its_score_is_named() -> None:
    told = weigh([Item("a", value=8, effort=2), Item("b", effort=1), Item("c", value=1)])
    assert {"items.b: none of value, time_criticality, risk_reduction", "items.c.effort"} <= {*told.missing}
    assert "items: no risk_reduction is given; it counts nothing" in told.missing
    assert told.worth["b"].score is None


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (Item("a", value=-1, effort=1), "items.a.value"),
        (Item("a", value=1, effort=1e-9), "items.a.effort"),
        (Item("a", reach=1, impact=1, confidence=1.1, effort=1), "items.a.confidence"),
        (Item("a", value=float("nan"), effort=1), "items.a.value"),
        (Item("a", value=float("inf"), effort=1), "items.a.value"),
    ],
)
def test_figures_that_cannot_be_name_their_item(item: Item, field: str) -> None:
    with pytest.raises(Impossible) as fault:
        weigh([item])
    assert fault.value.field == field


def test_no_size_is_no_score() -> None:
    assert wsjf(1, 1, 1, 0) is None
    with pytest.raises(Impossible, match=r"items\.a\.effort"):
        wsjf(1, 1, 1, -1)


def test_sums_of_the_smallest_and_the_largest_are_exact() -> None:
    """Among 1,000 items from a millionth to 10^12, nothing is lost, and a tie is a tie."""
    items = [Item(f"i{n}", value=1e12 - n, time_criticality=1e-6, effort=1e-6 * (n + 1)) for n in range(1000)]
    told = weigh(items, 1e12)
    assert told.worth["i0"].score == wsjf(1e12, 1e-6, 0, 1e-6)
    assert told.worth["i0"].gain == told.worth["i1"].gain + told.unit  # type: ignore[operator]
