"""Moving the data to a newer major version of PostgreSQL: dumped by the old one's programs, restored by the new one's.

The new folder is made in a home within the home and compared there; only then it takes its place. Until that instant
the former folder is the data, and whatever a crash leaves beside it is removed by the next try.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from echo_project.local import binaries, errands, inventories, places, state, swaps
from echo_project.local.accounts import Account, server_account
from echo_project.local.addresses import describe_database, describe_redis
from echo_project.local.binaries import PostgresPrograms
from echo_project.local.children import BARE
from echo_project.local.command_lines import manage
from echo_project.local.dumps import Dump, Kind
from echo_project.local.errors import StackError
from echo_project.local.home import Home, SecludedHome
from echo_project.local.locks import FileLock
from echo_project.local.postgres import PostgresServer
from echo_project.local.questions import Refusal, ask_postgres
from echo_project.local.releases import Release
from echo_project.local.state import Phase, State

PROBE_SECONDS = 0.3  # clients that only look hold the lock for an instant
SLOWEST_SECONDS = 3600.0
OWN_SETTINGS = r"""
select string_agg(format('alter system set %I = %L', name, setting), E'\n') from pg_file_settings
where sourcefile like '%/postgresql.auto.conf'
"""
OTHERS = (
    "select string_agg(datname, ', ') from pg_database where not datistemplate and datname not in ('echo', 'postgres')"
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """From which major version to which."""

    old: int
    new: int

    def __str__(self) -> str:
        return f"{self.old} to {self.new}"


def possible(home: Home, named: str = "") -> Step | None:
    """The upgrade that could be made, if there is one."""
    major = binaries.data_major(home)
    if major is None:
        return None
    newest = binaries.newest_postgres(named).major
    return Step(major, newest) if newest > major else None


def upgrade(home: Home, named: str, say: Say, *, fsync: bool = True) -> None:
    """Upgrade the data of a stopped stack, or say that there is nothing to upgrade."""
    if possible(home, named) is None and not home.postgres_next.exists():
        say(_nothing(home))
        return
    with _alone(home):
        if swaps.finish(home):
            say("An upgrade that was cut off is finished now.")
        step = possible(home, named)
        if step is None:
            say(_nothing(home))
            return
        places.check(home)
        account = server_account()
        places.furnish(home, account)
        Upgrade(home, account, named, step, say, fsync=fsync).run()


def _nothing(home: Home) -> str:
    major = binaries.data_major(home)
    if major is None:
        return f"There is no data in {home.postgres_data}, so there is nothing to upgrade."
    return f"The data is PostgreSQL {major}'s, and no newer one is installed: there is nothing to upgrade."


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Hold the supervisor's lock, and say so: clients that come meanwhile wait, and then start the stack."""
    lock = FileLock(home.supervisor_lock)
    if not lock.acquire(timeout=PROBE_SECONDS):
        raise StackError(
            f"The stack in {home.root} runs, and an upgrade needs it stopped.",
            f"Close the MCP clients, run `{manage('stack stop')}`, then try again.",
        )
    release = Release.at()
    said = State(
        run=uuid.uuid4().hex,
        pid=os.getpid(),
        home=str(home.root),
        phase=Phase.UPGRADING,
        since=state.now(),
        database=describe_database(home, ""),
        redis=describe_redis(home, ""),
        release=release.path,
        migrations=sorted(release.migrations),
        fingerprint=release.fingerprint,
    )
    state.publish(home, said)
    try:
        yield
    finally:
        said.phase, said.since = Phase.STOPPED, state.now()
        state.publish(home, said)
        lock.close()


