"""What `charter` shows: laid out on a terminal, plain lines into a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from org import money
from org.differences import Difference, Effect
from org.queries.simulations import Change, Simulation, total_usd
from org.reviews import Review

COLOURS = {Effect.MORE: "yellow", Effect.LESS: "green", Effect.OTHER: ""}
SAID = {Effect.MORE: "agents may do more", Effect.LESS: "agents may do less", Effect.OTHER: ""}


def show_review(out: Console, looked_at: Review) -> None:
    for fault in looked_at.faults:
        out.print(Text.assemble(("Fault    ", "red"), fault))
    for warning in looked_at.warnings:
        out.print(Text.assemble(("Warning  ", "yellow"), warning))
    if looked_at.faults:
        out.print(f"It cannot be published: {counted(len(looked_at.faults), 'fault')}.")
    elif looked_at.warnings:
        out.print(f"It can be published; {counted(len(looked_at.warnings), 'warning')} to read first.")
    else:
        out.print("It can be published: no faults, no warnings.")


def show_differences(out: Console, version: int, found: Sequence[Difference]) -> None:
    if not found:
        out.print(f"It decides as charter {version} does.")
        return
    for difference in found:
        said = SAID[difference.effect]
        out.print(Text.assemble(difference.says, (f" ({said})" if said else "", COLOURS[difference.effect])))
    if out.is_terminal:
        out.print()
        out.print(_table(version, found))


def show_simulation(out: Console, found: Simulation, since: datetime) -> None:
    for change in found.changes:
        request = change.matter.request
        amount = money.show(request.amount_usd) if request.amount_usd is not None else "no money"
        what = f"{change.matter.ref}  {amount}, {request.decision_type} by {request.role}"
        arrow = Text.assemble(f"{what}: {change.then} → ", (str(change.now), "bold"))
        out.print(Text.assemble(arrow, (f"  {change.now.rule or 'as answered'}: {change.now.says}", "dim")))
    judged = f"{counted(found.judged, 'decision')} since {since:%Y-%m-%d %H:%M} UTC"
    if not found.changes:
        out.print(f"{judged}: nothing changes.")
        return
    out.print(f"{judged}: {counted(len(found.changes), 'outcome')} would change.")
    for changes, says in (
        (found.no_longer_alone, "No longer approved by a role"),
        (found.newly_alone, "Newly approved by a role"),
    ):
        if changes:
            out.print(f"{says}: {counted(len(changes), 'decision')}, {money.show(total_usd(changes))} in all.")
    out.print("Answers of the record are given again by whoever gave them; what nobody answered waits.", style="dim")


def simulation_as_json(found: Simulation, since: datetime) -> dict[str, Any]:
    return {
        "since": since.isoformat(),
        "judged": found.judged,
        "changed": len(found.changes),
        "no_longer_alone": _totals(found.no_longer_alone),
        "newly_alone": _totals(found.newly_alone),
        "changes": [
            {
                "ref": change.matter.ref,
                "type": change.matter.request.decision_type,
                "role": change.matter.request.role,
                "amount_usd": money.number(change.matter.request.amount_usd),
                "then": {"status": change.then.status, "who": change.then.who, "rule": change.then.rule},
                "now": {"status": change.now.status, "who": change.now.who, "rule": change.now.rule},
                "says": change.now.says,
            }
            for change in found.changes
        ],
    }


def _totals(changes: list[Change]) -> dict[str, Any]:
    return {"count": len(changes), "usd": money.number(total_usd(changes))}


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _table(version: int, found: Sequence[Difference]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("What", f"Charter {version}", "This one", ""):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(*map(Text, (each.what, each.before or "none", each.after or "none", SAID[each.effect])))
    return table
