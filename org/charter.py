"""The charter: authority as data. One document says which role decides what, up to which amount, under whom."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from org import money
from org.enums import ALL, BOARD, ELECTORATE, LEADERSHIP, SYSTEM, Mode, Urgency

SHIPPED = Path(__file__).with_name("charter.toml")
DEFAULT_CONFIDENCE = 0.7
DEFAULT_MODES = tuple(Mode)
DEFAULT_QUORUM = 0.5
DEFAULT_THRESHOLD = 0.66
SMALLEST_ELECTORATE = 3


class CharterFault(ValueError):
    """The document cannot be a charter; the message names the entry and the rule."""


@dataclass(frozen=True)
class RoleRow:
    """One role: its manager (a role or the board), its single limit in US dollars, its confidence threshold."""

    name: str
    title: str
    reports_to: str
    limit_usd: Decimal
    leadership: bool = False
    confidence: float = DEFAULT_CONFIDENCE


@dataclass(frozen=True)
class TypeRow:
    """One decision type: who may decide it alone, whether it carries money, and which modes it allows.

    Of a vote on it: `must_include` and `veto` roles always vote, more than the share `quorum` of the electorate must
    have voted, the score must reach `threshold`, and at least `min_clients` distinct client processes must have voted.
    """

    name: str
    decided_by: tuple[str, ...]
    money: bool = False
    approves_budget: bool = False
    modes: tuple[Mode, ...] = DEFAULT_MODES
    must_include: tuple[str, ...] = ()
    veto: tuple[str, ...] = ()
    quorum: float = DEFAULT_QUORUM
    threshold: float = DEFAULT_THRESHOLD
    min_clients: int = 1


@dataclass(frozen=True)
class Charter:
    """A whole charter. `version` is 0 until the document is published.

    Records outlive charters: `role` and `kind` answer for names that an older one knew as well.
    """

    roles: Mapping[str, RoleRow]
    types: Mapping[str, TypeRow]
    window_days: int
    window_multiple: int
    two_members_from_usd: Decimal
    approval_valid_days: int
    deadline_hours: Mapping[Urgency, int]
    version: int = field(default=0, compare=False)

    @property
    def leadership(self) -> tuple[str, ...]:
        return tuple(name for name, row in self.roles.items() if row.leadership)

    def managers(self, role: str) -> Iterator[str]:
        """The reporting line above a role, nearest first; the board is not a role and not in it."""
        above = self.role(role).reports_to
        while above != BOARD:
            yield above
            above = self.roles[above].reports_to

    def role(self, name: str) -> RoleRow:
        """The row of a role; for a name that is no role here, a row without authority, under the board."""
        return self.roles.get(name) or RoleRow(name, name, BOARD, Decimal(0))

    def kind(self, decision_type: str) -> TypeRow:
        """The row of a decision type; for a name that is no type here, a row that gives nobody a right."""
        return self.types.get(decision_type) or TypeRow(decision_type, ())

    def title(self, name: str) -> str:
        """How people call a role, or the board."""
        return self.role(name).title

    def window_limit_usd(self, role: str) -> Decimal:
        """What a role may decide in all within `window_days`, in US dollars."""
        return self.role(role).limit_usd * self.window_multiple


def read(text: str, version: int = 0) -> Charter:
    """The charter a TOML document describes. Raises CharterFault naming the entry that cannot be."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CharterFault(f"The charter is not TOML: {error}.") from error
    whole = Entry("", document)
    hours = whole.entry("deadline_hours")
    charter = Charter(
        roles={entry.name: _role(entry) for entry in whole.entries("roles")},
        types={entry.name: _type(entry) for entry in whole.entries("types")},
        window_days=whole.count("window_days"),
        window_multiple=whole.count("window_multiple"),
        two_members_from_usd=whole.usd("two_members_from_usd"),
        approval_valid_days=whole.count("approval_valid_days"),
        deadline_hours={urgency: hours.count(urgency) for urgency in Urgency},
        version=version,
    )
    hours.refuse_unknown()
    whole.refuse_unknown()
    _check(charter)
    return charter


def _role(entry: Entry) -> RoleRow:
    role = RoleRow(
        entry.name,
        entry.text("title"),
        entry.text("reports_to"),
        entry.usd("limit_usd"),
        entry.flag("leadership"),
        entry.share("confidence", DEFAULT_CONFIDENCE),
    )
    entry.refuse_unknown()
    return role


