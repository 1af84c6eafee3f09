"""The page on which the board stops things, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from org.models import Stop
from tests.people import board_member, shift_clock
from tests.services.boardroom import Visitor, text_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/org/stop/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_a_member_stops_and_lifts_with_a_reason() -> None:
    ada = Visitor(board_member("ada"))
    assert "Nothing is stopped" in text_of(ada.get(PAGE))
    assert ada.post(PAGE, {"deed": "suspend:cto", "reason": "odd purchases"}).status_code == 302
    assert ada.post(PAGE, {"deed": "freeze", "reason": "the bank called"}).status_code == 302
    seen = text_of(ada.get(PAGE))
    assert "Suspended by ada" in seen
    assert "odd purchases" in seen
    assert "Frozen by ada" in seen
    assert ada.post(PAGE, {"deed": "lift:cto", "reason": "explained"}).status_code == 302
    assert ada.post(PAGE, {"deed": "thaw", "reason": "all is well"}).status_code == 302
    assert not Stop.objects.filter(lifted_at=None).exists()
    assert ada.get(f"{PAGE}{Stop.objects.first().pk}/change/").status_code == 200  # type: ignore[union-attr]


def test_no_reason_no_such_role_and_no_such_button_stop_nothing() -> None:
    ada = Visitor(board_member())
    assert ada.post(PAGE, {"deed": "freeze", "reason": " "}).status_code == 400
    assert ada.post(PAGE, {"deed": "suspend:janitor", "reason": "x"}).status_code == 400
    assert ada.post(PAGE, {"deed": "burn", "reason": "x"}).status_code == 400
    assert ada.post(PAGE, {"deed": "thaw", "reason": "x"}).status_code == 409
    assert not Stop.objects.exists()


def test_the_password_is_asked_for_again_after_five_minutes() -> None:
    ada = Visitor(board_member())
    shift_clock(minutes=6)
    page = ada.post(PAGE, {"deed": "freeze", "reason": "the bank called"})
    assert page.status_code == 403
    assert "Nothing was done" in text_of(page)
    assert not Stop.objects.exists()


def test_who_is_not_on_the_board_stops_nothing() -> None:
    member = board_member()
    eve = Visitor(member)
    member.groups.clear()
    assert eve.post(PAGE, {"deed": "freeze", "reason": "x"}).status_code == 403
    assert not Stop.objects.exists()
