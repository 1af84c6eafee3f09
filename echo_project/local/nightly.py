"""The daily dump, made beside the supervision: a child that is begun, and looked at from time to time."""

from __future__ import annotations

from echo_project.local import dumps, errands, logs, places
from echo_project.local.binaries import PostgresPrograms
from echo_project.local.children import BARE, Child
from echo_project.local.dumps import Dump, Kind
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.questions import Refusal, ask_postgres

DAY_SECONDS = 24 * 3600.0
FIRST_LOOK_SECONDS = 5.0  # a start has better things to do at once
LOOK_SECONDS = 60.0
RETRY_SECONDS = 3600.0
LONGEST_SECONDS = 3600.0
LOG = "nightly"
SIZE = "select pg_database_size('echo') from django_migrations limit 1"  # of a database that was never migrated: none


class Nightly:
    """Sees to it that the newest dump is never much older than a day. All times are monotonic seconds."""

    def __init__(self, home: Home, programs: PostgresPrograms, begun: float) -> None:
        self._home = home
        self._programs = programs
        self._next_look = begun + FIRST_LOOK_SECONDS
        self._give_up = 0.0
        self._dump: Dump | None = None
        self._child: Child | None = None

    def tick(self, now: float) -> bool:
        """Begin a dump where one is due, or look after the begun one; whether one is under way. Raises nothing."""
        try:
            if self._child is not None:
                self._look_after(now)
            elif now >= self._next_look:
                self._next_look = now + LOOK_SECONDS
                if self._is_due():
                    self._begin(now)
        except (StackError, OSError) as error:
            self.close()
            self._next_look = now + RETRY_SECONDS
            logs.say(f"the nightly dump failed: {error}")
        return self._child is not None

    def close(self) -> None:
        """End a dump that is under way, and leave nothing of it."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        if self._dump is not None:
            self._dump.discard()
            self._dump = None

    def _is_due(self) -> bool:
        if dumps.newest_age(self._home) < DAY_SECONDS:
            return False
        try:
            size = ask_postgres(self._home.postgres_socket, SIZE)
        except (Refusal, OSError):  # no such table, or the server is just away
            return False
        if size is None:
            return False
        if places.free_bytes(self._home.backups) < int(size) + places.LEAST_FREE_BYTES:
            raise StackError(f"the disk of {self._home.root} has too little room for it.", "Free some space.")
        return True

    def _begin(self, now: float) -> None:
        self._dump = Dump(self._home, Kind.NIGHTLY)
        log = self._home.log(LOG)
        logs.begin(log)
        self._child = Child(self._dump.command(self._programs), log=log, env=BARE)
        self._give_up = now + LONGEST_SECONDS

    def _look_after(self, now: float) -> None:
        assert self._child is not None
        assert self._dump is not None
        status = self._child.ended
        if status is None:
            if now > self._give_up:
                raise StackError(f"it did not end within {LONGEST_SECONDS / 60:.0f} minutes.")
            return
        if status:
            raise errands.failure(self._home, LOG, status)
        self._dump.keep()
        logs.say(f"dumped the database to {self._dump.path}")
        self._child = self._dump = None
