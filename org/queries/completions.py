"""What people mean by the first letters they type: of a decision's ref or title, of a memory's key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, Q, Window

from org import names
from org.charter import Charter
from org.legible import plain
from org.models import Decision, Memory
from org.queries import decisions as lookup

MOST = 100
LONGEST = 255  # characters; no title and no key is longer


class Completed(NamedTuple):
    """What fits, the likeliest first: at most `MOST` values, and how many there are in all."""

    values: list[str]
    total: int

    @classmethod
    def among(cls, known: Sequence[str]) -> Completed:
        return cls(list(known[:MOST]), len(known))


def open_decisions(typed: str, role: str, charter: Charter) -> Completed:
    """Refs of open decisions that a role may read, newest first: those that begin so, or whose title has the words."""
    words = typed.split()
    if len(typed) > LONGEST:
        return Completed([], 0)
    titled = Q()
    for word in words:
        titled &= Q(title__icontains=word)
    number = typed.strip().upper().removeprefix("D").removeprefix("-")
    fits = titled | Q(number__startswith=number) if number.isdecimal() or not number else titled
    rows = Decision.objects.filter(lookup.readable_by(role, charter), fits if words else Q(), status__in=lookup.OPEN)
    found = list(rows.annotate(total=Window(Count("*"))).order_by("-created_at").values_list("number", "total")[:MOST])
    return Completed([f"D-{number}" for number, _ in found], found[0][1] if found else 0)


def memory_keys(typed: str) -> Completed:
    """Keys of memories that begin so, in whatever spelling, in their order."""
    if len(typed) > LONGEST:
        return Completed([], 0)
    rows = Memory.objects.filter(folded__startswith=names.normalize(typed))
    found = list(
        rows.annotate(total=Window(Count("*"))).order_by("folded").values_list("key", "folded", "total")[:MOST]
    )
    keys = [key if plain(key) == key else folded for key, folded, _ in found]  # either leads to it
    return Completed(keys, found[0][2] if found else 0)
