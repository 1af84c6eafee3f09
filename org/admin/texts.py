"""Agents' words laid out for people: JSON as passages, keys as headings, times, spans. Escaping is the template's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from org.legible import plain

_SCALARS = (str, int, float)


@dataclass(frozen=True)
class Passage:
    """A piece of a decision's context under the path of keys that leads to it."""

    label: str
    text: str


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
