"""What is measured, in parts, and the table it is printed in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.measure import Times


class Report:
    """The table: a row for each figure, beside its floor in the same run, with what it is to be on two quiet cores."""

    def __init__(self, doing: Callable[[str], None]) -> None:
        self.doing = doing  # tells what is under way
        self.faults: list[str] = []  # what must not be, however fast it is
        self._notes: list[str] = []
        self._floors: set[str] = set()
        self._table = Table(title="Echo, measured here and now", title_justify="left")
        self._table.add_column("what")
        for name in ("p50 ms", "p99 ms", "beside its floor", "aim"):
            self._table.add_column(name, justify="right", no_wrap=True)

    def row(
        self,
        name: str,
        times: Times,
        floor: Times | None = None,
        aim: float | None = None,
        aim_p99: float | None = None,
    ) -> None:
        """`aim`, `aim_p99`: milliseconds that the p50 or p99 is to stay below. A floor of two parts is told once."""
        if name in self._floors:
            return
        if floor is None:
            self._floors.add(name)
        ratio = f"{times.p50 / floor.p50:.1f} ×" if floor else "floor"
        told = f"≤ {aim:,.0f}" if aim else f"p99 ≤ {aim_p99:,.0f}" if aim_p99 else ""
        self._table.add_row(name, f"{times.p50:.2f}", f"{times.p99:.2f}", ratio, told)

    def figure(self, name: str, figure: str, ratio: str = "", aim: str = "") -> None:
        """What is not a time, or one alone."""
        self._table.add_row(name, figure, "", ratio, aim)

    def note(self, text: str) -> None:
        self._notes.append(text)

    def print(self, console: Console) -> None:
        console.print(self._table)
        for note in self._notes:
            console.print(note, style="dim", highlight=False)
        console.print(
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}", style="dim"
        )
        for fault in self.faults:
            console.print(escape(fault), style="bold red", highlight=False)
