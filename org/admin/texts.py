"""Agents' words, fit to be shown to people: nothing invisible, nothing that reorders or piles up.

Escaping is the template's.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks without ink.
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_ACCENT = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILES = re.compile(rf"({_ACCENT}{{3}}){_ACCENT}+")
_SCALARS = (str, int, float)
_LINES = re.compile(r"\r\n?")


@dataclass(frozen=True)
class Passage:
    """A piece of a decision's context under the path of keys that leads to it."""

    label: str
    text: str


def plain(text: object) -> str:
    """Control, bidirectional and zero-width characters become `[U+202E]`; accents pile up to three at most."""
    shown = "".join(_mark(c) for c in _LINES.sub("\n", str(text)))
    return _PILES.sub(r"\1", shown)


def _mark(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _BLANK or unicodedata.category(character) in _INVISIBLE:
        return f"[U+{ord(character):04X}]"
    return character


def pretty(value: Any) -> str:
    """JSON as people read it."""
    return plain(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))


def passages(value: Any, path: tuple[str, ...] = ()) -> list[Passage]:
    """A JSON value as labelled passages, in its own order; nulls and empty parts say nothing and are left out."""
    if isinstance(value, dict) and path and all(isinstance(part, _SCALARS) for part in value.values()):
        return [Passage(" › ".join(path), "\n".join(f"{words(key)}: {_scalar(part)}" for key, part in value.items()))]
    if isinstance(value, dict):
        return [passage for key, part in value.items() for passage in passages(part, (*path, words(key)))]
    if isinstance(value, list) and not all(isinstance(part, _SCALARS) for part in value):
        return [passage for n, part in enumerate(value, 1) for passage in passages(part, (*path, str(n)))]
    if value is None or value in ("", []):
        return []
    text = "\n".join(f"• {_scalar(part)}" for part in value) if isinstance(value, list) else _scalar(value)
    return [Passage(" › ".join(path), text)]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return plain(value)


def words(name: object) -> str:
    """A key or an enum's word as a heading: `business_value` is Business value."""
    text = plain(name).replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def when(moment: datetime) -> str:
    return f"{moment:%-d %b %Y, %H:%M} UTC"


def span(length: timedelta) -> str:
    """A length of time in its largest unit, rounded: `3 days`, `23 h`, `4 min`."""
    minutes = round(abs(length).total_seconds() / 60)
    if minutes >= 48 * 60:
        return f"{round(minutes / 1440)} days"
    return f"{round(minutes / 60)} h" if minutes >= 120 else f"{minutes} min"
