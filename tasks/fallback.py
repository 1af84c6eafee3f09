"""A worker that is not rung looks for its queues' rows itself: now and then, and all the time while Redis is away."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from celery import bootsteps
from celery.signals import worker_init
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from agents.registry import NAMES
from org.clock import assert_unshifted
from tasks import bus, tools

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
PING_SECONDS = 0.5
UNREAD = ("unacked", "unacked_index")  # where kombu keeps messages between taking and acknowledging them


def queues(worker: Any) -> list[str]:
    """The roles whose queues this worker serves."""
    return [name for name in worker.app.amqp.queues.consume_from if name in NAMES]


class Look(bootsteps.StartStopStep):  # type: ignore[misc]
    """Drains the worker's roles every half second, since a Redis that answers may still refuse rings or lose them; and
    every 50 ms, in as many threads as the worker has, for as long as Redis does not answer.
    """

    def __init__(self, worker: Any, **options: Any) -> None:
        self._stopping = threading.Event()
        super().__init__(worker, **options)

    def start(self, worker: Any) -> None:
        roles = queues(worker)
        assert_isolation()
        assert_unshifted()
        tools.drainers.most = max(1, (worker.concurrency or 1) - 1)
        arguments = (roles, tools.drainers.most)
        threading.Thread(target=self._look, args=arguments, name="look", daemon=True).start()

    def stop(self, worker: Any) -> None:
        self._stopping.set()

    def _look(self, roles: list[str], threads: int) -> None:
        reachable, asked = True, 0.0
        pool, running = ThreadPoolExecutor(threads, "drain"), set[Future[None]]()
        while not self._stopping.wait(PING_SECONDS if reachable else LOOK_SECONDS):
            if time.monotonic() - asked >= PING_SECONDS:
                reachable, asked = bus.is_reachable(), time.monotonic()
            running = {future for future in running if not future.done()}
            most = (
                1 if reachable else threads
            )  # a call that waits for a lock keeps its thread; the next tick uses another
            if len(running) < most:
                running.add(pool.submit(self._drain, roles))
        pool.shutdown(wait=False)

    def _drain(self, roles: list[str]) -> None:
        try:
            tools.drain(roles)
        except DatabaseError as error:
            logger.warning("Neither Redis nor PostgreSQL answers: %s", error)
            self._stopping.wait(PING_SECONDS)


@worker_init.connect  # type: ignore[untyped-decorator]
def drop_rings(sender: Any, **_: Any) -> None:
    """Empty the queues before listening. A ring carries nothing, and what is no queue at all under a queue's key would
    end every worker that meets it, again and again; what really waits is found by the sweeper within half a second.
    """
    keys = [settings.BROKER_KEY_PREFIX + name for name in (*sender.app.amqp.queues.consume_from, *UNREAD)]
    with contextlib.suppress(RedisError, OSError):
        bus.redis().delete(*keys)


def assert_isolation() -> None:
    """Sums are only exact at READ COMMITTED, where each statement sees what earlier lock holders committed."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW default_transaction_isolation")
            level = cursor.fetchone()[0]
    except DatabaseError:
        return  # PostgreSQL is away; nothing runs before it is back, and its default does not change by itself
    finally:
        close_old_connections()
    if level != "read committed":
        raise SystemExit(f"Echo needs READ COMMITTED transactions; this database defaults to {level.upper()}.")


def install(app: Any) -> None:
    """Every worker of the app gets the thread."""
    app.steps["worker"].add(Look)
