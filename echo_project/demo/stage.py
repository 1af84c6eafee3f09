"""How the story looks: who speaks to whom on the left, what is said in the middle, what it took on the right."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.status import Status
from rich.table import Table
from rich.text import Text

from echo_project.local.state import Phase, State

WIDEST = 100  # columns; longer lines are hard to read
PICTURED = range(1, 6)  # the acts that a picture shows: all of them make it too long to look at
COLOURS = {"CEO": "cyan", "CTO": "magenta", "Dana": "yellow", "Echo": "blue"}
TONES = {"approved": "green", "allocated": "green", "waits": "yellow", "refused": "red", "repeated": "cyan"}
DONE = {
    Phase.STARTING_POSTGRES: "PostgreSQL {postgres}",
    Phase.STARTING_REDIS: "Valkey {valkey}",
    Phase.MIGRATING: "schema, charter and first records",
    Phase.STARTING_WORKERS: "worker, sweeper and web pages",
}


class Stage:
    """Prints the story: coloured on a terminal, plain elsewhere, and into a picture too if asked."""

    def __init__(self, picture: Path | None = None) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")  # an arrow is not worth a traceback
        shown = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        shown.width = min(shown.width, WIDEST)
        self._shown = shown
        self._drawn = Console(
            file=io.StringIO(),
            record=True,
            force_terminal=True,
            color_system="truecolor",
            width=WIDEST,
            highlight=False,
        )
        self._picture = picture
        self._consoles = [shown]
        self._status: Status | None = None
        self._lock = threading.Lock()
        self._phase: Phase | None = None
        self._since = perf_counter()

    @property
    def is_terminal(self) -> bool:
        return self._shown.is_terminal

    def _print(self, *what: object) -> None:
        for console in self._consoles:
            console.print(*what)

    # --- Before the story -----------------------------------------------------------------------------------------

    def title(self, name: str, about: str) -> None:
        self._print()
        self._print(Padding(Text.assemble((name, "bold"), ("  ", ""), (about, "dim")), (0, 2)))
        self._print()

    def progress(self, state: State) -> None:
        """One line for each phase that is over; called from the thread that watches the stack."""
        with self._lock:
            if self._phase is not None and state.phase is not self._phase and self._phase in DONE:
                versions = {name: state.versions.get(name, "") for name in ("postgres", "valkey")}
                self.step(DONE[self._phase].format(**versions), perf_counter() - self._since)
            if state.phase is not self._phase:
                self._phase, self._since = state.phase, perf_counter()
                self.busy(f"{state.phase.value} …")

    def busy(self, text: str) -> None:
        """What is going on just now; on a terminal only, and gone with the next `idle`."""
        if not self.is_terminal:
            return
        if self._status is None:
            self._status = self._shown.status(text, spinner="dots")
            self._status.start()
        self._status.update(f"[dim]{text}[/dim]")

    def idle(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def step(self, text: str, seconds: float) -> None:
        self._row(Text("✓", style="green", justify="right"), Text(text), f"{seconds:.1f} s")

    # --- The story ------------------------------------------------------------------------------------------------

    def act(self, number: int, title: str, about: str) -> None:
        self._consoles = [self._shown, *([self._drawn] if number in PICTURED else [])]
        self._print()
        self._print(
            Rule(
                Text.assemble((f" {number} ", "reverse bold"), (f" {title} ", "bold")),
                align="left",
                style="dim",
                characters="─",
            )
        )
        self._print(Padding(Text(about, style="dim"), (0, 0, 0, 2)))

    def asks(self, who: str, whom: str, deed: str, what: str = "") -> None:
        """`who` does something: a tool by its name, a page by its address."""
        self._row(_pair(who, whom), Text.assemble((deed, "bold"), (f"  {what}" if what else "", "")))

    def answers(self, who: str, whom: str, tone: str, mark: str, say: str, ms: float) -> None:
        """What came back, in the answer's own words. `tone` chooses the colour of `mark`, if there is one."""
        text = Text.assemble((mark, f"bold {TONES.get(tone, '')}".strip()), (f"\n{say}", "")) if mark else Text(say)
        self._row(_pair(who, whom), text, f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms")

    def note(self, text: str, right: str = "") -> None:
        """A figure taken from an answer, or measured."""
        self._row(Text(""), Text(text, style="dim"), right)

    def _row(self, left: Text, middle: Text, right: str = "") -> None:
        for console in self._consoles:
            if console.is_terminal:
                console.print(_grid(left, middle, right))
            else:
                took = f" ({right})" if right else ""
                console.print(Text(f"{left.plain:>12}  ") + Text(": ").join(middle.split("\n")) + Text(took))

    def close(self, rows: Sequence[tuple[str, str]]) -> None:
        self._consoles = [self._shown]
        self._print()
        self._print(Rule(style="dim", characters="─"))
        for label, text in rows:
            self._row(Text(label, style="dim", justify="right"), Text(text))
        self._print()

    def save(self) -> None:
        if self._picture is not None:
            self._drawn.save_svg(str(self._picture), title="make demo")


def _grid(left: Text, middle: Text, right: str) -> Padding:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=12)
    grid.add_column(ratio=1)
    if right:
        grid.add_column(width=8, justify="right")
    grid.add_row(left, middle, *([Text(right, style="dim")] if right else []))
    return Padding(grid, (0, 0, 0, 2))


def _pair(who: str, whom: str) -> Text:
    return Text.assemble(
        (who, f"bold {COLOURS.get(who, '')}"), (" → ", "dim"), (whom, COLOURS.get(whom, "")), justify="right"
    )
