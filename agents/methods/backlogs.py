"""The order of a backlog: most worth for its size first, nothing before what it needs, as much as there is room for.

What is worth most for its size comes first (Smith, "Various optimizers for single-stage production", Naval Research
Logistics Quarterly 3, 1956; Reinertsen's WSJF is the same rule). What needs others first is weighed together with them,
after Sidney, "Decomposition algorithms for single-machine sequencing with precedence relations and deferral costs",
Operations Research 23(2), 1975. Units: capacity in that of effort.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from agents.methods.dependencies import Cycle, Dependencies, LeftOut, read
from agents.methods.scores import Item, Score, Weighed, Worth, weigh


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

    The next is what has, together with all it still needs, the highest score and fits; ties go by the order given.
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
        fits = {id for id, _ in _sequence(worth, needs, among, weighed.capacity, musts)}
        among = [id for id in among if id in fits]
    ordered, taken = _sequence(worth, needs, among, None, ()), set(among)
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


def _sequence(
    worth: Mapping[str, Worth],
    needs: Mapping[str, AbstractSet[str]],
    among: Sequence[str],
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
    rank = {id: _together(worth[id], gain[id], effort[id]) for id in left}
    order: list[tuple[str, str | None]] = []
    heads = deque(first)
    while left:
        fitting = [id for id in left if room is None or effort[id] <= room]
        head = heads.popleft() if heads else min(fitting, key=rank.__getitem__, default=None)
        if head is None:
            break
        if head not in left or (room is not None and effort[head] > room):
            continue
        room = None if room is None else room - effort[head]
        for id in sorted((need for need in needs[head] if need in left), key=place.__getitem__):
            del left[id]
            order.append((id, head if id != head else None))
            for other in (each for each in wanted_by[id] if each in left):
                gain[other] -= worth[id].gain or 0
                effort[other] -= worth[id].effort or 0
                rank[other] = _together(worth[other], gain[other], effort[other])
    return order


def _together(own: Worth, gain: int, effort: int) -> tuple[bool, float]:
    """Sorts what has no score of its own last, whatever it needs is worth."""
    return (True, 0.0) if own.score is None else (False, -gain / effort)


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
