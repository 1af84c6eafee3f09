"""An address that stands for no text is refused as the browser's fault, not answered with one of Echo's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people import board_member
from tests.services.boardroom import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(settings: Any) -> Visitor:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return Visitor(board_member("ada"))


@pytest.mark.parametrize(
    "address",
    [
        "/admin/org/decision/?status__exact=%00",
        "/admin/org/decision/?initiator_role=%ff%00",
        "/admin/org/decision/?q=%c3",
        "/admin/org/decision/?%00=x",
        "/admin/org/ledgeraccount/a%00b/change/",
        "/admin/%00",
    ],
)
def test_an_address_that_is_no_text_is_refused(visitor: Visitor, address: str) -> None:
    path, _, query = address.partition("?")
    page = visitor.get(path, QUERY_STRING=query)
    assert page.status_code == 400
    assert page.content.decode().startswith("The address holds bytes that are no text")
    assert page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["q=%2500", "q=Gr%C3%BC%C3%9Fe", "q=100%", "initiator_role=%F0%9F%8F%A2"])
def test_unusual_text_is_still_looked_for(visitor: Visitor, query: str) -> None:
    assert visitor.get("/admin/org/decision/", QUERY_STRING=query).status_code == 200


@pytest.mark.parametrize("identifier", ["a%FFb", "Gr%C3%BC%C3%9Fe"])
def test_an_unknown_record_is_not_there(visitor: Visitor, identifier: str) -> None:
    assert visitor.get(f"/admin/org/ledgeraccount/{identifier}/change/").status_code in (302, 404)
