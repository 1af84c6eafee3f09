"""The front page in a real browser: what is stopped, what waits before the board, which charters wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.services import charters, stops
from tests.browser.conftest import LAPTOP, PHONE, Visitor
from tests.people import board_member
from tests.services.boardroom import put_before_the_board

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (LAPTOP, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_stops_and_charters_that_wait_are_seen_at_once_and_lead_where_they_are_answered(
    web: str, visit: Callable[..., Visitor], size: tuple[int, int], scheme: str
) -> None:
    member = board_member("ada")
    board_member("bob")
    given = {"by": Actor.member(member), "clock": database_clock}
    stops.freeze(reason="The bank called about odd transfers.", **given)
    stops.suspend(role="cto", reason="Bought the same licences three times this morning. " * 12, **given)
    put_before_the_board(title="New region in the north", initiative="Region")
    charters.begin(document=SHIPPED.read_text().replace("high = 24", "high = 20"), member=member, clock=database_clock)
    ada, shot = visit(size, scheme), f"{'phone' if size == PHONE else 'laptop'}-{scheme}"
    ada.sign_in("ada")
    ada.shoot(f"front-{shot}")
    assert not ada.is_too_wide
    frozen = ada.page.get_by_role("link", name="Spending frozen")
    box = frozen.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= size[1], "seen without scrolling"
    frozen.click()
    ada.page.get_by_role("heading", name="Spending is frozen").wait_for()
    ada.open("/admin/")
    ada.page.get_by_role("link", name="0 of 2 approvals").click()
    ada.page.get_by_role("button", name="Approve").wait_for()
    assert ada.complaints == []
