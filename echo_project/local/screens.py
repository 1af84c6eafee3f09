"""What `up` and `stack` show: laid out on a terminal, plain lines into a pipe."""

from __future__ import annotations

import os
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


def console(stream: IO[str] | None = None) -> Console:
    """A console for `stream`. Into a pipe nothing is wrapped: a path cut in two helps nobody."""
    found = Console(file=stream, highlight=False, soft_wrap=False)
    if not found.is_terminal:
        found = Console(file=stream, highlight=False, width=1000, no_color=True)
    return found


def facts(rows: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in rows:
        grid.add_row(label, Text(text, style="red" if label in ("Problem", "Error") else ""))
    return grid


def processes(state: State) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("Process")
    table.add_column("Pid", justify="right")
    table.add_column("Restarts", justify="right")
    for process in state.processes:
        down = process["pid"] is None
        table.add_row(process["name"], "down" if down else str(process["pid"]), str(process["restarts"]), style="red" if down else "")
    return table


def show_status(out: Console, status: Status) -> None:
    parts: list[RenderableType] = [facts(status.rows())]
    if status.running and status.said and status.said.processes:
        parts.append(Padding(processes(status.said), (1, 0, 0, 0)))
    if not out.is_terminal:
        out.print(*parts, sep="\n")
        return
    colour = COLOURS.get(status.phase, "cyan")
    title = Text.assemble(("Echo ", "bold"), (status.phase, f"bold {colour}"))
    out.print(Panel(Group(*parts), title=title, title_align="left", border_style=colour, padding=(1, 2), expand=False))


def show_ready(out: Console, state: State, commands: Sequence[tuple[str, str]]) -> None:
    """The last screen of `up`: what to open, what to type, what is in use."""
    rows = [("Open", state.web), ("Database", state.database), ("Redis", state.redis), ("Logs", os.path.join(state.home, "logs"))]
    typed = Table.grid(padding=(0, 2))
    typed.add_column(style="dim", no_wrap=True)
    typed.add_column(overflow="fold", style="bold" if out.is_terminal else "")
    for purpose, command in commands:
        typed.add_row(purpose, Text(command))
    if not out.is_terminal:
        out.print("Echo is ready.", facts([row for row in rows if row[1]]), typed, sep="\n")
        return
    body = Group(facts([row for row in rows if row[1]]), Text(), typed)
    out.print(Panel(body, title="[bold]Echo is [green]ready", title_align="left", border_style="green", padding=(1, 2), expand=False))
