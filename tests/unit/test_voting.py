"""The count of a vote, against a short count of its own and by trying what ballots to come can do."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from org.enums import VoteChoice
from org.voting import Ballot, Result, Rules, tally

ROLES = ("cto", "chro", "operations_head", "product_manager", "test_lead")
APPROVE, REJECT, ABSTAIN = VoteChoice.APPROVE, VoteChoice.REJECT, VoteChoice.ABSTAIN
CONFIDENCES = st.sampled_from([n / 100 for n in range(101)])
BALLOTS = st.builds(Ballot, st.sampled_from(VoteChoice), CONFIDENCES)


def rules(**changed: object) -> Rules:
    return Rules(**({"electorate": ROLES, "quorum": 0.5, "threshold": 0.66, "veto": ()} | changed))  # type: ignore[arg-type]


def oracle(votes: Mapping[str, Ballot], asked: Rules) -> str:
    """Confidences are hundredths here, so that whole numbers count exactly."""
    weights = {
        choice: [round(b.confidence * 100) for b in votes.values() if b.choice is choice] for choice in VoteChoice
    }
    yes, no = weights[APPROVE], weights[REJECT]
    if any(votes[role].choice is REJECT for role in asked.veto if role in votes):
        return "rejected"
    quorum = 2 * len(votes) > len(asked.electorate)
    if not quorum or len(yes) == len(no) or sum(yes) + sum(no) == 0:
        return "undecided"
    if 10 * sum(yes) < 4 * (sum(yes) + sum(no)):
        return "rejected"
    good = 100 * sum(yes) >= 66 * (sum(yes) + sum(no)) and len(yes) > len(no) and sum(yes) >= 50 * len(yes)
    return "approved" if good else "undecided"


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.storm)])
def test_thousands_of_votes_come_to_what_a_short_count_says(count: int) -> None:
    @settings(max_examples=count)
    @given(votes=st.dictionaries(st.sampled_from(ROLES), BALLOTS), veto=st.sets(st.sampled_from(ROLES), max_size=1))
    def check(votes: dict[str, Ballot], veto: set[str]) -> None:
        asked = rules(veto=tuple(veto))
        assert tally(asked, votes).result == oracle(votes, asked)

    check()


ODD: dict[str, tuple[list[tuple[VoteChoice, float]], str]] = {
    "one approval at 0.01 among abstentions": ([(APPROVE, 0.01), *[(ABSTAIN, 1)] * 4], "undecided"),
    "one sure approval among abstentions": ([(APPROVE, 1), *[(ABSTAIN, 1)] * 4], "approved"),
    "two sure approvals against three hesitant rejections": (
        [*[(APPROVE, 1)] * 2, *[(REJECT, 0.1)] * 3],
        "undecided",
    ),
    "two hesitant approvals against three sure rejections": ([*[(APPROVE, 0.1)] * 2, *[(REJECT, 1)] * 3], "rejected"),
    "all approve at 0.5": ([(APPROVE, 0.5)] * 5, "approved"),
    "all reject at 0.5": ([(REJECT, 0.5)] * 5, "rejected"),
    "all at 0.5, three against two": ([*[(APPROVE, 0.5)] * 3, *[(REJECT, 0.5)] * 2], "undecided"),
    "all at 0.5, a tie": ([(APPROVE, 0.5), (REJECT, 0.5)] * 2 + [(ABSTAIN, 0.5)], "undecided"),
    "all approve at 0.49": ([(APPROVE, 0.49)] * 5, "undecided"),
    "nobody is confident at all": ([(APPROVE, 0), (APPROVE, 0), (REJECT, 0)], "undecided"),
    "all abstain": ([(ABSTAIN, 1)] * 5, "undecided"),
    "nobody votes": ([], "undecided"),
    "two of five are no quorum": ([(APPROVE, 1)] * 2, "undecided"),
    "three of five are": ([(APPROVE, 1)] * 3, "approved"),
    "more reject than approve": ([(REJECT, 0.6), (APPROVE, 0.3), (REJECT, 0.2)], "rejected"),
    "a score of exactly 0.66": ([(APPROVE, 0.66), (APPROVE, 0.66), (REJECT, 0.68)], "approved"),
    "a score of exactly 0.4": ([(APPROVE, 0.1), (APPROVE, 0.1), (REJECT, 0.3)], "undecided"),
}


@pytest.mark.parametrize(("votes", "result"), ODD.values(), ids=ODD)
def test_an_odd_vote_comes_to(votes: list[tuple[VoteChoice, float]], result: str) -> None:
    cast = {role: Ballot(choice, confidence) for role, (choice, confidence) in zip(ROLES, votes, strict=False)}
    assert tally(rules(), cast).result == result
    assert oracle(cast, rules()) == result


@given(votes=st.dictionaries(st.sampled_from(ROLES), BALLOTS))
def test_the_order_of_ballots_and_strangers_votes_change_nothing(votes: dict[str, Ballot]) -> None:
    counted = tally(rules(), votes)
    assert tally(rules(), dict(reversed(votes.items()))) == counted
    assert tally(rules(), votes | {"ceo": Ballot(REJECT, 1)}) == counted


@given(votes=st.dictionaries(st.sampled_from(ROLES), BALLOTS))
def test_when_all_have_voted_it_is_certain(votes: dict[str, Ballot]) -> None:
    everyone = {role: votes.get(role, Ballot(ABSTAIN, 0)) for role in ROLES}
    assert tally(rules(), everyone).certain


TRIED = [Ballot(choice, confidence) for choice in (APPROVE, REJECT) for confidence in (0, 0.01, 0.25, 0.49, 0.66, 1)]
TRIED.append(Ballot(ABSTAIN, 0))


@settings(max_examples=400, deadline=None)
@given(
    votes=st.dictionaries(st.sampled_from(ROLES), BALLOTS, min_size=3), veto=st.sets(st.sampled_from(ROLES), max_size=1)
)
def test_what_is_certain_is_altered_by_no_ballot_to_come(votes: dict[str, Ballot], veto: set[str]) -> None:
    asked = rules(veto=tuple(veto))
    counted = tally(asked, votes)
    waiting = [role for role in ROLES if role not in votes]
    for come in itertools.product([None, *TRIED], repeat=len(waiting)):
        later = votes | {role: ballot for role, ballot in zip(waiting, come, strict=True) if ballot is not None}
        if counted.certain:
            assert oracle(later, asked) == counted.result, later


@settings(max_examples=400, deadline=None)
@given(
    votes=st.dictionaries(st.sampled_from(ROLES), BALLOTS, min_size=4, max_size=4), veto=st.sets(st.sampled_from(ROLES))
)
def test_a_vote_stays_open_only_if_some_ballot_to_come_can_alter_it(votes: dict[str, Ballot], veto: set[str]) -> None:
    """With one vote to come every confidence in hundredths is tried."""
    asked = rules(veto=tuple(veto))
    counted = tally(asked, votes)
    [last] = [role for role in ROLES if role not in votes]
    come = [Ballot(choice, n / 100) for choice in VoteChoice for n in range(101)]
    results = {oracle(votes | {last: ballot}, asked) for ballot in come} | {oracle(votes, asked)}
    if not counted.certain:
        assert len(results) > 1, (votes, asked)


def test_it_closes_as_soon_as_three_sure_approvals_of_three_cannot_be_undone() -> None:
    asked = rules(electorate=ROLES[:3])
    one = {"cto": Ballot(APPROVE, 1)}
    two = one | {"chro": Ballot(APPROVE, 1)}
    assert not tally(asked, one).certain
    assert tally(asked, two).certain == (
        tally(asked, two | {"operations_head": Ballot(REJECT, 1)}).result == "approved"
    )


def test_a_veto_rejects_at_once_and_says_whose_it_is() -> None:
    counted = tally(rules(veto=("test_lead",)), {"test_lead": Ballot(REJECT, 0)})
    assert (counted.result, counted.certain, counted.says) == (Result.REJECTED, True, "test_lead vetoed it.")
