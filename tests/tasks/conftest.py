from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from org import workflows
from org.clock import database_clock
from org.models import CharterVersion, Run
from org.services import runs
from org.workflows.checking import faults
from org.workflows.definition import Step, Workflow
from org.workflows.fields import Text, Usd
from tests.people import acting
from tests.stack import Organisation, Servers


@pytest.fixture
def office(servers: Servers, committed: str) -> Iterator[Organisation]:
    """Echo on the test's own database, with a sweeper; the test starts and kills the workers."""
    running = Organisation(servers, committed, redis_url=servers.redis_url())
    running.start_sweeper()
    yield running
    running.stop()


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ship a workflow of these steps, and start a run of it as the product manager."""

    def shipped(*given: Step, version: int = 1, **inputs: Any) -> Run:
        flow = Workflow(
            name="flow",
            version=version,
            title="Flow",
            purpose="For tests.",
            starters=("product_manager", "ceo"),
            inputs={"name": Text(says="A name."), "usd": Usd(says="An amount.", required=False)},
            steps=given,
        )
        assert faults(flow, CharterVersion.objects.in_force()) == []
        monkeypatch.setattr(workflows, "SHIPPED", (*workflows.SHIPPED, flow))
        by = acting("product_manager")
        return runs.start(name="flow", inputs={"name": "the thing", **inputs}, by=by, clock=database_clock)

    return shipped
