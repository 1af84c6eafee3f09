"""PostgreSQL's connection breaks at each step of a call, before the step is done or before its doer hears that it is.

Whatever broke: what the client is told is true, a repeat of the call gives the decision, and it is there once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from org.enums import CallStatus
from org.models import Call, Decision, LedgerEntry, OutboxEvent
from tests.acceptance.conftest import open_client
from tests.clients.raw import RawClient
from tests.cuts import CuttingProxy
from tests.stack import Organisation, Servers, wait_until

STEPS = {
    "storing": ("store_call(",),
    "claiming": ("claim_call(",),
    "locking": ("lock_call(",),
    "deciding": ('INSERT INTO "decisions"',),
    "finishing": ("finish_call(",),
    "committing": ("finish_call(", "COMMIT"),
    "publishing": ("take_outbox(",),
    "looking for the answer": ("SELECT status, attempt, result",),
    "noting the answer": ("mark_answered(",),
}
MOST_SECONDS = 60


@pytest.fixture(scope="module")
def proxy(servers: Servers) -> Iterator[CuttingProxy]:
    running = CuttingProxy(servers.home.sockets)
    yield running
    running.close()


@pytest.fixture(scope="module")
def ceo(servers: Servers, organisation: Organisation, proxy: CuttingProxy) -> Iterator[RawClient]:
    name = organisation.database
    office = Organisation(servers, name, database_url=f"postgresql://echo@/{name}?host={proxy.folder}")
    organisation.stop()  # only what goes through the proxy works here
    office.start_sweeper()
    office.start_worker("ceo")
    with open_client(office, "ceo") as client:
        client.initialize()
        assert approve(client, "Before") == "approved"
        yield client
    office.stop()


def approve(ceo: RawClient, initiative: str) -> str:
    answer = ceo.call("approve_strategic_initiative", initiative=initiative, business_value="x", budget=1_000)
    return answer.text if answer.is_error else str(answer.structured["status"])


def made(initiative: str) -> int:
    return Decision.objects.filter(initiative=initiative).count()


@pytest.mark.parametrize("done_first", [False, True], ids=["before it is done", "before it is known to be done"])
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_connection_that_breaks_loses_and_doubles_nothing(
    ceo: RawClient, proxy: CuttingProxy, step: tuple[str, ...], done_first: bool
) -> None:
    lab = f"Lab {step[-1]} {done_first}"
    cut = proxy.cut_at(*step, done_first=done_first)
    said = approve(ceo, lab)
    assert cut.made.wait(MOST_SECONDS)
    if said == "approved":
        assert made(lab) == 1
    else:  # one broken connection is always found out about: nobody needs to say that it is not known
        assert "othing was done" in said
        assert made(lab) == 0
    wait_until(lambda: approve(ceo, lab) == "approved", MOST_SECONDS, "the decision")
    wait_until(
        lambda: not OutboxEvent.objects.filter(published_at__isnull=True).exists(), MOST_SECONDS, "all to be told"
    )
    assert made(lab) == 1
    assert LedgerEntry.objects.filter(decision__initiative=lab).count() == 1
    assert not Call.objects.filter(status__in=[CallStatus.QUEUED, CallStatus.RUNNING]).exists()
