"""The page on which the board stops things, without a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org.models import CharterVersion, Stop
from tests.people import PASSWORD, board_member, shift_clock
from tests.services.boardroom import Visitor, text_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/org/stop/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def button(visitor: Visitor, label: str) -> str:
    """What a button of the page, as it is now, posts."""
    found = re.search(rf'value="([^"]+)"[^>]*>{label}</button>', visitor.read(PAGE))
    assert found, label
    return found[1]


def test_a_member_stops_and_lifts_with_a_reason() -> None:
    ada = Visitor(board_member("ada"))
    assert "Nothing is stopped" in text_of(ada.get(PAGE))
    assert ada.post(PAGE, {"deed": "suspend:cto", "reason": "odd purchases"}).status_code == 302
    assert ada.post(PAGE, {"deed": "freeze", "reason": "the bank called"}).status_code == 302
    seen = text_of(ada.get(PAGE))
    assert "Suspended by ada" in seen
    assert "odd purchases" in seen
    assert "Frozen by ada" in seen
    lifted = ada.post(PAGE, {"deed": button(ada, "Lift: Chief Technology Officer"), "reason": "explained"}, follow=True)
    assert "The Chief Technology Officer is no longer suspended." in text_of(lifted)
    lifted = ada.post(PAGE, {"deed": button(ada, "Thaw spending"), "reason": "all is well"}, follow=True)
    assert "Spending is no longer frozen." in text_of(lifted)
    assert not Stop.objects.filter(lifted_at=None).exists()
    assert ada.get(f"{PAGE}{Stop.objects.first().pk}/change/").status_code == 200  # type: ignore[union-attr]


def test_no_reason_no_such_role_and_no_such_button_stop_nothing() -> None:
    ada = Visitor(board_member())
    assert ada.post(PAGE, {"deed": "freeze", "reason": " "}).status_code == 400
    assert ada.post(PAGE, {"deed": "suspend:janitor", "reason": "x"}).status_code == 400
    for deed in ("burn", "lift:7", "lift:cto", "lift:", "lift:" + "9" * 5000):
        assert ada.post(PAGE, {"deed": deed, "reason": "x"}).status_code == 400
    assert not Stop.objects.exists()


@pytest.mark.parametrize(
    ("stop", "lift", "what"),
    [
        ("freeze", "Thaw spending", "Spending"),
        ("suspend:cto", "Lift: Chief Technology Officer", "The Chief Technology Officer"),
    ],
)
def test_an_old_page_lifts_no_stop_that_it_does_not_show(stop: str, lift: str, what: str) -> None:
    ada, bob = Visitor(board_member("ada")), Visitor(board_member("bob"))
    ada.post(PAGE, {"deed": stop, "reason": "odd transfers"})
    old = button(bob, lift)
    ada.post(PAGE, {"deed": old, "reason": "a mistake"})
    page = bob.post(PAGE, {"deed": old, "reason": "looks fine"})
    assert page.status_code == 409
    assert f"{what} is not stopped: what you were shown was lifted by ada on" in text_of(page)
    ada.post(PAGE, {"deed": stop, "reason": "a thief after all"})
    page = bob.post(PAGE, {"deed": old, "reason": "looks fine"})
    assert page.status_code == 409
    seen = text_of(page)
    assert "The stop you were shown was lifted by ada on" in seen
    assert f"{what} is stopped anew by ada since" in seen
    assert "a thief after all. Nothing was done. Read why, then lift that one." in seen
    assert "looks fine" in seen
    assert Stop.objects.standing().get().reason == "a thief after all"
    assert bob.post(PAGE, {"deed": button(bob, lift), "reason": "it is over"}).status_code == 302
    assert not Stop.objects.standing().exists()


def test_the_page_asks_once_for_all_stops() -> None:
    ada = Visitor(board_member())
    with CaptureQueriesContext(connection) as none:
        ada.read(PAGE)
    for role in CharterVersion.objects.in_force().roles:
        ada.post(PAGE, {"deed": f"suspend:{role}", "reason": "x"})
    ada.read(PAGE)  # tells what was done, once
    with CaptureQueriesContext(connection) as nine:
        ada.read(PAGE)
    assert len(nine) <= len(none)


@pytest.mark.parametrize("deed", ["freeze", "suspend:cto", "lift"])
def test_the_password_is_asked_for_again_after_five_minutes(deed: str) -> None:
    ada = Visitor(board_member())
    if deed == "lift":
        ada.post(PAGE, {"deed": "freeze", "reason": "the bank called"})
        deed = button(ada, "Thaw spending")
    stood = Stop.objects.standing().count()
    shift_clock(minutes=6)
    page = ada.post(PAGE, {"deed": deed, "reason": "the bank called"})
    assert page.status_code == 403
    assert "You typed your password over five minutes ago. Nothing was done." in text_of(page)
    assert Stop.objects.standing().count() == stood
    assert ada.post(PAGE, {"deed": deed, "reason": "the bank called", "password": PASSWORD}).status_code == 302


def test_who_is_not_on_the_board_stops_nothing() -> None:
    member = board_member()
    eve = Visitor(member)
    member.groups.clear()
    assert eve.post(PAGE, {"deed": "freeze", "reason": "x"}).status_code == 403
    assert not Stop.objects.exists()
