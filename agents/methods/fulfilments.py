"""Which criteria show which requirement: by the requirement's id, or by the words of what it wants.

Traceability (ISO/IEC/IEEE 29148:2018, 5.2.8) of texts that nobody linked: a criterion is of a requirement if it names
its id, or shares two telling words with it; one, where it has not more than two. An only
requirement has them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from org.names import normalize

MOST_WORDS = 30  # of a requirement
_UNTELLING = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be been but by can do does for from get given has have i if in into is it its my "
        "no not of on or our see shall should so some that the their them then there they this to up use want wants "
        "was we what when where which while who will with without work you your",
    )
)


def shown(requirements: Mapping[str, str], criteria: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """By the id of a requirement the places of the criteria that show it, in their order. No errors."""
    if len(requirements) == 1:
        return dict.fromkeys(requirements, tuple(range(len(criteria))))
    holding: dict[str, int] = {}  # by word, a bit for each criterion that has it
    for at, text in enumerate(criteria):
        for word in _words(text):
            holding[word] = holding.get(word, 0) | 1 << at
    return {id: _places(_showing(id, text, holding), len(criteria)) for id, text in requirements.items()}


def _showing(id: str, text: str, holding: Mapping[str, int]) -> int:
    """A bit for each criterion that shows it."""
    words = [word for word in _words(text) if word not in _UNTELLING][:MOST_WORDS]
    once = twice = 0
    for word in words:
        mask = holding.get(word, 0)
        twice |= once & mask
        once |= mask
    named = holding.get(_stem(normalize(id)), 0)
    return named | (once if len(words) <= 2 else twice)


def _places(bits: int, count: int) -> tuple[int, ...]:
    return tuple(at for at in range(count) if bits >> at & 1)


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(map(_stem, re.findall(r"\w+", normalize(text)))))


def _stem(word: str) -> str:
    """A word of several is the same as of one."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
