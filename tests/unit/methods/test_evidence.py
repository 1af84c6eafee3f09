"""Evidence weighed by the rule of succession."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.methods.evidence import Claim, weigh
from agents.methods.faults import Impossible

CLAIMS = st.lists(
    st.builds(
        Claim, st.text(max_size=5), st.sampled_from([True, False, None]), st.floats(0, 100), st.sampled_from("abc")
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("for_it", "against", "score"),
    [(3, 0, 8.0), (0, 3, 2.0), (9, 0, 9.1), (2, 2, 5.0), (1, 4, 2.9)],
    ids=str,
)
def test_the_rule_of_succession(for_it: int, against: int, score: float) -> None:
    """(s + 1) / (s + a + 2): after three successes of three 0.8 (Laplace 1814)."""
    claims = [Claim("x", n < for_it, 1, f"source {n}") for n in range(for_it + against)]
    assert weigh(claims).score == score


@given(CLAIMS)
def test_more_for_it_never_lowers_the_score_and_it_stays_within_its_bounds(claims: list[Claim]) -> None:
    before, after = weigh(claims), weigh([*claims, Claim("y", True, 1, "a")])
    if before.score is not None:
        assert after.score is not None
        assert 0 <= before.score <= after.score <= 10


@given(CLAIMS)
def test_every_claim_is_told_once_with_its_side(claims: list[Claim]) -> None:
    told = weigh(claims)
    assert len(told.pros) + len(told.cons) + len(told.undecided) + told.repeated == len(claims)
    assert all(each.supports is True for each in told.pros)


def test_what_a_source_says_twice_counts_once_by_its_greatest_weight() -> None:
    told = weigh([Claim("Fast", True, 1, "a"), Claim(" fast", True, 3, "A"), Claim("fast", True, 1, "b")])
    assert [each.weight for each in told.pros] == [3, 1]
    assert (told.repeated, told.score) == (1, None)


def test_one_source_is_no_evidence_however_often_it_speaks() -> None:
    told = weigh([Claim(str(n), True, 1, "a blog") for n in range(9)])
    assert (told.score, told.recommendation) == (None, "find out")
    assert told.missing[0] == "claims of 2 different sources or more"


@pytest.mark.parametrize("weight", [-0.1, 101, float("nan"), float("inf")])
def test_a_weight_that_cannot_be_names_its_claim(weight: float) -> None:
    with pytest.raises(Impossible) as fault:
        weigh([Claim("x", True), Claim("y", True, weight)])
    assert fault.value.field == "evidence[1].weight"
