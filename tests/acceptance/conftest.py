from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.clients.raw import RawClient
from tests.stack import Organisation, Servers

Opens = Callable[[str], RawClient]


def open_client(organisation: Organisation, role: str) -> RawClient:
    return RawClient.start(organisation.client_command(role), organisation.env, timeout=60)


@pytest.fixture(scope="module")
def shared(organisation: Organisation) -> Iterator[Opens]:
    """One client a role, shared by the tests of a module: `shared("ceo").call("brief_me")`."""
    clients: dict[str, RawClient] = {}
    with ExitStack() as stack:

        def find(role: str) -> RawClient:
            if role not in clients:
                clients[role] = stack.enter_context(open_client(organisation, role))
                clients[role].initialize()
            return clients[role]

        yield find


@pytest.fixture
def ceo(shared: Opens) -> RawClient:
    return shared("ceo")


@pytest.fixture(autouse=True)
def _served_quickly(request: pytest.FixtureRequest) -> None:
    """Clients are served by forks, but for tests that do something to the server's own process (`cold`)."""
    for name in ("organisation", "office"):
        if name in request.fixturenames and not request.node.get_closest_marker("cold"):
            request.getfixturevalue(f"warm_{name}").serve(request.getfixturevalue(name))


@pytest.fixture
def office(request: pytest.FixtureRequest, servers: Servers, committed: str) -> Iterator[Organisation]:
    """Echo on a database of the test's own; the test starts what it needs of it."""
    if request.node.get_closest_marker("cold"):
        running = Organisation(servers, committed)
    else:
        warm = request.getfixturevalue("warm_office")
        assert warm.database == committed
        running = Organisation(servers, committed, warm.redis_url, home=warm.home.root)
    yield running
    running.stop()


@pytest.fixture
def client(office: Organisation) -> Iterator[Opens]:
    """Opens clients of the test's own office."""
    with ExitStack() as stack:

        def start(role: str) -> RawClient:
            opened = stack.enter_context(open_client(office, role))
            opened.initialize()
            return opened

        yield start
