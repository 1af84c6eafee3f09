"""The embedded PostgreSQL: its folder, its settings and its health.

The only door is a socket in a folder that one account can enter. The account that runs Echo is the database's owner;
every other login proves itself by its password.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from echo_project.local import logs
from echo_project.local.accounts import Account, this_account
from echo_project.local.binaries import PostgresPrograms
from echo_project.local.errors import StackError
from echo_project.local.home import LONGEST_SOCKET_NAME, Home
from echo_project.local.locks import FileLock
from echo_project.local.places import sync_folder
from echo_project.local.questions import Refusal, ask_postgres
from echo_project.local.remnants import works_in
from echo_project.local.servers import Health, Server, disk_is_full, full_disk_error

CANNOT_CONNECT_NOW = "57P03"
SLOWEST_INITDB_SECONDS = 300.0
SETTINGS = """\
# Echo writes this file at every start. For settings of your own use ALTER SYSTEM (`manage.py stack psql`): it wins.
include 'postgres/postgresql.conf'
listen_addresses = ''
unix_socket_directories = {sockets}
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 64MB
max_wal_size = 256MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 2000
log_line_prefix = '%m [%p] '
hba_file = {access}
ident_file = {owners}
password_encryption = scram-sha-256
"""
ACCESS = """\
local all echo peer map=owner
local all all scram-sha-256
"""
ON_MACOS = "wal_sync_method = fsync_writethrough\n"  # plain fsync there leaves the data in the disk's own cache
FROM_18 = "io_method = sync\n"  # no io workers: 8 MB less
THROW_AWAY = "fsync = off\nfull_page_writes = off\n"  # commits still survive a kill, though not a power cut


class PostgresServer(Server):
    """PostgreSQL on this home's folder, as a child of this process."""

    name = "postgres"
    on_orphaned = "SIGINT"  # fast shutdown
    stop_steps = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))

    def __init__(self, home: Home, account: Account, programs: PostgresPrograms, *, fsync: bool = True) -> None:
        super().__init__(home, account)
        self.programs = programs
        self.fsync = fsync

    @property
    def lock(self) -> Path:
        return self.home.postgres_lock

    @property
    def data(self) -> Path:
        return self.home.postgres_data

    def prepare(self, lock: FileLock) -> Sequence[str | Path]:
        if not (self.data / "PG_VERSION").exists():
            self._create(lock)
        self.account.own(self.home.sockets)
        self._remove_stale_files()
        for path, text in (
            (self.home.postgres_settings, self._settings()),
            (self.home.postgres_access, ACCESS),
            (self.home.postgres_owners, f'owner "{this_account()}" echo\n'),
        ):
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
            path.chmod(0o644)  # read by the server's account
        return [self.programs.program("postgres"), "-D", self.data, "-c", f"config_file={self.home.postgres_settings}"]

    def _create(self, lock: FileLock) -> None:
        """Make the data folder beside its place and rename it there: it exists whole or not at all."""
        for former in self.home.root.glob("postgres.new-*"):
            shutil.rmtree(former)
        if self.data.exists() and any(self.data.iterdir()):
            raise StackError(
                f"{self.data} holds files but no PostgreSQL data (PG_VERSION is missing).",
                f"Restore the folder from a copy, or move it away and restore a dump from {self.home.backups}.",
            )
        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.home.root))
        try:
            self.account.own(fresh)
            child = self.spawn(
                [
                    *(self.programs.program("initdb"), "-D", fresh, "-U", "echo", "-E", "UTF8"),
                    *("--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-instructions"),
                    *(self._locale() if self.fsync else [*self._locale(), "--no-sync"]),
                ],
                lock,
            )
            if not child.wait(SLOWEST_INITDB_SECONDS):
                child.kill()
            if child.ended:
                raise self.explain("\n".join(logs.tail(self.log, 30)))
            fresh.rename(self.data)
            sync_folder(self.home.root)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def _locale(self) -> list[str]:
        """Byte order and UTF-8 letters, without depending on the machine's locales."""
        if self.programs.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C"] if sys.platform == "darwin" else ["--locale=C", "--lc-ctype=C.UTF-8"]

    def _settings(self) -> str:
        # a list of folders within a quoted value: the list wants double quotes, the value single ones
        listed = '"' + str(self.home.sockets).replace('"', '""') + '"'
        text = SETTINGS.format(
            sockets=_quoted(listed),
            access=_quoted(str(self.home.postgres_access)),
            owners=_quoted(str(self.home.postgres_owners)),
        )
        if sys.platform == "darwin":
            text += ON_MACOS
        if self.programs.major >= 18:
            text += FROM_18
        return text if self.fsync else text + THROW_AWAY

    def _remove_stale_files(self) -> None:
        """Remove what a killed postmaster left. A reused pid in it would keep PostgreSQL from starting, for ever.

        We hold the lock, so no postmaster of Echo lives; one that somebody started by hand is refused here.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists() and not (self.home.sockets / LONGEST_SOCKET_NAME).exists():
            return
        if self.health() is not Health.SILENT or works_in(_first_number(pid_file), self.data):
            raise StackError(
                f"A PostgreSQL that Echo did not start uses {self.data}.",
                f"Stop it: {self.programs.program('pg_ctl')} -D '{self.data}' stop",
            )
        pid_file.unlink(missing_ok=True)
        (self.home.sockets / LONGEST_SOCKET_NAME).unlink(missing_ok=True)

    def health(self) -> Health:
        try:
            ask_postgres(self.home.postgres_socket, "select 1", database="postgres")
        except Refusal as refusal:  # "too many clients" is an answer
            return Health.BUSY if refusal.code == CANNOT_CONNECT_NOW else Health.WELL
        except OSError:
            return Health.SILENT
        return Health.WELL

    def create_database(self) -> None:
        """Make the database `echo` where it is missing."""
        there = "select 1 from pg_database where datname = 'echo'"
        if ask_postgres(self.home.postgres_socket, there, database="postgres") is None:
            ask_postgres(self.home.postgres_socket, "create database echo", database="postgres", timeout=60)

    def explain(self, said: str) -> StackError:
        if disk_is_full(said):
            return full_disk_error(self.home)
        if "checkpoint record" in said or "invalid page" in said or "could not open control file" in said:
            return StackError(
                f"The data in {self.data} is damaged: PostgreSQL cannot read it.",
                f"Keep a copy of the folder, then restore a dump from {self.home.backups}; {self.log} says more.",
            )
        loud = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line]
        reason = (loud or said.splitlines() or ["it wrote nothing"])[-1].strip()
        return StackError(f"PostgreSQL did not start: {reason}", f"Read {self.log}.")


def _quoted(value: str) -> str:
    """A value in PostgreSQL's settings."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _first_number(path: Path) -> int:
    """The process id in a pid file; 0 where it is missing, empty or torn."""
    try:
        return int(path.read_text(errors="replace").split("\n")[0])
    except (FileNotFoundError, ValueError):
        return 0
