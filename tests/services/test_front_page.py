"""The front page tells who decides what is stopped and which charters wait, and links there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org.actors import Actor
from org.clock import database_clock
from org.models import AUDITOR_GROUP, CharterDraft
from org.services import charters, stops
from tests.people import amend_charter, board_member
from tests.services.boardroom import Visitor, text_of
from tests.services.test_charter_pages import LESS, MORE, begun, does, page_of

pytestmark = pytest.mark.django_db
FRONT = "/admin/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_what_is_stopped_stands_first_with_who_and_why_until_it_is_lifted() -> None:
    ada = board_member("ada")
    visitor, by = Visitor(ada), Actor.member(ada)
    assert "Stops in force" not in visitor.read(FRONT)
    suspended = stops.suspend(role="cto", reason="odd <b>purchases</b>\u202e", by=by, clock=database_clock)
    stops.freeze(reason="the bank called", by=by, clock=database_clock)
    page, seen = visitor.read(FRONT), text_of(visitor.get(FRONT))
    for told in ("Spending frozen", "the bank called", "Chief Technology Officer suspended", "by ada since"):
        assert told in seen
    assert seen.index("Spending frozen") < seen.index("Officer suspended") < seen.index("Before the board")
    assert "odd &lt;b&gt;purchases&lt;/b&gt;[U+202E]" in page
    assert page.count('class="slip" href="/admin/org/stop/"') == 2
    stops.lift(stop=suspended, reason="explained", by=by, clock=database_clock)
    seen = text_of(visitor.get(FRONT))
    assert "Officer suspended" not in seen
    assert "Spending frozen" in seen


def test_a_charter_that_waits_tells_how_many_approvals_it_has_and_the_readers_own() -> None:
    ada, bob = Visitor(board_member("ada")), Visitor(board_member("bob"))
    assert "wait to be published" not in ada.read(FRONT)
    draft = begun(ada)
    other = begun(bob, LESS)
    assert "0 of 2 approvals" in text_of(ada.get(FRONT))
    assert does(ada, "publish", draft=draft).status_code == 302
    page, seen = bob.read(FRONT), text_of(bob.get(FRONT))
    assert f"1 of 2 approvals {draft} by ada" in seen
    assert "you approved" not in seen
    assert "you approved" in text_of(ada.get(FRONT))
    assert page.index(f'href="{page_of(draft)}"') < page.index(f'href="{page_of(other)}"')
    assert does(bob, "save", LESS.replace("900_000", "800_000"), draft).status_code == 302
    assert "1 of 2" not in text_of(bob.get(FRONT)), "an approval of another text counts"
    assert does(bob, "discard", LESS, other).status_code == 302
    assert f'href="{page_of(other)}"' not in ada.read(FRONT)


def test_a_charter_that_was_overtaken_says_so_and_one_member_is_enough_where_there_is_one() -> None:
    ada = Visitor(board_member("ada"))
    begun(ada)
    assert "0 of 1 approval " in text_of(ada.get(FRONT))
    amend_charter("high = 24", "high = 20")
    assert "another charter came into force since" in text_of(ada.get(FRONT))


def test_who_is_on_no_board_reads_of_both_and_who_holds_nothing_of_neither() -> None:
    ada = board_member("ada")
    stops.freeze(reason="the bank called", by=Actor.member(ada), clock=database_clock)
    begun(Visitor(ada))
    bob = board_member("bob")
    bob.groups.clear()
    assert "Spending frozen" not in text_of(Visitor(bob).get(FRONT))
    assert "wait to be published" not in text_of(Visitor(bob).get(FRONT))
    bob.groups.add(Group.objects.get(name=AUDITOR_GROUP))
    assert "Spending frozen" in text_of(Visitor(bob).get(FRONT))
    assert "wait to be published" in text_of(Visitor(bob).get(FRONT))


def test_many_stops_and_drafts_cost_the_front_page_no_query_each() -> None:
    ada = board_member("ada")
    visitor = Visitor(ada)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            visitor.get(FRONT)
        return len(queries)

    def more(role: str) -> None:
        stops.suspend(role=role, reason="x", by=Actor.member(ada), clock=database_clock)
        charters.begin(document=MORE, member=ada, clock=database_clock)

    more("cto")
    asked()  # what is kept between two pages is kept now
    before = asked()
    for role in ("chro", "test_lead", "product_manager", "operations_head", "senior_developer", "senior_architect"):
        more(role)
    assert asked() == before
    assert CharterDraft.objects.count() == 7
