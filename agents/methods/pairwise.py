"""Test cases by pairs: every two values of different parameters meet in some case, and the riskiest cases come first.

Pairwise coverage: Mandl, CACM 28(10), 1985; Cohen, Dalal, Fredman and Patton, "The AETG system", IEEE TSE 23(7), 1997;
cases by allpairspy (greedy after McDowell's Allpairs). Risk as likelihood × impact, 1 to 25: ISO 31000:2018 and ISTQB
Foundation syllabus 4.0, 5.2. Criteria traced to cases: ISO/IEC/IEEE 29119-3:2021.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from allpairspy import AllPairs

from agents.methods.faults import Impossible
from agents.methods.quantities import possible
from org.names import normalize

Value = str | int | float | bool | None

MOST_PAIRS = 3_000  # seconds of search lie beyond
MOST_PRODUCT = 400  # of the two parameters with the most values: there are no fewer cases than that
MOST_CRITERIA = 1_000
MOST_RISKS = 1_000
MOST_CASES = 1_000  # for criteria and combinations together
MOST_CHARACTERS = 300_000  # of the names and values in all combinations: each is told in full
MOST_NAMED = 5  # criteria and risks that a case of a combination names; what it has more of is not told
WORST = 5  # of a likelihood or an impact
_FEWER = "Group values that act alike and give one of each group, or plan in parts."


@dataclass(frozen=True, slots=True)
class Risk:
    """Where something may go wrong: how likely and how bad, whole numbers from 1 to 5."""

    area: str
    likelihood: int
    impact: int

    @property
    def exposure(self) -> int:
        return self.likelihood * self.impact


_Areas = Sequence[tuple[frozenset[str], Risk]]


@dataclass(frozen=True, slots=True)
class Case:
    """Values of all parameters, or a `criterion` to be tried. `exposure`: of the worst of its `risks`; 0 of none.

    `criteria` and `risks` are at most MOST_NAMED, the risks the worst.
    """

    id: str
    values: Mapping[str, Value]
    criterion: str | None
    criteria: tuple[str, ...]  # the ids of those it shows
    risks: tuple[str, ...]
    exposure: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Cases, the riskiest first, and what they cover. Criteria are C-1, C-2 … in the order given.

    `pairs`: of values of two parameters; `covered`: how many of those meet in some case, counted from the cases.
    """

    cases: tuple[Case, ...]
    pairs: int
    covered: int
    criteria: Mapping[str, tuple[str, ...]]  # criterion id: case ids
    untouched_risks: tuple[str, ...]
    missing: tuple[str, ...]


def combine(parameters: Mapping[str, Sequence[Value]]) -> tuple[Mapping[str, Value], ...]:
    """Combinations in which every pair of values of two parameters occurs; of one parameter, each value once.

    A value listed twice counts once. Raises Impossible for a parameter without a name or values, and for more pairs
    than can be searched: values that act alike are one class, of which one stands for all.
    """
    values = {name: _distinct(name, given) for name, given in parameters.items()}
    names = list(values)
    sizes = sorted((len(each) for each in values.values()), reverse=True)
    if (total := count_pairs(values)) > MOST_PAIRS:
        raise Impossible("parameters", f"make {total} pairs of values, and can make {MOST_PAIRS}. {_FEWER}")
    if len(sizes) > 1 and sizes[0] * sizes[1] > MOST_PRODUCT:
        need = f"need {sizes[0]} × {sizes[1]} cases or more, and can need {MOST_PRODUCT}."
        raise Impossible("parameters", f"{need} {_FEWER}")
    if len(names) < 3:
        rows: Iterable[Sequence[Value]] = product(*values.values()) if names else ()
    else:
        rows = AllPairs(list(values.values()))
    return tuple(dict(zip(names, row, strict=True)) for row in rows)


def count_pairs(parameters: Mapping[str, Sequence[Value]]) -> int:
    """How many pairs of values of two different parameters there are. No errors."""
    return sum(len(one) * len(other) for one, other in combinations(parameters.values(), 2))


def uncovered(
    parameters: Mapping[str, Sequence[Value]], cases: Iterable[Mapping[str, Value]]
) -> set[tuple[str, Value, str, Value]]:
    """Pairs of values that no case has, as (parameter, value, parameter, value). No errors."""
    left = {
        (one, type(a), a, other, type(b), b)  # 1 and True are two values, and equal
        for one, other in combinations(parameters, 2)
        for a, b in product(parameters[one], parameters[other])
    }
    for case in cases:
        left -= {
            (one, type(case[one]), case[one], other, type(case[other]), case[other])
            for one, other in combinations(parameters, 2)
        }
    return {(one, a, other, b) for one, _, a, other, _, b in left}


