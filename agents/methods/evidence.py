"""What given evidence says for and against something, as a score that little evidence moves only a little.

Laplace's rule of succession (Laplace 1814; Jaynes, "Probability Theory", 2003, 18.10): with a weight of s for and a
against, (s + 1) / (s + a + 2). Ten times that is the score; with little at hand it stays near 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.methods.quantities import possible
from org.names import normalize

FEWEST_CLAIMS = 3  # for or against
FEWEST_SOURCES = 2
ADOPT_FROM, AVOID_BELOW = 7.0, 4.0
RULE = (
    f"10 (for + 1) / (for + against + 2) by weight; ours: a score from {FEWEST_CLAIMS} claims of {FEWEST_SOURCES} "
    f"sources on, adopt from {ADOPT_FROM:g}, avoid below {AVOID_BELOW:g}"
)
MOST_WEIGHT = 100.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement for (`supports`) or against something; None: it does not say. `weight` 1 is one piece of evidence."""

    claim: str
    supports: bool | None = None
    weight: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` 0 to 10, None where the evidence is too thin; `missing` says what would settle it.

    `repeated`: how many claims said what one of their source had said before.
    """

    score: float | None
    pros: tuple[Claim, ...]
    cons: tuple[Claim, ...]
    undecided: tuple[Claim, ...]
    sources: int
    repeated: int
    recommendation: str
    missing: tuple[str, ...]


def weigh(claims: Sequence[Claim]) -> Verdict:
    """The score of the claims, the heaviest first; what a source says twice counts once, by its greatest weight.

    Raises Impossible for a weight below 0 or above 100.
    """
    for at, each in enumerate(claims):
        possible(f"evidence[{at}].weight", each.weight, most=MOST_WEIGHT)
    once: dict[tuple[str, str, bool | None], Claim] = {}
    for each in sorted(claims, key=lambda each: -each.weight):
        once.setdefault((normalize(each.claim), normalize(each.source), each.supports), each)
    heaviest = tuple(once.values())
    pros = tuple(each for each in heaviest if each.supports is True)
    cons = tuple(each for each in heaviest if each.supports is False)
    undecided = tuple(each for each in heaviest if each.supports is None)
    sources = {normalize(each.source) for each in (*pros, *cons)} - {""}
    repeated = len(claims) - len(heaviest)
    missing = _missing(len(pros) + len(cons), len(sources), bool(pros), bool(cons))
    if len(pros) + len(cons) < FEWEST_CLAIMS or len(sources) < FEWEST_SOURCES:
        return Verdict(None, pros, cons, undecided, len(sources), repeated, "find out", missing)
    for_it, against = (sum(each.weight for each in side) for side in (pros, cons))
    score = round(10 * (for_it + 1) / (for_it + against + 2), 1)
    word = "adopt" if score >= ADOPT_FROM else "avoid" if score < AVOID_BELOW else "try it in a small place first"
    return Verdict(score, pros, cons, undecided, len(sources), repeated, word, missing)


def _missing(claims: int, sources: int, has_pros: bool, has_cons: bool) -> tuple[str, ...]:
    said = []
    if claims < FEWEST_CLAIMS:
        said.append(f"{FEWEST_CLAIMS - claims} more claims that say whether they support it")
    if sources < FEWEST_SOURCES:
        said.append(f"claims of {FEWEST_SOURCES} different sources or more")
    if claims and not has_cons:
        said.append("anything that speaks against it; nobody looked, or said so")
    if claims and not has_pros:
        said.append("anything that speaks for it")
    return tuple(said)
