"""What changes between two charters, in sentences a person decides by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any

from org.charter import GATES, Charter, RoleRow, TypeRow
from org.enums import BOARD, Urgency
from org.money import show


class Effect(StrEnum):
    """What a difference does to what agents may do without people."""

    MORE = "more"
    LESS = "less"
    OTHER = ""


@dataclass(frozen=True)
class Difference:
    """One thing that changes. `where` is its place in the document (`roles.cto.limit_usd`), `what` its name for people,
    `before` and `after` are short, and empty where it was not or is no more.
    """

    where: str
    what: str
    before: str
    after: str
    says: str
    effect: Effect = Effect.OTHER


def between(old: Charter, new: Charter) -> list[Difference]:
    """Everything that differs: the roles, the types, then the bounds of all. Empty: nothing is judged otherwise."""
    return [*_roles(old, new), *_types(old, new), *_bounds(old, new)]


def _roles(old: Charter, new: Charter) -> Iterator[Difference]:
    for name in [*old.roles, *(name for name in new.roles if name not in old.roles)]:
        before, after = old.roles.get(name), new.roles.get(name)
        where = f"roles.{name}"
        if before is None and after is not None:
            limit = f"a limit of {show(after.limit_usd)}" if after.limit_usd else "no limit of its own"
            says = f"The {after.title} is a new role under {_boss(new, after.reports_to)}, with {limit}."
            yield Difference(where, after.title, "", "a role", says, Effect.MORE if after.limit_usd else Effect.OTHER)
        elif after is None and before is not None:
            says = f"The {before.title} is no role any more: it decides nothing and asks for nothing."
            yield Difference(where, before.title, "a role", "", says, Effect.LESS)
        elif before is not None and after is not None:
            yield from _role(old, new, before, after)


def _role(old: Charter, new: Charter, before: RoleRow, after: RoleRow) -> Iterator[Difference]:
    who, where = f"The {after.title}", f"roles.{after.name}"
    for name, a, b in _changed(before, after):
        what, effect = f"{after.title}: {_words(name)}", Effect.OTHER
        match name:
            case "limit_usd":
                what, effect = f"{after.title}: limit", _more(b > a)
                shown = show(a), show(b)
                in_all = show(new.window_limit_usd(after.name)), show(old.window_limit_usd(before.name))
                says = f"{who} decides alone up to {show(b)} instead of {show(a)}"
                says += f", and {in_all[0]} instead of {in_all[1]} in all within {new.window_days} days."
            case "reports_to":
                shown = _boss(old, a), _boss(new, b)
                says = f"{who} reports to {shown[1]} instead of {shown[0]}."
            case "confidence":
                effect = _more(b < a)
                shown = f"{a:g}", f"{b:g}"
                says = f"{who} hands over what it is less than {b:g} sure of, instead of {a:g}."
            case "leadership":
                shown = _yes(a), _yes(b)
                says = f"{who} {'joins' if b else 'leaves'} the leadership, which messages can be sent to."
            case "title":
                shown = a, b
                says = f"The {a} is called {b}."
            case _:
                shown = str(a), str(b)
                says = f"{who}: {_words(name)} changes from {a} to {b}."
        yield Difference(f"{where}.{name}", what, *shown, says, effect)


def _types(old: Charter, new: Charter) -> Iterator[Difference]:
    for name in [*old.types, *(name for name in new.types if name not in old.types)]:
        before, after = old.types.get(name), new.types.get(name)
        where, what = f"types.{name}", _words(name).capitalize()
        if before is None and after is not None:
            says = f"{what} is a new type: {_deciders(new, after.decided_by)} may decide it alone."
            yield Difference(where, what, "", "a type", says, Effect.MORE if after.decided_by else Effect.OTHER)
        elif after is None and before is not None:
            says = f"{what} is no type any more: nobody can ask for it, and what waits can only be turned down."
            yield Difference(where, what, "a type", "", says, Effect.LESS)
        elif before is not None and after is not None:
            yield from _type(old, new, before, after)


def _type(old: Charter, new: Charter, before: TypeRow, after: TypeRow) -> Iterator[Difference]:
    where, kind = f"types.{after.name}", _words(after.name)
    for name, a, b in _changed(before, after):
        what, effect = f"{kind.capitalize()}: {_words(name)}", Effect.OTHER
        shown, says = (_list(a), _list(b)), ""
        match name:
            case "decided_by":
                what = f"{kind.capitalize()}: who decides alone"
                gone, come = [role for role in a if role not in b], [role for role in b if role not in a]
                parts = []
                if come:
                    parts.append(f"{_deciders(new, come)} may decide {kind} alone.")
                if gone:
                    parts.append(f"{_deciders(old, gone)} may not decide {kind} alone any more.")
                says = " ".join(parts) or f"{kind.capitalize()}: the same roles decide alone, in another order."
                effect = Effect.OTHER if bool(come) == bool(gone) else _more(bool(come))
            case "money":
                shown = _yes(a), _yes(b)
                says = f"{kind.capitalize()} {'carries' if b else 'no longer carries'} money."
                effect = _more(a)
            case "approves_budget":
                shown = _yes(a), _yes(b)
                says = f"What is approved as {kind} {'becomes' if b else 'no longer becomes'} budget to allocate."
                effect = _more(b)
            case "require_budget":
                shown = _yes(a), _yes(b)
                within = "only within" if b else "also over"
                says = f"Roles approve {kind} {within} what its department has been allocated."
                effect = _more(a)
            case "final_days":
                what = f"{kind.capitalize()}: final date"
                shown = (f"{a} days" if a else "none", f"{b} days" if b else "none")
                says = (
                    f"Undecided {kind} expires after {b} days." if b else f"Undecided {kind} does not expire any more."
                )
            case "modes":
                says = f"{kind.capitalize()} allows the modes {_list(b)} instead of {_list(a)}."
            case _:
                says = f"{kind.capitalize()}: {_words(name)} changes from {shown[0]} to {shown[1]}."
        yield Difference(f"{where}.{name}", what, *shown, says, effect)


def _bounds(old: Charter, new: Charter) -> Iterator[Difference]:
    for name, a, b in _changed(old, new):
        if name in ("roles", "types", "version"):
            continue
        if name == "deadline_hours":
            for urgency in reversed(Urgency):
                hours = a[urgency], b[urgency]
                if hours[0] != hours[1]:
                    says = (
                        f"Whoever is asked has {hours[1]} h instead of {hours[0]} h for what is of {urgency} urgency."
                    )
                    what = f"Deadline: {urgency}"
                    yield Difference(f"{name}.{urgency}", what, f"{hours[0]} h", f"{hours[1]} h", says)
            continue
        if name == "starters":
            yield from _starters(old, new)
            continue
        if name == "gates":
            says = f"A deployment has to pass the gates “{b}” instead of “{a}”."
            yield Difference(name, "Gates of a deployment", a, b, says, _more(GATES.index(b) < GATES.index(a)))
            continue
        what, write, tells, grows = BOUNDS.get(name, (_words(name), str, "{what} changes from {a} to {b}.", None))
        shown = write(a), write(b)
        says = tells.format(what=what, a=shown[0], b=shown[1])
        yield Difference(name, what, *shown, says, Effect.OTHER if grows is None else _more((b > a) == grows))


def _starters(old: Charter, new: Charter) -> Iterator[Difference]:
    for name in dict.fromkeys([*old.starters, *new.starters]):
        before, after = old.starters.get(name), new.starters.get(name)
        if before != after:
            shown = _started_by(before), _started_by(after)
            says = f"{_words(name).capitalize()} is started by {shown[1]} instead of {shown[0]}."
            yield Difference(f"starters.{name}", f"{_words(name).capitalize()}: who starts it", *shown, says)


def _started_by(roles: tuple[str, ...] | None) -> str:
    return "the roles that it names itself" if roles is None else _list(roles) if roles else "nobody"


Bound = tuple[str, Callable[[Any], str], str, bool | None]

# A bound of all: its name, how a value is written, the sentence, whether a larger one gives agents more.
BOUNDS: dict[str, Bound] = {
    "window_days": ("Window", "{} days".format, "{what}: what a role decides adds up over {b} instead of {a}.", None),
    "window_multiple": (
        "Window’s multiple",
        str,
        "Within the window a role decides at most {b} instead of {a} times its limit.",
        True,
    ),
    "two_members_from_usd": (
        "Two members from",
        show,
        "From {b} instead of {a} two members of the board must approve.",
        True,
    ),
    "approval_valid_days": (
        "Approvals hold",
        "{} days".format,
        "An approval can be used for {b} instead of {a}.",
        True,
    ),
}


def _changed(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The fields of two records that differ, whichever fields there are: none added later goes unseen."""
    for field in fields(old):
        a, b = getattr(old, field.name), getattr(new, field.name)
        if a != b:
            yield field.name, a, b


def _more(larger: bool) -> Effect:
    return Effect.MORE if larger else Effect.LESS


def _boss(charter: Charter, name: str) -> str:
    return "the board" if name == BOARD else f"the {charter.title(name)}"


def _deciders(charter: Charter, roles: Any) -> str:
    titles = [f"the {charter.title(role)}" for role in roles]
    said = " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:]))) or "no role"
    return said[:1].upper() + said[1:]


def _list(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or "none"
    return show(value) if isinstance(value, Decimal) else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _yes(value: object) -> str:
    return "yes" if value else "no"
