"""Bringing the schema up to date before anything uses it: a dump first, then the plan's steps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from echo_project.local import errands
from echo_project.local.binaries import PostgresPrograms
from echo_project.local.dumps import Dump, Kind
from echo_project.local.home import Home
from echo_project.local.plans import Plan
from echo_project.local.questions import Refusal, ask_postgres
from echo_project.local.releases import Prepared, Release, read_prepared, write_prepared


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

    def run(self, programs: PostgresPrograms | None) -> None:
        """Run the steps; with `programs` the database is embedded, and is dumped first if it holds anything."""
        if not self._steps:
            return
        if programs is not None:
            applied = self._applied()
            prepared = read_prepared(self._home)
            if prepared and prepared.key == self._key and self._release.migrations <= applied:
                return
            if applied:
                self._dump(programs)
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

    def _dump(self, programs: PostgresPrograms) -> None:
        dump = Dump(self._home, Kind.BEFORE_MIGRATION)
        self._run("backup", dump.command(programs))
        if self._go_on():
            dump.keep()

    def _run(self, name: str, command: Sequence[str | Path]) -> None:
        errands.run(self._home, name, command, env=self._env, cwd=Path(self._release.path), go_on=self._go_on)
