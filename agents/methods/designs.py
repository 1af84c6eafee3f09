"""What a design shows of its components: which requirement each is there for, and a drawing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from agents.methods.components import Component, read
from agents.methods.faults import Impossible
from agents.methods.mermaid import Shape, flowchart
from org.names import normalize

MOST_STATEMENTS = 1_000
LONGEST_ID = 100  # characters
_ID = re.compile(r"\s*([A-Za-z]{1,8}-?\d{1,4})\s*[:.)]\s+(\S.*)", re.DOTALL)


def read_statement(text: str) -> tuple[str, str]:
    """A statement's id and what it says, as `R1: …` or `NFR-2) …`; the id is empty where none begins it."""
    named = _ID.fullmatch(text)
    return (named[1], named[2]) if named else ("", text)


def identified(field: str, said: Sequence[tuple[str, str]], prefix: str, taken: Collection[str] = ()) -> dict[str, str]:
    """(id, statement) by id, in their order; those without an id get the next free one, R1 or C1 by their prefix.

    `taken`: ids that mean something else. Raises Impossible for an id that two statements have or that shows nothing
    or is too long, and for too many statements.
    """
    if len(said) > MOST_STATEMENTS:
        raise Impossible(field, f"are {len(said)}, and can be {MOST_STATEMENTS} at most.")
    others = {normalize(id) for id in taken}
    known: dict[str, str] = {}
    for id, text in said:
        key = normalize(id)
        if id and (not key or len(id) > LONGEST_ID):
            raise Impossible(field, f"has an id that shows nothing or is longer than {LONGEST_ID} characters.")
        if id and (key in others or known.setdefault(key, text) != text):
            raise Impossible(field, f"has the id {id!r} for two statements; an id is one's.")
    used = others | known.keys()
    free = (f"{prefix}{number}" for number in count(1) if normalize(f"{prefix}{number}") not in used)
    told: dict[str, str] = {}
    for id, text in said:
        if not id:
            told[next(free)] = text
        elif known.pop(normalize(id), None) is not None:
            told[id] = text
    return told


@dataclass(frozen=True, slots=True)
class Trace:
    """Which components each requirement has, what none covers, ids of no requirement, and components there for none."""

    covered: Mapping[str, tuple[str, ...]]
    uncovered: tuple[str, ...]
    unknown: tuple[tuple[str, str], ...]  # (component, the id it names)
    untraced: tuple[str, ...]


def trace(components: Sequence[Component], requirements: Sequence[str]) -> Trace:
    """Traceability of requirements to components and back (ISO/IEC/IEEE 29148:2018, 5.2.8), by requirement id.

    Raises Impossible for a component's name that is empty or given twice.
    """
    read(components)
    ids = {normalize(id): id for id in requirements}
    covered: dict[str, list[str]] = {id: [] for id in ids.values()}
    unknown = []
    for component in components:
        for key, id in {normalize(id): id for id in component.requirements}.items():
            if key in ids:
                covered[ids[key]].append(component.name)
            else:
                unknown.append((component.name, id))
    return Trace(
        {id: tuple(names) for id, names in covered.items() if names},
        tuple(id for id, names in covered.items() if not names),
        tuple(unknown),
        tuple(each.name for each in components if not each.requirements),
    )


def draw(components: Sequence[Component]) -> str:
    """The design as a Mermaid flowchart: stores as cylinders, what others run with double sides, labels escaped.

    Raises Impossible for a component's name that is empty or given twice.
    """
    design = read(components)

    def shape(component: Component) -> Shape:
        return Shape.OUTSIDE if component.is_outside else Shape.STORE if component.is_store else Shape.BOX

    edges = [(key, "", needed) for key, needed in design.edges]
    return flowchart({key: (each.name, shape(each)) for key, each in design.parts.items()}, edges)
