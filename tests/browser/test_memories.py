"""What roles remember, read by a person in a real browser, at a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from org.clock import database_clock
from org.services import memories
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import acting, board_member

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_a_person_reads_what_is_known_and_who_wrote_what_before(visit: Any, size: tuple[int, int], scheme: str) -> None:
    board_member("ada")
    said = (
        "Hetzner is cheap, and " * 30,
        "We left Hetzner for OVH after two outages.",
        "<b>bold</b>\u202e" + "x" * 300,
    )
    for role, content in zip(("cto", "operations_head", "chro"), said, strict=True):
        memories.remember(key="vendors/hosting", content=content, by=acting(role), clock=database_clock)
    ada = visit(size, scheme)
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Memories", exact=True).first.click()
    ada.shoot(f"memories-{size[0]}-{scheme}")
    ada.page.get_by_role("link", name="vendors/hosting").click()
    ada.page.get_by_text("Revision 1 by the Chief Technology Officer").wait_for()
    ada.shoot(f"memory-{size[0]}-{scheme}")
    assert ada.page.locator("pre.document b").count() == 0
    assert not ada.is_too_wide
    assert ada.complaints == []
