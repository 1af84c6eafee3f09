"""A member steps in on a decision of agents in a real browser, at a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from org.enums import VoteChoice
from org.models import Decision, Escalation
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import board_member, propose, put_to_vote, vote

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


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_a_member_sees_how_the_roles_voted_on_what_they_left_open(
    visit: Any, size: tuple[int, int], scheme: str
) -> None:
    board_member("ada")
    decision = put_to_vote("uiux_engineer", title="A four-day week in July")
    vote(decision, "cto", rationale="Nothing came later in the team that tried it; on-call stays as it is.")
    vote(decision, "chro", rationale="Two offers were turned down for want of it.", confidence=0.7)
    vote(decision, "operations_head", VoteChoice.REJECT, rationale="Support has eleven open hours a day to fill.")
    vote(
        decision,
        "product_manager",
        VoteChoice.REJECT,
        confidence=0.55,
        rationale="The release of July would slip. " * 6,
    )
    ada = visit(size, scheme)
    ada.sign_in("ada")
    ada.open(f"/admin/org/decision/{decision.pk}/change/")
    ada.page.get_by_role("heading", name="How the roles voted").wait_for()
    ada.page.get_by_text("2 for, 2 against.").first.wait_for()
    assert ada.page.get_by_text("Support has eleven open hours").first.is_visible()
    ada.shoot(f"decision-voted-{size[0]}-{scheme}")
    assert not ada.is_too_wide
    assert ada.complaints == []
