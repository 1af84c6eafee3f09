"""What may have been asked twice is shown side by side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people import board_member
from tests.services.boardroom import REJECT, Visitor, answer, page_of, put_before_the_board, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(settings: Any) -> Visitor:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return Visitor(board_member("ada"))


def test_open_escalations_of_one_initiative_name_each_other(visitor: Visitor) -> None:
    first = put_before_the_board(title="New region", initiative="Region")
    second = put_before_the_board(3_000_000, title="Our <region>", initiative="  region ")
    other = put_before_the_board(title="Lab")
    assert f"Also open for the same initiative: {second.ref} Our <region>, $3,000,000" in text_of(
        visitor.get(page_of(first))
    )
    page = visitor.get(page_of(second))
    assert f"initiative: {first.ref} New region, $5,000,000" in text_of(page)
    assert f'href="{page_of(first)}"' in page.content.decode()
    assert "Also open" not in text_of(visitor.get(page_of(other)))
    answer(second, visitor.member, REJECT)
    assert "Also open" not in text_of(visitor.get(page_of(first)))
