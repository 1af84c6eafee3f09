"""A memory's page: what is known, and what was written before, by whom."""

from __future__ import annotations

import pytest

from tests.people import board_member
from tests.services.boardroom import Visitor, text_of
from tests.services.test_memories import remember

pytestmark = pytest.mark.django_db


def test_a_memory_shows_its_earlier_revisions_and_no_markup_of_theirs() -> None:
    remember("cto", content="<script>alert(1)</script>")
    newest = remember("chro", content="We are with OVH.")
    page = Visitor(board_member()).get(f"/admin/org/memory/{newest.pk}/change/")
    assert page.status_code == 200
    assert b"<script>alert" not in page.content
    seen = text_of(page)
    assert "We are with OVH." in seen
    assert "Revision 1 by the Chief Technology Officer" in seen
    assert "<script>alert(1)</script>" in seen


def test_memories_are_listed_and_found_by_their_key() -> None:
    remember(key="vendors/hosting")
    remember(key="people/on call")
    listed = text_of(Visitor(board_member()).get("/admin/org/memory/?q=vendors"))
    assert "vendors/hosting" in listed
    assert "people/on call" not in listed
