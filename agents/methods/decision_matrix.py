"""Weighted decision matrix: which option scores best, which ones never can, and how firm the choice is.

Weighted sum model: Fishburn, "Additive utilities with incomplete product sets", Operations Research 15(3), 1967.
Sensitivity: Triantaphyllou and Sánchez, "A sensitivity analysis approach for some deterministic multi-criteria
decision-making methods", Decision Sciences 28(1), 1997, theorem 1: the least change of one weight, the others staying
in proportion, by which another option comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction

from agents.methods.quantities import MOST, exact, possible, whole

BEST_SCORE = 10.0


@dataclass(frozen=True, slots=True)
class Matrix:
    """Weights of any scale, 0 or more; scores 0 to 10 of each option by each criterion."""

    options: tuple[str, ...]
    weights: Mapping[str, float]
    scores: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Standing:
    """An option's weighted mean score, 0 to 10."""

    option: str
    total: float


@dataclass(frozen=True, slots=True)
class Dominated:
    """`by` is as good by every criterion named and better by one: under no weights can `option` win alone.

    Where `option` is better by some of weight 0, which count nothing, those are `uncounted`: a weight there may let it.
    """

    option: str
    by: str
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one weight alone can do: past `flips_at`, on the scale the weights were given in, `then` comes first.

    `relative_change` is that change as a share of the weight (0.25: a quarter more). Both are None where no weight from
    0 to `MOST` does it; only the share is where it is beyond that, as of a weight of 0.
    """

    criterion: str
    flips_at: float | None
    relative_change: float | None
    then: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`winner` is empty where several lead, and where something is `missing`; then `template` holds what to score."""

    winner: str
    leaders: tuple[str, ...]
    standings: tuple[Standing, ...]
    weights: Mapping[str, float]  # sum 1
    dominated: tuple[Dominated, ...]
    sensitivity: tuple[Sensitivity, ...]  # the weight that is the easiest to change the winner by comes first
    missing: tuple[str, ...]
    template: Mapping[str, Mapping[str, float | None]]
    unused: tuple[str, ...]


def decide(matrix: Matrix) -> Verdict:
    """The option with the highest Σ weight · score, by the weighted sum model (Fishburn 1967).

    Raises Impossible for a weight below 0 or a score outside 0 to 10, NaN included.
    """
    options, criteria = tuple(dict.fromkeys(matrix.options)), tuple(matrix.weights)
    for criterion, weight in matrix.weights.items():
        possible(f"criteria.{criterion}", weight)
    for option, row in matrix.scores.items():
        for criterion, score in row.items():
            possible(f"scores.{option}.{criterion}", score, most=BEST_SCORE)
    given = {option: {c: matrix.scores.get(option, {}).get(c) for c in criteria} for option in options}
    absent = [f"scores.{option}.{c}" for option, row in given.items() for c, score in row.items() if score is None]
    unused = _unused(matrix)
    if not options or not any(matrix.weights.values()) or absent:
        nothing = [] if any(matrix.weights.values()) else ["criteria: one of a weight above 0"]
        missing = ([] if options else ["options"]) + nothing + absent
        return Verdict("", (), (), {}, (), (), tuple(missing), given if absent else {}, unused)

    *weights, one_weight = whole([*map(exact, matrix.weights.values()), Fraction(1)])
    *scores, one_score = whole([*(exact(matrix.scores[o][c]) for o in options for c in criteria), Fraction(1)])
    rows = [scores[at : at + len(criteria)] for at in range(0, len(scores), len(criteria))]
    totals = [sum(w * s for w, s in zip(weights, row, strict=True)) for row in rows]
    leaders = tuple(option for option, total in zip(options, totals, strict=True) if total == max(totals))
    by_total = sorted(zip(options, totals, strict=True), key=lambda each: -each[1])
    dominated = _dominated(options, criteria, rows, weights)
    never = {each.option for each in dominated if not each.uncounted}
    sensitivity: list[Sensitivity] = []
    if len(leaders) == 1:
        sensitivity = [
            _sensitivity(at, criteria[at], options, rows, totals, weights[at], one_weight, never)
            for at in range(len(criteria))
        ]
    return Verdict(
        winner=leaders[0] if len(leaders) == 1 else "",
        leaders=leaders,
        standings=tuple(Standing(option, total / (sum(weights) * one_score)) for option, total in by_total),
        weights={c: weight / sum(weights) for c, weight in zip(criteria, weights, strict=True)},
        dominated=dominated,
        sensitivity=tuple(sorted(sensitivity, key=_firmness)),
        missing=(),
        template={},
        unused=unused,
    )


def tell(verdict: Verdict) -> list[str]:
    """The verdict in sentences: each total, who leads, who is dominated, and what each weight could change."""
    said = [f"{each.option} scores {each.total:.2f} of 10." for each in verdict.standings]
    if len(verdict.leaders) > 1:
        said.append(
            f"{' and '.join(verdict.leaders)} lead together; one more criterion or finer scores would part them."
        )
    for loser in verdict.dominated:
        but = f"only {', '.join(loser.uncounted)} speaks for it, and a weight of 0 does not count"
        said.append(
            f"{loser.option} is dominated by {loser.by}: {but if loser.uncounted else 'no weights let it win'}."
        )
    for each in verdict.sensitivity:
        if each.flips_at is None:
            said.append(f"No weight of {each.criterion} alone changes the winner.")
        else:
            by = f", {each.relative_change:+.0%}" if each.relative_change is not None else ""
            said.append(f"With {each.criterion} past {each.flips_at:g}{by}, {each.then} comes first.")
    return said


def _unused(matrix: Matrix) -> tuple[str, ...]:
    """Scores of options and criteria that are not to be judged."""
    return tuple(
        f"scores.{option}" if option not in matrix.options else f"scores.{option}.{criterion}"
        for option, row in matrix.scores.items()
        for criterion in (row if option in matrix.options else ("",))
        if option not in matrix.options or criterion not in matrix.weights
    )


def _dominated(
    options: Sequence[str], criteria: Sequence[str], rows: Sequence[Sequence[int]], weights: Sequence[int]
) -> tuple[Dominated, ...]:
    """By all criteria; what is not dominated so, by those that count."""
    by = {
        **_dominators([[s for s, w in zip(row, weights, strict=True) if w] for row in rows]),
        **_dominators(rows),
    }
    return tuple(
        Dominated(
            options[at],
            options[by[at]],
            tuple(c for c, own, other in zip(criteria, rows[at], rows[by[at]], strict=True) if own > other),
        )
        for at in sorted(by)
    )


def _dominators(rows: Sequence[Sequence[int]]) -> dict[int, int]:
    """Each is compared with those that nothing dominates only: whatever dominates it, one of them does."""
    front: list[int] = []
    by: dict[int, int] = {}
    for at in sorted(range(len(rows)), key=lambda at: -sum(rows[at])):
        for other in front:
            if rows[other] != rows[at] and all(map(int.__ge__, rows[other], rows[at])):
                by[at] = other
                break
        else:
            front.append(at)
    return by


def _sensitivity(
    at: int,
    criterion: str,
    options: Sequence[str],
    rows: Sequence[Sequence[int]],
    totals: Sequence[int],
    weight: int,
    one_weight: int,
    never: AbstractSet[str],
) -> Sensitivity:
    """An option behind by `gap` that scores `ahead` better draws level when the weight grows by gap ÷ ahead.

    One of `never` only does so beside what dominates it.
    """
    leader = max(range(len(totals)), key=totals.__getitem__)
    least: tuple[int, int, int] | None = None  # (gap, ahead, option)
    for other, total in enumerate(totals):
        gap, ahead = totals[leader] - total, rows[other][at] - rows[leader][at]
        if other == leader or options[other] in never or not ahead or (ahead < 0 and gap + weight * ahead >= 0):
            continue  # at a weight of 0 it is level at most, and no weight is less
        if least is None or _sooner(gap, ahead, *least[:2]):
            least = gap, ahead, other
    if least is None:
        return Sensitivity(criterion, None, None, None)
    change = Fraction(*least[:2])
    flips_at, share = (weight + change) / one_weight, change / weight if weight else None
    if flips_at > MOST:
        return Sensitivity(criterion, None, None, None)
    relative_change = None if share is None or share > MOST else float(share)
    return Sensitivity(criterion, float(flips_at), relative_change, options[least[2]])


def _sooner(gap: int, ahead: int, least_gap: int, least_ahead: int) -> bool:
    """Draws level by a smaller change; of two that do together the steeper leads beyond."""
    change, least = gap * abs(least_ahead), least_gap * abs(ahead)
    return change < least or (change == least and abs(ahead) > abs(least_ahead))


def _firmness(found: Sensitivity) -> tuple[bool, bool, float]:
    share = found.relative_change
    return found.flips_at is None, share is None, abs(share or 0)
