"""Talking to the database past every service, as code that forgot its rules would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from org.credentials import Folder


def execute(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


@contextmanager
def signed_in_as(login: str) -> Iterator[None]:
    """The block runs as a database login, such as `ceo` or `sweeper`, by the rights and policies it has."""
    held = Folder.configured().read(login)
    assert held is not None
    execute(f'SET LOCAL SESSION AUTHORIZATION "{held.name}"')
    try:
        yield
    finally:
        execute("RESET SESSION AUTHORIZATION")


@contextmanager
def refused(because: str, kind: type[DatabaseError] = DatabaseError) -> Iterator[None]:
    """The block is refused by the database for this reason, and undone."""
    with pytest.raises(kind) as fault, transaction.atomic():
        yield
    assert because in str(fault.value)
