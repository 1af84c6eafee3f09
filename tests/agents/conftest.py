from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.wire_client import boot_spare, spares, start, started
from tests.clients.raw import RawClient


@pytest.fixture(scope="session")
def spare_servers() -> Iterator[None]:
    for _ in range(3):
        boot_spare()
    yield
    while spares:
        spares.pop().kill()


@pytest.fixture(scope="module")
def modern_client(spare_servers: None) -> Iterator[RawClient]:
    with start() as client:
        client.modern = True
        yield client


@pytest.fixture(scope="module")
def client(spare_servers: None) -> Iterator[RawClient]:
    """Shared by the tests that leave the server as they found it."""
    with started() as client:
        yield client
