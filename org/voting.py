"""What a vote comes to: a pure count of ballots over the rules the charter fixed when the vote opened.

    tally(rules, ballots) -> Tally

Each ballot is weighed by its voter's confidence; abstentions count for the quorum only. Sums are exact fractions, so
that the order of ballots and binary rounding never decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache

from org.enums import VoteChoice

REJECTED_BELOW = Fraction("0.4")  # the score under which a vote with a quorum rejects
SURE_ENOUGH = Fraction("0.5")  # what approvals must be confident of, on average


class Result(StrEnum):
    """What a vote says. Undecided: the initiator's manager decides, with the tally at hand."""

    APPROVED = "approved"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Ballot:
    """One role's vote, with its confidence from 0 to 1."""

    choice: VoteChoice
    confidence: float


@dataclass(frozen=True)
class Rules:
    """Who votes, and what it takes. `quorum`: more than this share of the electorate must have voted."""

    electorate: Collection[str]
    quorum: float
    threshold: float
    veto: Collection[str] = ()

    @property
    def needed(self) -> int:
        """How many must have voted for a quorum."""
        return int(_share(self.quorum) * len(self.electorate)) + 1


@dataclass(frozen=True)
class Tally:
    """A count. `certain`: no ballot still to come can alter `result`, those cast counting as final."""

    result: Result
    certain: bool
    score: float | None
    voted: int
    approvals: int
    rejections: int
    abstentions: int
    says: str


@dataclass(frozen=True)
class _Count:
    """Approvals, rejections and abstentions with the sums of confidence behind the first two."""

    approvals: int = 0
    rejections: int = 0
    abstentions: int = 0
    sure_approvals: Fraction = Fraction(0)
    sure_rejections: Fraction = Fraction(0)

    @property
    def voted(self) -> int:
        return self.approvals + self.rejections + self.abstentions

    @property
    def score(self) -> Fraction | None:
        weighed = self.sure_approvals + self.sure_rejections
        return self.sure_approvals / weighed if weighed else None

    @property
    def is_tie(self) -> bool:
        return self.approvals == self.rejections

    def plus(self, approvals: int, rejections: int, abstentions: int, sure: Fraction, against: Fraction) -> _Count:
        return _Count(
            self.approvals + approvals,
            self.rejections + rejections,
            self.abstentions + abstentions,
            self.sure_approvals + sure,
            self.sure_rejections + against,
        )


def tally(rules: Rules, ballots: Mapping[str, Ballot]) -> Tally:
    """Count the ballots cast so far, as if the vote closed now. Ballots from outside the electorate do not count."""
    cast = {role: ballot for role, ballot in ballots.items() if role in rules.electorate}
    vetoed = [role for role in rules.veto if role in cast and cast[role].choice is VoteChoice.REJECT]
    count = _count(cast.values())
    result, says = (Result.REJECTED, f"{vetoed[0]} vetoed it.") if vetoed else _judge(rules, count)
    waiting = [role for role in rules.electorate if role not in cast]
    certain = bool(vetoed) or _is_sure(result, rules, count, waiting)
    return Tally(
        result,
        certain,
        None if count.score is None else float(count.score),
        count.voted,
        count.approvals,
        count.rejections,
        count.abstentions,
        says,
    )


def _count(ballots: Collection[Ballot]) -> _Count:
    def of(choice: VoteChoice) -> list[Fraction]:
        return [Fraction(str(ballot.confidence)) for ballot in ballots if ballot.choice is choice]

    approvals, rejections = of(VoteChoice.APPROVE), of(VoteChoice.REJECT)
    return _Count(
        len(approvals),
        len(rejections),
        len(of(VoteChoice.ABSTAIN)),
        sum(approvals, Fraction(0)),
        sum(rejections, Fraction(0)),
    )


def _judge(rules: Rules, count: _Count) -> tuple[Result, str]:
    """What a count comes to if the vote closes with it, and why."""
    if count.voted < rules.needed:
        return Result.UNDECIDED, f"{count.voted} of {len(rules.electorate)} voted; it takes {rules.needed}."
    if count.is_tie:
        return Result.UNDECIDED, f"{count.approvals} approvals against {count.rejections} rejections are a tie."
    if count.score is None:
        return Result.UNDECIDED, "Nobody who voted was confident at all."
    if count.score < REJECTED_BELOW:
        return Result.REJECTED, f"The score of {float(count.score):.2f} is below {float(REJECTED_BELOW):g}."
    if count.approvals < count.rejections:
        return Result.UNDECIDED, f"{count.approvals} approvals do not outnumber {count.rejections} rejections."
    if count.score < _share(rules.threshold):
        return Result.UNDECIDED, f"The score of {float(count.score):.2f} is below {rules.threshold:g}."
    if count.sure_approvals < SURE_ENOUGH * count.approvals:
        mean = float(count.sure_approvals / count.approvals)
        return Result.UNDECIDED, f"Those who approve are sure by {mean:.2f} on average; it takes 0.5."
    return Result.APPROVED, f"The score of {float(count.score):.2f} reaches {rules.threshold:g}."


def _is_sure(result: Result, rules: Rules, count: _Count, waiting: Collection[str]) -> bool:
    """Whether no ballot still to come can alter the result, its confidence being any from 0 to 1."""
    if not waiting:
        return True
    if result is not Result.REJECTED and any(role in rules.veto for role in waiting):
        return False
    return all(_reachable(rules, count, *further) == {result} for further in _further(len(waiting)))


@cache
def _further(most: int) -> list[tuple[int, int, int]]:
    """How many more of at most so many may approve, reject and abstain; first what alters most."""
    numbers = range(most + 1)
    ways = [(a, r, s) for a in numbers for r in numbers[: most - a + 1] for s in numbers[: most - a - r + 1]]
    return sorted(ways, key=max, reverse=True)


def _reachable(rules: Rules, count: _Count, approvals: int, rejections: int, abstentions: int) -> set[Result]:
    """The results over all confidences of so many further ballots.

    The score rises with confidence in approvals and falls with confidence in rejections, so the ends show what can be
    approved or rejected. In between lies whatever is neither: some score from `REJECTED_BELOW` up to the threshold, or
    approvals that are not sure enough.
    """
    zero, most_for, most_against = Fraction(0), Fraction(approvals), Fraction(rejections)
    best = count.plus(approvals, rejections, abstentions, most_for, zero)
    worst = count.plus(approvals, rejections, abstentions, zero, most_against)
    found = {_judge(rules, best)[0], _judge(rules, worst)[0]}
    if best.voted < rules.needed or best.is_tie:
        return {Result.UNDECIDED}
    if count.score is None:  # with no confidence in any ballot nothing is weighed
        found.add(Result.UNDECIDED)
    high, low = best.score, worst.score
    if high is not None and high >= REJECTED_BELOW:
        if best.approvals < best.rejections or (low is not None and low < _share(rules.threshold)):
            found.add(Result.UNDECIDED)
        least = max(zero, REJECTED_BELOW / (1 - REJECTED_BELOW) * count.sure_rejections - count.sure_approvals)
        if least <= approvals and count.sure_approvals + least < SURE_ENOUGH * best.approvals:
            found.add(Result.UNDECIDED)
    return found


def _share(number: float) -> Fraction:
    return Fraction(str(number))
