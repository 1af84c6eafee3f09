"""The organisation of one demonstration, in a folder made for it and removed after it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from echo_project.configuration import BASE_DIR
from echo_project.local import clients
from echo_project.local.clients import Attachment
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.state import State
from org.chain.seals import Verdict

MANAGE = BASE_DIR / "manage.py"
MEMBER = "dana"
# Not TMPDIR: this is short enough for sockets, and root's servers, which run under another account, may enter it.
SHARED = Path("/tmp")  # noqa: S108


class World:
    """Echo in a home of its own. While it is open, this process's environment names that home and nothing else."""

    def __init__(self, on_progress: Callable[[State], None]) -> None:
        self._on_progress = on_progress
        self._attachment: Attachment | None = None
        self.home = Home(Path(tempfile.mkdtemp(prefix="echo-demo-", dir=SHARED)).resolve())
        self.password = secrets.token_urlsafe(18)

    def __enter__(self) -> Self:
        forget_the_environment()
        os.environ.update(self.settings)
        try:
            self._attachment = clients.attach(self.home, on_progress=self._on_progress)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def settings(self) -> dict[str, str]:
        """What a client is configured with. Any free port: the person's own Echo may be on the usual one."""
        return {
            "ECHO_HOME": str(self.home.root),
            "ECHO_ENV_FILE": "",
            "ECHO_BIND": "127.0.0.1:0",
            "ECHO_BOARD_MEMBER": MEMBER,
        }

    @property
    def state(self) -> State:
        state = self._attachment.state if self._attachment else None
        if state is None:
            raise StackError("Nothing was heard of the stack.")
        return state

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """What a command of `manage.py` prints. Raises `StackError` with the end of its stderr where it fails."""
        command = [sys.executable, str(MANAGE), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, cwd=BASE_DIR)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["no reason was given"]
            raise StackError(f"`manage.py {arguments[0]}` failed: {last[0]}.")
        return done.stdout

    def seat_member(self) -> None:
        """Give the board's first member, whom the start has made, a password only this process knows."""
        self.manage("board_member", "--set-password", "--password-stdin", stdin=self.password)

    def read_trail(self) -> Verdict:
        """Read the chain as a third party would, and recompute every seal from the records' own bytes."""
        import psycopg  # the agents and the person never need it

        from org.queries import trail

        with psycopg.connect(self.home.database_url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            verdict = trail.verify(connection)
        if verdict.fault is not None:
            raise StackError(f"The audit trail is broken. {verdict.fault.says}")
        return verdict

    def _remove(self) -> None:
        """Stop everything and delete the home; a second Ctrl-C has to wait for it."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            if self._attachment is not None:
                self._attachment.close()
            with suppress(StackError):
                clients.stop(self.home)
            for folder in {self.home.sockets, self.home.root}:
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            signal.signal(signal.SIGINT, before)


def forget_the_environment() -> None:
    """Whatever this terminal says of a database or home is about somebody's real Echo."""
    for name in [name for name in os.environ if name.startswith("ECHO_") or name in ("DATABASE_URL", "REDIS_URL")]:
        del os.environ[name]
