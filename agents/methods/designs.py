"""What a design shows of its components: which requirement each is there for, and a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.methods.components import Component, read
from agents.methods.mermaid import Shape, flowchart
from org.names import normalize


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
