"""Echo's clock: finds what is due in PostgreSQL and rings for it. Several may run; each row is taken by one."""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, close_old_connections

from agents import doorbell
from org.clock import database_clock
from org.locking import GIVES_WAY
from org.services import calls, message_times, overdue, presences, steps, transactions
from tasks import outbox

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.1  # dead workers' calls are freed, steps that are due are rung for
SLOW_TICK_SECONDS = 0.5  # the rest
RING_AGAIN_SECONDS = 0.5  # a waiting call nobody was rung for that long is rung for again


def run(stopping: threading.Event) -> None:
    """Sweep until told to stop. A database that is away is waited for."""
    next_slow = 0.0
    while not stopping.wait(TICK_SECONDS):
        try:
            ring_for(calls.free_dead(database_clock))
            ring_for(steps.ask_for_due())
            if time.monotonic() >= next_slow:
                next_slow = time.monotonic() + SLOW_TICK_SECONDS
                sweep()
        except DatabaseError as error:
            logger.warning("PostgreSQL is away: %s", error)
            stopping.wait(SLOW_TICK_SECONDS)
        finally:
            close_old_connections()


def sweep() -> None:
    """Everything that is due now, once. What cannot be done is told of and holds up nothing else.

    Raises OperationalError or InterfaceError where PostgreSQL is away.
    """
    for step in STEPS:
        try:
            step()
        except (OperationalError, InterfaceError) as error:
            if getattr(error.__cause__, "sqlstate", None) not in GIVES_WAY:
                raise
            logger.info("%s gave way to somebody; it is done by the next sweep", step.__name__)
        except Exception:
            logger.exception("%s could not be done", step.__name__)


def end_long_transactions() -> None:
    if ended := transactions.end_long():
        logger.warning("Ended %d sessions of agents' logins whose transaction went on for too long", ended)


def drop_unclaimed() -> None:
    calls.drop_unclaimed(database_clock)


def ring_again() -> None:
    ring_for(calls.ring_again(RING_AGAIN_SECONDS))


def try_steps_again() -> None:
    steps.try_again(database_clock)


def expire_messages() -> None:
    message_times.expire_due(database_clock)


def tell_missed_messages() -> None:
    message_times.tell_missed(database_clock)


def act_on_overdue() -> None:
    overdue.act(database_clock)
    overdue.remind(database_clock)


def forget_ended_processes() -> None:
    presences.forget_ended(database_clock)


def forget_published() -> None:
    outbox.forget_published(database_clock)


STEPS = (
    end_long_transactions,
    drop_unclaimed,
    try_steps_again,
    ring_again,
    outbox.relay,
    expire_messages,
    tell_missed_messages,
    act_on_overdue,
    presences.lose_silent,
    forget_ended_processes,
    forget_published,
)


def ring_for(roles: list[str]) -> None:
    for role in roles:
        doorbell.ring(role)
