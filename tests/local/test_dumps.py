"""The nightly dump: made once a day while the stack runs, and never in anybody's way."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from echo_project.local import clients, dumps, state
from echo_project.local.accounts import server_account
from echo_project.local.binaries import PostgresPrograms, find_postgres
from echo_project.local.home import Home
from echo_project.local.nightly import DAY_SECONDS, FIRST_LOOK_SECONDS, Nightly
from echo_project.local.postgres import PostgresServer

from .conftest import Attach, connect, eventually

HELD_UP = """#!/bin/sh
while [ ! -e "$0.go" ]; do sleep 0.05; done
exit 1
"""


def migrate(home: Home) -> None:
    with connect(home) as connection:
        connection.execute("create table django_migrations (app text, name text)")
        connection.execute("insert into django_migrations values ('org', '0001_initial')")


def nightly_dumps(home: Home) -> list[Path]:
    return sorted(home.backups.glob("nightly-*.dump"))


def old_dump(home: Home, name: str, *, days: float) -> None:
    path = home.backups / name
    path.write_bytes(b"old")
    then = time.time() - days * DAY_SECONDS
    os.utime(path, (then, then))


def make(nightly: Nightly, now: float = FIRST_LOOK_SECONDS) -> None:
    """Look after it until what is due has been made."""
    eventually(lambda: not nightly.tick(now))


def test_a_migrated_database_is_dumped_soon_after_a_start_and_the_dump_can_be_restored(
    attach: Attach, furnished: Home
) -> None:
    attach(fsync=True)
    migrate(furnished)
    old_dump(furnished, "nightly-20240101-000000.dump", days=1.1)
    (dump,) = eventually(lambda: [path for path in nightly_dumps(furnished) if b"PGDMP" in path.read_bytes()], 30)
    programs = find_postgres(furnished, server_account())
    listed = subprocess.run(
        [programs.program("pg_restore"), "--list", dump], capture_output=True, text=True, check=True
    )
    assert "TABLE DATA public django_migrations" in listed.stdout
    assert f"dumped the database to {dump}" in furnished.log("supervisor").read_text()
    said = state.read(furnished)
    assert said
    assert not said.problem


def test_three_nightly_dumps_are_kept_and_those_before_migrations_stay(postgres: PostgresServer, home: Home) -> None:
    migrate(home)
    for day in (1, 2, 3, 4):
        old_dump(home, f"nightly-2024010{day}-000000.dump", days=9 - day)
        old_dump(home, f"echo-2024010{day}-000000.dump", days=9 - day)
    (home.backups / ".nightly-20240105-000000.dump").write_bytes(b"torn")  # by a kill
    make(Nightly(home, postgres.programs, 0.0))
    kept = nightly_dumps(home)
    assert [path.name for path in kept[:2]] == ["nightly-20240103-000000.dump", "nightly-20240104-000000.dump"]
    assert kept[2].read_bytes().startswith(b"PGDMP")
    assert len(kept) == 3
    assert len(list(home.backups.glob("echo-*.dump"))) == 4
    assert not list(home.backups.glob(".*"))


def test_none_is_made_while_the_newest_of_any_kind_is_of_today(postgres: PostgresServer, home: Home) -> None:
    migrate(home)
    old_dump(home, "echo-20240101-000000.dump", days=0.9)
    old_dump(home, "nightly-20240102-000000.dump", days=-300)  # written while the clock was wrong
    make(Nightly(home, postgres.programs, 0.0))
    assert len(list(home.backups.iterdir())) == 2
    old_dump(home, "echo-20240101-000000.dump", days=1.1)
    make(Nightly(home, postgres.programs, 0.0))
    assert dumps.newest_age(home) < 60


def test_a_database_that_was_never_migrated_is_not_dumped(postgres: PostgresServer, home: Home) -> None:
    make(Nightly(home, postgres.programs, 0.0))
    with connect(home) as connection:
        connection.execute("create table django_migrations (app text, name text)")
    make(Nightly(home, postgres.programs, 0.0))
    assert not list(home.backups.iterdir())


def test_a_dump_under_way_is_waited_for_by_nobody_and_leaves_nothing_when_it_fails(
    postgres: PostgresServer, home: Home, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate(home)
    pg_dump = folder / "pg_dump"
    pg_dump.write_text(HELD_UP)
    pg_dump.chmod(0o755)
    nightly = Nightly(home, PostgresPrograms(folder, "16.0"), 0.0)
    begun = time.monotonic()
    assert nightly.tick(FIRST_LOOK_SECONDS)
    assert nightly.tick(FIRST_LOOK_SECONDS + 1)
    assert time.monotonic() - begun < 1
    (folder / "pg_dump.go").touch()
    make(nightly, FIRST_LOOK_SECONDS + 2)
    assert (
        capsys.readouterr().out.count("the nightly dump failed: The step `nightly` failed: it ended with status 1") == 1
    )
    assert not list(home.backups.iterdir())
    assert not nightly.tick(FIRST_LOOK_SECONDS + 100)  # it tries again in an hour
    assert nightly.tick(FIRST_LOOK_SECONDS + 4000)
    nightly.close()


def test_supervision_goes_on_while_a_dump_hangs_and_stopping_ends_it(attach: Attach, furnished: Home) -> None:
    attach(fsync=True)
    migrate(furnished)
    with connect(furnished) as locker:
        locker.execute("create table held (n int)")
        locker.execute("begin")
        locker.execute("lock table held in access exclusive mode")  # which a dump waits for
        hanging = eventually(lambda: dump_of(furnished), 30)
        said = state.read(furnished)
        assert said
        former = {process["name"]: process["pid"] for process in said.processes}
        os.kill(former["valkey"], signal.SIGKILL)
        eventually(lambda: pids(furnished)["valkey"] not in (None, former["valkey"]))
        assert hanging.is_running()
    assert clients.stop(furnished)
    assert not hanging.is_running()
    assert not list(furnished.backups.glob(".*"))


def dump_of(home: Home) -> psutil.Process | None:
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "pg_dump" in "".join(words[:1]) and any(str(home.backups) in word for word in words):
            return process
    return None


def pids(home: Home) -> dict[str, int | None]:
    said = state.read(home)
    assert said
    return {process["name"]: process["pid"] for process in said.processes}
