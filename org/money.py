"""US dollars: read exactly, kept exactly, shown plainly. No float takes part in arithmetic."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

ZERO = Decimal(0)
CENT = Decimal("0.01")
LIMIT = Decimal(10) ** 12  # amounts are below this; NUMERIC(14, 2) holds them
FORM = (
    "a plain number of US dollars with at most two decimals, "
    "0 or more and below 1,000,000,000,000 (like 750000 or 1250.50)"
)


def parse(value: Any) -> Decimal:
    """The exact amount of a JSON number.

    `value` is an int, a float, or a float that still carries its `literal` source text. Raises ValueError with the
    form expected for strings, booleans, exponents, NaN, infinities, negative or over-precise amounts.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{_name(value)} is not an amount; send {FORM}.")
    literal = str(getattr(value, "literal", None) or (value if isinstance(value, int | Decimal) else repr(value)))
    if "e" in literal.lower():
        raise ValueError(f"{literal[:40]} is written with an exponent; send {FORM}.")
    try:
        amount = Decimal(literal)
    except InvalidOperation:
        raise ValueError(f"{literal[:40]} is not an amount; send {FORM}.") from None
    if not amount.is_finite():
        raise ValueError(f"{literal[:40]} is not an amount; send {FORM}.")
    if amount < 0 or amount.is_signed():
        raise ValueError(f"{literal[:40]} is negative; send {FORM}.")
    if amount >= LIMIT:
        raise ValueError(f"{literal[:40]} is too large; send {FORM}.")
    if amount != amount.quantize(CENT):
        raise ValueError(f"{literal[:40]} has more than two decimals; send {FORM}.")
    return amount.quantize(CENT)


_TYPED = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?")


def typed(text: str) -> Decimal | None:
    """US dollars as people type them: `5,000,000`, `$1250.50`; None for anything else.

    Commas must part thousands, so that `1,5` is refused; amounts are below a trillion.
    """
    found = _TYPED.fullmatch(text.strip())
    amount = Decimal(found[1].replace(",", "") + (found[2] or "")) if found else None
    return amount if amount is not None and amount < LIMIT else None


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return f"{str(value)[:40]!r} (a {'string' if isinstance(value, str) else type(value).__name__})"


def number(amount: Decimal | None) -> int | float | None:
    """The JSON number of an amount; exact, since fourteen digits fit a double."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def show(amount: Decimal) -> str:
    """An amount as people write it: `$750,000` or `$1,250.50`."""
    return f"${amount:,.0f}" if amount == amount.to_integral_value() else f"${amount:,.2f}"
