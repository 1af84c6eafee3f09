"""What a record of the audit says was changed, laid out for people: each field, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from org import money
from org.admin.texts import pretty, when, words
from org.legible import plain
from org.models import AuditRecord

TOLD_APART = ("before", "after", "charter")
NOTHING = "none"
STORY = ("status", "mode", "urgency", "awaiting_role", "decided_by", "consensus_score")  # in how a decision came here
WORDS = ("status", "mode", "urgency", "answer", "escalation_status")  # of a fixed set each
ROLES = ("awaiting_role", "decided_by", "from_role", "sent_to")


@dataclass(frozen=True)
class Line:
    """One field, as it is shown. `before` is empty for a new thing."""

    label: str
    before: str
    after: str


def lines(data: dict[str, Any], title: Callable[[str], str] = plain) -> list[Line]:
    """What changed, field by field; nothing for records that changed nothing or are older than this is told."""
    return list(_lines(data, title, lambda _: True))


def story(data: dict[str, Any], title: Callable[[str], str]) -> list[Line]:
    """What changed in where a decision stands."""
    return [line for line in _lines(data, title, STORY.__contains__) if line.before]


def _lines(data: dict[str, Any], title: Callable[[str], str], wanted: Callable[[str], bool]) -> Iterator[Line]:
    before, after = data.get("before"), data.get("after") or {}
    for name, value in after.items():
        had = None if before is None else before.get(name)
        if isinstance(value, dict):  # another record that moved along, by its ref
            yield from (
                Line(
                    f"{name} {words(part).lower()}",
                    _shown(part, (had or {}).get(part), title),
                    _shown(part, now, title),
                )
                for part, now in value.items()
                if wanted(part)
            )
        elif wanted(name):
            yield Line(words(name), "" if before is None else _shown(name, had, title), _shown(name, value, title))


def _shown(name: str, value: Any, title: Callable[[str], str]) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_usd"):
        return money.show(Decimal(str(value)))
    if name.endswith("_at") or name == "ack_by":
        return _moment(value)
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value)
    if name in WORDS:
        return words(value).lower()
    return title(value) if name in ROLES else plain(value)


def _moment(value: Any) -> str:
    try:
        return when(datetime.fromisoformat(value))
    except (TypeError, ValueError):  # no record of Echo's own, and shown all the same
        return plain(value)


@admin.display(description="What changed")
def changed(record: AuditRecord) -> str:
    """A field of the audit's page."""
    rows = ((line.label, line.before or "new", line.after) for line in lines(record.data))
    told = format_html_join("", '<tr><th scope="row">{}</th><td><bdi>{}</bdi> → <bdi>{}</bdi></td></tr>', rows)
    return format_html('<table class="changes">{}</table>', told) if told else "nothing"


@admin.display(description="Data")
def more(record: AuditRecord) -> str:
    """What else was recorded."""
    rest = {name: value for name, value in record.data.items() if name not in TOLD_APART}
    return format_html('<pre class="document">{}</pre>', pretty(rest))


@admin.display(description="Charter in force")
def charter(record: AuditRecord) -> str:
    version = record.data.get("charter")
    if version is None:
        return "not told"
    return format_html('<a href="{}">{}</a>', reverse("admin:org_charterversion_change", args=[version]), version)
