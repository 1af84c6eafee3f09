"""A worker answering what waits: whatever the row says, only what the role may do is done."""

import uuid
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from org.actors import Actor
from org.clock import database_clock
from org.enums import CallStatus
from org.models import Call, Decision, Message
from org.services import messages
from tasks import tools
from tests.people import store


def answered(role: str, tool: str, arguments: str) -> Call:
    """A stored call, as the worker answers it."""
    _, call_id = store(role, tool, arguments)
    assert tools.drain([role]) == 1
    return Call.objects.get(pk=call_id)


def test_a_tool_of_another_role_is_not_run_whoever_stored_the_call(committed: str) -> None:
    arguments = '{"initiative": "Coup", "business_value": "x", "budget": 1}'
    call = answered("test_lead", "approve_strategic_initiative", arguments)
    assert call.result is not None
    assert "has no tool 'approve_strategic_initiative'" in call.result["error"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ('{"initiative": "Coup", "business_value": "x", "budget": "1e9"}', "budget: '1e9' (a string)"),
        ('{"initiative": "Coup", "business_value": "x", "budget": -1}', "budget: -1 is negative"),
        ('{"initiative": "Coup", "business_value": "x", "budget": 1, "by": "board"}', "by: is not an argument"),
        ('{"initiative": "Coup", "business_value": "x"}', "budget: is required"),
        ("[]", "initiative: is required"),
        ("7", "a fault"),
        ('"text"', "a fault"),
    ],
)
def test_arguments_are_validated_again_by_the_worker(committed: str, arguments: str, says: str) -> None:
    call = answered("ceo", "approve_strategic_initiative", arguments)
    assert call.result is not None
    assert says in call.result["error"]
    assert "othing was done" in call.result["error"]
    assert not Decision.objects.exists()


def send_and_break(call: Call) -> Any:
    messages.send(to="cto", subject="x", content="x", by=Actor.role(call), clock=database_clock)
    raise ZeroDivisionError


def test_an_unforeseen_error_is_stored_as_a_failure_and_undone(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_run", send_and_break)
    call = answered("ceo", "brief_me", "{}")
    assert call.status == CallStatus.FAILED
    assert call.result == {"error": "Echo has a fault, logged by its worker. Nothing was done."}
    assert not Message.objects.exists()


def test_a_worker_drains_its_queue(committed: str) -> None:
    ids: list[uuid.UUID] = [
        store("cto", "withdraw_decision", f'{{"decision_id": "D-{n}", "reason": "x"}}')[1] for n in range(5)
    ]
    store("chro", "brief_me", "{}")
    assert tools.drain(["cto"]) == 5
    assert Call.objects.filter(pk__in=ids, status=CallStatus.DONE).count() == 5
    assert Call.objects.get(role="chro").status == CallStatus.QUEUED


@pytest.mark.parametrize("role", ["janitor", "", "ceo ", "board", "all"])
def test_a_ring_for_nobody_does_nothing(committed: str, role: str) -> None:
    store("ceo")
    assert tools.answer_calls(role) == 0
    assert Call.objects.get().status == CallStatus.QUEUED


def test_the_answer_is_announced_to_the_server_that_waits(committed: str) -> None:
    with Redis.from_url(settings.REDIS_ADDRESS) as redis, redis.pubsub() as heard:
        heard.subscribe("echo:calls:cto")
        assert heard.get_message(timeout=5)  # the subscription itself
        call = answered("cto", "withdraw_decision", '{"decision_id": "D-1", "reason": "x"}')
        message = heard.get_message(timeout=5)
    assert message is not None
    assert message["data"] == str(call.pk).encode()
