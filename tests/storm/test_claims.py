"""Work that many want at once, and work whose owners are killed: one winner each, and all is done without a person."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial

import psutil
import pytest

from org import workflows
from org.clock import database_clock
from org.errors import Refused
from org.models import Run
from org.services import runs, work
from org.workflows.definition import Work, Workflow
from tests.clients.raw import RawClient
from tests.people import acting, racers
from tests.stack import ROOT, Organisation, wait_until
from tests.storm.conftest import Shipping, Storm
from tests.storm.shipping import OK

pytestmark = [pytest.mark.storm, pytest.mark.timeout(900)]

ROUNDS = 1_000
OWNERS = 100
AT_ONCE = 10  # owners that live at the same time


def test_eight_racers_have_one_winner_a_thousand_times_and_an_old_token_is_worth_nothing(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Work(key="a", title="a", role="cto", asks="a", results=OK)
    flow = Workflow(name="race", version=1, title="R", purpose="p", starters=("ceo",), inputs={}, steps=(step,))
    monkeypatch.setattr(workflows, "SHIPPED", (flow,))
    with racers(8) as ready:
        for _ in range(ROUNDS):
            runs.start(name="race", inputs={}, by=acting("ceo"), clock=database_clock)
            asks = [acting("cto", f'{{"pid": {number}}}') for number in range(8)]
            deeds = [partial(work.claim, work=None, by=by, clock=database_clock) for by in asks]
            [winner] = [each for each in ready.race(deeds) if each is not None]
            assert isinstance(winner, work.Claimed)
            newer = work.claim(work=winner.row.ref, by=acting("cto", _client(winner)), clock=database_clock)
            assert newer is not None
            sends = partial(work.submit, work=winner.row.ref, result={"ok": True}, note="", clock=database_clock)
            with pytest.raises(Refused, match="newer token"):
                sends(token=str(winner.token), by=acting("cto"))
            sends(token=str(newer.token), by=acting("cto"))
    assert Run.objects.filter(status="done").count() == ROUNDS


def _client(held: work.Claimed) -> str:
    assert held.row.holder
    return f'{{"pid": {held.row.holder["pid"]}}}'


def of_its_own(storm: Storm, role: str) -> RawClient:
    """A server whose client is a process of its own, which is what tells the clients of a role apart."""
    command = ["sh", "-c", '"$@"; true', "sh", *storm.organisation.client_command(role)]
    return RawClient.start(command, storm.organisation.env, cwd=ROOT, timeout=70)


@pytest.fixture
def organisation_of() -> type[Organisation]:
    return Shipping


def test_what_a_hundred_killed_owners_held_is_done_by_another_without_a_person(storm: Storm) -> None:
    with storm.client("ceo") as ceo:
        ceo.initialize()
        for number in range(OWNERS):
            given = {"name": "single", "input": {"name": f"Run {number}"}}
            assert not ceo.call("start_workflow", **given).is_error
    for _ in range(OWNERS // AT_ONCE):
        with ExitStack() as stack:
            owners = [stack.enter_context(of_its_own(storm, "cto")) for _ in range(AT_ONCE)]
            for owner in owners:
                owner.initialize()
                wait_until(lambda owner=owner: owner.call("claim_work").structured.get("work_id"), 30, "work")
            for owner in owners:
                for process in psutil.Process(owner.process.pid).children(recursive=True):
                    process.kill()
                owner.process.kill()
    killed = time.monotonic()
    with storm.client("cto") as heir:
        heir.initialize()
        while storm.rows("SELECT 1 FROM workflow_runs WHERE status <> 'done' LIMIT 1"):
            assert time.monotonic() < killed + 300, "not all was taken over"
            told = heir.call("claim_work").structured
            if told.get("work_id") is None:
                time.sleep(1)
                continue
            sent = heir.call("submit_work", work_id=told["ref"], lease_token=told["lease_token"], result={"ok": True})
            assert not sent.is_error, sent.text
    print(f"\n{OWNERS} killed owners: all their work done by another {time.monotonic() - killed:.0f} s after the last")
