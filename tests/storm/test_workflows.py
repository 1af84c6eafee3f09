"""Runs of workflows under faults: all of them done, no step lost, none done twice, nothing stalled for long."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from statistics import median

import psycopg
import pytest

from tests.clients.raw import RawClient, RpcError, Silence
from tests.stack import Organisation, wait_until
from tests.storm.conftest import Shipping, Storm
from tests.storm.shipping import STEPS
from tests.storm.test_faults import (
    WRONG,
    cut_connections,
    empty_redis,
    everything,
    kill_sweeper,
    kill_worker,
    restart_postgres,
    restart_redis,
)

pytestmark = [pytest.mark.storm, pytest.mark.timeout(1500)]

RUNS = 500
STORM_SECONDS = 180
MOST_SECONDS = 900
PAUSE_SECONDS = (3.0, 6.0)
AGENTS = ("ceo", "cto", "cto", "test_lead", "test_lead")
FAULTS: tuple[Callable[[Storm], None], ...] = (
    kill_worker,
    kill_worker,
    kill_sweeper,
    empty_redis,
    restart_redis,
    cut_connections,
    restart_postgres,
    everything,
)
DONE_TWICE = """
    SELECT subject FROM audit WHERE action = 'step.changed' AND data -> 'after' ->> 'status' = 'done'
    GROUP BY subject HAVING count(*) > 1
"""
BACK_AGAIN = 3  # steps of a run that went back: the join, the judgement, and the way back


@pytest.fixture
def organisation_of() -> type[Organisation]:
    return Shipping


def test_every_run_is_done_and_no_step_of_it_twice(storm: Storm) -> None:
    over, failures = threading.Event(), list[BaseException]()
    agents = [threading.Thread(target=act, args=(storm, role, over, failures), daemon=True) for role in AGENTS]
    second = keep_a_second_worker(storm, over)
    for agent in agents:
        agent.start()
    absences, elsewhere = rage(storm, over, failures)
    wait_until(lambda: done(storm) == RUNS or failures, MOST_SECONDS, "all runs")
    over.set()
    for thread in (*agents, second):
        thread.join()
    assert not failures, failures
    tell(storm, absences, elsewhere)
    assert storm.rows("SELECT status, count(*) FROM workflow_runs GROUP BY 1") == [("done", RUNS)]
    assert storm.rows("SELECT key FROM workflow_steps WHERE status <> 'done'") == []
    [(went_back,)] = storm.rows("SELECT count(*) FROM workflow_runs WHERE rounds <> '{}'")
    assert isinstance(went_back, int)
    assert storm.rows("SELECT count(*) FROM workflow_steps") == [(RUNS * len(STEPS) + went_back * BACK_AGAIN,)]
    assert storm.rows(DONE_TWICE) == []
    [(messages, subjects)] = storm.rows(
        "SELECT count(*), count(DISTINCT subject) FROM messages WHERE to_role = 'chro' AND from_role = 'system'"
    )
    assert messages == subjects == RUNS * sum(step.kind == "notice" for step in STEPS)
    for what, query in WRONG.items():
        assert storm.rows(query) == [], what


def rage(
    storm: Storm, over: threading.Event, failures: list[BaseException]
) -> tuple[list[tuple[float, float]], list[float]]:
    """A fault every few seconds for as long as the storm lasts, each kind in turn and then at random. When PostgreSQL
    was away, and after how many seconds what a killed worker had was done by another.
    """
    absences, elsewhere = list[tuple[float, float]](), list[float]()
    dice = random.Random(7)
    until = time.monotonic() + STORM_SECONDS
    number = 0
    while time.monotonic() < until and not failures and done(storm) < RUNS:
        time.sleep(dice.uniform(*PAUSE_SECONDS))
        fault = FAULTS[number] if number < len(FAULTS) else dice.choice(FAULTS)
        number += 1
        began = time.time()
        if fault is kill_worker:
            elsewhere += measured_kill(storm)
        else:
            fault(storm)
        if fault in (restart_postgres, cut_connections, everything):
            absences.append((began, time.time()))
    return absences, elsewhere


def measured_kill(storm: Storm) -> list[float]:
    """Kill the first worker; the seconds until each call that it had is done or in the hands of another."""
    wait_until(lambda: storm.worker.process.poll() is None, 60, "a worker")
    time.sleep(1)
    gone = f"%:{storm.worker.pid}"
    storm.worker.process.kill()
    at = time.monotonic()
    found: list[float] = []
    with psycopg.connect(storm.organisation.database_url, autocommit=True) as connection:
        running = connection.execute("SELECT id FROM calls WHERE status = 'running' AND worker LIKE %s", [gone])
        left = {row[0] for row in running}
        while left and time.monotonic() < at + 30:
            still = connection.execute(
                "SELECT id FROM calls WHERE id = ANY (%s)"
                " AND (status = 'queued' OR status = 'running' AND worker LIKE %s)",
                [list(left), gone],
            )
            remaining = {row[0] for row in still}
            found += [time.monotonic() - at] * len(left - remaining)
            left = remaining
            time.sleep(0.01)
    assert not left, "nobody took what a killed worker had"
    return found


def keep_a_second_worker(storm: Storm, over: threading.Event) -> threading.Thread:
    """Another worker, which is killed only with all."""

    def keep() -> None:
        worker = storm.organisation.start_worker()
        while not over.is_set():
            if worker.process.poll() is not None:
                with suppress(AssertionError):
                    worker = storm.organisation.start_worker()
            time.sleep(0.1)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    return thread


def act(storm: Storm, role: str, over: threading.Event, failures: list[BaseException]) -> None:
    """An agent: the CEO's starts all runs, the others do what waits for them, each other judgement sends back."""
    try:
        with storm.client(role) as client:
            client.initialize()
            if role == "ceo":
                begin(client)
                return
            while not over.is_set():
                submit(client)
    except (RpcError, Silence, AssertionError) as error:
        failures.append(error)


