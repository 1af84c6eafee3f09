"""From sending a message to the notification at its recipient's client, with nine servers running."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.measure import Times, repeat
from bench.memory import ask
from bench.report import Report
from bench.stack import Stack

A_SECOND = 100
NOTICES = 900
CALLS = 100
INBOX = "echo://inbox"
UPDATED = "notifications/resources/updated"
LONGEST_SECONDS = 5.0


def measure(here: Stack, report: Report) -> None:
    from agents.registry import NAMES

    report.doing("floor: INSERT, PUBLISH, receive")
    floor = _floor()
    report.row("INSERT, PUBLISH and receive alone", floor)
    with here.clients(NAMES) as clients, _heard(dict(zip(NAMES, clients, strict=True))) as heard:
        report.doing(f"{A_SECOND} messages a second to nine servers")
        paced = _paced(NAMES, heard)
        report.row(f"from send to notification, {A_SECOND} messages a second", paced, floor, aim=12, aim_p99=60)
        report.doing("a tool call and its notification")
        called = _called(clients[0], NAMES[1], heard)
        report.row("from calling send_message to notification", called, floor)
        report.doing("waking wait_for")
        report.row("from an acknowledgement to the end of wait_for", _woken(clients[0], clients[1]), floor)


Heard = dict[str, "queue.SimpleQueue[float]"]


@contextmanager
def _heard(clients: dict[str, Any]) -> Iterator[Heard]:
    """When each role's client was told that its inbox has changed."""
    heard: Heard = {role: queue.SimpleQueue() for role in clients}
    over = threading.Event()

    def listen(role: str, client: Any) -> None:
        from tests.clients.raw import Silence

        while not over.is_set():
            try:
                client.receive_notification(UPDATED, 0.2)
                heard[role].put(time.perf_counter())
            except Silence:
                continue

    threads = [threading.Thread(target=listen, args=each, daemon=True) for each in clients.items()]
    for client in clients.values():
        client.request("resources/subscribe", {"uri": INBOX})
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _paced(roles: tuple[str, ...], heard: Heard) -> Times:
    """The service and the relay, as a worker calls them, in this process at an even pace; each recipient in turn."""
    from org.clock import database_clock
    from org.services import messages
    from tasks import outbox
    from tests.people import acting

    taken: list[float] = []
    senders = {role: acting(role) for role in roles}
    begun = time.perf_counter()
    for number in range(NOTICES):
        to, by = roles[number % len(roles)], roles[(number + 1) % len(roles)]
        time.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
        sent = time.perf_counter()
        messages.send(to=to, subject="Bench", content=str(uuid.uuid4()), by=senders[by], clock=database_clock)
        outbox.relay()
        if number >= len(roles):
            taken.append(_next(heard[to], sent) - sent)
        else:
            _next(heard[to], sent)
    return Times.of(taken)


def _called(sender: Any, to: str, heard: Heard) -> Times:
    def send(_: int) -> None:
        sent = time.perf_counter()
        ask(sender, "send_message", to=to, subject="Bench", content=str(uuid.uuid4()))
        _next(heard[to], sent)

    return repeat(send, CALLS)


def _woken(sender: Any, recipient: Any) -> Times:
    taken = []
    for _ in range(CALLS // 2):
        ref = ask(sender, "send_message", to="cto", subject="Bench", content=str(uuid.uuid4())).structured["ref"]
        waiting = sender.call_nowait("wait_for", id=ref, timeout_seconds=20)
        time.sleep(0.05)
        ask(recipient, "acknowledge_message", message_id=ref)
        acknowledged = time.perf_counter()
        assert sender.wait(waiting).structured["settled"]
        taken.append(max(0.0, time.perf_counter() - acknowledged))
    return Times.of(taken)


def _next(told: queue.SimpleQueue[float], sent: float) -> float:
    """When the client was first told after a message was sent; one that was told of two at once is told once."""
    while True:
        at = told.get(timeout=LONGEST_SECONDS)
        if at >= sent:
            return at


def _floor() -> Times:
    """What no sending can be quicker than: a row is written, Redis tells of it, somebody hears it."""
    from django.db import connection

    from tasks import bus

    redis = bus.redis()
    with connection.cursor() as cursor, redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
        cursor.execute("CREATE TEMP TABLE told (id uuid)")
        subscription.subscribe("echo:bench")
        subscription.get_message(timeout=1)  # that it is subscribed

        def tell(_: int) -> None:
            cursor.execute("INSERT INTO told VALUES (gen_random_uuid())")
            redis.publish("echo:bench", "x")
            while subscription.get_message(timeout=0.2) is None:
                pass

        return repeat(tell, CALLS * 3)
