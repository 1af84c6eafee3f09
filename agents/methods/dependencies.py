"""What must come before what: an order where there is one, and the cycles by name where there is none.

Topological sorting after Kahn, "Topological sorting of large networks", CACM 5(11), 1962; strongly connected components
after Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), 1972; both from networkx.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import networkx as nx


class Dependent(Protocol):
    """Whatever has a name and names what it depends on."""

    @property
    def id(self) -> str: ...

    @property
    def depends_on(self) -> tuple[str, ...]: ...


T = TypeVar("T", bound=Dependent)


@dataclass(frozen=True, slots=True)
class Cycle:
    """`members` wait for each other; `path` is one shortest way round from the first, which stands at its end again."""

    members: tuple[str, ...]
    path: tuple[str, ...]

    def __str__(self) -> str:
        return " → ".join(self.path)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not in the result: the rule that keeps it out, and a sentence why."""

    id: str
    rule: str
    because: str


@dataclass(frozen=True, slots=True)
class Dependencies(Generic[T]):
    """`graph` holds what can be ordered, with edges to what depends on it; `nodes` all there is, in the order given."""

    nodes: Mapping[str, T]
    graph: nx.DiGraph
    cycles: tuple[Cycle, ...]
    stuck: tuple[LeftOut, ...]
    repeated: tuple[str, ...]
    unknown: tuple[tuple[str, str], ...]  # (id, a name it depends on that nothing has)

    def before(self, id: str) -> list[str]:
        """What it depends on directly."""
        return list(self.graph.predecessors(id))

    def after(self, id: str) -> list[str]:
        """What depends on it directly."""
        return list(self.graph.successors(id))

    def order(self, key: Callable[[str], Any] | None = None) -> list[str]:
        """Nothing before what it depends on; of those that could be next the least by `key`, then the first given."""
        import networkx as nx

        place = {id: at for at, id in enumerate(self.nodes)}
        return list(
            nx.lexicographical_topological_sort(self.graph, lambda each: (key(each) if key else 0, place[each]))
        )

    def generations(self) -> list[tuple[str, ...]]:
        """Groups whose members depend on earlier groups only, so that each group can be done side by side."""
        import networkx as nx

        place = {id: at for at, id in enumerate(self.nodes)}
        return [tuple(sorted(group, key=place.__getitem__)) for group in nx.topological_generations(self.graph)]

    def gaps(self, field: str) -> list[str]:
        """What was said of `field` and cannot be used as it stands, a sentence each."""
        return [
            *(f"{field}.{id}: given more than once; only the first is used" for id in self.repeated),
            *(f"{field}.{id}.depends_on: {name!r} is none of the {field}" for id, name in self.unknown),
        ]


def read(given: Sequence[T]) -> Dependencies[T]:
    """The dependencies among `given`; members of cycles, and what waits for them, are out of the graph and named.

    No error: of a repeated id the first counts, and an unknown name holds nothing up; both are told.
    """
    import networkx as nx

    nodes: dict[str, T] = {}
    for each in given:
        nodes.setdefault(each.id, each)
    counts = Counter(each.id for each in given)
    graph: Any = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((name, id) for id, each in nodes.items() for name in each.depends_on if name in nodes)
    place = {id: at for at, id in enumerate(nodes)}
    cycles = _cycles(graph, place)
    stuck = _stuck(graph, cycles)
    graph.remove_nodes_from([each.id for each in stuck])
    return Dependencies(
        nodes=nodes,
        graph=graph,
        cycles=cycles,
        stuck=tuple(sorted(stuck, key=lambda out: place[out.id])),
        repeated=tuple(id for id, count in counts.items() if count > 1),
        unknown=tuple((id, name) for id, each in nodes.items() for name in each.depends_on if name not in nodes),
    )


def _cycles(graph: Any, place: Mapping[str, int]) -> tuple[Cycle, ...]:
    import networkx as nx

    found = [
        sorted(members, key=place.__getitem__)
        for members in nx.strongly_connected_components(graph)
        if len(members) > 1 or any(graph.has_edge(id, id) for id in members)
    ]
    return tuple(Cycle(tuple(each), _way_round(graph, each)) for each in sorted(found, key=lambda ids: place[ids[0]]))


def _way_round(graph: Any, members: Iterable[str]) -> tuple[str, ...]:
    """A shortest cycle through the first member, each depending on the next: A → B is told when A depends on B."""
    import networkx as nx

    ids = list(members)
    part = nx.DiGraph((after, before) for before, after in graph.subgraph(ids).edges)
    end = object()  # the first once more, so that the way round is a path
    part.add_edges_from([(id, end) for id in list(part.predecessors(ids[0]))])
    return (*nx.shortest_path(part, ids[0], end)[:-1], ids[0])


def _stuck(graph: Any, cycles: Iterable[Cycle]) -> list[LeftOut]:
    """The members of cycles, and whatever waits for one of them."""
    held = {id: cycle for cycle in cycles for id in cycle.members}
    found = [LeftOut(id, "cycle", f"It waits for itself: {cycle}.") for id, cycle in held.items()]
    queue = deque(held)
    while queue:
        id = queue.popleft()
        for waiting in graph.successors(id):
            if waiting not in held:
                held[waiting] = held[id]
                found.append(LeftOut(waiting, "behind_cycle", f"It depends on {id!r}, which waits in {held[id]}."))
                queue.append(waiting)
    return found
