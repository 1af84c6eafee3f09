"""A member stops a role and all spending in a real browser, at a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from org.models import Stop
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import board_member

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_a_member_freezes_and_suspends_on_one_page(visit: Any, size: tuple[int, int], scheme: str) -> None:
    board_member("ada")
    ada = visit(size, scheme)
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Stops", exact=True).first.click()
    ada.page.get_by_label("Reason").fill("The bank called about odd transfers.")
    ada.page.get_by_role("button", name="Freeze spending").click()
    ada.page.get_by_role("heading", name="Spending is frozen").wait_for()
    ada.page.get_by_label("Reason").fill("Bought the same licences three times this morning.")
    ada.page.get_by_role("button", name="Suspend: Chief Technology Officer").click()
    ada.page.get_by_role("button", name="Lift: Chief Technology Officer").wait_for()
    ada.shoot(f"stops-{size[0]}-{scheme}")
    assert Stop.objects.filter(lifted_at=None).count() == 2
    assert not ada.is_too_wide
    assert ada.complaints == []