class Upgrade:
    """One try, from the old server's start to the swap of the folders."""

    def __init__(self, home: Home, account: Account, named: str, step: Step, say: Say, *, fsync: bool) -> None:
        self._home = SecludedHome(home.root)
        self._account = account
        self._named = named
        self._step = step
        self._say = say
        self._fsync = fsync
        self._next = Home(home.upgrade)
        self._roles = home.backups / ".roles.sql"

    def run(self) -> None:
        step = self._step
        self._say(f"Upgrading the data in {self._home.postgres_data} from PostgreSQL {step}.")
        try:
            self._next.root.mkdir()
            self._next.root.chmod(0o711 if self._account.changes else 0o700)
            dump, found, settings = self._dump()
            self._restore(dump, found, settings)
        except (StackError, Refusal, OSError) as error:
            swaps.clear(self._home)
            sentence = error.sentence if isinstance(error, StackError) else f"The upgrade failed: {error}."
            next_step = error.next_step if isinstance(error, StackError) else "Try again."
            raise StackError(f"{sentence} Nothing was upgraded: the data is as it was.", next_step) from error
        finally:
            self._roles.unlink(missing_ok=True)
        swaps.swap(self._home, self._next.postgres_data, step.old, self._say)
        self._say(f"PostgreSQL {step.new} has the data now; `make run` starts it.")

    def _dump(self) -> tuple[Dump, dict[str, str], list[str]]:
        """Everything the old server has: a dump of its database, what that should hold, and settings of one's own."""
        old = self._old_programs()
        server = PostgresServer(self._home, self._account, old, fsync=self._fsync)
        self._say(f"Starting PostgreSQL {old.version}.")
        with _serving(server):
            self._require_room()
            found = inventories.take(self._home)
            self._say(f"Dumping {inventories.summary(found)}.")
            dump = Dump(self._home, Kind.BEFORE_UPGRADE)
            errands.run(self._home, "backup", dump.command(old), env=BARE)
            dump.keep()
            where = ["-h", str(self._home.sockets), "-U", "echo"]
            command: list[str | Path] = [old.program("pg_dumpall"), "--globals-only", "-f", self._roles, *where]
            errands.run(self._home, "roles", command, env=BARE)
            if others := self._ask(OTHERS, "postgres"):
                self._say(f"Only Echo's database is carried over; the former folder keeps {others}.")
            settings = (self._ask(OWN_SETTINGS) or "").splitlines()
        self._say(f"The dump is {dump.path}.")
        return dump, found, settings

    def _old_programs(self) -> PostgresPrograms:
        try:
            return binaries.find_postgres(self._home, self._account, self._named)
        except StackError:  # the named programs are the new ones
            return binaries.find_postgres(self._home, self._account)

    def _ask(self, sql: str, database: str = "echo") -> str | None:
        return ask_postgres(self._home.postgres_socket, sql, database, timeout=SLOWEST_SECONDS)

    def _require_room(self) -> None:
        size = int(self._ask("select pg_database_size('echo')") or 0)
        needed, free = 2 * size + 2 * places.LEAST_FREE_BYTES, places.free_bytes(self._home.root)
        if free < needed:
            raise StackError(
                f"An upgrade needs {needed // 2**20} MB on the disk of {self._home.root}; {free // 2**20} are free.",
                "Free some space, then try again.",
            )

    def _restore(self, dump: Dump, expected: dict[str, str], settings: list[str]) -> None:
        """Make the new folder and see that it holds all that was expected."""
        new = binaries.newest_postgres(self._named).for_account(self._home, self._account)
        server = PostgresServer(self._next, self._account, new, fsync=self._fsync)
        server.log = self._home.log("upgrade")  # outlives the home within the home
        self._say(f"Making a folder for PostgreSQL {new.version}.")
        with _serving(server):
            server.create_database()
            self._say("Restoring the dump.")
            where = ["-h", str(self._next.sockets), "-U", "echo"]
            self._restore_roles([str(new.program("psql")), *where, "-d", "postgres"])
            command: list[str | Path] = [new.program("pg_restore"), "--exit-on-error", *where, "-d", "echo", dump.path]
            errands.run(self._home, "restore", command, env=BARE)
            self._say("Comparing.")
            if differing := inventories.differences(expected, inventories.take(self._next)):
                raise StackError(f"The restored data differs: {differing}.", f"Keep {dump.path} and report this.")
            ask_postgres(self._next.postgres_socket, "analyze", timeout=SLOWEST_SECONDS)
            self._carry_over(settings)

    def _restore_roles(self, psql: list[str]) -> None:
        """The role `echo` is there already: initdb made it."""
        lines = self._roles.read_text(errors="surrogateescape").splitlines()
        wanted = "\n".join(line for line in lines if line != "CREATE ROLE echo;")
        self._roles.write_text(f"{wanted}\n", errors="surrogateescape")
        command = [*psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(self._roles)]
        errands.run(self._home, "roles", command, env=BARE)

    def _carry_over(self, settings: list[str]) -> None:
        for setting in settings:
            try:
                ask_postgres(self._next.postgres_socket, setting)
            except Refusal as refusal:
                self._say(f"A setting of yours is not carried over: {setting} ({refusal}).")


@contextmanager
def _serving(server: PostgresServer) -> Iterator[None]:
    try:
        server.start()
        server.wait_ready()
        yield
    finally:
        server.stop()
