from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import Organisation, Servers


@pytest.fixture
def office(servers: Servers, committed: str) -> Iterator[Organisation]:
    """Echo on the test's own database, with a sweeper; the test starts and kills the workers."""
    running = Organisation(servers, committed, redis_url=servers.redis_url())
    running.start_sweeper()
    yield running
    running.stop()