def _type(entry: Entry) -> TypeRow:
    kind = TypeRow(
        entry.name,
        entry.words("decided_by"),
        entry.flag("money"),
        entry.flag("approves_budget"),
        tuple(Mode(mode) for mode in entry.words("modes", tuple(DEFAULT_MODES), tuple(Mode))),
        entry.words("must_include", ()),
        entry.words("veto", ()),
        entry.share("quorum", DEFAULT_QUORUM),
        entry.share("threshold", DEFAULT_THRESHOLD),
        entry.count("min_clients", 1),
    )
    entry.refuse_unknown()
    return kind


class Entry:
    """One table of the document. Each value is read strictly, once, and a fault names the table and the key."""

    def __init__(self, path: str, table: Any) -> None:
        if not isinstance(table, Mapping):
            raise CharterFault(f"{path} must be a table.")
        self._path, self._table = path, table
        self._asked: set[str] = set()

    @property
    def name(self) -> str:
        return self._path.rpartition(".")[2]

    def entry(self, key: str) -> Entry:
        return Entry(self._where(key), self._take(key))

    def entries(self, key: str) -> list[Entry]:
        return [Entry(f"{self._where(key)}.{name}", row) for name, row in self.entry(key)._table.items()]

    def text(self, key: str) -> str:
        return str(self._typed(key, str, "a text"))

    def flag(self, key: str) -> bool:
        return bool(self._typed(key, bool, "true or false", False))

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number of 1 or more."""
        value = self._typed(key, int, "a whole number", default)
        if value < 1:
            raise CharterFault(f"{self._where(key)} must be 1 or more.")
        return int(value)

    def usd(self, key: str) -> Decimal:
        """An amount that the records can hold, in US dollars."""
        try:
            return money.parse(self._take(key))
        except ValueError as error:
            raise CharterFault(f"{self._where(key)}: {error}") from error

    def share(self, key: str, default: float) -> float:
        """A number from 0 to 1."""
        value = self._typed(key, (int, Decimal), "a number", default)
        if not 0 <= float(value) <= 1:
            raise CharterFault(f"{self._where(key)} is not between 0 and 1.")
        return float(value)

    def words(self, key: str, default: tuple[str, ...] | None = None, known: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts, out of `known` if that is given."""
        value = self._typed(key, list, "a list", None if default is None else list(default))
        for word in value:
            if not isinstance(word, str):
                raise CharterFault(f"{self._where(key)} must be a list of texts.")
            if known and word not in known:
                raise CharterFault(f"{self._where(key)}: {word!r} is none of {', '.join(known)}.")
        return tuple(value)

    def refuse_unknown(self) -> None:
        """Raise CharterFault if the table holds a key nobody asked for, such as a misspelt rule."""
        if unknown := sorted(set(self._table) - self._asked):
            where = self._path or "The charter"
            raise CharterFault(f"{where} has unknown keys {unknown}; known are {sorted(self._asked)}.")

    def _where(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _take(self, key: str, default: Any = None) -> Any:
        self._asked.add(str(key))
        value = self._table.get(key, default)
        if value is None:
            raise CharterFault(f"{self._path or 'The charter'} lacks {str(key)!r}.")
        return value

    def _typed(self, key: str, kind: type | tuple[type, ...], named: str, default: Any = None) -> Any:
        value = self._take(key, default)
        if key not in self._table:
            return value
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise CharterFault(f"{self._where(key)} must be {named}.")
        return value


def _check(charter: Charter) -> None:
    reserved = {BOARD, ELECTORATE, SYSTEM, ALL, LEADERSHIP} & set(charter.roles)
    if reserved:
        raise CharterFault(f"roles.{reserved.pop()}: this name is reserved.")
    for name, role in charter.roles.items():
        seen = {name}
        above = role.reports_to
        while above != BOARD:
            if above not in charter.roles:
                raise CharterFault(f"roles.{name}: its reporting line names {above!r}, which is no role.")
            if above in seen:
                raise CharterFault(f"roles.{name}: its reporting line is a circle through {above!r}.")
            seen.add(above)
            above = charter.roles[above].reports_to
    for name, kind in charter.types.items():
        for key in ("decided_by", "must_include", "veto"):
            for role_name in getattr(kind, key):
                if role_name not in charter.roles:
                    raise CharterFault(f"types.{name}: {key} names {role_name!r}, which is no role.")
        if kind.quorum >= 1:
            raise CharterFault(f"types.{name}: more than a quorum of {kind.quorum:g} of an electorate can never vote.")
        if kind.approves_budget and not kind.money:
            raise CharterFault(f"types.{name}: approves_budget needs money = true.")
        if not kind.modes:
            raise CharterFault(f"types.{name}: modes is empty, so nothing could ever be decided.")
