"""What goes into a release, and when: features by priority into iterations of a given capacity.

List scheduling: Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17(2), 1969:
the most urgent first, each where the first room for it is, never before what it depends on. Units: effort and capacity
of one kind (points, days); iterations are counted from 1; a lower priority number comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

from agents.methods.dependencies import Dependencies, read
from agents.methods.faults import Impossible
from agents.methods.quantities import MOST, exact, possible, whole

MOST_ITERATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Feature:
    """`priority` 1 goes before 2; None, where nothing was said, goes last. An effort of 0 is none."""

    id: str
    effort: float | None = None
    priority: float | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Iteration:
    """What is done in it, in order; `used` of its capacity."""

    number: int
    features: tuple[str, ...]
    used: float


@dataclass(frozen=True, slots=True)
class Risk:
    """By a rule: of the whole release (`feature` None) overfull; of a feature why it is left out, or stands on nothing.

    Rules: overfull, no_estimate, too_large, no_room, not_in (it depends on what is not in the release), cycle,
    behind_cycle.
    """

    rule: str
    feature: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Release:
    """Each feature that is `left_out` has a risk that says why; a risk may be of one that is in, too."""

    iterations: tuple[Iteration, ...]
    left_out: tuple[str, ...]
    risks: tuple[Risk, ...]
    missing: tuple[str, ...]


def place(features: Sequence[Feature], *, capacity: float | None = None, iterations: int | None = None) -> Release:
    """The most urgent first, each in the first iteration with room for it and after what it depends on (Graham 1969).

    What a feature depends on is as urgent as the feature. `capacity` is that of one iteration; without it all goes into
    the first, and with it what has no effort stays out. Without `iterations` there are as many as it takes. Raises
    Impossible for an effort or capacity below 0, NaN, infinity, and iterations that are not a whole number from 1 on.
    """
    _check(features, capacity, iterations)
    found = read(features)
    *sizes, room, one = whole([*map(_effort, found.nodes.values()), exact(capacity or 0), Fraction(1)])
    size = dict(zip(found.nodes, sizes, strict=True))
    out = {each.id: Risk(each.rule, each.id, each.because) for each in found.stuck}
    used: list[int] = []
    number: dict[str, int] = {}
    for id in _by_urgency(found):
        lacking = next((need for need in found.before(id) if need in out), None)
        if lacking is not None:
            out[id] = _not_in(id, lacking)
            continue
        earliest = max((number[need] for need in found.before(id)), default=0)
        fitting = (at for at in range(earliest, len(used)) if capacity is None or used[at] + size[id] <= room)
        at = next(fitting, len(used))
        if capacity is not None and not size[id]:
            out[id] = Risk("no_estimate", id, "It has no effort, so whether it fits is not known.")
        elif capacity is not None and size[id] > room:
            told = f"Its effort of {size[id] / one:g} is more than the {capacity:g} of an iteration: split it."
            out[id] = Risk("too_large", id, told)
        elif iterations is not None and at >= iterations:
            told = f"It takes {size[id] / one:g}, and no iteration from {earliest + 1} on has as much left."
            out[id] = Risk("no_room", id, told)
        else:
            used += [0] * (at + 1 - len(used))
            used[at] += size[id]
            number[id] = at
    overfull: list[Risk] = []
    if capacity is not None and iterations is not None and (asked := sum(sizes)) > room * iterations:
        told = f"The features take {asked / one:g}, and the iterations hold {room * iterations / one:g}."
        overfull = [Risk("overfull", None, told)]
    return Release(
        iterations=tuple(
            Iteration(at + 1, tuple(id for id, where in number.items() if where == at), effort / one)
            for at, effort in enumerate(used)
        ),
        left_out=tuple(id for id in found.nodes if id in out),
        risks=(*overfull, *_risks(found, out)),
        missing=(*([] if features else ["features"]), *([] if capacity is not None else ["capacity"]), *_gaps(found)),
    )


def _check(features: Sequence[Feature], capacity: float | None, iterations: int | None) -> None:
    for feature in features:
        if feature.effort is not None:
            possible(f"features.{feature.id}.effort", feature.effort)
        if feature.priority is not None:
            possible(f"features.{feature.id}.priority", feature.priority, least=-MOST)
    if capacity is not None:
        possible("capacity", capacity)
    if iterations is not None:
        possible("iterations", iterations, least=1, most=MOST_ITERATIONS)
        if iterations != int(iterations):
            raise Impossible("iterations", f"is {iterations:g}, and must be a whole number.")


def _effort(feature: Feature) -> Fraction:
    return exact(feature.effort or 0)


def _by_urgency(found: Dependencies[Feature]) -> list[str]:
    urgency: dict[str, float] = {}
    for id in reversed(found.order()):
        own = found.nodes[id].priority
        urgency[id] = min([inf if own is None else own, *(urgency[after] for after in found.after(id))])
    return found.order(urgency.__getitem__)


def _not_in(id: str, name: str) -> Risk:
    return Risk("not_in", id, f"It depends on {name!r}, which is not in the release.")


def _risks(found: Dependencies[Feature], out: Mapping[str, Risk]) -> Iterator[Risk]:
    """Why a feature is left out; of one that is in, an effort nobody knows and what it stands on that is not there."""
    unknown: dict[str, list[str]] = {}
    for id, name in found.unknown:
        unknown.setdefault(id, []).append(name)
    for id, feature in found.nodes.items():
        if id in out:
            yield out[id]
            continue
        if not feature.effort:
            yield Risk("no_estimate", id, "It has no effort, so what it takes is not known.")
        yield from (_not_in(id, name) for name in unknown.get(id, ()))


def _gaps(found: Dependencies[Feature]) -> list[str]:
    efforts = [f"features.{id}.effort" for id, feature in found.nodes.items() if not feature.effort]
    return [*efforts, *found.gaps("features")]
