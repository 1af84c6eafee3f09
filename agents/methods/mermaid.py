"""Mermaid flowcharts whose labels are text and nothing else, whatever they were given as.

Syntax: https://mermaid.js.org/syntax/flowchart.html; special characters as entity codes (`#35;`), as it says there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

LONGEST_LABEL = 60  # characters
_PLAIN = frozenset(" .,_-")


class Shape(StrEnum):
    """How a node is drawn, around its label."""

    BOX = '["{}"]'
    STORE = '[("{}")]'
    OUTSIDE = '[["{}"]]'
    ROUND = '("{}")'


def flowchart(nodes: Mapping[str, tuple[str, Shape]], edges: Iterable[tuple[str, str, str]]) -> str:
    """A flowchart from left to right: nodes by key with their labels, edges as (from, label, to)."""
    ids = {key: f"n{at}" for at, key in enumerate(nodes)}
    drawn = [f"  {ids[key]}{shape.value.format(label(text))}" for key, (text, shape) in nodes.items()]
    joined = [
        f'  {ids[source]} -->|"{label(text)}"| {ids[target]}' if text else f"  {ids[source]} --> {ids[target]}"
        for source, text, target in edges
    ]
    return "\n".join(["flowchart LR", *drawn, *joined])


def label(text: str) -> str:
    """The text as a label: on one line, cut, and whatever is no letter, digit or plain mark as an entity code."""
    shown = " ".join("".join(" " if c.isspace() else c for c in text if c.isspace() or not _is_unseen(c)).split())
    if len(shown) > LONGEST_LABEL:
        shown = shown[: LONGEST_LABEL - 1] + "…"
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in shown)


def _is_unseen(character: str) -> bool:
    """Control, format, surrogate, private and unassigned characters."""
    return unicodedata.category(character).startswith("C")
