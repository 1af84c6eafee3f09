"""Runs of workflows under faults: all of them done, no step lost, none done twice."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.clients.raw import RawClient, RpcError, Silence
from tests.stack import wait_until
from tests.storm.conftest import Storm
from tests.storm.test_faults import WRONG, everything

pytestmark = [pytest.mark.storm, pytest.mark.timeout(600)]

RUNS = 40  # of eight steps
MOST_SECONDS = 300
PAUSE_SECONDS = 3.0
RESULTS: dict[str, dict[str, Any]] = {
    "mitigate": {"works_again": True, "done": "Restarted."},
    "root_cause": {"cause": "A full disk.", "unseen": "No alarm."},
    "follow_ups": {"changes": ["Rotate the logs."]},
    "tests": {"guards": ["An alarm."]},
}
ROLES = ("operations_head", "cto", "senior_developer", "test_lead")


def test_every_run_is_done_and_no_step_of_it_twice(storm: Storm) -> None:
    over = threading.Event()
    failures: list[BaseException] = []

    def is_over() -> bool:
        return over.is_set()

    def work(role: str) -> None:
        try:
            with storm.client(role) as client:
                client.initialize()
                if role == "operations_head":
                    declare(client)
                while not is_over():
                    if role == "operations_head":
                        acknowledge(client)
                    submit(client)
        except (RpcError, Silence, AssertionError) as error:
            failures.append(error)

    agents = [threading.Thread(target=work, args=(role,), daemon=True) for role in ROLES]
    for agent in agents:
        agent.start()
    until = time.monotonic() + MOST_SECONDS
    while done(storm) < RUNS and time.monotonic() < until and not failures:
        time.sleep(PAUSE_SECONDS)
        everything(storm)
    over.set()
    for agent in agents:
        agent.join()
    assert not failures, failures
    wait_until(lambda: done(storm) == RUNS, 60, "all runs")
    assert storm.rows("SELECT key FROM workflow_steps WHERE status <> 'done'") == []
    assert storm.rows("SELECT count(*) FROM workflow_steps") == [(RUNS * 8,)]
    twice = "SELECT subject FROM audit WHERE action = 'step.changed' AND data -> 'after' ->> 'status' = 'done'"
    assert storm.rows(f"{twice} GROUP BY subject HAVING count(*) > 1") == []
    for said in ("Incident F-%", "Learned from F-%"):
        sent = f"SELECT count(DISTINCT number), count(DISTINCT subject) FROM messages WHERE subject LIKE '{said}'"
        [(messages, subjects)] = storm.rows(f"{sent} AND from_role = 'system'")
        assert messages == (2 * RUNS if said.startswith("Incident") else RUNS), (said, messages, subjects)
    for what, query in WRONG.items():
        assert storm.rows(query) == [], what


def done(storm: Storm) -> int:
    try:
        [(count,)] = storm.rows("SELECT count(*) FROM workflow_runs WHERE status = 'done'")
    except Exception:  # PostgreSQL is away for a moment: that is what this is about
        return 0
    assert isinstance(count, int)
    return count


def declare(client: RawClient) -> None:
    for number in range(RUNS):
        given = {"title": f"Incident {number}", "severity": "low", "services": ["x"], "impact": "None."}
        wait_until(lambda given=given: not client.call("declare_incident", **given).is_error, 60, "an incident")


def acknowledge(client: RawClient) -> None:
    found = client.call("read_inbox", needs_action=True, limit=50)
    for message in [] if found.is_error else found.structured["messages"]:
        client.call("acknowledge_message", message_id=message["ref"])


def submit(client: RawClient) -> None:
    held = client.call("claim_work")
    if held.is_error or held.structured.get("work_id") is None:
        time.sleep(0.2)
        return
    told = held.structured
    result = RESULTS[told["step"]]
    client.call("submit_work", work_id=told["ref"], lease_token=told["lease_token"], result=result)
