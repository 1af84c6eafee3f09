"""The charter: authority as data. One document says which role decides what, up to which amount, under whom."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from org.entries import Entry, did_you_mean
from org.enums import ALL, BOARD, ELECTORATE, LEADERSHIP, SYSTEM, Mode, Urgency

SHIPPED = Path(__file__).with_name("charter.toml")
DEFAULT_CONFIDENCE = 0.7
DEFAULT_MODES = tuple(Mode)
DEFAULT_QUORUM = 0.5
DEFAULT_THRESHOLD = 0.66
SMALLEST_ELECTORATE = 3
RESERVED = (BOARD, ELECTORATE, SYSTEM, ALL, LEADERSHIP)
GATES = ("small", "company")  # what a deployment has to pass
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
NAME_FORM = "a name is lower-case letters, digits and _, begins with a letter and has at most 50 characters"
LONGEST_TITLE = 100


class CharterFault(ValueError):
    """The document cannot be a charter; each of `faults` is a sentence that names the entry and the rule."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(faults))


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
    What is undecided `final_days` after it was asked expires; 0: never. `require_budget`: roles approve no more of it
    than its department has been allocated.
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
    final_days: int = 0
    require_budget: bool = False

    @property
    def is_commitment(self) -> bool:
        """Whether it carries money that is no budget but binds a department's."""
        return self.money and not self.approves_budget


@dataclass(frozen=True)
class Charter:
    """A whole charter. `version` is 0 until the document is published. `gates`: which a deployment has to pass.
    `starters`: of workflows, the roles that start them, where it says other than they do themselves.

    Records outlive charters: `role` and `kind` answer for names that an older one knew as well.
    """

    roles: Mapping[str, RoleRow]
    types: Mapping[str, TypeRow]
    window_days: int
    window_multiple: int
    two_members_from_usd: Decimal
    approval_valid_days: int
    deadline_hours: Mapping[Urgency, int]
    gates: str = GATES[0]
    starters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
    """The charter a TOML document describes. Raises CharterFault with everything that cannot be."""
    charter, faults = parse(text, version)
    if charter is None or faults:
        raise CharterFault(faults)
    return charter


def parse(text: str, version: int = 0) -> tuple[Charter | None, list[str]]:
    """What the document says and everything that is wrong with it; None where it is not TOML at all.

    Where there are faults, the charter shows what was meant and is nothing to judge by.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, [f"The charter is not TOML: {error}."]
    faults: list[str] = []
    whole = Entry("", document, faults)
    hours = whole.entry("deadline_hours")
    charter = Charter(
        roles={entry.name: _role(entry) for entry in whole.entries("roles")},
        types={entry.name: _type(entry) for entry in whole.entries("types")},
        window_days=whole.count("window_days"),
        window_multiple=whole.count("window_multiple"),
        two_members_from_usd=whole.usd("two_members_from_usd"),
        approval_valid_days=whole.count("approval_valid_days"),
        deadline_hours={urgency: hours.count(urgency) for urgency in Urgency},
        gates=whole.word("gates", GATES),
        starters=whole.lists("starters"),
        version=version,
    )
    hours.refuse_unknown()
    whole.refuse_unknown()
    return charter, faults + _faults(charter)


def _role(entry: Entry) -> RoleRow:
    role = RoleRow(
        entry.name,
        entry.text("title", stand_in=entry.name),
        entry.text("reports_to", stand_in=BOARD),
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
        entry.count("final_days", None),
        entry.flag("require_budget"),
    )
    entry.refuse_unknown()
    return kind


def _faults(charter: Charter) -> list[str]:
    """What is wrong between the entries, each of them sound by itself."""
    faults = [f"{table} is empty." for table in ("roles", "types") if not getattr(charter, table)]
    for table, names in (("roles", charter.roles), ("types", charter.types)):
        faults += [f"{table}.{name}: {NAME_FORM}." for name in names if not NAME.fullmatch(name)]
    for name, role in charter.roles.items():
        if name in RESERVED:
            faults.append(f"roles.{name}: this name is reserved.")
        if not role.title.strip() or not role.title.isprintable() or len(role.title) > LONGEST_TITLE:
            faults.append(f"roles.{name}.title must be one line of at most {LONGEST_TITLE} visible characters.")
        if role.reports_to != BOARD and role.reports_to not in charter.roles:
            near = did_you_mean(role.reports_to, [*charter.roles, BOARD])
            faults.append(f"roles.{name}: reports_to names {role.reports_to!r}, which is no role.{near}")
    faults += [f"roles.{ring[0]}: its reporting line is a circle, {' > '.join(ring)}." for ring in _circles(charter)]
    for kind in charter.types.values():
        faults += _faults_of_type(charter, kind)
    for workflow, roles in charter.starters.items():
        unknown = [role for role in roles if charter.roles and role not in charter.roles]
        faults += [_no_role(charter, f"starters: {workflow}", role) for role in unknown]
    hours = [(str(urgency), charter.deadline_hours[urgency]) for urgency in reversed(Urgency)]
    for (sooner, few), (later, many) in pairwise(hours):
        if few > many > 0:
            faults.append(f"deadline_hours: {sooner} ({few}) must not be longer than {later} ({many}).")
    return faults


def _faults_of_type(charter: Charter, kind: TypeRow) -> list[str]:
    faults = []
    named = {"decided_by": kind.decided_by, "must_include": kind.must_include, "veto": kind.veto}
    for key, role in [(key, role) for key, roles in named.items() for role in roles]:
        if charter.roles and role not in charter.roles:
            faults.append(_no_role(charter, f"types.{kind.name}: {key}", role))
    if kind.quorum >= 1:
        faults.append(f"types.{kind.name}: more than a quorum of {kind.quorum:g} of an electorate can never vote.")
    if set(kind.modes) == {Mode.COLLABORATIVE} and len(charter.roles) <= SMALLEST_ELECTORATE:
        faults.append(f"types.{kind.name}: only a vote decides it, and there are too few roles for one.")
    if kind.approves_budget and not kind.money:
        faults.append(f"types.{kind.name}: approves_budget needs money = true.")
    if kind.require_budget and not kind.is_commitment:
        faults.append(f"types.{kind.name}: require_budget needs money = true and no approves_budget.")
    if not kind.modes:
        faults.append(f"types.{kind.name}: modes is empty, so nothing could ever be decided.")
    elif not kind.decided_by and not {Mode.HUMAN, Mode.COLLABORATIVE} & set(kind.modes):
        faults.append(
            f"types.{kind.name}: no role decides it and its modes leave the board out, so nobody could ever decide it."
        )
    return faults


def _no_role(charter: Charter, where: str, name: str) -> str:
    return f"{where} names {name!r}, which is no role.{did_you_mean(name, list(charter.roles))}"


def _circles(charter: Charter) -> list[list[str]]:
    """Reporting lines that come back to where they began: each once, its first role said again at the end."""
    rings: dict[frozenset[str], list[str]] = {}
    for name in charter.roles:
        line = [name]
        while (above := charter.role(line[-1]).reports_to) in charter.roles and above not in line:
            line.append(above)
        if above == name:
            rings.setdefault(frozenset(line), [*line, name])
    return list(rings.values())
