"""Homes that are thrown away, and stacks that are gone after each test. Real servers, nothing faked."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from echo_project.local import clients, places
from echo_project.local.accounts import server_account
from echo_project.local.binaries import find_postgres, find_valkey
from echo_project.local.clients import Attachment
from echo_project.local.home import Home
from echo_project.local.postgres import PostgresServer
from echo_project.local.remnants import evict
from echo_project.local.valkey import ValkeyServer

SERVERS = "echo_project.local.plans:SERVERS"
MEMORY = Path("/dev/shm")  # a home is 40 MB of many files
SCRATCH = MEMORY if MEMORY.is_dir() and places.free_bytes(MEMORY) > 2**30 else Path("/tmp")
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "ECHO_ENV", "ECHO_HOME", "ECHO_POSTGRES_BIN", "ECHO_VALKEY_BIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ECHO_ENV_FILE", "")
    monkeypatch.setenv("ECHO_GRACE_SECONDS", "0.5")
    monkeypatch.setenv("ECHO_BIND", "127.0.0.1:0")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, for sockets, and open to the servers' account, which pytest's own folders are not."""
    found = Path(tempfile.mkdtemp(prefix="echo-t-", dir=SCRATCH)).resolve()
    found.chmod(0o755)
    yield found
    for marker in found.rglob("echo_home"):
        end(Home(marker.parent))
    shutil.rmtree(found, ignore_errors=True)


def end(home: Home) -> None:
    clients.stop(home, timeout=20)
    for lock in (home.postgres_lock, home.valkey_lock):
        if lock.exists():
            evict(lock)
    if home.sockets.parent != home.root:
        shutil.rmtree(home.sockets, ignore_errors=True)


@pytest.fixture
def home(folder: Path) -> Home:
    return Home(folder / "home")


Attach = Callable[..., Attachment]


@pytest.fixture
def attach(home: Home) -> Iterator[Attach]:
    """`clients.attach` on this test's home, without workers and without syncing, unless told otherwise."""
    opened: list[Attachment] = []

    def attach(other: Home | None = None, **chosen: Any) -> Attachment:
        chosen = {"plan": SERVERS, "fsync": False, "timeout": 30, **chosen}
        opened.append(clients.attach(other or home, **chosen))
        return opened[-1]

    yield attach
    for attachment in opened:
        attachment.close()


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    """A data folder to copy: initdb takes longer than most tests."""
    yield from made_by()


def made_by(named: str = "") -> Iterator[Path]:
    """A data folder of the PostgreSQL in the folder `named`, else of the one a new home gets."""
    home = Home(Path(tempfile.mkdtemp(prefix="echo-t-", dir=SCRATCH)).resolve())
    server = make_postgres(home, named=named)
    start(server)
    server.stop()
    yield home.postgres_data
    shutil.rmtree(home.root)


@pytest.fixture
def furnished(home: Home, made_once: Path) -> Home:
    """A home that has been used before."""
    make_postgres(home)
    subprocess.run(["cp", "-a", made_once, home.postgres_data], check=True)
    return home


@pytest.fixture
def postgres(furnished: Home) -> Iterator[PostgresServer]:
    """A PostgreSQL that runs, and is ours to harm."""
    server = make_postgres(furnished)
    start(server)
    yield server
    server.stop()


def make_postgres(home: Home, *, named: str = "", fsync: bool = False) -> PostgresServer:
    account = server_account()
    places.make(home)
    places.furnish(home, account)
    return PostgresServer(home, account, find_postgres(home, account, named), fsync=fsync)


def make_valkey(home: Home) -> ValkeyServer:
    account = server_account()
    places.make(home)
    places.furnish(home, account)
    return ValkeyServer(home, account, find_valkey(home, account))


def start(server: PostgresServer) -> None:
    server.start(5)
    server.wait_ready()
    server.create_database()


def connect(home: Home) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(home.database_url, autocommit=True, connect_timeout=3)


def run(*command: str | Path, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def manage(home: Home, *arguments: str, **env: str) -> tuple[int, str]:
    """Run `manage.py` on this home; its status and everything it printed."""
    process = run("manage.py", *arguments, ECHO_HOME=str(home.root), **env)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said.decode()


def eventually(question: Callable[[], Any], timeout: float = 15.0) -> Any:
    """The first true answer; fails when there is none in time. Errors meanwhile count as no."""
    until = time.monotonic() + timeout
    last: object = None
    while time.monotonic() < until:
        try:
            if answer := question():
                return answer
            last = answer
        except (OSError, psycopg.Error, AssertionError, LookupError) as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"not within {timeout} s; last: {last!r}")


def processes_of(home: Home) -> list[psutil.Process]:
    """Every living process that was started for this home, by its command line or working folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd(), process.environ().get("ECHO_HOME", "")]
            status = process.status()
        except psutil.Error:
            continue
        alive = process.pid != os.getpid() and status != psutil.STATUS_ZOMBIE
        if alive and any(str(home.root) in word for word in words):
            found.append(process)
    return found


def kill_all(home: Home) -> None:
    """What pulling the plug does to processes."""
    for process in processes_of(home):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue
    eventually(lambda: not processes_of(home))
