"""Rings the worker of a role's queue. A ring carries nothing: the worker looks for waiting rows.

Bounded in time: a caller loses at most about half a second to a Redis that hangs, once every `QUIET_SECONDS`.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from agents.quiet import Quiet

if TYPE_CHECKING:
    from celery import Celery

logger = logging.getLogger(__name__)

TASK = "tasks.tools.answer_calls"
QUIET_SECONDS = 2.0  # after a failure nobody rings for so long; workers look for themselves meanwhile

_quiet = Quiet(QUIET_SECONDS)
_importing = threading.Lock()


def _producer() -> Celery:
    """The app that sends. Threads take turns: Celery's lazy package fails in one that imports it while another does."""
    with _importing:
        return _made()


@cache
def _made() -> Celery:
    """A Celery app that only sends; Celery is imported at the first ring, since it takes a fifth of a second."""
    from celery import Celery

    app = Celery("echo-doorbell", broker=settings.BROKER_URL, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_send_sent_event=False,
        broker_pool_limit=4,
        broker_transport_options={
            "global_keyprefix": settings.BROKER_KEY_PREFIX,
            "max_retries": 0,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
            "connect_retries_timeout": 0.3,
            "socket_connect_timeout": 0.2,
            "socket_timeout": 0.5,
        },
    )
    return app


def warm() -> None:
    """Import what ringing needs, ahead of the first ring."""
    _producer().amqp  # noqa: B018


def ring(role: str) -> bool:
    """Ring the workers of a role's queue. False: they could not be rung, and will find the work themselves."""
    if _quiet.lasts():
        return False
    try:
        _producer().send_task(TASK, args=[role], queue=role, declare=(), retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's libraries raise: the row is safe, a ring is only a hint
        if _quiet.begin():
            logger.warning("Redis is away (%s); workers look for work themselves.", error)
        return False
    return True
