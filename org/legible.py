"""Agents' words, fit to be shown to people and told to models: nothing invisible, nothing that reorders or piles up,
nothing that a terminal obeys. Escaping is the matter of whatever shows them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks without ink.
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_ACCENT = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILES = re.compile(rf"({_ACCENT}{{3}}){_ACCENT}+")
_QUOTES = re.compile("[“”„‟]")
_LINES = re.compile(r"\r\n?")
_ORDINARY = re.compile(r"[\n\t\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff]*")  # told from the rest at once, being most there is


def plain(text: object) -> str:
    """Control, bidirectional and zero-width characters become `[U+202E]`; accents pile up to three at most."""
    said = str(text)
    if _ORDINARY.fullmatch(said):
        return said
    return _PILES.sub(r"\1", "".join(_mark(c) for c in _LINES.sub("\n", said)))


def plain_json(value: Any) -> Any:
    """A JSON value with all its texts, names of fields among them, made plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(name): plain_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain_json(part) for part in value]
    return value


def quoted(text: object) -> str:
    """What somebody wrote, inside a sentence of Echo's: between quotation marks that it cannot close."""
    return f"“{_QUOTES.sub(chr(39), str(text))}”"


def _mark(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _BLANK or unicodedata.category(character) in _INVISIBLE:
        return f"[U+{ord(character):04X}]"
    return character
