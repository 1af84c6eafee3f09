"""The same lines in more than one place, in whatever language.

Ducasse, Rieger and Demeyer, "A language independent approach for detecting duplicated code", ICSM 1999: lines are
compared without white space, and lines that say nothing left out. A clone is a run of at least six such lines, as
Bellon and others have it ("Comparison and evaluation of clone detection tools", IEEE TSE 33(9), 2007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RUN = 6  # lines
MOST_CLONES = 1000
_SAYING = 3  # letters or digits, at least; less is a bracket or a mark


@dataclass(frozen=True, slots=True)
class Clone:
    """`lines` lines at `line` of `path` that stand already at `of_line` of `of_path`."""

    path: str
    line: int
    of_path: str
    of_line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Duplication:
    """`percent` of the lines that say something stand in a clone or are what it repeats; the clones, the longest first.

    Of more than `MOST_CLONES` clones the longest of the first found are told; the percentage counts all.
    """

    percent: float
    clones: tuple[Clone, ...]


def find(texts: Mapping[str, str]) -> Duplication:
    """What of the texts, by path, stands there more than once."""
    numbers: dict[str, int] = {}  # each line by a number, so that runs compare quickly
    lines = [
        (path, at, numbers.setdefault(key, len(numbers)))
        for path, text in texts.items()
        for at, line in enumerate(text.splitlines(), 1)
        if (key := "".join(line.split())) and _says(key)
    ]
    twice: set[int] = set()
    clones: list[Clone] = []
    first: dict[tuple[int, ...], int] = {}
    keys = [key for _, _, key in lines]
    start = 0
    while start + RUN <= len(lines):
        if lines[start][0] != lines[start + RUN - 1][0]:
            start += 1
            continue
        earlier = first.setdefault(tuple(keys[start : start + RUN]), start)
        if earlier + RUN > start:  # new, or itself, overlapping
            start += 1
            continue
        length = _length(lines, keys, earlier, start)
        twice.update(range(earlier, earlier + length), range(start, start + length))
        if len(clones) < MOST_CLONES:
            clones.append(Clone(*lines[start][:2], *lines[earlier][:2], length))
        start += length
    percent = 100 * len(twice) / len(lines) if lines else 0.0
    return Duplication(percent, tuple(sorted(clones, key=lambda clone: -clone.lines)))


def _says(key: str) -> bool:
    return sum(map(str.isalnum, key[:80])) >= _SAYING


def _length(lines: Sequence[tuple[str, int, int]], keys: Sequence[int], earlier: int, start: int) -> int:
    """How far the two runs are the same, each within its file and the first not into the second."""
    length = RUN
    while (
        start + length < len(lines)
        and earlier + length < start
        and keys[start + length] == keys[earlier + length]
        and lines[start + length][0] == lines[start][0]
        and lines[earlier + length][0] == lines[earlier][0]
    ):
        length += 1
    return length