def plan(
    criteria: Sequence[str] = (), parameters: Mapping[str, Sequence[Value]] | None = None, risks: Sequence[Risk] = ()
) -> Plan:
    """A case for each criterion and for each combination, in the order of their risk, each criterion traced to cases.

    A case has a risk if it names the area, and shows a criterion if that names one of its values by the parameter's
    name. Raises Impossible as `combine` does, for a likelihood or impact that is not 1 to 5, and for more cases, or
    more text in them, than anybody reads.
    """
    _check(criteria, risks)
    values = {name: _distinct(name, each) for name, each in (parameters or {}).items()}
    ids = {f"C-{at}": text for at, text in enumerate(criteria, 1)}
    areas = [(_words(risk.area), risk) for risk in by_exposure(risks)]
    texts = {id: _words(text) for id, text in ids.items()}
    drafts = [_single(id, text, texts[id], areas) for id, text in ids.items()]
    showing = {(name, value): _showing(name, value, texts) for name, each in values.items() for value in each}
    combined = combine(values)
    _check_size(len(criteria), combined)
    drafts += [_combined(case, showing, areas) for case in combined]
    touched = {area for case in drafts for area in case.risks}
    ranked = sorted(drafts, key=lambda case: -case.exposure)
    cases = tuple(
        replace(case, id=f"T-{at}", criteria=case.criteria[:MOST_NAMED], risks=case.risks[:MOST_NAMED])
        for at, case in enumerate(ranked, 1)
    )
    pairs = count_pairs(values)
    given = {"acceptance_criteria": criteria, "parameters": parameters, "risks": risks}
    return Plan(
        cases,
        pairs,
        pairs - len(uncovered(values, combined)),
        {id: tuple(case.id for case in cases if id in case.criteria) for id in ids},
        tuple(each.area for each in by_exposure(risks) if each.area not in touched),
        tuple(name for name, each in given.items() if not each),
    )


def by_exposure(risks: Sequence[Risk]) -> tuple[Risk, ...]:
    """The risks, the highest likelihood × impact first; of equal ones the higher impact. No errors."""
    return tuple(sorted(risks, key=lambda risk: (-risk.exposure, -risk.impact)))


def _distinct(name: str, values: Sequence[Value]) -> list[Value]:
    if not name.strip():
        raise Impossible("parameters", "have one without a name.")
    if not values:
        raise Impossible(f"parameters.{name}", "has no values.")
    return list({(type(each), each): each for each in values}.values())


def _check(criteria: Sequence[str], risks: Sequence[Risk]) -> None:
    for field, count, most in (
        ("acceptance_criteria", len(criteria), MOST_CRITERIA),
        ("risks", len(risks), MOST_RISKS),
    ):
        if count > most:
            raise Impossible(field, f"are {count}, and can be {most}.")
    for at, text in enumerate(criteria):
        if not text.strip():
            raise Impossible(f"acceptance_criteria[{at}]", "is empty.")
    for at, risk in enumerate(risks):
        possible(f"risks[{at}].likelihood", risk.likelihood, least=1, most=WORST)
        possible(f"risks[{at}].impact", risk.impact, least=1, most=WORST)


def _check_size(criteria: int, combined: Sequence[Mapping[str, Value]]) -> None:
    if (count := criteria + len(combined)) > MOST_CASES:
        raise Impossible("parameters", f"and criteria together make {count} cases, and can make {MOST_CASES}. {_FEWER}")
    if (length := sum(len(f"{name}{value}") for case in combined for name, value in case.items())) > MOST_CHARACTERS:
        rule = f"make cases of {length} characters, and can make {MOST_CHARACTERS}. Give short names to values."
        raise Impossible("parameters", rule)


def _single(id: str, text: str, told: frozenset[str], areas: _Areas) -> Case:
    """The case of one criterion."""
    return Case("", {}, text, (id,), *_risks(told, areas))


def _combined(values: Mapping[str, Value], showing: Mapping[tuple[str, Value], Sequence[str]], areas: _Areas) -> Case:
    """The case of one combination, with the criteria that name one of its values."""
    told = _words(" ".join(f"{name} {value}" for name, value in values.items()))
    shown = dict.fromkeys(id for part in values.items() for id in showing[part])
    return Case("", values, None, tuple(shown), *_risks(told, areas))


def _showing(name: str, value: Value, criteria: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    told = _words(f"{name} {value}")
    return tuple(id for id, words in criteria.items() if told <= words)


def _risks(told: frozenset[str], areas: _Areas) -> tuple[tuple[str, ...], int]:
    met = [risk for area, risk in areas if area and area <= told]
    return tuple(risk.area for risk in met), max((risk.exposure for risk in met), default=0)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", normalize(text)))
