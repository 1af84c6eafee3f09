"""What anybody can write into Redis does not keep the work from being done, and ends no worker."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from agents import doorbell
from agents.stored_calls import UNCLAIMED_SECONDS
from org.enums import CallStatus
from org.models import Call
from tests.conftest import use_database
from tests.people import store
from tests.stack import Organisation, Process, Servers, wait_until

QUEUE = "echo:ceo"
THREADS = 4
HEARD = f"Task {doorbell.TASK}["
EVENTS = "echo:/0.celeryev/worker.heartbeat"


def body(*parts: Any) -> str:
    return base64.b64encode(json.dumps(parts or (["ceo"], {}, {})).encode()).decode()


RING: dict[str, Any] = {
    "body": body(),
    "content-type": "application/json",
    "content-encoding": "utf-8",
    "headers": {
        "lang": "py",
        "task": doorbell.TASK,
        "id": "1",
        "eta": None,
        "expires": None,
        "timelimit": [None, None],
    },
    "properties": {
        "delivery_tag": "1",
        "delivery_info": {"exchange": "", "routing_key": "ceo"},
        "body_encoding": "base64",
    },
}


def ring(**changed: Any) -> bytes:
    return json.dumps(RING | changed).encode()


def headed(**changed: Any) -> bytes:
    return ring(headers=RING["headers"] | changed)


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in RING.items() if key != name}).encode()


JUNK = {
    "no JSON": b"not json",
    "no text": b"\xff{",
    "nothing": b"",
    "too deep": b"[" * 100_000,
    "a huge number": b"9" * 10_000,
    "half": ring()[:-20],
    "a foreign type": b'{"__type__": "datetime", "__value__": {}}',
    **{f"JSON {text}": text.encode() for text in ("[]", "{}", "null", "7", '"x"', '{"properties": []}')},
    **{f"without {name}": without(name) for name in RING},
    **{f"null {name}": ring(**{name: None}) for name in RING},
    "a body that is no base64": ring(body="!!!"),
    "a body that is a list": ring(body=[1]),
    "a body of bytes": ring(body=base64.b64encode(b"\xff\xfe").decode()),
    "a body of one part": ring(body=body([])),
    "a body of four parts": ring(body=body([], {}, {}, {})),
    "pickle": ring(**{"content-type": "application/x-python-serialize", "content-encoding": "binary"}),
    "an unknown content type": ring(**{"content-type": "x/y"}),
    "a content type that is a list": ring(**{"content-type": []}),
    "an unknown encoding": ring(**{"content-encoding": "klingon"}),
    "an unknown body encoding": ring(properties=RING["properties"] | {"body_encoding": "x"}),
    "no delivery tag": ring(properties={"delivery_info": {}, "body_encoding": "base64"}),
    "a delivery tag that is a list": headed(task="unknown").replace(b'"delivery_tag": "1"', b'"delivery_tag": [1]'),
    "compressed junk": headed(compression="application/x-gzip"),
    "headers that are a list": ring(headers=[["task", doorbell.TASK]]),
    "an unknown task": headed(task="os.system"),
    "a task that is a list": headed(task=[]),
    "an id that is a list": headed(id=[]),
    "no id": ring(headers={"task": doorbell.TASK}),
    "an expiry that is a number": headed(expires=7),
    "an expiry that is a dict": headed(expires={}),
    "an expiry without a zone": headed(expires="2020-01-01T00:00:00"),
    "an eta that is no time": headed(eta="soon"),
    "an eta that is a list": headed(eta=[]),
    "an eta beyond all time": headed(eta="9999-12-31T23:59:59+00:00"),
    "a time limit that is a number": headed(timelimit=5),
    "a time limit of words": headed(timelimit=["x", "y"]),
    "an eta and a time limit that is a number": headed(eta="2020-01-01T00:00:00+00:00", timelimit=5),
    "arguments that are a dict": ring(body=body({"role": 1}, {}, {})),
    "arguments that are a number": ring(body=body(7, 7, 7)),
    "embedded junk": ring(body=body(["ceo"], {}, {"callbacks": 7, "errbacks": 7, "chain": 7, "chord": 7})),
    "retries of words": headed(retries="x", group=[], root_id={}, parent_id=7, shadow=[1], ignore_result=[]),
    "the first protocol, bent": ring(headers={}, body=body()),
    "the first protocol, without arguments": ring(
        headers={}, body=base64.b64encode(json.dumps({"task": doorbell.TASK, "args": 7}).encode()).decode()
    ),
}


@pytest.fixture(scope="module")
def office(servers: Servers, django_db_setup: None, django_db_blocker: Any) -> Iterator[Organisation]:
    """A worker without a sweeper, which nobody else rings."""
    before = connection.settings_dict["NAME"]
    with servers.clone() as name, django_db_blocker.unblock():
        use_database(name)
        running = Organisation(servers, name, redis_url=servers.redis_url())
        running.start_worker("ceo", threads=THREADS)
        yield running
        running.stop()
        use_database(before)


@pytest.fixture
def worker(office: Organisation) -> Process:
    return office.processes[0]


@pytest.fixture
def redis(servers: Servers) -> Iterator[Redis]:
    with Redis.from_url(servers.redis_url()) as client:
        yield client


def assert_answers(worker: Process, role: str = "ceo") -> None:
    """The very worker that met the junk hears a ring and answers the call it is for."""
    heard = worker.output().count(HEARD)
    _, call_id = store(role, "withdraw_decision", '{"decision_id": "D-1", "reason": "x"}')
    assert doorbell.ring(role)

    def is_answered() -> bool:
        assert worker.process.poll() is None, worker.output()[-3000:]
        answered = Call.objects.filter(pk=call_id, status=CallStatus.DONE).exists()
        return answered and worker.output().count(HEARD) > heard

    wait_until(is_answered, 20, worker.output()[-3000:])


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_ends_no_worker(worker: Process, redis: Redis, junk: bytes) -> None:
    redis.lpush(QUEUE, *[junk] * (THREADS + 2))  # none of them keeps a thread
    assert_answers(worker)
    wait_until(lambda: not redis.exists(QUEUE), what="an empty queue")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def bent_rings(draw: st.DrawFn) -> bytes:
    """A ring with one part, however deep, replaced by anything."""
    bent: dict[str, Any] = json.loads(ring())
    part = draw(st.sampled_from([bent, bent["headers"], bent["properties"]]))
    part[draw(st.sampled_from(sorted(part)))] = draw(VALUES)
    return json.dumps(bent).encode()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rings=st.lists(bent_rings() | st.binary(max_size=50), min_size=1, max_size=12))
def test_no_bent_ring_ends_a_worker(worker: Process, redis: Redis, rings: list[bytes]) -> None:
    redis.lpush(QUEUE, *rings)
    assert_answers(worker)


@pytest.mark.parametrize("key", [QUEUE, QUEUE + "\x06\x163"], ids=["the queue", "the queue of another priority"])
def test_what_lies_in_place_of_a_queue_is_removed(worker: Process, redis: Redis, key: str) -> None:
    for _ in range(3):
        redis.set(key, "not a list")
        wait_until(lambda: not redis.exists(key), what=worker.output()[-3000:])
    assert_answers(worker)


def test_junk_is_told_in_one_bounded_line(worker: Process, redis: Redis) -> None:
    for junk in (headed(task="q" * 5000), b"q" * 5000, ring(headers={"q" * 5000: 1}, body=body({}))):
        before = len(worker.output())
        redis.lpush(QUEUE, junk)
        assert_answers(worker)
        [told] = [line for line in worker.output()[before:].splitlines() if "Dropped a ring" in line]
        assert len(told) < 400
        assert "q" * 300 not in worker.output()[before:]


def test_a_worker_that_gossips_survives_junk_on_its_channel(servers: Servers, committed: str, redis: Redis) -> None:
    office = Organisation(servers, committed, redis_url=servers.redis_url())
    try:
        worker = office.start_worker("cto", gossip=True)
        wait_until(lambda: redis.pubsub_numpat(), 10, "a subscription")
        for junk in (b"[]", b"{}", b"\xff", b"7", b"[" * 100_000, ring()):
            assert redis.publish(EVENTS, junk)
        assert_answers(worker, "cto")
    finally:
        office.stop()


@pytest.mark.parametrize(
    "key", ["cto", "cto\x06\x163", "_kombu.binding.cto", "unacked", "unacked_index", "unacked_mutex"], ids=ascii
)
def test_a_restarted_worker_is_not_ended_again_by_what_lies_in_place_of_what_it_needs(
    servers: Servers, committed: str, redis: Redis, key: str
) -> None:
    office = Organisation(servers, committed, redis_url=servers.redis_url())
    try:
        redis.delete(f"echo:{key}")
        redis.set(f"echo:{key}", "something else")
        assert_answers(office.start_worker("cto"), "cto")
    finally:
        office.stop()
        redis.delete(f"echo:{key}")


REFUSING = {
    "full": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "without its replicas": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
    "a replica now": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
}


@pytest.mark.parametrize(("spoil", "mend"), REFUSING.values(), ids=REFUSING)
def test_a_redis_that_answers_and_refuses_keeps_no_work_from_being_done(
    worker: Process, redis: Redis, spoil: tuple[str, ...], mend: tuple[str, ...]
) -> None:
    redis.execute_command(*spoil)
    try:
        for _ in range(3):
            _, call_id = store("ceo", "withdraw_decision", '{"decision_id": "D-1", "reason": "x"}')
            doorbell.ring("ceo")
            answered = Call.objects.filter(pk=call_id, status=CallStatus.DONE)
            wait_until(answered.exists, UNCLAIMED_SECONDS, worker.output()[-3000:])
            assert worker.process.poll() is None, worker.output()[-3000:]
    finally:
        redis.execute_command(*mend)
    wait_until(lambda: doorbell.ring("ceo"), 10, "a ring that is taken")
    assert_answers(worker)


def test_a_ring_is_heeded_whatever_the_worker_s_clock_says(worker: Process, redis: Redis) -> None:
    ended = worker.output().count("succeeded")
    redis.lpush(QUEUE, headed(expires="2020-01-01T00:00:00+00:00"))
    wait_until(lambda: worker.output().count("succeeded") > ended, what="the ring's end")
    assert "Discarding revoked task" not in worker.output()


def test_a_new_worker_hears_the_rings_that_waited_for_it(servers: Servers, committed: str, redis: Redis) -> None:
    office = Organisation(servers, committed, redis_url=servers.redis_url())
    try:
        redis.lpush("echo:chro", ring(body=body(["chro"], {}, {})))
        worker = office.start_worker("chro")
        wait_until(lambda: HEARD in worker.output(), 20, "the ring")
    finally:
        office.stop()


def test_a_new_worker_leaves_the_rings_of_other_queues(servers: Servers, committed: str, redis: Redis) -> None:
    office = Organisation(servers, committed, redis_url=servers.redis_url())
    try:
        redis.lpush("echo:test_lead", ring(), ring())
        office.start_worker("cto")
        assert redis.llen("echo:test_lead") == 2
    finally:
        office.stop()
        redis.delete("echo:test_lead")
