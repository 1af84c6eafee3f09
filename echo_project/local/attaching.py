"""How Echo's own commands get their database: `settings.ECHO_ATTACH` names this, so that no application imports it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from echo_project.local import clients
from echo_project.local.errors import StackError
from org.errors import Unavailable

STOPPED = (
    "Echo was stopped on purpose. Nothing was done. Calling again does not start it: somebody runs "
    f"`make run` in {settings.BASE_DIR}, or restarts this MCP client."
)


def attach() -> Callable[[], str]:
    """Begin to start what is missing; returns at once. Calling the result waits until the database can be used, and
    returns where the stack serves the web pages, if it does. Later it looks whether the stack is still meant to run.

    The process counts as a client of the stack for as long as the result is kept.
    """
    attachment = clients.attach(
        settings.HOME, database_url=settings.DATABASE_URL, redis_url=settings.REDIS_URL, wait=False
    )

    def wait_ready() -> str:
        try:
            state = attachment.wait_ready()
        except StackError as error:
            raise Unavailable(f"{error} Nothing was done.") from error
        if attachment.was_stopped:
            raise Unavailable(STOPPED)
        return state.web if state else ""

    return wait_ready
