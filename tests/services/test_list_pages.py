"""Pages that list records ask the database for the list, not for each of its lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from org.actors import Actor
from org.admin import moments
from org.clock import database_clock
from org.enums import BoardAnswer
from org.models import Member
from org.services import interventions
from tests.people import acting, answer, board_member, propose, put_to_vote, shift_clock, vote
from tests.services.boardroom import Visitor, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada() -> Visitor:
    return Visitor(board_member("ada"))


def approved() -> None:
    propose("ceo", 1_000)


def waiting() -> None:
    propose("ceo", 5_000_000)


def answered() -> None:
    answer(propose("ceo", 5_000_000), BoardAnswer.REJECT)


def overridden() -> None:
    old = propose("ceo", 5_000_000)
    answer(old, BoardAnswer.REJECT)
    by = Actor.member(Member.objects.get(username="ada"))
    interventions.override(decision=old, reason="x", by=by, clock=database_clock)


def voted() -> None:
    vote(put_to_vote(), "cto")


def called() -> None:
    acting("cto")


def statements(visitor: Visitor, page: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        visitor.read(page)
    return len(asked)


@pytest.mark.parametrize(
    ("page", "happens"),
    [
        ("decision", approved),
        ("decision", overridden),
        ("escalation", waiting),
        ("escalation", overridden),
        ("boardvote", answered),
        ("decisionvote", voted),
        ("message", voted),
        ("call", called),
        ("ledgerentry", approved),
        ("ledgeraccount", approved),
        ("auditrecord", waiting),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_list_of_forty_asks_no_more_than_one_of_four(ada: Visitor, page: str, happens: Callable[[], None]) -> None:
    where = f"/admin/org/{page}/"
    for _ in range(4):
        happens()
    few = statements(ada, where)
    for _ in range(36):
        happens()
    assert statements(ada, where) <= few


def test_the_front_page_reads_the_charter_and_the_clock_once(ada: Visitor) -> None:
    for _ in range(5):
        waiting()
    with CaptureQueriesContext(connection) as asked:
        ada.read("/admin/")
    said = [query["sql"] for query in asked]
    assert sum("FROM charter_versions ORDER BY version DESC" in sql for sql in said) == 1
    assert sum(sql == "SELECT echo_now()" for sql in said) == 1


def test_a_page_read_later_is_of_its_own_moment(ada: Visitor) -> None:
    waiting()
    assert "answer due in 3 days" in text_of(ada.get("/admin/org/escalation/"))
    shift_clock(hours=71)
    assert "answer due in 60 min" in text_of(ada.get("/admin/org/escalation/"))


@pytest.mark.parametrize(("method", "hours"), [("GET", 0), ("HEAD", 0), ("POST", 2)])
def test_only_what_is_read_goes_by_one_moment(method: str, hours: int) -> None:
    """What is posted asks anew each time: a deed of the page may have waited for its locks meanwhile."""
    seen = []

    def answers(_: HttpRequest) -> HttpResponse:
        seen.append(moments.now())
        shift_clock(hours=2)
        seen.append(moments.now())
        return HttpResponse()

    moments.one_moment(answers)(RequestFactory().generic(method, "/"))
    assert round((seen[1] - seen[0]).total_seconds() / 3600) == hours
