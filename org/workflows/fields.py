"""What goes into a workflow and comes out of its steps: named, typed values, each with a sentence on what it is.

A field is read strictly: unknown names and wrong types are refused by name. What roles made and decided is named by its
ref (`recorded`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from org import money
from org.errors import InvalidInput

LONGEST_TEXT = 8_000  # characters
UNSAID = ("…", "...")  # what stands in examples where words are to be
MOST_TEXTS = 100


class Field(Protocol):
    """A type of value. `read` gives it in the form it is kept, or raises ValueError with the rule."""

    @property
    def says(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def refers_to(self) -> tuple[str, ...]: ...
    @property
    def tells(self) -> Mapping[str, str]: ...
    def read(self, value: Any) -> Any: ...
    def schema(self) -> dict[str, Any]: ...
    def example(self) -> Any: ...


Fields = Mapping[str, Field]


class Plain:
    """A value by itself, of which the record says nothing."""

    @property
    def refers_to(self) -> tuple[str, ...]:
        return ()

    @property
    def tells(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, kw_only=True)
class Text(Plain):
    """Words; not empty."""

    says: str
    like: str = "…"
    most: int = LONGEST_TEXT  # characters
    required: bool = True

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("must be a text that is not empty.")
        if value.strip() in UNSAID:
            raise ValueError("must be said; … stands in the example for it.")
        if len(value) > self.most:
            raise ValueError(f"holds at most {self.most} characters.")
        return value.strip()

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def example(self) -> str:
        return self.like


@dataclass(frozen=True, kw_only=True)
class Texts(Plain):
    """A list of texts."""

    says: str
    like: tuple[str, ...] = ("…",)
    least: int = 0  # items
    required: bool = True

    def read(self, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise ValueError("must be a list of texts.")
        if any(each.strip() in UNSAID for each in value):
            raise ValueError("must be said; … stands in the example for it.")
        if not self.least <= len(value) <= MOST_TEXTS or any(len(each) > LONGEST_TEXT for each in value):
            raise ValueError(f"holds {self.least} to {MOST_TEXTS} texts of at most {LONGEST_TEXT} characters.")
        return [each.strip() for each in value]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}

    def example(self) -> list[str]:
        return list(self.like)


@dataclass(frozen=True, kw_only=True)
class Number(Plain):
    """A number within bounds."""

    says: str
    least: float = 0.0
    most: float = 1e9
    like: float = 1.0
    required: bool = True

    def read(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError("must be a number.")
        if not self.least <= value <= self.most:
            raise ValueError(f"must be {self.least:g} to {self.most:g}.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.least, "maximum": self.most}

    def example(self) -> float:
        return self.like


@dataclass(frozen=True, kw_only=True)
class Usd(Plain):
    """An amount of money in US dollars, kept exactly as it is written; no more than what `at_most` refers to."""

    says: str
    like: float = 10_000.0
    at_most: str = ""
    required: bool = True

    @property
    def refers_to(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.at_most,)))

    def read(self, value: Any) -> float | None:
        return money.number(money.parse(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "exclusiveMaximum": int(money.LIMIT)}

    def example(self) -> float:
        return self.like


@dataclass(frozen=True, kw_only=True)
class Flag(Plain):
    """True or false."""

    says: str
    required: bool = True

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def example(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class Choice(Plain):
    """One of some words."""

    says: str
    words: tuple[str, ...]
    required: bool = True

    def read(self, value: Any) -> str:
        word = value.strip().casefold() if isinstance(value, str) else value
        if word not in self.words:
            raise ValueError(f"must be one of {', '.join(self.words)}.")
        return str(word)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}

    def example(self) -> str:
        return self.words[0]


def read(fields: Fields, given: Any, where: str) -> dict[str, Any]:
    """What was given, each value in the form it is kept. Raises InvalidInput naming the field and the rule."""
    if not isinstance(given, Mapping):
        raise InvalidInput(where, "must be an object of names and values.", f"Send {_named(fields)}.")
    for name in given:
        if name not in fields:
            raise InvalidInput(f"{where}.{str(name)[:80]}", "is not one of its fields.", f"Send {_named(fields)}.")
    kept: dict[str, Any] = {}
    for name, field in fields.items():
        if given.get(name) is None:
            if field.required:
                raise InvalidInput(f"{where}.{name}", f"is missing: {field.says}", _like(field))
            kept[name] = None
            continue
        try:
            kept[name] = field.read(given[name])
        except ValueError as error:
            raise InvalidInput(f"{where}.{name}", str(error), _like(field)) from None
    return kept


def schema(fields: Fields) -> dict[str, Any]:
    """The JSON Schema of an object with these fields."""
    return {
        "type": "object",
        "properties": {name: field.schema() | {"description": field.says} for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
        "additionalProperties": False,
    }


def example(fields: Fields) -> dict[str, Any]:
    """An object with these fields as it may be sent."""
    return {name: field.example() for name, field in fields.items()}


def amount(value: Any) -> Decimal | None:
    """The exact amount of a kept `Usd`."""
    return None if value is None else money.parse(value)


def _like(field: Field) -> str:
    """What to send; an example that is none is not told."""
    return "" if (example := field.example()) in ("…", ["…"]) else f"Like {example!r}."


def _named(fields: Iterable[str]) -> str:
    return f"{{{', '.join(fields)}}}" if fields else "{}"
