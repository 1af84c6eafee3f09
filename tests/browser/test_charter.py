"""A member changes the charter in a real browser, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from org.models import CharterVersion
from tests.browser.conftest import LAPTOP, PHONE, Visitor
from tests.people import board_member

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (LAPTOP, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_a_member_writes_checks_and_publishes_a_charter(
    web: str, visit: Callable[..., Visitor], size: tuple[int, int], scheme: str
) -> None:
    board_member("ada")
    ada, shot = visit(size, scheme), f"{'phone' if size == PHONE else 'laptop'}-{scheme}"
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Charter", exact=True).click()
    ada.shoot(f"drafts-{shot}")
    ada.page.get_by_role("link", name="Add charter draft").click()
    editor = ada.page.get_by_role("textbox", name="The charter")
    text = editor.input_value()
    wrong = text.replace('decided_by = ["ceo"]', 'decided_by = ["boss"]').replace("high = 24", "high = 2")
    editor.fill(wrong.replace("limit_usd = 300_000", "limit = 300_000"))
    ada.page.get_by_role("button", name="Check").click()
    ada.page.get_by_role("heading", name="Faults").wait_for()
    assert not ada.is_too_wide
    ada.shoot(f"faults-{shot}")
    changed = text.replace("limit_usd = 500_000", "limit_usd = 2_000_000").replace("low = 168", "low = 336")
    editor.fill(changed.replace('decided_by = ["chro", "ceo"]', 'decided_by = ["chro"]'))
    ada.page.get_by_role("button", name="Save").click()
    ada.page.get_by_text("The draft is kept.").wait_for()
    assert ada.page.get_by_text("$2,000,000 instead of $500,000").is_visible()
    assert not ada.is_too_wide
    ada.shoot(f"draft-{shot}")
    for cell in ada.page.locator("table.changes td bdi").all():
        assert cell.evaluate("said => said.getClientRects().length") == 1, "broken in the middle of an amount"
        assert cell.evaluate("said => said.getBoundingClientRect().right") <= size[0], "read by scrolling sideways"
        assert cell.is_visible()
    before = CharterVersion.objects.latest("version").version
    ada.page.get_by_role("button", name="Publish").click()
    ada.page.locator(".verdict", has_text="Published").wait_for()
    assert CharterVersion.objects.latest("version").version == before + 1
    ada.shoot(f"published-{shot}")
    ada.open(f"/admin/org/charterversion/{before + 1}/change/")
    assert not ada.is_too_wide
    ada.shoot(f"version-{shot}")
    assert ada.complaints == []
