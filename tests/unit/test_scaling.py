"""All limits of a charter in proportion to the CEO's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from org.charter import SHIPPED, read
from org.reviews import review
from org.scaling import rounded, scaled

TEXT = SHIPPED.read_text()


def limits(ceo: str) -> dict[str, Decimal]:
    charter = read(scaled(TEXT, Decimal(ceo)))
    found = {name: role.limit_usd for name, role in charter.roles.items() if name in "ceo cto chro product_manager"}
    return {**found, "two": charter.two_members_from_usd}


@pytest.mark.parametrize(
    ("ceo", "cto", "chro", "product_manager", "two"),
    [
        ("1000000", 500_000, 300_000, 200_000, 10_000_000),
        ("250000", 125_000, 75_000, 50_000, 2_500_000),
        ("5000000", 2_500_000, 1_500_000, 1_000_000, 50_000_000),
        ("333333", 167_000, 100_000, 66_700, 3_330_000),
        ("1250.50", 625, 375, 250, 12_500),
        ("5", 3, 2, 1, 50),
        ("0", 0, 0, 0, 10_000_000),
        ("999999999999", 500_000_000_000, 300_000_000_000, 200_000_000_000, 999_999_999_999),
    ],
)
def test_limits_follow_in_proportion_and_are_round(
    ceo: str, cto: int, chro: int, product_manager: int, two: int
) -> None:
    expected = {"ceo": Decimal(ceo), "cto": cto, "chro": chro, "product_manager": product_manager, "two": two}
    assert limits(ceo) == expected


def test_words_comments_and_rights_stay() -> None:
    assert scaled(TEXT, Decimal(1_000_000)) == TEXT
    smaller = scaled(TEXT, Decimal(250_000))
    assert "two_members_from_usd = 2_500_000  # from here two board members" in smaller
    assert [line for line in smaller.splitlines() if "usd =" not in line] == [
        line for line in TEXT.splitlines() if "usd =" not in line
    ]


@given(st.decimals(min_value=1, max_value=999_999_999_999, places=2, allow_nan=False))
def test_no_limit_outgrows_the_ceos(limit: Decimal) -> None:
    looked_at = review(scaled(TEXT, limit))
    assert looked_at.charter is not None
    assert looked_at.charter.roles["ceo"].limit_usd == limit
    assert max(role.limit_usd for role in looked_at.charter.roles.values()) == limit


def test_rounding_keeps_three_digits() -> None:
    assert [rounded(Decimal(n)) for n in ("0", "0.4", "12.5", "166666.5", "99999.9", "1234567")] == [
        0,
        0,
        13,
        167_000,
        100_000,
        1_230_000,
    ]
