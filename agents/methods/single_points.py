"""Which parts of a graph everybody who comes in depends on.

Dominators: Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", Software Practice and Experience 4, 2001,
which is what networkx computes. Every articulation point between
users and another part dominates that part, since all directed paths to it lead through the articulation point as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Weight:
    """What hangs on one part: those reached only through it, the nearest ones, and whether every entry leads to it."""

    cuts_off: tuple[str, ...]
    needed_by_all: bool


def weights(parts: Sequence[str], edges: Iterable[tuple[str, str]], entries: Sequence[str]) -> Mapping[str, Weight]:
    """Of each part reached from `entries`, what hangs on it; edges lead to what is needed. No units, no errors."""
    import networkx as nx

    outside = object()  # everybody comes in from here
    graph: Any = nx.DiGraph()
    graph.add_node(outside)
    graph.add_edges_from((outside, entry) for entry in entries)
    graph.add_edges_from(edges)
    behind: dict[Any, list[str]] = {}
    for part, dominator in nx.immediate_dominators(graph, outside).items():
        if part is not outside:
            behind.setdefault(dominator, []).append(part)
    place = {part: at for at, part in enumerate(parts)}
    leading = _leading(graph, entries)
    return {
        part: Weight(tuple(sorted(behind.get(part, ()), key=place.__getitem__)), leading[part] == len(entries))
        for part in parts
        if leading.get(part)
    }


def _leading(graph: Any, entries: Sequence[str]) -> dict[str, int]:
    """How many of the entries lead to each part: sets of entries as bits, handed on in topological order."""
    import networkx as nx

    parts = nx.condensation(graph)
    place = {entry: 1 << at for at, entry in enumerate(entries)}
    bits = dict.fromkeys(parts, 0)
    for part in nx.topological_sort(parts):
        bits[part] |= sum(place.get(member, 0) for member in parts.nodes[part]["members"])
        for after in parts.successors(part):
            bits[after] |= bits[part]
    return {member: bits[part].bit_count() for member, part in parts.graph["mapping"].items()}
