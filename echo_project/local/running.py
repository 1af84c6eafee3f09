"""The supervisor seen from outside: whether it runs, who needs it, starting one and stopping it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from echo_project.local import logs, state
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.locks import FileLock, is_held
from echo_project.local.releases import HERE

if TYPE_CHECKING:
    import subprocess

MODULE = "echo_project.local.supervisor"
POLL_SECONDS = 0.02
STOP_SECONDS = 75.0  # PostgreSQL alone may take thirty


def spawn(home: Home, database_url: str, redis_url: str, plan: str, *, fsync: bool) -> subprocess.Popen[bytes]:
    """Start a supervisor that outlives this process and shares nothing with it: our stdout may be a protocol."""
    import subprocess

    home.logs.mkdir(mode=0o700, exist_ok=True)
    env = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", MODULE, "--home", str(home.root), "--plan", plan]
    log = logs.open_log(home.log("supervisor"))
    try:
        return subprocess.Popen(
            command if fsync else [*command, "--no-fsync"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=HERE,
            env=env,
            start_new_session=True,
            close_fds=True,
        )
    finally:
        os.close(log)


def is_running(home: Home) -> bool:
    return is_held(home.supervisor_lock)


def has_clients(home: Home) -> bool:
    """Whether anybody needs the stack: any open attachment, those of this process included."""
    if not home.clients_lock.exists():
        return False
    lock = FileLock(home.clients_lock)
    try:
        return not lock.acquire()
    finally:
        lock.close()


def attached_agents(home: Home) -> int:
    """How many processes need the stack and outlive it, such as MCP servers; `up` leaves with it."""
    from echo_project.local.remnants import holders, runs_module

    if not home.clients_lock.exists():
        return 0
    return sum(not runs_module(process.pid, "up") for process in holders(home.clients_lock))


def stop(home: Home, *, timeout: float = STOP_SECONDS) -> bool:
    """Ask the supervisor to end in order, and wait for it. False if none ran."""
    import signal

    from echo_project.local.remnants import runs_module

    until = time.monotonic() + timeout
    asked = False
    while is_held(home.supervisor_lock):
        current = state.read(home)
        if not asked and current is not None and runs_module(current.pid, MODULE):
            with suppress(ProcessLookupError):
                os.kill(current.pid, signal.SIGTERM)
                asked = True
        if time.monotonic() > until:
            raise StackError(f"The stack in {home.root} does not stop.", f"Read {home.log('supervisor')}.")
        time.sleep(POLL_SECONDS)
    return asked