def begin(client: RawClient) -> None:
    for number in range(RUNS):
        given = {"name": "ladder", "input": {"name": f"Run {number}"}}
        wait_until(lambda given=given: not client.call("start_workflow", **given).is_error, 60, "a run")


def submit(client: RawClient) -> None:
    held = client.call("claim_work")
    if held.is_error or held.structured.get("work_id") is None:
        time.sleep(0.2)
        return
    told = held.structured
    sends_back = told["step"] == "judge" and int(told["run"][2:]) % 2 == 0 and "back" not in told["context"]
    client.call("submit_work", work_id=told["ref"], lease_token=told["lease_token"], result={"ok": not sends_back})


def done(storm: Storm) -> int:
    try:
        [(count,)] = storm.rows("SELECT count(*) FROM workflow_runs WHERE status = 'done'")
    except Exception:  # PostgreSQL is away for a moment: that is what this is about
        return 0
    assert isinstance(count, int)
    return count


def tell(storm: Storm, absences: list[tuple[float, float]], elsewhere: list[float]) -> None:
    """Print what was measured."""
    ended = [
        float(str(at))
        for (at,) in storm.rows("SELECT extract(epoch FROM finished_at) FROM workflow_steps ORDER BY finished_at")
    ]
    gaps = sorted(
        (after - before for before, after in pairwise(ended) if not any(a < after and before < b for a, b in absences)),
        reverse=True,
    )
    seconds = ended[-1] - ended[0]
    print(
        f"\n{RUNS} runs, {len(ended)} steps in {seconds:.0f} s ({len(ended) / seconds:.0f} a second); "
        f"longest stall {gaps[0]:.1f} s; what {len(elsewhere)} calls of killed workers waited for another: "
        + (f"p50 {median(elsewhere):.2f} s, worst {max(elsewhere):.2f} s" if elsewhere else "none was lost")
    )
