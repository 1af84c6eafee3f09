"""What is published was committed, in order of commit for each inbox, and nothing is lost while Redis is away."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from agents.quiet import Quiet
from org.clock import database_clock
from org.models import Message, OutboxEvent
from org.services import messages
from tasks import bus, outbox, sweeper
from tests.people import acting, propose, racers


@pytest.fixture(autouse=True)
def nothing_failed_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "quiet", Quiet(bus.QUIET_SECONDS))


@pytest.fixture
def heard(servers: object) -> Iterator[PubSub]:
    """A subscriber to everything Echo publishes."""
    with Redis.from_url(settings.REDIS_ADDRESS) as redis, redis.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.psubscribe("messages:*", "decisions:*")
        subscription.get_message(timeout=5)
        yield subscription


def nowhere() -> Redis:
    return Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))


def told(heard: PubSub, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The next `count` things published, as channel and payload."""
    found: list[tuple[str, dict[str, Any]]] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        if message := heard.get_message(timeout=0.5):
            found.append((message["channel"].decode(), json.loads(message["data"])))
    return found


def send(role: str, to: str, subject: str = "x") -> None:
    messages.send(to=to, subject=subject, content="x", by=acting(role), clock=database_clock)


def test_what_committed_is_published_once(committed: str, heard: PubSub) -> None:
    decision = propose("ceo", 750_000)
    send("ceo", "cto")
    assert outbox.relay() == 3
    published = told(heard, 3)
    assert {channel for channel, _ in published} == {"decisions:new", "decisions:completed", "messages:cto"}
    assert {payload["ref"] for channel, payload in published if channel != "messages:cto"} == {decision.ref}
    assert outbox.relay() == 0
    assert not OutboxEvent.objects.filter(published_at__isnull=True).exists()


def test_an_inboxs_messages_are_published_in_order_of_commit(committed: str, heard: PubSub) -> None:
    """On whichever channel they came: to the role itself, to leadership or to all."""

    def deed(number: int) -> Any:
        by, to = acting(("cto", "chro", "test_lead")[number % 3]), ("ceo", "all", "leadership")[number % 9 // 3]
        return lambda: messages.send(to=to, subject=f"{number}", content="x", by=by, clock=database_clock)

    with racers(9) as crowd:
        for first in range(0, 45, 9):
            crowd.race([deed(first + n) for n in range(9)])
    assert outbox.relay() == 45
    in_order = Message.objects.filter(to_role="ceo").order_by("position").values_list("subject", flat=True)
    assert [payload["subject"] for _, payload in told(heard, 45)] == list(in_order)


@pytest.mark.parametrize("broadcast", ["all", "leadership"])
def test_broadcasts_are_published_in_order_of_commit_whoever_sends_them(
    committed: str, heard: PubSub, broadcast: str
) -> None:
    send("ceo", "cto", "before")  # the inboxes do not count alike
    for number, sender in enumerate(("ceo", "cto", "chro", "ceo")):
        send(sender, broadcast, str(number))
    assert outbox.relay() == 5
    assert [payload["subject"] for _, payload in told(heard, 5)] == ["before", "0", "1", "2", "3"]


def test_relays_at_once_publish_each_event_once(committed: str, heard: PubSub) -> None:
    for number in range(30):
        send("ceo", "cto", str(number))
    with racers(5) as crowd:
        outcomes = crowd.race([outbox.relay] * 5)
    assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 30
    assert [payload["subject"] for _, payload in told(heard, 30)] == [str(number) for number in range(30)]
    assert heard.get_message(timeout=0.2) is None


def test_what_redis_did_not_take_is_published_later(
    committed: str, heard: PubSub, monkeypatch: pytest.MonkeyPatch
) -> None:
    send("ceo", "cto")
    with monkeypatch.context() as away:
        away.setattr(bus, "redis", nowhere)
        assert outbox.relay() == 0
        assert not bus.is_reachable()
    assert OutboxEvent.objects.filter(published_at__isnull=True).count() == 1
    monkeypatch.setattr(bus, "quiet", Quiet(bus.QUIET_SECONDS))  # two seconds later
    assert outbox.relay() == 1
    assert told(heard, 1)[0][0] == "messages:cto"


def test_after_a_failure_redis_is_not_tried_at_once_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[None] = []

    def away() -> Redis:
        tried.append(None)
        return nowhere()

    monkeypatch.setattr(bus, "redis", away)
    assert [bus.publish([("x", "x")]) for _ in range(3)] == [False] * 3
    assert len(tried) == 1


def published(hours_ago: float | None) -> OutboxEvent:
    now = database_clock()
    when = None if hours_ago is None else now - timedelta(hours=hours_ago)
    return OutboxEvent.objects.create(channel="x", payload={}, created_at=now - timedelta(days=9), published_at=when)


@pytest.mark.django_db
def test_what_was_published_a_day_ago_is_forgotten_a_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_FORGOTTEN", 2)
    kept = [published(None), published(23.9)]
    oldest_last = [published(hours) for hours in (24.1, 30, 500)]
    assert outbox.forget_published(database_clock) == 2
    assert set(OutboxEvent.objects.all()) == {*kept, oldest_last[0]}
    assert outbox.forget_published(database_clock) == 1
    assert outbox.forget_published(database_clock) == 0
    assert set(OutboxEvent.objects.all()) == set(kept)


def test_the_sweeper_forgets_and_publishes(servers: object, committed: str) -> None:
    published(25)
    waiting = published(None)
    sweeper.sweep()
    assert [event.pk for event in OutboxEvent.objects.filter(published_at__isnull=False)] == [waiting.pk]


def test_sweepers_at_once_forget_each_event_once(committed: str) -> None:
    for _ in range(30):
        published(25)
    with racers(5) as crowd:
        outcomes = crowd.race([lambda: outbox.forget_published(database_clock)] * 5)
    assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 30
    assert not OutboxEvent.objects.exists()
