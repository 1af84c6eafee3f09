"""`manage.py tail_bus` prints what is published, as it is published, to people and to programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.conftest import Opens
from tests.stack import ROOT, Organisation

Tail = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def tail(organisation: Organisation) -> Iterator[Tail]:
    """Starts the command; it listens once this returns."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", "tail_bus", *options]
        process = subprocess.Popen(
            command, cwd=ROOT, env=organisation.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stderr is not None
        assert "Listening" in process.stderr.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_messages_and_decisions_are_printed_for_people_with_nothing_hidden(tail: Tail, shared: Opens) -> None:
    listening = tail("--count", "2", "messages:*", "decisions:*")
    shared("ceo").call("send_message", to="cto", subject="Plans\x1b[2J", content="x")
    decided = shared("cto").call("propose_decision", decision_type="architecture", title="Use queues", context="x")
    told, _ = listening.communicate(timeout=30)
    first, second = told.splitlines()
    assert "messages:cto" in first and "ceo → cto Plans[U+001B][2J" in first
    assert "decisions:" in second and decided.structured["ref"] in second and "Use queues" in second
    assert listening.returncode == 0


def test_programs_read_one_object_a_line(tail: Tail, shared: Opens) -> None:
    listening = tail("--json", "--count", "1", "messages:*")
    sent = shared("ceo").call("send_message", to="leadership", subject="Plans", content={"a": 1}).structured
    [line] = listening.communicate(timeout=30)[0].splitlines()
    event = json.loads(line)
    assert event["channel"] == "messages:leadership"
    payload = event["payload"]
    assert {name: payload[name] for name in ("id", "from", "to", "type", "subject", "content")} == {
        "id": sent["message_id"],
        "from": "ceo",
        "to": "leadership",
        "type": "request",
        "subject": "Plans",
        "content": {"a": 1},
    }
    assert set(payload["metadata"]) == {"priority", "thread_id", "timestamp"}


def test_without_redis_it_says_what_to_do(organisation: Organisation) -> None:
    env = organisation.env | {"REDIS_URL": "redis://127.0.0.1:1/0"}
    run = subprocess.run(
        [sys.executable, "manage.py", "tail_bus"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert run.returncode != 0
    assert "Redis is not reachable" in run.stderr and "manage.py up" in run.stderr
