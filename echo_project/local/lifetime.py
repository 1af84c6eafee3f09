"""When the stack may go: its last client has been gone for a while, and nothing is due or waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from echo_project.local.home import Home
from echo_project.local.locks import FileLock
from echo_project.local.questions import Refusal, ask_postgres

DUE = (
    "select 1 from escalations where status = 'open' limit 1",
    "select 1 from calls where status in ('queued', 'running') limit 1",
)
MISSING = ("42P01", "42703")  # no such table, no such column: nothing can wait there
CHECK_SECONDS = 2.0


class Lifetime:
    """Watches the clients' lock. All times are monotonic seconds."""

    def __init__(self, home: Home, grace: float, anything_due: Callable[[], bool]) -> None:
        self._clients = FileLock(home.clients_lock)
        self._grace = grace
        self._anything_due = anything_due
        self._alone_since: float | None = None
        self._next_check = 0.0

    def is_over(self, now: float, *, jumped: bool = False) -> bool:
        """Whether to stop now. If so the clients' lock is held until `close`, so that a new client waits for the end.

        `jumped`: the machine slept, and so did the clients; the grace begins anew.
        """
        if jumped:
            self._alone_since = None
        if not self._clients.acquire():
            self._alone_since = None
            return False
        if self._alone_since is None:
            self._alone_since = now
        if now - self._alone_since >= self._grace and now >= self._next_check:
            if not self._anything_due():
                return True
            self._next_check = now + CHECK_SECONDS
        self._clients.close()
        return False

    def close(self) -> None:
        self._clients.close()


def anything_due(home: Home, database_url: str) -> Callable[[], bool]:
    """The question for the database in use."""
    return partial(due_in_database, database_url) if database_url else partial(due_in_embedded, home)


def due_in_embedded(home: Home) -> bool:
    """Whether anything is due in the embedded database. One that does not answer may hold something: then yes."""
    for query in DUE:
        try:
            if ask_postgres(home.postgres_socket, query) is not None:
                return True
        except Refusal as refusal:
            if refusal.code not in MISSING:
                return True
        except OSError:
            return True
    return False


def due_in_database(url: str) -> bool:
    """The same for a server of the operator's."""
    import psycopg  # 150 ms and 15 MB; the embedded stack never needs it here

    for query in DUE:
        try:
            with psycopg.connect(url, connect_timeout=3, autocommit=True) as connection:
                if connection.execute(query.encode()).fetchone():
                    return True
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            continue
        except psycopg.Error:
            return True
    return False
