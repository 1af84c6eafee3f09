"""What `charter` shows: laid out on a terminal, plain lines into a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from org.differences import Difference, Effect
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


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _table(version: int, found: Sequence[Difference]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("What", f"Charter {version}", "This one", ""):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(*map(Text, (each.what, each.before or "none", each.after or "none", SAID[each.effect])))
    return table
