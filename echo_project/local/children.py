"""A process on a leash: it ends with the supervisor, writes to a log file, and inherits no terminal or protocol."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from echo_project.local import logs

LEASH = Path(__file__).with_name("leash.py")
BARE = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}  # nothing of this process's environment


class Child:
    """One running process. Make it in the main thread: Linux ties the leash to the thread that made it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path = Path("/"),
        user: str = "-",
        on_orphaned: str = "SIGKILL",
        pass_fds: Sequence[int] = (),
    ) -> None:
        output = logs.open_log(log)
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), on_orphaned, user, "--"]
        try:
            self._process = subprocess.Popen(
                [*leash, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=dict(env),
                pass_fds=pass_fds,
                start_new_session=True,
            )
        finally:
            os.close(output)
        self.pid = self._process.pid

    @property
    def ended(self) -> int | None:
        """The exit status, negative for a signal, or nothing while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        if self.ended is None:
            self._process.send_signal(number)

    def wait(self, timeout: float) -> bool:
        """Whether it ended within `timeout` seconds."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and wait its seconds, until one works; then end the whole process group by force."""
        for number, patience in steps:
            self.send(number)
            if self.wait(patience):
                return
        self.kill()

    def kill(self) -> None:
        """End it and what it started in its group, stopped or not."""
        if self.ended is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
