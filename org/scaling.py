"""A charter made larger or smaller as a whole: from one amount, all others in proportion."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from org.charter import read
from org.money import LIMIT, show

CEO = "ceo"
ONE = Decimal(1)
KEPT_DIGITS = 3
_TABLE = re.compile(r"\s*\[(?P<name>[^\]]+)\]")
_AMOUNT = re.compile(r"(?P<key>\s*(?:limit_usd|two_members_from_usd)\s*=\s*)(?P<amount>[0-9_.]+)")


def scaled(document: str, ceo_limit_usd: Decimal) -> str:
    """The document in which the CEO decides alone up to `ceo_limit_usd` and every other amount is in proportion.

    Others are rounded to three digits and whole dollars; words and comments stay. Two members are needed from the
    shipped amount where the CEO decides no money. Raises CharterFault for a document that is no charter.
    """
    shipped = read(document).roles[CEO].limit_usd
    if not shipped:
        return document
    factor = ceo_limit_usd / shipped
    lines, table = [], ""
    for line in document.splitlines(keepends=True):
        if found := _TABLE.match(line):
            table = found["name"]
        elif found := _AMOUNT.match(line):
            line = found["key"] + _amount(table, Decimal(found["amount"]), factor, ceo_limit_usd) + line[found.end(2) :]
        lines.append(line)
    text = "".join(lines)
    read(text)
    return text


def _amount(table: str, shipped: Decimal, factor: Decimal, ceo_limit_usd: Decimal) -> str:
    if table == f"roles.{CEO}":
        return _written(ceo_limit_usd)
    if not table and not factor:
        return _written(shipped)
    return _written(min(rounded(shipped * factor), LIMIT - ONE))


def rounded(amount: Decimal) -> Decimal:
    """To three digits that count, and to whole dollars."""
    step = Decimal(10) ** max(0, amount.adjusted() + 1 - KEPT_DIGITS) if amount else ONE
    return (amount / step).quantize(ONE, ROUND_HALF_UP) * step


def _written(amount: Decimal) -> str:
    """As TOML writes it: `250_000` or `1_250.50`."""
    return show(amount).lstrip("$").replace(",", "_")
