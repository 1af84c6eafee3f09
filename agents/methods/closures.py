"""Which parts of a precedence graph are worth most for their size, each together with all it needs.

Sidney, "Decomposition algorithms for single-machine sequencing with precedence relations and deferral costs",
Operations Research 23(2), 1975: a closure (a set with all it needs) of the highest ratio of gain to effort comes first
in some best order, then that of the rest, and so on. A closure of the most gain at a price of effort is a minimum cut
(Picard, "Maximal closure of a graph and applications to combinatorial problems", Management Science 22(11), 1976), here
after Dinic, Soviet Math. Doklady 11, 1970; at the price of a part's own ratio it divides the part, until none is better
than the whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf


def ranks(needs: Mapping[str, Sequence[str]], gain: Mapping[str, int], effort: Mapping[str, int]) -> dict[str, int]:
    """The place of each one's part in Sidney's decomposition, 0 first; parts of one ratio share a place.

    `needs`: what each needs directly, without cycles and of its own keys only. Gains and efforts are 0 or more.
    No part has a closure of a higher ratio than its own, and none comes before what it needs. No errors.
    """
    parts: list[list[str]] = []
    left = _pieces(list(needs), needs)
    while left:
        part = left.pop()
        best = _best(part, needs, gain, effort)
        if best:
            left += _pieces([id for id in part if id in best], needs) + _pieces(
                [id for id in part if id not in best], needs
            )
        else:
            parts.append(part)
    ratios = [_ratio(sum(gain[id] for id in part), sum(effort[id] for id in part)) for part in parts]
    places = {ratio: at for at, ratio in enumerate(sorted(set(ratios), reverse=True))}
    return {id: places[ratio] for part, ratio in zip(parts, ratios, strict=True) for id in part}


def _ratio(gain: int, effort: int) -> Fraction | float:
    """What costs nothing comes first, and last where it gains nothing either."""
    return Fraction(gain, effort) if effort else inf if gain else Fraction(0)


def _pieces(part: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The parts that do not hang together."""
    inside = set(part)
    beside: dict[str, list[str]] = {id: [] for id in part}
    for id in part:
        for need in needs[id]:
            if need in inside:
                beside[id].append(need)
                beside[need].append(id)
    pieces: list[list[str]] = []
    for id in part:
        if id in inside:
            inside.remove(id)
            piece = [id]
            for each in piece:
                fresh = [other for other in beside[each] if other in inside]
                inside.difference_update(fresh)
                piece += dict.fromkeys(fresh)
            pieces.append(piece)
    return pieces


def _best(
    part: Sequence[str], needs: Mapping[str, Sequence[str]], gain: Mapping[str, int], effort: Mapping[str, int]
) -> set[str]:
    """The least closure within a part of the most gain, priced so that the whole is worth 0; empty where none gains."""
    if len(part) == 1:
        return set()
    all_gain, all_effort = sum(gain[id] for id in part), sum(effort[id] for id in part)
    worth = [gain[id] * all_effort - effort[id] * all_gain for id in part]
    at = {id: place for place, id in enumerate(part)}
    flow = _Flow(len(part) + 2)
    source, sink = len(part), len(part) + 1
    most = sum(each for each in worth if each > 0)
    for place, id in enumerate(part):
        flow.arc(source, place, worth[place]) if worth[place] > 0 else flow.arc(place, sink, -worth[place])
        for need in needs[id]:
            if need in at:
                flow.arc(place, at[need], most)
    return {part[place] for place in flow.cut(source, sink) if place < len(part)}


class _Flow:
    """Arcs lie in pairs, each beside its way back, so that `^ 1` is the other."""

    def __init__(self, count: int) -> None:
        self.of: list[list[int]] = [[] for _ in range(count)]
        self.to: list[int] = []
        self.room: list[int] = []

    def arc(self, start: int, end: int, room: int) -> None:
        self.of[start].append(len(self.to))
        self.of[end].append(len(self.to) + 1)
        self.to += [end, start]
        self.room += [room, 0]

    def cut(self, source: int, sink: int) -> list[int]:
        """What is still reached from the source when no more flows to the sink, the source itself included."""
        while (level := self._levels(source))[sink] >= 0:
            self._fill(source, sink, level)
        return [node for node, depth in enumerate(level) if depth >= 0]

    def _levels(self, source: int) -> list[int]:
        level = [-1] * len(self.of)
        level[source] = 0
        queue = deque([source])
        to, room = self.to, self.room
        while queue:
            node = queue.popleft()
            for arc in self.of[node]:
                if room[arc] and level[to[arc]] < 0:
                    level[to[arc]] = level[node] + 1
                    queue.append(to[arc])
        return level

    def _fill(self, source: int, sink: int, level: Sequence[int]) -> None:
        """Send what flows along the levels; an arc that leads nowhere is not looked at again."""
        to, room, of = self.to, self.room, self.of
        looked = [0] * len(of)
        path: list[int] = []
        node = source
        while True:
            if node == sink:
                least = min(room[arc] for arc in path)
                for arc in path:
                    room[arc] -= least
                    room[arc ^ 1] += least
                full = next(place for place, arc in enumerate(path) if not room[arc])
                node = to[path[full] ^ 1]
                del path[full:]
                continue
            arcs = of[node]
            while looked[node] < len(arcs):
                arc = arcs[looked[node]]
                if room[arc] and level[to[arc]] == level[node] + 1:
                    break
                looked[node] += 1
            else:
                if not path:
                    return
                node = to[path.pop() ^ 1]
                looked[node] += 1
                continue
            path.append(arc)
            node = to[arc]
