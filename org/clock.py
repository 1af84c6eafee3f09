"""The organisation's time. Services take a clock and read it after their locks, so that `now` is never before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection

Clock = Callable[[], datetime]


def database_clock() -> datetime:
    """`echo_now()`: the database's wall clock, not the transaction's start; tests shift it in `clock_offset`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT echo_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment
