"""The order of a backlog: most worth for its size first, nothing before what it needs, as much as there is room for.

What is worth most for its size comes first (Smith, "Various optimizers for single-stage production", Naval Research
Logistics Quarterly 3, 1956; Reinertsen's WSJF is the same rule). What needs others first is weighed together with them,
and with whatever else needs those, by Sidney's decomposition (`closures`). The best order within one of its parts is
NP-hard to find (Lawler, Annals of Discrete Mathematics 2, 1978), so there it is a heuristic: the best single item with
all it needs. Any order that keeps to the decomposition delays at most twice the least there is (Chekuri and Motwani,
Discrete Applied Mathematics 98, 1999). What to take within a capacity is NP-hard, too (Johnson and Niemi, Mathematics
of Operations Research 8(1), 1983): the better of two greedy fillings is taken. Units: capacity in that of effort.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from agents.methods import closures
from agents.methods.dependencies import Cycle, Dependencies, LeftOut, read
from agents.methods.scores import Item, Score, Weighed, Worth, weigh

BASIS = (
    "dependencies first, weighed with all that needs them (Sidney 1975); within a part that cannot be split, and in "
    "filling the capacity, greedily: a heuristic, since the best is NP-hard"
)


@dataclass(frozen=True, slots=True)
class Constraints:
    """What must be in brings along what it depends on; `capacity` holds for it too, and `exclude` is the stronger."""

    capacity: float | None = None
    must_include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """`drawn_by` depends on this and is worth the two of them, so that this comes sooner than by its own score."""

    id: str
    score: float | None
    effort: float | None
    drawn_by: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """`ordered` is what to do, first to last; `used` its effort; `unmet` what had to be in and is not."""

    method: Score
    ordered: tuple[Ranked, ...]
    left_out: tuple[LeftOut, ...]
    used: float
    ties: tuple[tuple[str, ...], ...]
    cycles: tuple[Cycle, ...]
    unmet: tuple[str, ...]
    missing: tuple[str, ...]


ANYTHING = Constraints()


def prioritize(items: Sequence[Item], constraints: Constraints = ANYTHING) -> Backlog:
    """Items by WSJF or RICE (`scores.weigh` says which): nothing before what it depends on, capacity filled greedily.

    First comes the part of the highest score as a whole (`closures.ranks`), in it what has, together with all it still
    needs, the highest score and fits; ties go by the order given.
    Out stay members of cycles, what waits for them, and with a capacity what has no effort and so may not fit.
    Raises Impossible as `scores.weigh` does.
    """
    found = read(items)
    weighed = weigh(list(found.nodes.values()), constraints.capacity)
    worth, unit = weighed.worth, weighed.unit
    out = {each.id: each for each in found.stuck} | _barred(found, weighed, constraints)
    pool = [id for id in found.order(lambda each: -(worth[each].score or 0)) if id not in out]
    needs = _needs(found, pool)
    among = [id for id in found.nodes if id in needs]  # as given: so ties are broken
    if weighed.capacity is not None:
        musts = [id for id in pool if id in constraints.must_include]
        among = _filled(found, weighed, needs, among, musts)
    ordered, taken = _sequence(worth, needs, among, _parts(found, worth, needs, among), None, ()), set(among)
    used = sum(worth[id].effort or 0 for id in taken)
    for id in pool:
        if id not in taken and weighed.capacity is not None:
            more = sum(worth[each].effort or 0 for each in needs[id] if each not in taken)
            left = weighed.capacity - used
            told = f"It takes {more / unit:g} with what it still needs, and {left / unit:g} is left."
            out[id] = LeftOut(id, "no_room", told)
    return Backlog(
        method=weighed.method,
        ordered=tuple(Ranked(id, worth[id].score, found.nodes[id].effort or None, by) for id, by in ordered),
        left_out=tuple(out[id] for id in found.nodes if id in out),
        used=used / unit,
        ties=_ties(worth),
        cycles=found.cycles,
        unmet=tuple(id for id in dict.fromkeys(constraints.must_include) if id not in taken),
        missing=(*([] if items else ["items"]), *weighed.missing, *found.gaps("items"), *_unknown(found, constraints)),
    )


def _barred(found: Dependencies[Item], weighed: Weighed, constraints: Constraints) -> dict[str, LeftOut]:
    """What is out before anything is chosen, and what depends on it."""
    barred: dict[str, LeftOut] = {}
    for id in found.order():
        lacking = next((need for need in found.before(id) if need in barred), None)
        if id in constraints.exclude:
            barred[id] = LeftOut(id, "excluded", "It was to be left out.")
        elif lacking is not None:
            barred[id] = LeftOut(id, "behind_left_out", f"It depends on {lacking!r}, which is left out.")
        elif weighed.capacity is not None and weighed.worth[id].effort is None:
            barred[id] = LeftOut(id, "no_estimate", "It has no effort, so whether it fits is not known.")
    return barred


def _needs(found: Dependencies[Item], pool: Iterable[str]) -> dict[str, set[str]]:
    """Each with all it depends on, in turn too; `pool` is ordered and holds what its members depend on."""
    needs: dict[str, set[str]] = {}
    for id in pool:
        needs[id] = {id}.union(*(needs[before] for before in found.before(id)))
    return needs


def _parts(
    found: Dependencies[Item], worth: Mapping[str, Worth], needs: Mapping[str, AbstractSet[str]], among: Sequence[str]
) -> Mapping[str, int]:
    """By the decomposition of what has a score, with all that needs; the rest, which comes last, is in none."""
    scored: set[str] = set().union(*(needs[id] for id in among if worth[id].score is not None))
    return closures.ranks(
        {id: found.before(id) for id in among if id in scored},
        {id: worth[id].gain or 0 for id in scored},
        {id: worth[id].effort or 0 for id in scored},
    )


def _filled(
    found: Dependencies[Item],
    weighed: Weighed,
    needs: Mapping[str, AbstractSet[str]],
    among: Sequence[str],
    first: Sequence[str],
) -> list[str]:
    """What is taken: of a filling by parts, and one by each item with what it needs alone, that of the more gain."""
    fillings = [
        {id for id, _ in _sequence(weighed.worth, needs, among, parts, weighed.capacity, first)}
        for parts in (_parts(found, weighed.worth, needs, among), {})
    ]
    best = max(fillings, key=lambda taken: sum(weighed.worth[id].gain or 0 for id in taken))
    return [id for id in among if id in best]


def _sequence(
    worth: Mapping[str, Worth],
    needs: Mapping[str, AbstractSet[str]],
    among: Sequence[str],
    parts: Mapping[str, int],
    room: int | None,
    first: Sequence[str],
) -> list[tuple[str, str | None]]:
    """What is taken of `among`, in order, each with what it was drawn by: `first` what fits of it, then the best."""
    place = {id: at for at, id in enumerate(needs)}
    left = dict.fromkeys(among)
    wanted_by: dict[str, list[str]] = {id: [] for id in left}
    for id in left:
        for need in needs[id]:
            wanted_by[need].append(id)
    gain = {id: sum(worth[need].gain or 0 for need in needs[id]) for id in left}  # with all it still needs
    effort = {id: sum(worth[need].effort or 0 for need in needs[id]) for id in left}
    last = len(needs)  # what has no score of its own, whatever it needs is worth
    part = {id: last if worth[id].score is None else parts.get(id, 0) for id in left}
    scores: dict[str, float] = {}  # of each with all it still needs, as far as asked for since that changed

    def score(id: str) -> float:
        if id not in scores:
            scores[id] = gain[id] / effort[id] if part[id] < last else 0.0
        return scores[id]

    order: list[tuple[str, str | None]] = []
    heads = deque(first)
    while left:
        if heads:
            head = heads.popleft()
        else:
            fitting = [id for id in left if room is None or effort[id] <= room]
            lowest = min(map(part.__getitem__, fitting), default=None)
            if lowest is None:
                break
            head = max((id for id in fitting if part[id] == lowest), key=score)
        if head not in left or (room is not None and effort[head] > room):
            continue
        room = None if room is None else room - effort[head]
        for id in sorted((need for need in needs[head] if need in left), key=place.__getitem__):
            del left[id]
            order.append((id, head if id != head else None))
            own_gain, own_effort = worth[id].gain or 0, worth[id].effort or 0
            for other in wanted_by[id]:
                gain[other] -= own_gain
                effort[other] -= own_effort
                scores.pop(other, None)
    return order


def _ties(worth: Mapping[str, Worth]) -> tuple[tuple[str, ...], ...]:
    """Items of one score, highest first: their order is the one they were given in."""
    by_score: dict[float, list[str]] = {}
    for id, each in worth.items():
        if each.score is not None:
            by_score.setdefault(each.score, []).append(id)
    return tuple(tuple(ids) for _, ids in sorted(by_score.items(), reverse=True) if len(ids) > 1)


def _unknown(found: Dependencies[Item], constraints: Constraints) -> list[str]:
    return [
        f"constraints.{name}: {id!r} is none of the items"
        for name, ids in (("must_include", constraints.must_include), ("exclude", constraints.exclude))
        for id in dict.fromkeys(ids)
        if id not in found.nodes
    ]
