"""Connections from a pool, looked at before they are used.

psycopg's own check asks the server each time, and sleeps seconds after each connection it finds broken: a process with
a few idle ones said for five seconds that PostgreSQL is away when it had only been restarted.

A process that holds several logins has a pool for each that it has acted as.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool

from org import credentials


class DatabaseWrapper(base.DatabaseWrapper):
    """Gives out no connection that PostgreSQL has closed, nor one of another login than is acted as."""

    _connection_pools: dict[str, ConnectionPool[Any]]  # Django's, by alias; ours by login

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        acting = credentials.acting()
        if acting is None:
            only: ConnectionPool[Any] | None = super().pool
            return only
        login, conninfo = acting
        return self._connection_pools.get(login) or self._connection_pools.setdefault(login, self._pool(conninfo))

    def _pool(self, conninfo: Callable[[], str]) -> ConnectionPool[Any]:
        """As Django makes its one; it is opened when it is first asked for a connection, and is empty when idle."""
        options = {**self.settings_dict["OPTIONS"]["pool"], "min_size": 0, "num_workers": 1}
        kwargs = {**self.get_connection_params(), "autocommit": True}
        configure: Callable[[Connection[Any]], None] = self._configure_connection  # type: ignore[attr-defined]
        return ConnectionPool(conninfo, kwargs=kwargs, open=False, configure=configure, **options)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        connection: Connection[Any] = super().get_new_connection(conn_params)
        pool = self.pool
        if pool is None:
            return connection
        for _ in range(pool.max_size):
            if not has_ended(connection):
                break
            pool.putconn(connection)  # which opens another in its place
            connection = pool.getconn()
        return connection


def has_ended(connection: Connection[Any]) -> bool:
    """Whether the server closed an idle connection. It says nothing on one otherwise, but for a setting's change."""
    with contextlib.suppress(Error, OSError):
        if connection.closed:
            return True
        said = select.poll()
        said.register(connection.fileno(), select.POLLIN)
        if said.poll(0):
            ConnectionPool.check_connection(connection)
        return False
    return True
