from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.clients.raw import RawClient
from tests.stack import ROOT, TEMPLATE, Organisation, Process, Servers


@dataclass
class Storm:
    """An organisation whose worker and sweeper are replaced when they die, as the supervisor does."""

    servers: Servers
    organisation: Organisation
    worker: Process
    sweeper: Process
    over: threading.Event = field(default_factory=threading.Event)

    def keep(self) -> None:
        while not self.over.is_set():
            if self.worker.process.poll() is not None:
                with suppress(AssertionError):
                    self.worker = self.organisation.start_worker()
            if self.sweeper.process.poll() is not None:
                self.sweeper = self.organisation.start_sweeper()
            time.sleep(0.1)

    def client(self, role: str) -> RawClient:
        return RawClient.start(self.organisation.client_command(role), self.organisation.env, cwd=ROOT, timeout=70)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.organisation.database_url, autocommit=True) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]


class Shipping(Organisation):
    """An organisation that has the storm's workflows beside the shipped ones."""

    def start(self, name: str, *arguments: str) -> Process:
        return super().start(name, "-m", "tests.storm.shipping", *arguments)


@pytest.fixture
def organisation_of() -> type[Organisation]:
    """What the storm goes over; a module may have another."""
    return Organisation


@pytest.fixture
def storm(organisation_of: type[Organisation]) -> Iterator[Storm]:
    """Servers of the test's own, which it may kill."""
    root = Path(tempfile.mkdtemp(prefix="echo-storm-", dir="/tmp"))
    root.chmod(0o711)
    servers = Servers(root)
    servers.start()
    servers.run_sql("CREATE DATABASE {}", TEMPLATE)
    organisation = organisation_of(servers, TEMPLATE)
    migrate = organisation.start("migrate", "manage.py", "migrate", "-v0")
    assert migrate.process.wait(60) == 0, migrate.output()
    running = Storm(servers, organisation, organisation.start_worker(), organisation.start_sweeper())
    keeper = threading.Thread(target=running.keep)
    keeper.start()
    yield running
    running.over.set()
    keeper.join()
    organisation.stop()
    servers.stop()
    shutil.rmtree(root, ignore_errors=True)
