"""`manage.py up`: the whole organisation in the foreground; what `make run` ends in."""

from __future__ import annotations

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from rich.console import Console

from agents.client_configs import known
from echo_project.local import clients, first_limits, ports, screens, state
from echo_project.local.clients import EVERYTHING, Attachment
from echo_project.local.command_lines import manage
from echo_project.local.errors import StackError
from echo_project.local.state import Phase, State
from echo_project.local.status import duration
from org.clock import database_clock
from org.models import Escalation, Member
from org.services import members

POLL_SECONDS = 1.0


class Command(BaseCommand):
    help = "Start Echo, or join the one that runs, and stay until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until-ready", action="store_true", help="leave as soon as Echo is ready")
        parser.add_argument("--plan", default=EVERYTHING, help="what to run, as module:NAME")

    def handle(self, *_: object, until_ready: bool, plan: str, **__: Any) -> None:
        out = screens.console(sys.stdout)
        leave = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: leave.set())
        former = state.read(settings.HOME) if clients.is_running(settings.HOME) else None
        attachment = clients.attach(
            settings.HOME,
            database_url=settings.DATABASE_URL,
            redis_url=settings.REDIS_URL,
            foreground=True,
            wait=False,
            plan=plan,
            on_progress=Progress(out),
        )
        try:
            said = self._wait(attachment, leave)
            if said is not None:
                if plan == EVERYTHING:
                    first_limits.ask_once(out, sys.stdin, leave)
                first = sign_in(shown_once=out.is_terminal) if plan == EVERYTHING else []
                joined = former is not None and former.run == said.run
                screens.show_ready(out, said, [*noted(said, joined=joined), *first], next_commands())
                if not until_ready:
                    self._stay(out, attachment, leave)
            waiting = before_the_board() if said is not None and plan == EVERYTHING else 0
        except StackError as error:
            raise CommandError(str(error)) from error
        finally:
            attachment.close()
        say_farewell(out, waiting)

    def _wait(self, attachment: Attachment, leave: threading.Event) -> State | None:
        """The ready state, or nothing if the person left first."""
        while not leave.wait(0.02):
            if attachment.error is not None:
                raise attachment.error
            if attachment.is_ready:
                return attachment.state
        return None

    def _stay(self, out: Console, attachment: Attachment, leave: threading.Event) -> None:
        out.print("Press Ctrl-C to leave.", style="dim")
        told = ""
        while not leave.wait(POLL_SECONDS):
            if attachment.error is not None:
                raise attachment.error
            if attachment.state and attachment.state.phase is Phase.STOPPED:
                return  # somebody said `stack stop`
            problem = attachment.state.problem if attachment.state else ""
            if problem != told:
                out.print(problem or "Every process runs again.", style="red" if problem else "green")
                told = problem


class Progress:
    """One line for each new phase."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._phase = ""

    def __call__(self, state: State) -> None:
        if state.phase.value != self._phase:
            self._phase = state.phase.value
            self._out.print(f"[dim]•[/dim] {self._phase}" if self._out.is_terminal else self._phase)


def before_the_board() -> int:
    """How many matters wait for people, as far as the database still answers."""
    try:
        return Escalation.objects.open().count()
    except DatabaseError:
        return 0  # the stack was stopped meanwhile


def sign_in(*, shown_once: bool) -> list[tuple[str, str]]:
    """How the board signs in. A first password is made and shown on a terminal only."""
    board = list(Member.board.on_the_board().order_by("username"))
    if [member.has_usable_password() for member in board] == [False]:
        if not shown_once:
            return [("Set the board member's password", manage("board_member --set-password"))]
        password = members.make_password(member=board[0], clock=database_clock)
        return [("Sign in as", board[0].username), ("Password, shown once", password)]
    names = " or ".join(member.username for member in board) or "nobody yet"
    return [("Sign in as", f"{names} (a new password: {manage('board_member --new-password')})")]


def noted(said: State, *, joined: bool) -> list[tuple[str, str]]:
    """What a person would not expect: a port that was taken, a stack that ran before, a setting not in use."""
    notes = [said.note] if said.note else []
    if joined:
        notes.append(f"Echo ran already, {said.phase} for {duration(said.since)}; this terminal has joined it.")
    asked = os.environ.get("ECHO_BIND", "")
    if joined and asked and said.bound and asked not in said.note and not ports.is_at(asked, said.bound):
        notes.append(
            f"ECHO_BIND={asked} is not in use, since the pages stay where they are; for another address, "
            f"`{manage('stack stop')}` first."
        )
    return [("Note", note) for note in notes]


def next_commands() -> list[tuple[str, str]]:
    """What a person types next: purpose and command line."""
    others = [name for name in known.NAMES if name != "claude-desktop"]
    return [
        ("Connect Claude Desktop", manage("client_config --client claude-desktop --write")),
        ("Or another client", f"the same with {', '.join(others[:-1])} or {others[-1]}"),
        ("Then say to it", "As CEO, approve the AI Research Lab, $750,000."),
        ("See what runs", manage("stack status")),
    ]


def say_farewell(out: Console, waiting: int) -> None:
    """Whether Echo stays up, and why. `waiting`: how many matters are before the board."""
    home = settings.HOME
    ends = f"`{manage('stack stop')}` ends it."
    if not clients.is_running(home):
        out.print("Echo is down.")
    elif clients.has_clients(home):
        out.print(f"Echo stays up: another client, such as an MCP server, needs it. {ends}")
    elif waiting:
        out.print(f"Echo stays up: the board has matters to answer ({waiting}). {ends}")
    else:
        out.print("Echo goes down by itself shortly; the next client brings it back.")
