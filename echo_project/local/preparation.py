"""Bringing the schema up to date before anything uses it: a dump first, then the plan's steps."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from echo_project.local import logs
from echo_project.local.accounts import Account
from echo_project.local.binaries import PostgresPrograms
from echo_project.local.children import Child
from echo_project.local.errors import StackError
from echo_project.local.home import Home
from echo_project.local.plans import Plan
from echo_project.local.questions import Refusal, ask_postgres
from echo_project.local.releases import Prepared, Release, read_prepared, write_prepared
from echo_project.local.servers import disk_is_full, full_disk_error

KEPT_DUMPS = 3
POLL_SECONDS = 0.02


class Preparation:
    """The steps of one start. `go_on` is asked all the while; when it says no, the step is ended and forgotten."""

    def __init__(
        self, home: Home, plan: Plan, release: Release, env: Mapping[str, str], go_on: Callable[[], bool]
    ) -> None:
        self._home = home
        self._steps = [step for step in plan.steps if Path(release.path, step.needs).exists()]
        self._release = release
        self._env = env
        self._go_on = go_on

    @property
    def _key(self) -> str:
        """Changes when a step could have something new to do."""
        steps = " ".join(step.name for step in self._steps)
        return f"{self._release.fingerprint} django-{version('django')} {steps}"

    def refuse_if_older(self) -> None:
        """A release that does not know the data's migrations must not touch them."""
        if prepared := read_prepared(self._home):
            self._release.require(prepared.path, prepared.migrations)

    def run(self, programs: PostgresPrograms | None, account: Account | None) -> None:
        """Run the steps; with `programs` the database is embedded, and is dumped first if it holds anything."""
        if not self._steps:
            return
        if programs is not None:
            applied = self._applied()
            prepared = read_prepared(self._home)
            if prepared and prepared.key == self._key and self._release.migrations <= applied:
                return
            if applied:
                self._dump(programs, account)
        for step in self._steps:
            self._run(step.name, [sys.executable, *step.arguments])
        if self._go_on():
            write_prepared(self._home, Prepared(self._release.path, self._release.migrations, self._key))

    def _applied(self) -> frozenset[str]:
        """The migrations the embedded database has seen, Django's own included."""
        query = "select string_agg(app || '.' || name, ' ') from django_migrations"
        try:
            return frozenset((ask_postgres(self._home.postgres_socket, query) or "").split())
        except Refusal:  # no such table: an empty database
            return frozenset()

    def _dump(self, programs: PostgresPrograms, account: Account | None) -> None:
        name = time.strftime("echo-%Y%m%d-%H%M%S.dump", time.gmtime())
        unfinished = self._home.backups / f".{name}"
        where = ["-h", str(self._home.sockets), "-U", "echo", "-d", "echo"]
        self._run("backup", [str(programs.program("pg_dump")), "-Fc", "-f", str(unfinished), *where])
        if not self._go_on():
            return
        with unfinished.open("rb") as dump:
            os.fsync(dump.fileno())
        unfinished.replace(self._home.backups / name)
        for former in sorted(self._home.backups.glob("echo-*.dump"))[:-KEPT_DUMPS]:
            former.unlink()

    def _run(self, name: str, command: list[str]) -> None:
        log = self._home.log(name)
        logs.begin(log)
        child = Child(command, log=log, env=self._env, cwd=Path(self._release.path))
        try:
            while child.ended is None and self._go_on():
                child.wait(POLL_SECONDS)
        finally:
            child.kill()
        if child.ended and self._go_on():
            said = "\n".join(logs.tail(log, 20))
            if disk_is_full(said):
                raise full_disk_error(self._home)
            reason = (said.strip().splitlines() or [f"it ended with status {child.ended}"])[-1]
            raise StackError(f"The step `{name}` failed: {reason}", f"Read {log}.")
