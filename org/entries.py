"""Tables of a TOML document, read strictly. Everything wrong is noted, so that all of it is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from org import money

LARGEST_COUNT = 100_000  # of days, hours or times; days of 270 years
MISSING: Any = object()
NOTHING: Mapping[str, Any] = {}


class Entry:
    """One table of the document. A value that cannot be is noted in `faults`, by table and key, and stood in for by
    the tamest there is, so that reading goes on and no other fault follows from it.
    """

    def __init__(self, path: str, table: Mapping[str, Any], faults: list[str]) -> None:
        self._path, self._table, self._faults = path, table, faults
        self._asked: set[str] = set()

    @property
    def name(self) -> str:
        return self._path.rpartition(".")[2]

    def entry(self, key: str) -> Entry:
        return self._entry(self._where(key), self._take(key))

    def entries(self, key: str) -> list[Entry]:
        return [self._entry(f"{self._where(key)}.{name}", row) for name, row in self.entry(key)._table.items()]

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts, which may be left out."""
        if key not in self._table:
            self._asked.add(key)
            return {}
        table = self.entry(key)
        return {name: table.words(name) for name in table._table}

    def text(self, key: str, stand_in: str = "") -> str:
        return str(self._typed(key, str, "a text", stand_in))

    def flag(self, key: str) -> bool:
        return bool(self._typed(key, bool, "true or false", False, False))

    def count(self, key: str, default: Any = MISSING) -> int:
        """A whole number from 1 to `LARGEST_COUNT`; 0 stands for a faulty one."""
        value = self._typed(key, int, "a whole number", None, default)
        if value is not None and not 1 <= value <= LARGEST_COUNT:
            self._fault(f"{self._where(key)} must be 1 or more, and at most {LARGEST_COUNT:,}.")
            return 0
        return value or 0

    def usd(self, key: str) -> Decimal:
        """An amount that the records can hold, in US dollars."""
        value = self._take(key)
        try:
            return Decimal(0) if value is MISSING else money.parse(value)
        except ValueError as error:
            self._fault(f"{self._where(key)}: {error}")
            return Decimal(0)

    def share(self, key: str, default: float) -> float:
        """A number from 0 to 1."""
        value = float(self._typed(key, (int, Decimal), "a number", default, default))
        if not 0 <= value <= 1:
            self._fault(f"{self._where(key)} is not between 0 and 1.")
            return default
        return value

    def words(self, key: str, default: tuple[str, ...] | None = None, known: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts, out of `known` if that is given."""
        optional = MISSING if default is None else list(default)
        found: list[str] = []
        asked = self._typed(key, list, "a list", list(default or ()), optional)
        for word in asked:
            if not isinstance(word, str):
                self._fault(f"{self._where(key)} must be a list of texts.")
            elif known and word not in known:
                near = did_you_mean(word, known)
                self._fault(f"{self._where(key)}: {word!r} is none of {', '.join(known)}.{near}")
            else:
                found.append(word)
        return tuple(found) if found or not asked else default or ()

    def word(self, key: str, known: tuple[str, ...]) -> str:
        """One text out of `known`, the first where nothing is said."""
        value = str(self._typed(key, str, "a text", known[0], known[0]))
        if value not in known:
            self._fault(f"{self._where(key)}: {value!r} is none of {', '.join(known)}.{did_you_mean(value, known)}")
            return known[0]
        return value

    def refuse_unknown(self) -> None:
        """Note the keys that nobody asked for, such as a misspelt rule."""
        if unknown := sorted(set(self._table) - self._asked):
            where = self._path or "The charter"
            near = "".join(did_you_mean(key, sorted(self._asked)) for key in unknown)
            self._fault(f"{where} has unknown keys {unknown}; known are {sorted(self._asked)}.{near}")

    def _entry(self, path: str, table: Any) -> Entry:
        if isinstance(table, Mapping):
            return Entry(path, table, self._faults)
        if table is not MISSING:
            self._fault(f"{path} must be a table.")
        return Entry(path, NOTHING, [])  # what it lacks follows from that one fault

    def _where(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _fault(self, says: str) -> None:
        self._faults.append(says)

    def _take(self, key: str, default: Any = MISSING) -> Any:
        self._asked.add(str(key))
        value = self._table.get(key, default)
        if value is MISSING:
            self._fault(f"{self._path or 'The charter'} lacks {str(key)!r}.")
        return value

    def _typed(self, key: str, kind: type | tuple[type, ...], named: str, stand_in: Any, default: Any = MISSING) -> Any:
        value = self._take(key, default)
        if key not in self._table:
            return stand_in if value is MISSING else value
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._fault(f"{self._where(key)} must be {named}.")
            return stand_in
        return value


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """A question to put behind a fault, with a space before it; empty where nothing known is spelled alike."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return f" Did you mean {near[0]!r}?" if near else ""
