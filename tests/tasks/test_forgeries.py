"""Whoever can write to Redis can ring, and nothing more (safety.md A16): rows decide what is done."""

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from redis import Redis

from org.enums import CallStatus
from org.models import AuditRecord, Call, Decision
from tests.conftest import use_database
from tests.people import store
from tests.stack import Organisation, Servers, wait_until

MOST_SECONDS = 60
HONEST = "withdraw_decision"
TASK = "tasks.tools.answer_calls"
KEY = settings.BROKER_KEY_PREFIX + "ceo"


@pytest.fixture(scope="module")
def office(servers: Servers, django_db_setup: None, django_db_blocker: Any) -> Iterator[Organisation]:
    """A worker without a sweeper: only what is rung for is done."""
    before = connection.settings_dict["NAME"]
    with servers.clone() as name, django_db_blocker.unblock():
        use_database(name)
        running = Organisation(servers, name, redis_url=servers.redis_url())
        running.start_worker("ceo")
        yield running
        running.stop()
        use_database(before)


@pytest.fixture
def forger() -> Celery:
    app = Celery("forger", broker=settings.BROKER_URL, set_as_current=False)
    app.conf.update(broker_transport_options={"global_keyprefix": settings.BROKER_KEY_PREFIX}, task_ignore_result=True)
    return app


def ring(forger: Celery, name: str = TASK, args: Any = ("ceo",), kwargs: dict[str, Any] | None = None) -> None:
    forger.send_task(name, args=list(args), kwargs=kwargs or {}, queue="ceo", ignore_result=True)


def assert_still_answers(forger: Celery, office: Organisation) -> None:
    """The worker is alive and answers an honest call; nothing else was ever done."""
    [worker] = office.processes
    _, call_id = store("ceo", HONEST, '{"decision_id": "D-1", "reason": "x"}')
    ring(forger)
    wait_until(
        lambda: Call.objects.filter(pk=call_id, status=CallStatus.DONE).exists(), MOST_SECONDS, worker.output()[-2000:]
    )
    assert worker.process.poll() is None
    assert not Decision.objects.exists()
    assert not Call.objects.exclude(tool=HONEST).filter(attempt__gt=0).exists()
    assert set(AuditRecord.objects.values_list("action", flat=True)) == {"call.refused"}


def test_forged_rings_do_nothing(office: Organisation, forger: Celery) -> None:
    store("cto", "brief_me")
    for args in (
        ["janitor"],
        ["cto ", "x"],
        [None],
        [7],
        [["ceo", "cto"]],
        [{"role": "cto"}],
        [],
        ["'; DROP TABLE calls"],
    ):
        ring(forger, args=args)
    ring(forger, kwargs={"tool": "approve_strategic_initiative", "arguments": {"budget": 1}})
    ring(forger, args=[], kwargs={"claimed": str(uuid.uuid4())})
    assert_still_answers(forger, office)


def test_a_ring_from_a_newer_version_is_understood(office: Organisation, forger: Celery) -> None:
    _, call_id = store("ceo", "withdraw_decision", '{"decision_id": "D-1", "reason": "x"}')
    ring(forger, kwargs={"since": "tomorrow"})
    wait_until(lambda: Call.objects.filter(pk=call_id, status=CallStatus.DONE).exists(), MOST_SECONDS)


def test_unknown_tasks_do_nothing(office: Organisation, forger: Celery) -> None:
    for name in ("tasks.tools.answer", "org.services.budgets.allocate", "os.system", "celery.backend_cleanup", ""):
        ring(forger, name, ["touch /tmp/forged"])
    assert_still_answers(forger, office)


def test_a_forged_shutdown_stops_no_worker(office: Organisation, forger: Celery) -> None:
    for order in ("shutdown", "pool_restart", "cancel_consumer"):
        forger.control.broadcast(order, arguments={"queue": "ceo"} if order == "cancel_consumer" else {})
    for _ in range(2):  # an order that is obeyed ends the worker after what it is at
        assert_still_answers(forger, office)


def test_bytes_that_are_no_message_stop_no_worker(office: Organisation, forger: Celery) -> None:
    pickled = base64.b64encode(b"cos\nsystem\n(S'touch /tmp/forged'\ntR.").decode()
    properties = {
        "delivery_info": {"exchange": "", "routing_key": "ceo"},
        "delivery_tag": "t",
        "body_encoding": "base64",
    }
    headers = {"task": TASK, "id": str(uuid.uuid4()), "lang": "py"}
    for content_type, encoding in (
        ("application/x-python-serialize", "binary"),
        ("application/json", "utf-8"),
        ("x", "y"),
    ):
        message = {
            "body": pickled,
            "content-type": content_type,
            "content-encoding": encoding,
            "headers": headers,
            "properties": properties,
        }
        with Redis.from_url(settings.REDIS_ADDRESS) as redis:
            redis.lpush(KEY, json.dumps(message))
    assert_still_answers(forger, office)
