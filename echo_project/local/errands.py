"""An errand: a program that is run to its end, and whose last words say why it failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from echo_project.local import logs
from echo_project.local.children import Child
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.servers import disk_is_full, full_disk_error

POLL_SECONDS = 0.02


def run(
    home: Home,
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path = Path("/"),
    go_on: Callable[[], bool] = lambda: True,
) -> None:
    """Run `command`, logged under `name`. When `go_on` says no it is ended and forgotten. Raises `StackError`."""
    log = home.log(name)
    logs.begin(log)
    child = Child(command, log=log, env=env, cwd=cwd)
    try:
        while child.ended is None and go_on():
            child.wait(POLL_SECONDS)
    finally:
        child.kill()
    if child.ended and go_on():
        raise failure(home, name, child.ended)


def failure(home: Home, name: str, status: int) -> StackError:
    """Why the errand `name` failed, by what it wrote last."""
    log = home.log(name)
    said = "\n".join(logs.tail(log, 20))
    if disk_is_full(said):
        return full_disk_error(home)
    reason = (said.strip().splitlines() or [f"it ended with status {status}"])[-1]
    return StackError(f"The step `{name}` failed: {reason}", f"Read {log}.")
