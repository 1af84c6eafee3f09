"""Whether a text says what another said: by its letters alone, so that a count, a date or a smiley makes no new one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from org.names import IGNORED

ALIKE = 0.9  # difflib's ratio of two texts that say the same
LONGEST = 1_000  # letters compared: it takes the square of them
_NO_LETTERS = re.compile(r"[\W\d_]+")


def letters(content: Any) -> str:
    """The letters of a text, or of the texts a JSON value holds: NFKC, case folded, nothing else left in."""
    folded = unicodedata.normalize("NFKC", " ".join(_texts(content))).casefold()
    return _NO_LETTERS.sub("", IGNORED.sub("", unicodedata.normalize("NFKC", folded)))


def alike(one: str, other: str) -> bool:
    """Whether two texts of letters are so alike that they say the same. Where nothing is said, nothing is alike.

    Of long ones the beginning and the end are compared, and the length.
    """
    if not one or not other or 2 * min(len(one), len(other)) < ALIKE * (len(one) + len(other)):
        return False
    if one == other:
        return True
    matcher = SequenceMatcher(None, _ends(one), _ends(other), autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _ends(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + text[-LONGEST // 2 :]


def _texts(content: Any) -> Iterator[str]:
    """The texts in a JSON value; what its fields are called is the form, not what is said."""
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
