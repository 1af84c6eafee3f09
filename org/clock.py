"""The organisation's time. Services take a clock and read it after their locks, so that `now` is never before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

Clock = Callable[[], datetime]


def database_clock() -> datetime:
    """`echo_now()`: the database's wall clock, not the transaction's start; tests shift it in `clock_offset`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT echo_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def assert_unshifted() -> None:
    """End a process of production whose database has another time than the world: windows would refill and deadlines
    pass when whoever shifted it likes. The shift is for tests, and only a table's owner can write it.
    """
    if not settings.PRODUCTION:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT shift::text FROM clock_offset WHERE shift <> '0'")
            shifted = cursor.fetchone()
    except DatabaseError:
        return  # PostgreSQL is away or has no tables yet; its clock will hardly be shifted when it has come
    finally:
        close_old_connections()
    if shifted:
        raise SystemExit(
            f"ECHO_ENV=production, and this database's clock is shifted by {shifted[0]}. "
            "Set clock_offset.shift to 0 and start again."
        )
