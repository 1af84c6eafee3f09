"""What anybody can write into Redis does not keep the work from being done."""

from __future__ import annotations

import pytest
from redis import Redis

from tests.acceptance.conftest import open_client
from tests.stack import Organisation, Servers, wait_until


@pytest.mark.parametrize("poison", ["not json", "[]", '{"body": "!!!", "headers": {}, "properties": {}}'])
def test_a_restarted_worker_is_not_ended_again_by_an_unreadable_ring(
    servers: Servers, committed: str, poison: str
) -> None:
    office = Organisation(servers, committed)
    try:
        Redis.from_url(servers.home.redis_url).lpush("echo:ceo", poison)
        office.start_sweeper()
        worker = office.start_worker("ceo")
        with open_client(office, "ceo") as ceo:
            ceo.initialize()
            answer = ceo.call("propose_decision", decision_type="policy", title="Remote Fridays", context="asked for")
        assert not answer.is_error, answer.text
        assert worker.process.poll() is None, worker.output()
    finally:
        office.stop()
        wait_until(lambda: Redis.from_url(servers.home.redis_url).delete("echo:ceo") >= 0)
