"""The audit's head, signed once a day and at an orderly stop, so that an end that is cut off later shows."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from org.chain.checkpoints import Unreadable
from org.checkpoints import Folder
from org.clock import database_clock
from org.errors import OrgError
from org.services import trail

logger = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 5.0  # a start has better things to do at once
LOOK_SECONDS = 60.0
RETRY_SECONDS = 3600.0


def run(stopping: threading.Event) -> None:
    """Look until told to stop. In a thread of its own: to follow a day's seals may take seconds."""
    wait = FIRST_LOOK_SECONDS
    while not stopping.wait(wait):
        wait = LOOK_SECONDS if sign() else RETRY_SECONDS
    sign(at_once=True)


def sign(*, at_once: bool = False) -> bool:
    """Sign the head where it is due; whether nothing was in the way.

    A key is made by itself only for the embedded stack, whose home lasts. Elsewhere `manage.py audit checkpoint` makes
    one, where the operator wants it: a container would make a new one at each start.
    """
    try:
        if settings.EMBEDDED_POSTGRES or Folder.configured().signing_key.exists():
            trail.sign_when_due(clock=database_clock, at_once=at_once)
    except (OrgError, Unreadable, OSError, DatabaseError) as error:
        logger.error("The audit's head was not signed. %s", error)
        return False
    finally:
        connection.close()
    return True
