import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.wire_lines import NumberLiteral, read
from org import money


def as_sent(text: str) -> Any:
    """A number as a tool receives it when a client wrote it like this."""
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "x", "params": {"it": "HERE"}}).replace('"HERE"', text)
    return read(line.encode())["params"]["it"]


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("750000", "750000.00"),
        ("0", "0.00"),
        ("0.0", "0.00"),
        ("0.1", "0.10"),
        ("1250.50", "1250.50"),
        ("1250.500", "1250.50"),
        ("0.29", "0.29"),
        ("999999999999.99", "999999999999.99"),
        ("999999999999", "999999999999.00"),
    ],
)
def test_an_amount_is_read_exactly(sent: str, amount: str) -> None:
    parsed = money.parse(as_sent(sent))
    assert str(parsed) == amount


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ("-5", "-5 is negative"),
        ("-0.01", "-0.01 is negative"),
        ("-0.0", "-0.0 is negative"),
        ('"1e9"', "'1e9' (a string) is not an amount"),
        ('"750000"', "'750000' (a string) is not an amount"),
        ("1e9", "1e9 is written with an exponent"),
        ("7.5E5", "7.5E5 is written with an exponent"),
        ("NaN", "NaN is not an amount"),
        ("Infinity", "Infinity is not an amount"),
        ("-Infinity", "-Infinity is not an amount"),
        ("1000000000000", "1000000000000 is too large"),
        (f"1{'0' * 30}", "is too large"),
        (f"1{'0' * 60}", "is too large"),
        ("0.001", "0.001 has more than two decimals"),
        ("100.005", "100.005 has more than two decimals"),
        ("true", "true is not an amount"),
        ("false", "false is not an amount"),
        ("null", "null is not an amount"),
        ("[1]", "'[1]' (a list) is not an amount"),
    ],
)
def test_what_is_no_amount_is_refused_by_name_with_the_form_expected(sent: str, fault: str) -> None:
    with pytest.raises(ValueError) as refused:
        money.parse(as_sent(sent))
    assert fault in str(refused.value)
    assert "a plain number of US dollars with at most two decimals" in str(refused.value)


json_numbers = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.decimals(min_value=0, max_value=10**12, places=2).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    st.integers().map(str),
)


@given(json_numbers)
@example("0.30000000000000004")
@example("1e999")
@example("123456789012345678901234567890.12")
def test_every_json_number_is_read_exactly_or_refused(sent: str) -> None:
    try:
        parsed = money.parse(as_sent(sent))
    except ValueError:
        exact = Decimal(sent)
        plain = "e" not in sent.lower()
        assert not (plain and not exact.is_signed() and exact < money.LIMIT and exact == exact.quantize(money.CENT))
    else:
        assert parsed == Decimal(sent)
        assert 0 <= parsed < 10**12
        assert parsed.as_tuple().exponent == -2


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_an_amount_survives_the_journey_through_json(amount: Decimal) -> None:
    text = json.dumps(money.number(amount))
    assert money.parse(json.loads(text)) == amount
    assert money.parse(as_sent(text)) == amount


def test_a_float_without_its_source_text_is_read_by_its_shortest_form() -> None:
    assert money.parse(0.1) == Decimal("0.10")
    with pytest.raises(ValueError, match="more than two decimals"):
        money.parse(0.1 + 0.2)
    with pytest.raises(ValueError, match="exponent"):
        money.parse(1e22)


def test_a_literal_is_believed_over_its_rounded_float() -> None:
    assert float(NumberLiteral("1000000.00000000000001")) == 1_000_000
    with pytest.raises(ValueError, match="more than two decimals"):
        money.parse(NumberLiteral("1000000.00000000000001"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("750000", "$750,000"),
        ("1250.5", "$1,250.50"),
        ("0.07", "$0.07"),
        ("0", "$0"),
        ("999999999999.99", "$999,999,999,999.99"),
    ],
)
def test_an_amount_is_shown_as_people_write_it(amount: str, shown: str) -> None:
    assert money.show(Decimal(amount)) == shown
