"""Clients that want the same work at the same moment."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import psycopg
import pytest

from org import workflows
from org.clock import database_clock
from org.models import Run
from org.services import runs, work
from org.workflows.definition import Work, Workflow
from tests.people import acting, racers
from tests.stack import Servers
from tests.tasks.flows import OK, ask, claim


def test_eight_racers_for_one_piece_of_work_have_one_winner(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Work(key="a", title="a", role="cto", asks="a", results=OK)
    flow = Workflow(name="race", version=1, title="R", purpose="p", starters=("ceo",), inputs={}, steps=(step,))
    monkeypatch.setattr(workflows, "SHIPPED", (flow,))
    with racers(8) as ready:
        for _ in range(20):
            runs.start(name="race", inputs={}, by=acting("ceo"), clock=database_clock)
            asks = [acting("cto", f'{{"pid": {number}}}') for number in range(8)]
            deeds = [partial(work.claim, work=None, by=by, clock=database_clock) for by in asks]
            [winner] = [each for each in ready.race(deeds) if each is not None]
            assert isinstance(winner, work.Claimed), winner
            token, by = str(winner.token), acting("cto")
            result = {"ok": True}
            work.submit(work=winner.row.ref, token=token, result=result, note="", by=by, clock=database_clock)
    assert Run.objects.filter(status="done").count() == 20


def test_work_that_a_worker_looks_at_is_waited_for_and_not_said_to_be_none(
    servers: Servers, committed: str, ship: Any
) -> None:
    ship(ask("a"))
    with psycopg.connect(servers.database_url(committed)) as worker:
        worker.execute("SELECT 1 FROM workflow_steps FOR UPDATE")
        threading.Timer(0.5, worker.rollback).start()
        assert claim("cto").row.key == "a"
