"""Mermaid flowcharts whose labels are text and nothing else, whatever they were given as.

Syntax: https://mermaid.js.org/syntax/flowchart.html; special characters as entity codes (`#35;`), as it says there.
What is larger than Mermaid draws by default (maxTextSize, maxEdges) is cut, and says so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import accumulate

LONGEST_LABEL = 60  # characters
MOST_CHARACTERS = 50_000  # Mermaid's maxTextSize
HALF = MOST_CHARACTERS // 2 - 100  # less what the first line and the last one take
MOST_EDGES = 500  # Mermaid's maxEdges
_PLAIN = frozenset(" .,_-")


class Shape(StrEnum):
    """How a node is drawn, around its label."""

    BOX = '["{}"]'
    STORE = '[("{}")]'
    OUTSIDE = '[["{}"]]'
    ROUND = '("{}")'


def flowchart(nodes: Mapping[str, tuple[str, Shape]], edges: Iterable[tuple[str, str, str]]) -> str:
    """A flowchart from left to right: nodes by key with their labels, edges as (from, label, to).

    Nodes have half of the room, edges between them the rest; a last node tells how many of each had none.
    """
    ids = {key: f"n{at}" for at, key in enumerate(nodes)}
    all_nodes = [f"  {ids[key]}{shape.value.format(label(text))}" for key, (text, shape) in nodes.items()]
    drawn = _fitting(all_nodes)
    there = dict(zip(ids, drawn, strict=False))
    wanted = list(edges)
    between = [each for each in wanted if each[0] in there and each[2] in there][:MOST_EDGES]
    joined = _fitting([_edge(ids[source], label(text), ids[target]) for source, text, target in between])
    left = (len(nodes) - len(drawn), len(wanted) - len(joined))
    more = [f'  more["and {left[0]} more nodes, {left[1]} more edges"]'] if any(left) else []
    return "\n".join(["flowchart LR", *drawn, *joined, *more])


def _edge(source: str, text: str, target: str) -> str:
    return f'  {source} -->|"{text}"| {target}' if text else f"  {source} --> {target}"


def _fitting(lines: Sequence[str]) -> list[str]:
    """As many of the first lines as half of the room holds."""
    ends = accumulate(len(line) + 1 for line in lines)
    return [line for line, end in zip(lines, ends, strict=True) if end <= HALF]


def label(text: str) -> str:
    """The text as a label: on one line, cut, and whatever is no letter, digit or plain mark as an entity code."""
    shown = " ".join("".join(" " if c.isspace() else c for c in text if c.isspace() or not _is_unseen(c)).split())
    if len(shown) > LONGEST_LABEL:
        shown = shown[: LONGEST_LABEL - 1] + "…"
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in shown)


def _is_unseen(character: str) -> bool:
    """Control, format, surrogate, private and unassigned characters."""
    return unicodedata.category(character).startswith("C")
