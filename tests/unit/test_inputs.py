import json
import math
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agents.inputs import LARGEST_INTEGER, MOST_ITEMS, MOST_LEVELS, Line, Name, plain, storable
from agents.wire_lines import NumberLiteral
from org.errors import InvalidInput

anything_json = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from(["1e22", "1.50", "NaN", "-Infinity", "1e999", "9" * 50]).map(NumberLiteral),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(), inner, max_size=5)),
    max_leaves=20,
)


@given(anything_json)
def test_what_passes_is_the_same_everywhere_and_the_rest_is_refused(value: Any) -> None:
    try:
        kept = plain(value)
    except ValueError:
        return
    text = json.dumps(kept, allow_nan=False)
    assert json.loads(text) == kept
    assert json.loads(rfc8785.dumps(kept)) == kept
    assert "\\u0000" not in text
    text.encode("utf-8")
    assert plain(kept) == kept


@given(anything_json)
def test_nothing_harmless_is_refused(value: Any) -> None:
    def harmless(item: Any) -> bool:
        if isinstance(item, str):
            return "\x00" not in item and not any("\ud800" <= c <= "\udfff" for c in item)
        if isinstance(item, bool) or item is None:
            return True
        if isinstance(item, int | float):
            return math.isfinite(item) and abs(item) <= LARGEST_INTEGER
        if isinstance(item, dict):
            return all(harmless(key) and harmless(inner) for key, inner in item.items())
        return all(harmless(inner) for inner in item)

    if harmless(value):
        plain(value)
    else:
        with pytest.raises(ValueError):
            plain(value)


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({"a": [1, {"b": "x\x00"}]}, "a[1].b contains a NUL character"),
        ({"x\x00": 1}, "NUL"),
        ({"a": "\ud800"}, "a contains half a surrogate pair"),
        ({"a": math.nan}, "a is not a number"),
        ({"a": -math.inf}, "a is not a number"),
        ({"a": 1e22}, "a is a number beyond"),
        ({"a": 2**53}, "a is a whole number beyond"),
        ({"a": -(2**53)}, "a is a whole number beyond"),
        ({"a": 10**30}, "a is a whole number beyond"),
        ({"a": {1, 2}}, "a is not JSON"),
        ({"a": b"x"}, "a is not JSON"),
        ([0] * (MOST_ITEMS + 1), "more than 1000 items"),
        ({str(n): n for n in range(MOST_ITEMS + 1)}, "more than 1000 entries"),
        (nested(MOST_LEVELS + 1), "deeper than 16 levels"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused_by_place_and_rule(value: Any, rule: str) -> None:
    with pytest.raises(ValueError) as refused:
        plain(value)
    assert rule in str(refused.value)


def test_the_bounds_themselves_are_kept() -> None:
    for value in (nested(MOST_LEVELS), [0] * MOST_ITEMS, 2**53 - 1, -(2**53) + 1, "", [], {}, -0.0, "\U0001f600"):
        assert plain(value) == value


def test_a_number_that_carried_its_text_becomes_a_plain_one() -> None:
    kept = plain({"a": NumberLiteral("1.50")})
    assert type(kept["a"]) is float
    assert kept == {"a": 1.5}


def test_a_fault_inside_a_call_names_its_argument() -> None:
    with pytest.raises(InvalidInput) as fault:
        storable({"context": {"list": ["a", "b\x00"]}})
    assert fault.value.field == "context.list[1]"
    assert "Nothing was done" in str(fault.value)


@pytest.mark.parametrize("kind", [Line, Name])
def test_a_name_stands_on_one_line(kind: Any) -> None:
    taken = TypeAdapter(kind).validate_python
    assert taken("\r\nDark \n\n ## ceo\x85M-7\u2028") == "Dark ## ceo M-7"
    assert taken(" two  spaces stay ") == "two  spaces stay"
    for wrong in ("\n \u2029", 7, None):
        with pytest.raises(ValidationError):
            taken(wrong)
