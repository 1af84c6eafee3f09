"""The organisation's clock can be shifted, for tests; in production no process that does deeds starts on such a one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.database import execute
from tests.stack import Organisation, Servers

DEEDS = {
    "worker": ("-m", "celery", "-A", "echo_project", "worker", "-P", "solo", "-Q", "ceo"),
    "sweeper": ("manage.py", "sweeper"),
    "web": ("-m", "uvicorn", "echo_project.asgi:application", "--port", "0"),
}


class Production(Organisation):
    @property
    def env(self) -> dict[str, str]:
        return super().env | {"ECHO_ENV": "production"}


@pytest.fixture
def production(servers: Servers, committed: str) -> Iterator[Production]:
    running = Production(servers, committed, redis_url=servers.redis_url())
    yield running
    running.stop()


@pytest.mark.parametrize("name", DEEDS)
def test_production_refuses_a_shifted_clock_at_the_start(production: Production, name: str) -> None:
    execute("UPDATE clock_offset SET shift = '31 days'")
    process = production.start(name, *DEEDS[name])
    assert process.process.wait(60) != 0
    assert "clock is shifted by 31 days" in process.output(), process.output()
    assert "Set clock_offset.shift to 0" in process.output()


def test_production_starts_on_the_worlds_clock(production: Production) -> None:
    production.start_worker("ceo")
