"""Echo's clock: finds what is due in PostgreSQL and rings for it. Several may run; each row is taken by one."""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import close_old_connections

from agents import doorbell
from org.clock import database_clock
from org.services import calls, message_times, overdue, presences
from tasks import outbox

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.1  # dead workers' calls are freed
SLOW_TICK_SECONDS = 0.5  # the rest
RING_AGAIN_SECONDS = 0.5  # a waiting call nobody was rung for that long is rung for again


def run(stopping: threading.Event) -> None:
    """Sweep until told to stop. A database that is away is waited for."""
    next_slow = 0.0
    while not stopping.wait(TICK_SECONDS):
        try:
            ring_for(calls.free_dead(database_clock))
            if time.monotonic() >= next_slow:
                next_slow = time.monotonic() + SLOW_TICK_SECONDS
                sweep()
        except DatabaseError as error:
            logger.warning("PostgreSQL is away: %s", error)
            stopping.wait(SLOW_TICK_SECONDS)
        finally:
            close_old_connections()


def sweep() -> None:
    """Everything that is due now, once."""
    calls.drop_unclaimed(database_clock)
    ring_for(calls.ring_again(RING_AGAIN_SECONDS))
    message_times.expire_due(database_clock)
    message_times.tell_missed(database_clock)
    overdue.act(database_clock)
    overdue.remind(database_clock)
    presences.lose_silent()
    presences.forget_ended(database_clock)
    outbox.relay()
    outbox.forget_published(database_clock)


def ring_for(roles: list[str]) -> None:
    for role in roles:
        doorbell.ring(role)
