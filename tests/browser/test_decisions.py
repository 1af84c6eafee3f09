"""A member steps in on a decision of agents in a real browser, at a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from org.models import Decision, Escalation
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import board_member, propose

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_a_member_revokes_an_approval_and_puts_it_before_the_board_anew(
    visit: Any, size: tuple[int, int], scheme: str
) -> None:
    board_member("ada")
    decision = propose("ceo", 750_000, title="AI Research Lab")
    ada = visit(size, scheme)
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Decisions", exact=True).first.click()
    ada.page.get_by_role("link", name=decision.ref).click()
    ada.page.get_by_label("Reason").fill("The market moved; the lab can wait until spring.")
    ada.shoot(f"decision-approved-{size[0]}-{scheme}")
    ada.page.get_by_role("button", name="Revoke the approval").click()
    ada.page.get_by_text(f"{decision.ref} is revoked. $750,000 went back to the treasury.").wait_for()
    ada.shoot(f"decision-revoked-{size[0]}-{scheme}")
    assert not ada.is_too_wide
    ada.page.get_by_label("Reason").fill("Spring came early.")
    ada.page.get_by_role("button", name="Put it before the board anew").click()
    ada.page.get_by_role("button", name="Approve").wait_for()
    ada.shoot(f"decision-overridden-{size[0]}-{scheme}")
    assert Decision.objects.get(overrides=decision).status == "escalated"
    assert Escalation.objects.get(decision__overrides=decision).ruling["rule"] == "overridden"
    assert not ada.is_too_wide
    assert ada.complaints == []
