"""What a person should know of a charter before publishing it: what is wrong, and what is allowed but odd.

Faults are refused, wherever the charter comes from; warnings are shown, and the person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from org import workflows
from org.charter import Charter, TypeRow, parse
from org.enums import BOARD, Mode, Urgency
from org.money import show
from org.workflows.checking import faults as faults_of_workflow


@dataclass(frozen=True)
class Review:
    """A document looked at in whole. `charter` is None where there are faults: it is nothing to judge by then."""

    charter: Charter | None
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def review(text: str) -> Review:
    """Everything that is wrong or odd about a TOML document that is to be a charter."""
    charter, faults = parse(text)
    if charter is not None:
        faults += _more_clients_than_voters(charter)
    if charter is None or faults:
        return Review(None, tuple(faults))
    return Review(charter, warnings=tuple(says for look in LOOKS for says in look(charter)))


def _more_clients_than_voters(charter: Charter) -> Iterator[str]:
    """A fault of what is to be published only: a charter that was published with it is still in force, and read."""
    voters = len(charter.roles) - 1  # all but the initiator
    for name, kind in charter.types.items():
        if kind.min_clients > max(1, voters):
            yield (
                f"types.{name}.min_clients: no vote can come from {kind.min_clients} distinct clients; "
                f"{voters} roles vote at most, all but the initiator."
            )


def _limits_above_the_managers(charter: Charter) -> Iterator[str]:
    for name, role in charter.roles.items():
        manager = charter.role(role.reports_to)
        if role.reports_to != BOARD and role.limit_usd > manager.limit_usd:
            yield (
                f"roles.{name}: its limit of {show(role.limit_usd)} is above the {show(manager.limit_usd)} of its "
                f"manager, {manager.name}, which therefore never decides what {name} hands up for the amount."
            )


def _limits_without_use(charter: Charter) -> Iterator[str]:
    spenders = {role for kind in charter.types.values() if kind.money for role in kind.decided_by}
    for name, role in charter.roles.items():
        if role.limit_usd and name not in spenders:
            yield f"roles.{name}: its limit of {show(role.limit_usd)} serves nothing: it decides no type with money."


def _rights_without_limit(charter: Charter) -> Iterator[str]:
    for name, kind in charter.types.items():
        if not kind.money:
            continue
        poor = [role for role in kind.decided_by if not charter.roles[role].limit_usd]
        if poor and len(poor) == len(kind.decided_by):
            yield f"types.{name}: every role that decides it has a limit of $0, so every amount goes to the board."
        else:
            for role in poor:
                yield f"types.{name}: {role} may decide it, and has a limit of $0, so it approves no amount."


def _said_twice(charter: Charter) -> Iterator[str]:
    for name, kind in charter.types.items():
        for key, words in (("decided_by", kind.decided_by), ("modes", kind.modes)):
            for word, times in Counter(words).items():
                if times > 1:
                    yield f"types.{name}: {key} names {str(word)!r} {times} times."


def _modes_without_the_board(charter: Charter) -> Iterator[str]:
    for name, kind in charter.types.items():
        if Mode.HUMAN not in kind.modes:
            yield (
                f"types.{name}: its modes leave out human, so no role can ask for the board's answer; what no role "
                "covers goes to the board all the same."
            )


def _votes_that_approve_nothing(charter: Charter) -> Iterator[str]:
    for name, kind in charter.types.items():
        silent = TypeRow(
            name,
            (),
            kind.money,
            kind.approves_budget,
            final_days=kind.final_days,
            require_budget=kind.require_budget,
        )
        if Mode.COLLABORATIVE in kind.modes and not kind.decided_by and kind != silent:  # it says something of votes
            yield (
                f"types.{name}: no role decides it, so a vote approves nothing there: it may reject, and what it "
                "approves goes to the board."
            )


def _two_members_below_a_limit(charter: Charter) -> Iterator[str]:
    largest = max(charter.roles.values(), key=lambda role: role.limit_usd)
    if charter.two_members_from_usd <= largest.limit_usd:
        yield (
            f"two_members_from_usd: {largest.name} decides {show(charter.two_members_from_usd)} alone, for which the "
            "board would need two members."
        )


def _titles_alike(charter: Charter) -> Iterator[str]:
    for title, times in Counter(role.title.casefold() for role in charter.roles.values()).items():
        if times > 1:
            names = [name for name, role in charter.roles.items() if role.title.casefold() == title]
            yield f"roles.{names[0]}: people cannot tell it from {' and '.join(names[1:])}, which has the same title."


def _final_dates_before_the_boards(charter: Charter) -> Iterator[str]:
    for name, kind in charter.types.items():
        if 0 < kind.final_days * 24 < charter.deadline_hours[Urgency.NORMAL]:
            yield f"types.{name}: what is of it expires before the board's time to answer is over."


def _nobody_leads(charter: Charter) -> Iterator[str]:
    if not charter.leadership:
        yield "roles: none has leadership = true, so messages to the leadership reach nobody."


def _workflows_that_cannot_run(charter: Charter) -> Iterator[str]:
    for name in charter.starters:
        if name not in workflows.names():
            yield f"starters: {name!r} is no workflow; there are {', '.join(workflows.names())}."
    for name in workflows.names():
        flow = workflows.newest(name)
        if flow and (wrong := faults_of_workflow(flow, charter)):
            yield f"The workflow {name} cannot be started under it: {wrong[0]}"


LOOKS: tuple[Callable[[Charter], Iterator[str]], ...] = (
    _limits_above_the_managers,
    _limits_without_use,
    _rights_without_limit,
    _said_twice,
    _modes_without_the_board,
    _votes_that_approve_nothing,
    _two_members_below_a_limit,
    _titles_alike,
    _final_dates_before_the_boards,
    _nobody_leads,
    _workflows_that_cannot_run,
)
