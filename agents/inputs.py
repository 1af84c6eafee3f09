"""The types of tool arguments: strict, bounded, and each with the sentence a model needs when it gets one wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from org import money
from org.errors import InvalidInput

MOST_BYTES = 64 * 1024
MOST_ITEMS = 1000
MOST_LEVELS = 16
SEVERITIES = {"sev1": "critical", "sev2": "high", "sev3": "medium", "sev4": "low"}
LARGEST_INTEGER = 2**53 - 1  # what every JSON reader keeps exactly


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a string in quotes.")
    return value


def _one_line(value: Any) -> Any:
    """What breaks into lines is joined by spaces: a name that Echo repeats begins no line of its own."""
    parts = _text(value).splitlines()
    return value if len(parts) <= 1 else " ".join(filter(None, map(str.strip, parts)))


def _fraction(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("must be a number from 0 to 1, like 0.8.")
    return float(value)


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number.")
    return value


def _flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("must be true or false.")
    return value


def _content(value: Any) -> Any:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("must not be empty.")
        return value
    if isinstance(value, Mapping):
        return plain(value)
    raise ValueError("must be a string or an object.")


def _facts(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError('must be an object, like {"source": "interview"}.')
    return plain(value)


def _severity(value: Any) -> Any:
    word = value.strip().casefold() if isinstance(value, str) else value
    return SEVERITIES.get(word, word) if isinstance(word, str) else word


def listed(value: Any) -> Any:
    """A single item where a list is expected counts as a list of one."""
    return value if isinstance(value, list) else [value]


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), BeforeValidator(_one_line)
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), BeforeValidator(_text)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000), BeforeValidator(_text)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), BeforeValidator(_one_line)
]
Content = Annotated[Any, BeforeValidator(_content), WithJsonSchema({"type": ["string", "object"]})]
Facts = Annotated[dict[str, Any], BeforeValidator(_facts), WithJsonSchema({"type": "object"})]
Evidence = Annotated[list[Content], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Roles = Annotated[list[Name], BeforeValidator(listed), Field(max_length=50)]
Confidence = Annotated[float, BeforeValidator(_fraction), WithJsonSchema({"type": "number"})]
Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]
Moment = Annotated[AwareDatetime, BeforeValidator(_text), WithJsonSchema({"type": "string", "format": "date-time"})]
Usd = Annotated[
    Decimal,
    BeforeValidator(money.parse),
    PlainSerializer(money.number, return_type=float),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": int(money.LIMIT)}),
]
UrgencyWord = Literal["low", "normal", "high", "critical"]
SeverityWord = Annotated[
    Literal["low", "medium", "high", "critical"],
    BeforeValidator(_severity),
    WithJsonSchema({"type": "string", "enum": ["low", "medium", "high", "critical", *SEVERITIES]}),
]
DecisionType = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), BeforeValidator(_text)
]


def plain(value: Any, path: str = "", level: int = 0) -> Any:
    """`value` as plain, storable JSON: bounded in depth and length, every number exact everywhere, no NUL.

    Raises ValueError naming the place and the rule. Numbers that carried their source text become plain ones.
    """
    where = path or "it"
    if level > MOST_LEVELS:
        raise ValueError(f"{where} is nested deeper than {MOST_LEVELS} levels.")
    if isinstance(value, str):
        return _storable(value, where)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{where} is a whole number beyond ±{LARGEST_INTEGER}; send it as a string.")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is not a number; NaN and infinities cannot be kept.")
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{where} is a number beyond ±{LARGEST_INTEGER}; send it as a string.")
        return float(value)
    if isinstance(value, Mapping):
        if len(value) > MOST_ITEMS:
            raise ValueError(f"{where} has more than {MOST_ITEMS} entries.")
        return {
            _storable(str(key), where): plain(item, f"{path}.{key}" if path else str(key), level + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        if len(value) > MOST_ITEMS:
            raise ValueError(f"{where} has more than {MOST_ITEMS} items.")
        return [plain(item, f"{path}[{index}]", level + 1) for index, item in enumerate(value)]
    if isinstance(value, datetime):
        return value.isoformat()
    raise ValueError(f"{where} is not JSON.")


def _storable(text: str, where: str) -> str:
    if "\x00" in text:
        raise ValueError(f"{where} contains a NUL character, which cannot be kept; leave it out.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{where} contains half a surrogate pair, which is no character; leave it out.") from None
    return text


def storable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A call's arguments as plain JSON. Raises InvalidInput for what could not be kept exactly."""
    try:
        kept = plain(arguments)
    except ValueError as error:
        field, _, rule = str(error).partition(" ")
        raise InvalidInput(field, rule) from None
    assert isinstance(kept, dict)
    return kept
