"""The embedded Valkey. It only wakes: PostgreSQL holds everything that matters, so what Valkey loses is not missed."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from echo_project.local.accounts import Account
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.locks import FileLock
from echo_project.local.logs import tail
from echo_project.local.questions import Refusal, ask_valkey
from echo_project.local.servers import Health, Server, disk_is_full, full_disk_error

NOT_YET = {"LOADING", "BUSY", "MASTERDOWN"}
UNREADABLE = ("Bad file format reading the append only file", "Error reading the RDB", "reading the append only file")
SETTINGS = """\
# Echo writes this file at every start.
port 0
unixsocket {socket}
unixsocketperm 700
dir {folder}
daemonize no
loglevel warning
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
stop-writes-on-bgsave-error no
"""


class ValkeyServer(Server):
    """Valkey, or Redis, on this home's folder, as a child of this process."""

    name = "valkey"
    on_orphaned = "SIGTERM"
    stop_steps = ((signal.SIGTERM, 5.0),)

    def __init__(self, home: Home, account: Account, program: Path) -> None:
        super().__init__(home, account)
        self.program = program

    @property
    def lock(self) -> Path:
        return self.home.valkey_lock

    @property
    def data(self) -> Path:
        return self.home.valkey_data

    def prepare(self, lock: FileLock) -> Sequence[str | Path]:
        self.account.own(self.data)
        self.account.own(self.home.sockets)
        self._set_unreadable_aside()
        settings = self.home.valkey_settings
        text = SETTINGS.format(socket=_quoted(self.home.valkey_socket), folder=_quoted(self.data))
        settings.write_text(text, encoding="utf-8", errors="surrogateescape")
        settings.chmod(0o644)  # read by the server's account
        return [self.program, settings]

    def wait_ready(self, go_on: Callable[[], bool] = lambda: True) -> None:
        try:
            super().wait_ready(go_on)
        except StackError:
            if not self._set_unreadable_aside():
                raise
            self.start()
            super().wait_ready(go_on)

    def _set_unreadable_aside(self) -> bool:
        """Whether the last start failed on a torn file, which then makes room: empty is better than never again."""
        kept = self.data / "appendonlydir"
        torn = kept.exists() and any(word in line for line in tail(self.log, 8) for word in UNREADABLE)
        if torn:
            kept.rename(self.data / f"unreadable-{time.time_ns()}")
        return torn

    def health(self) -> Health:
        try:
            ask_valkey(self.home.valkey_socket, "PING")
        except Refusal as refusal:
            return Health.BUSY if refusal.code in NOT_YET else Health.WELL
        except OSError:
            return Health.SILENT
        return Health.WELL

    def version(self) -> str:
        """The version the running server states."""
        said = ask_valkey(self.home.valkey_socket, "INFO", "server")
        found = dict(re.findall(r"^(valkey|redis)_version:(\S+)", said, re.MULTILINE))  # Valkey states both
        return str(found.get("valkey") or found.get("redis") or "unknown")

    def has_consumers(self) -> bool:
        """Whether somebody waits for Celery's messages."""
        try:
            return "cmd=brpop" in ask_valkey(self.home.valkey_socket, "CLIENT", "LIST").lower()
        except (Refusal, OSError):
            return False

    def explain(self, said: str) -> StackError:
        if disk_is_full(said):
            return full_disk_error(self.home)
        reason = (said.splitlines() or ["it wrote nothing"])[-1].strip()
        return StackError(f"Valkey did not start: {reason}", f"Read {self.log}.")


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
