"""A throw-away home for one test run: real PostgreSQL and Valkey, and the processes that tests start on them.

Loaded as a plugin before Django reads its settings, so that no test ever sees a database or home of yours.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(tempfile.mkdtemp(prefix="echo-test-", dir="/tmp"))
HOME.chmod(0o711)  # root's servers run under another account, which must be able to enter
TEMPLATE = "echo_template"
_names = itertools.count(1)
_redis_databases = itertools.cycle(range(1, 14))  # 0 is the one that the tests' own process uses

for name in [name for name in os.environ if name.startswith("ECHO_") or name in ("DATABASE_URL", "REDIS_URL")]:
    del os.environ[name]
os.environ.update(ECHO_HOME=str(HOME), ECHO_ENV_FILE="", DJANGO_SETTINGS_MODULE="echo_project.settings")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)


def wait_until(condition: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
    """Wait until `condition()` is true; AssertionError when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.01)


class Servers:
    """A PostgreSQL and a Valkey in a throw-away home, as children of this process."""

    def __init__(self, root: Path = HOME) -> None:
        from echo_project.local import places
        from echo_project.local.accounts import server_account
        from echo_project.local.binaries import find_postgres, find_valkey
        from echo_project.local.home import Home
        from echo_project.local.postgres import PostgresServer
        from echo_project.local.valkey import ValkeyServer

        self.home = Home(root)
        account = server_account()
        places.make(self.home)
        places.furnish(self.home, account)
        self.postgres = PostgresServer(self.home, account, find_postgres(self.home, account), fsync=False)
        self.valkey = ValkeyServer(self.home, account, find_valkey(self.home, account))

    def start(self) -> None:
        for server in (self.postgres, self.valkey):
            server.start()
        for server in (self.postgres, self.valkey):
            server.wait_ready()
        self.postgres.create_database()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()

    def database_url(self, name: str) -> str:
        return f"postgresql://echo@/{name}?host={self.home.sockets}"

    def redis_url(self, number: int = 0) -> str:
        return self.home.redis_url.replace("db=0", f"db={number}")

    def run_sql(self, text: str, *names: str) -> None:
        """Run one statement outside every transaction; `names` fill its `{}` as identifiers."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(text).format(*map(sql.Identifier, names)))

    def _template_is_idle(self) -> bool:
        """Sessions end a moment after their client has closed them."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [TEMPLATE]).fetchone()
        return row == (0,)

    @contextmanager
    def clone(self, name: str = "") -> Iterator[str]:
        """The name of a fresh, migrated database; dropped afterwards."""
        name = name or f"echo_t{next(_names)}_{os.getpid()}"
        wait_until(self._template_is_idle, what="the template without sessions")
        self.run_sql("CREATE DATABASE {} TEMPLATE {}", name, TEMPLATE)
        try:
            yield name
        finally:
            self.run_sql("DROP DATABASE {} WITH (FORCE)", name)


class Process:
    """A process of Echo's that a test started, with its output in a file."""

    def __init__(self, name: str, arguments: list[str], env: Mapping[str, str]) -> None:
        self.name = name
        self.log = HOME / f"{name}-{next(_names)}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()


class Organisation:
    """Echo running on a database of its own: its worker, sweeper and web pages, as far as a test starts them.

    It also has a Redis database of its own: workers of two organisations would take each other's rings.
    """

    def __init__(
        self, servers: Servers, database: str, redis_url: str = "", database_url: str = "", home: Path | None = None
    ) -> None:
        self.servers = servers
        self.home = home or servers.home.root
        self.database = database
        self.database_url = database_url or servers.database_url(database)
        self.redis_url = redis_url or servers.redis_url(next(_redis_databases))
        self.processes: list[Process] = []

    @property
    def env(self) -> dict[str, str]:
        """What a client configures: no more than a real one passes on, and where the servers are."""
        kept = {
            name: os.environ[name]
            for name in ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
            if name in os.environ
        }
        return kept | {
            "ECHO_HOME": str(self.home),
            "ECHO_ENV_FILE": "",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "ECHO_SECRET_KEY": "only-for-tests-" + "x" * 50,
        }

    def start(self, name: str, *arguments: str) -> Process:
        process = Process(name, list(arguments), self.env)
        self.processes.append(process)
        return process

    def start_worker(self, *queues: str, threads: int = 4, gossip: bool = False, awaited: bool = True) -> Process:
        """`awaited`: return when it hears rings, which without Redis it never does."""
        from agents.registry import NAMES

        worker = self.start(
            "worker",
            *("-m", "celery", "-A", "echo_project", "worker", "-P", "threads", "-c", str(threads)),
            *("-Q", ",".join(queues or NAMES), "--without-mingle", "--without-heartbeat"),
            *(() if gossip else ("--without-gossip",)),
            *("-l", "INFO", "-n", f"w{next(_names)}@%h"),
        )
        if not awaited:
            return worker
        wait_until(lambda: " ready." in worker.output() or worker.process.poll() is not None, 30, "a worker")
        assert worker.process.poll() is None, worker.output()
        return worker

    def start_sweeper(self) -> Process:
        return self.start("sweeper", "manage.py", "sweeper")

    def client_command(self, role: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), "mcp_agent", role]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()
