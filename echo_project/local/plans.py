"""What the supervisor runs, as data: the steps before, the processes after. Every one is a program of this Python."""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

CHARTER = Path(__file__).parents[2] / "org" / "charter.toml"  # read as data, since Django is not loaded here
ROLES = tuple(tomllib.loads(CHARTER.read_text())["roles"])


@dataclass(frozen=True)
class Step:
    """A program that has to end well before anything else starts, if the file `needs` is there."""

    name: str
    arguments: tuple[str, ...]
    needs: str = "manage.py"


@dataclass(frozen=True)
class Process:
    """A program that is kept running. In its arguments `{threads}` and `{web}` stand for settings.

    `listens`: it is handed the web pages' socket, whose number is `{web}`. `consumes`: the stack is ready once it
    waits for Celery's messages. `later`: it is started when all others are, since nothing depends on it.
    """

    name: str
    arguments: tuple[str, ...]
    listens: bool = False
    consumes: bool = False
    later: bool = False

    def filled(self, **values: str) -> list[str]:
        """The arguments, with `values` in the places that are named after them."""
        return [values.get(word[1:-1], word) if word[:1] == "{" else word for word in self.arguments]


@dataclass(frozen=True)
class Plan:
    """Steps in their order, then processes, all at once."""

    steps: tuple[Step, ...] = ()
    processes: tuple[Process, ...] = ()


SERVERS = Plan()
EVERYTHING = Plan(
    steps=(
        Step("migrate", ("manage.py", "migrate", "--noinput")),
        Step("logins", ("manage.py", "logins", "begin"), "org/management/commands/logins.py"),
        Step("board_member", ("manage.py", "board_member", "--ensure"), "org/management/commands/board_member.py"),
        Step("charter", ("manage.py", "charter", "begin"), "org/management/commands/charter.py"),
    ),
    processes=(
        Process(
            "worker",
            (
                *("-W", "ignore:You're running the worker with superuser privileges"),  # queues take JSON only
                *("-m", "celery", "--quiet", "-A", "echo_project", "worker", "-P", "threads", "-c", "{threads}"),
                *("-Q", ",".join(ROLES), "--without-mingle", "--without-gossip", "--without-heartbeat"),
                *("-l", "WARNING"),
            ),
            consumes=True,
        ),
        Process("sweeper", ("manage.py", "sweeper")),
        Process(
            "web",
            (
                *("-m", "uvicorn", "echo_project.asgi:application", "--fd", "{web}", "--no-access-log"),
                *("--log-level", "warning", "--timeout-graceful-shutdown", "3", "--no-proxy-headers"),
            ),
            listens=True,
        ),
        Process("forkserver", ("manage.py", "forkserver"), later=True),
    ),
)


def named(name: str) -> Plan:
    """The plan `module:NAME`."""
    module, _, attribute = name.partition(":")
    plan = getattr(importlib.import_module(module), attribute)
    if not isinstance(plan, Plan):
        raise TypeError(f"{name} is not a Plan")
    return plan
