"""What a deed made of its subject, told in the audit: the fields that differ, before and after, as plain JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from org import money

State = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """The fields that a deed changed. `before` is None for a new thing, which had none."""

    before: State | None
    after: State

    @classmethod
    def made(cls, row: Model, *fields: str) -> Change:
        """A new row: those of its fields that are set."""
        return cls(None, {name: value for name, value in state(row, *fields).items() if value is not None})

    @classmethod
    def between(cls, before: State, after: State) -> Change:
        """The fields of two states, of the same names, that differ."""
        names = [name for name in before if before[name] != after[name]]
        return cls({name: before[name] for name in names}, {name: after[name] for name in names})

    @classmethod
    def since(cls, before: State, row: Model) -> Change:
        """What became of a row since its `state` was taken."""
        return cls.between(before, state(row, *before))

    def also(self, name: str, before: Any, after: Any) -> Change:
        """The same with one thing more, which is no field of the row."""
        return Change({**(self.before or {}), name: before}, {**self.after, name: after})

    def along(self, ref: str, other: Change) -> Change:
        """The same with what it changed of another record, called `ref`, if anything."""
        return self.also(ref, other.before, other.after) if other.after else self


def state(row: Model, *fields: str) -> State:
    """These fields of a row as plain JSON: times in ISO 8601 and UTC, amounts as numbers."""
    return {name: _plain(getattr(row, name)) for name in fields}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return money.number(value)
    return str(value) if isinstance(value, str) else value  # a word of an enum is a string of another class
