"""What a page is shown by, read once a request: the charter in force and the time.

Only while a page is read: what posts something reads both anew, as services do under their locks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest, HttpResponse

from org.charter import Charter
from org.clock import database_clock
from org.models import CharterVersion

Answers = Callable[[HttpRequest], HttpResponse]
READING = ("GET", "HEAD")


class Moment:
    @cached_property
    def charter(self) -> Charter:
        return CharterVersion.objects.in_force()

    @cached_property
    def now(self) -> datetime:
        return database_clock()


_held: ContextVar[Moment | None] = ContextVar("moment", default=None)


def charter() -> Charter:
    """The charter in force, as the page goes by it."""
    return (_held.get() or Moment()).charter


def now() -> datetime:
    """The organisation's time, as the page goes by it."""
    return (_held.get() or Moment()).now


def one_moment(answers: Answers) -> Answers:
    """Middleware: a page that is read is of one moment, from its first cell to its last."""

    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method not in READING:
            return answers(request)
        token = _held.set(Moment())
        try:
            return answers(request)
        finally:
            _held.reset(token)

    return guarded
