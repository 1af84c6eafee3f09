from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from org import logins
from org.credentials import Folder
from tests.clients.raw import RawClient
from tests.people import use_database
from tests.stack import TEMPLATE, Organisation, Servers
from tests.warm import WarmStart


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey of this run."""
    running = Servers()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def django_db_setup(servers: Servers, django_db_blocker: Any) -> Iterator[None]:
    """A migrated template, and a clone of it for the tests that roll back."""
    servers.run_sql("CREATE DATABASE {}", TEMPLATE)
    with django_db_blocker.unblock():
        use_database(TEMPLATE)
        call_command("migrate", verbosity=0)
        logins.make(Folder.configured())
        use_database("postgres")  # a template with a session cannot be cloned
        with servers.clone() as name:
            use_database(name)
            yield
            use_database("postgres")


@pytest.fixture(scope="session")
def warm_office(servers: Servers) -> Iterator[WarmStart]:
    """What starts the clients of tests that have an office of their own."""
    warm = WarmStart(servers, "office", 14)
    yield warm
    warm.stop()


@pytest.fixture(scope="session")
def warm_organisation(servers: Servers) -> Iterator[WarmStart]:
    """What starts the clients of a module's organisation."""
    warm = WarmStart(servers, "organisation", 15)
    yield warm
    warm.stop()


@pytest.fixture
def committed(servers: Servers, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of the test's own, in which commits are real; its name."""
    before = connection.settings_dict["NAME"]
    with servers.clone("echo_office") as name, django_db_blocker.unblock():
        use_database(name)
        yield name
        use_database(before)


@pytest.fixture(scope="module")
def organisation(
    servers: Servers, warm_organisation: WarmStart, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Organisation]:
    """Echo with a worker and a sweeper, shared by the tests of a module; this process looks into the same database."""
    before, warm = connection.settings_dict["NAME"], warm_organisation
    with servers.clone(warm.database) as name, django_db_blocker.unblock():
        use_database(name)
        running = Organisation(servers, name, warm.redis_url, home=warm.home.root)
        running.start_worker()
        running.start_sweeper()
        yield running
        running.stop()
        use_database(before)


@pytest.fixture
def client_of(organisation: Organisation) -> Iterator[Callable[[str], RawClient]]:
    """Opens MCP clients over stdio: `client_of("ceo").call("brief_me")`."""
    with ExitStack() as clients:

        def start(role: str) -> RawClient:
            client = RawClient.start(organisation.client_command(role), organisation.env)
            clients.enter_context(client)
            client.initialize()
            return client

        yield start
