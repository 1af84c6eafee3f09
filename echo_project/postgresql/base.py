"""Connections from a pool, looked at before they are used.

psycopg's own check asks the server each time, and sleeps seconds after each connection it finds broken: a process with
a few idle ones said for five seconds that PostgreSQL is away when it had only been restarted.
"""

from __future__ import annotations

import contextlib
import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Gives out no connection that PostgreSQL has closed."""

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
