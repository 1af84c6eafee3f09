"""A worker says that it is there, for the queues it answers, and that it ends."""

from __future__ import annotations

import logging
import os
import threading
import uuid
from typing import Any

from celery import bootsteps
from django.db import Error as DatabaseError
from django.db import close_old_connections

from agents.presence import BEAT_SECONDS, HOST, VERSION
from org.services import presences
from tasks.fallback import queues
from tasks.readiness import Readiness

logger = logging.getLogger(__name__)


class Present(bootsteps.StartStopStep):  # type: ignore[misc]
    """Beats in a thread of its own, so that a worker whose threads are all busy is still seen."""

    requires = (Readiness,)

    def __init__(self, worker: Any, **options: Any) -> None:
        self._process = uuid.uuid4()
        self._stopping = threading.Event()
        self._beating: threading.Thread | None = None
        super().__init__(worker, **options)

    def start(self, worker: Any) -> None:
        self._beating = threading.Thread(target=self._keep_beating, args=(queues(worker),), name="beat", daemon=True)
        self._beating.start()

    def stop(self, worker: Any) -> None:
        self._stopping.set()
        if self._beating is not None:
            self._beating.join(2)

    terminate = stop

    def _keep_beating(self, roles: list[str]) -> None:
        while True:
            try:
                presences.beat_worker(self._process, roles, VERSION, HOST, os.getpid())
            except DatabaseError as error:
                logger.warning("PostgreSQL does not take note of this worker: %s", error)
            finally:
                close_old_connections()
            if self._stopping.wait(BEAT_SECONDS):
                break
        try:
            presences.leave_worker(self._process)
        except DatabaseError:
            return  # silence will tell the same
        finally:
            close_old_connections()
