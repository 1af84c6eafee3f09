"""The charter: authority as data. One document says which role decides what, up to which amount, under whom."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from org.enums import ALL, BOARD, LEADERSHIP, SYSTEM, Mode, Urgency

SHIPPED = Path(__file__).with_name("charter.toml")
DEFAULT_CONFIDENCE = 0.7
DEFAULT_MODES = (Mode.AUTONOMOUS, Mode.HIERARCHICAL, Mode.HUMAN)


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
    """One decision type: who may decide it alone, whether it carries money, and which modes it allows."""

    name: str
    decided_by: tuple[str, ...]
    money: bool = False
    approves_budget: bool = False
    modes: tuple[Mode, ...] = DEFAULT_MODES


@dataclass(frozen=True)
class Charter:
    """A whole charter. `version` is 0 until the document is published."""

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
        above = self.roles[role].reports_to
        while above != BOARD:
            yield above
            above = self.roles[above].reports_to

    def window_limit_usd(self, role: str) -> Decimal:
        """What a role may decide in all within `window_days`, in US dollars."""
        return self.roles[role].limit_usd * self.window_multiple


def read(text: str, version: int = 0) -> Charter:
    """The charter a TOML document describes. Raises CharterFault naming the entry that cannot be."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CharterFault(f"The charter is not TOML: {error}.") from error
    try:
        charter = Charter(
            roles={name: _role(name, row) for name, row in document["roles"].items()},
            types={name: _type(name, row) for name, row in document["types"].items()},
            window_days=int(document["window_days"]),
            window_multiple=int(document["window_multiple"]),
            two_members_from_usd=Decimal(document["two_members_from_usd"]),
            approval_valid_days=int(document["approval_valid_days"]),
            deadline_hours={Urgency(name): int(hours) for name, hours in document["deadline_hours"].items()},
            version=version,
        )
    except KeyError as error:
        raise CharterFault(f"The charter lacks {error.args[0]!r}.") from error
    except (TypeError, ValueError) as error:
        raise CharterFault(f"The charter cannot be read: {error}.") from error
    _check(charter)
    return charter


def _role(name: str, row: Mapping[str, Any]) -> RoleRow:
    known = {"title", "reports_to", "limit_usd", "leadership", "confidence"}
    _refuse_unknown(f"roles.{name}", row, known)
    return RoleRow(
        name,
        str(row["title"]),
        str(row["reports_to"]),
        Decimal(row["limit_usd"]),
        bool(row.get("leadership", False)),
        float(row.get("confidence", DEFAULT_CONFIDENCE)),
    )


def _type(name: str, row: Mapping[str, Any]) -> TypeRow:
    _refuse_unknown(f"types.{name}", row, {"decided_by", "money", "approves_budget", "modes"})
    return TypeRow(
        name,
        tuple(row["decided_by"]),
        bool(row.get("money", False)),
        bool(row.get("approves_budget", False)),
        tuple(Mode(mode) for mode in row["modes"]) if "modes" in row else DEFAULT_MODES,
    )


def _refuse_unknown(entry: str, row: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(row) - known):
        raise CharterFault(f"{entry} has unknown keys {unknown}; known are {sorted(known)}.")


def _check(charter: Charter) -> None:
    reserved = {BOARD, SYSTEM, ALL, LEADERSHIP} & set(charter.roles)
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
        if role.limit_usd < 0:
            raise CharterFault(f"roles.{name}: limit_usd is negative.")
        if not 0 <= role.confidence <= 1:
            raise CharterFault(f"roles.{name}: confidence is not between 0 and 1.")
    for name, kind in charter.types.items():
        for role_name in kind.decided_by:
            if role_name not in charter.roles:
                raise CharterFault(f"types.{name}: decided_by names {role_name!r}, which is no role.")
        if kind.approves_budget and not kind.money:
            raise CharterFault(f"types.{name}: approves_budget needs money = true.")
        if not kind.modes:
            raise CharterFault(f"types.{name}: modes is empty, so nothing could ever be decided.")
    if set(charter.deadline_hours) != set(Urgency):
        raise CharterFault(f"deadline_hours must name exactly {', '.join(Urgency.values)}.")
