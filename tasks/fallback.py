"""A worker that is not rung looks for its queues' rows itself: now and then, and all the time while Redis is away."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from celery import bootsteps
from django.db import Error as DatabaseError

from agents.registry import NAMES
from tasks import bus, tools
from tasks.readiness import Readiness

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
PING_SECONDS = 0.5


def queues(worker: Any) -> list[str]:
    """The roles whose queues this worker serves."""
    return [name for name in worker.app.amqp.queues.consume_from if name in NAMES]


class Look(bootsteps.StartStopStep):  # type: ignore[misc]
    """Drains the worker's roles every half second, since a Redis that answers may still refuse rings or lose them; and
    every 50 ms, in as many threads as the worker has, for as long as Redis does not answer.
    """

    requires = (Readiness,)

    def __init__(self, worker: Any, **options: Any) -> None:
        self._stopping = threading.Event()
        super().__init__(worker, **options)

    def start(self, worker: Any) -> None:
        arguments = (queues(worker), tools.drainers.most)
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
            most = 1 if reachable else threads  # a call that waits for a lock keeps its thread meanwhile
            if len(running) < most:
                running.add(pool.submit(self._drain, roles))
        pool.shutdown(wait=False)

    def _drain(self, roles: list[str]) -> None:
        try:
            tools.drain(roles)
        except DatabaseError as error:
            logger.warning("Neither Redis nor PostgreSQL answers: %s", error)
            self._stopping.wait(PING_SECONDS)
