"""What `up` and `stack` show: laid out on a terminal, plain lines into a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from echo_project.local.state import State
from echo_project.local.status import Status

COLOURS = {"ready": "green", "failed": "red", "was killed": "red", "stopped": "yellow", "stopping": "yellow"}
ALARMING = ("Problem", "Error")

Rows = Sequence[tuple[str, str]]


def console(stream: IO[str]) -> Console:
    """A console for `stream`. Into a pipe nothing is wrapped: a path cut in two helps nobody."""
    return Console(file=stream, highlight=False, soft_wrap=not stream.isatty())


def show_status(out: Console, status: Status) -> None:
    said = status.said if status.running else None
    if not out.is_terminal:
        _print_plainly(out, status.rows())
        for process in said.processes if said else ():
            out.print(f"Process: {process['name']}, pid {process['pid'] or 'none'}, restarts {process['restarts']}")
        return
    parts: list[RenderableType] = [_grid(status.rows())]
    if said and said.processes:
        parts.append(Padding(_processes(said), (1, 0, 0, 0)))
    colour = COLOURS.get(status.phase, "cyan")
    title = Text.assemble(("Echo ", "bold"), (status.phase, f"bold {colour}"))
    out.print(Panel(Group(*parts), title=title, title_align="left", border_style=colour, padding=(1, 2), expand=False))


def show_ready(out: Console, state: State, sign_in: Rows, commands: Rows) -> None:
    """The last screen of `up`: what to open, how to sign in, what to type, what is in use."""
    first = [("Open", state.web), *sign_in]
    rows = [("Database", state.database), ("Redis", state.redis), ("Logs", f"{state.home}/logs")]
    rows = [row for row in rows if row[1]]
    if not out.is_terminal:
        out.print("Echo is ready.")
        _print_plainly(out, [*first, *commands, *rows])
        return
    body = Group(_grid(first, style="bold"), Text(), _grid(commands, style="bold"), Text(), _grid(rows))
    title = Text.assemble(("Echo is ", "bold"), ("ready", "bold green"))
    out.print(Panel(body, title=title, title_align="left", border_style="green", padding=(1, 2), expand=False))


def _print_plainly(out: Console, rows: Rows) -> None:
    for label, text in rows:
        out.print(Text(f"{label}: {text}"))


def _grid(rows: Rows, style: str = "") -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in rows:
        grid.add_row(label, Text(text, style="red" if label in ALARMING else style))
    return grid


def _processes(state: State) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Process")
    table.add_column("Pid", justify="right")
    table.add_column("Restarts", justify="right")
    for process in state.processes:
        name, pid, restarts = process["name"], process["pid"], process["restarts"]
        table.add_row(name, str(pid or "down"), str(restarts), style="" if pid else "red")
    return table
