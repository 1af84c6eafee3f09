"""A member sets up a second factor in a real browser, signs in with it, and approves with it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from org.models import AuditRecord, Escalation, Member
from org.services import factors
from tests import authenticator
from tests.browser.conftest import LAPTOP, PHONE, Visitor
from tests.people import PASSWORD, board_member, page_of, propose, shift_clock

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (LAPTOP, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_a_member_enrols_signs_in_with_a_code_and_approves_with_one(
    web: str, visit: Callable[..., Visitor], size: tuple[int, int], scheme: str
) -> None:
    member = board_member("ada")
    matter = Escalation.objects.get(decision=propose("ceo", 5_000_000, title="Regional expansion"))
    ada, shot = visit(size, scheme), f"{'phone' if size == PHONE else 'laptop'}-{scheme}"
    ada.sign_in("ada")
    ada.shoot(f"hint-{shot}")
    ada.page.get_by_role("link", name="Set up your second factor").click()
    ada.shoot(f"factor-none-{shot}")
    ada.page.get_by_role("button", name="Begin").click()
    key = ada.page.locator("code.secret").inner_text()
    box = ada.page.locator("svg.qr").bounding_box()
    assert box and box["width"] > 150 and not ada.is_too_wide
    ada.shoot(f"factor-begun-{shot}")
    ada.page.get_by_label("The code your app shows now").fill(authenticator.code(key))
    ada.page.get_by_role("button", name="Confirm").click()
    ada.page.get_by_role("heading", name="Keep these recovery codes").wait_for()
    codes = re.findall(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", ada.page.locator(".codes").inner_text())
    assert len(codes) == 10 and not ada.is_too_wide
    ada.shoot(f"factor-codes-{shot}")
    ada.page.get_by_role("link", name="I have kept them").click()
    assert not ada.page.get_by_text("makes that two keys").is_visible()
    ada.open("/admin/second-factor/")
    ada.shoot(f"factor-in-use-{shot}")
    ada.page.get_by_role("button", name="Log out").click()

    ada.open(page_of(matter))
    ada.page.get_by_label("Username").fill("ada")
    ada.page.get_by_label("Password").fill(PASSWORD)
    ada.page.get_by_role("button", name="Log in").click()
    ada.page.get_by_label("Code").wait_for()
    assert not ada.is_too_wide
    ada.shoot(f"code-{shot}")
    ada.page.get_by_label("Code").fill("000 000")
    ada.page.get_by_role("button", name="Log in").click()
    ada.page.get_by_role("alert").wait_for()
    ada.shoot(f"code-wrong-{shot}")
    ada.page.get_by_label("Code").fill(authenticator.next_code(member))
    ada.page.get_by_role("button", name="Log in").click()
    ada.page.get_by_role("heading", name="Your answer").wait_for()

    shift_clock(minutes=6)
    ada.open(page_of(matter))
    ada.shoot(f"approve-code-{shot}")
    ada.page.get_by_label("A code of your app").fill(authenticator.next_code(member))
    ada.page.get_by_role("button", name="Approve").click()
    ada.page.locator(".verdict", has_text="Approved").wait_for()
    assert ada.complaints == []
    assert factors.enrolled(member)
    assert AuditRecord.objects.get(action="sign_in.done", data__factor="app").actor == "person:ada"


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_a_lock_says_when_it_ends_and_an_operator_releases_it(
    web: str, visit: Callable[..., Visitor], size: tuple[int, int]
) -> None:
    board_member("ada")
    root = Member.objects.create_superuser("root", password=PASSWORD)
    authenticator.enrol(root)
    keeper, shot = visit(size), "phone" if size == PHONE else "laptop"
    keeper.open("/admin/")
    keeper.page.get_by_label("Username").fill("root")
    keeper.page.get_by_label("Password").fill(PASSWORD)
    keeper.page.get_by_role("button", name="Log in").click()
    keeper.page.get_by_label("Code").fill(authenticator.next_code(root))
    keeper.page.get_by_role("button", name="Log in").click()
    keeper.page.wait_for_url(f"{web}/admin/")
    ada = visit(size, "dark")
    for _ in range(5):
        ada.open("/admin/")
        ada.page.get_by_label("Username").fill("ada")
        ada.page.get_by_label("Password").fill("not the password")
        ada.page.get_by_role("button", name="Log in").click()
    ada.page.get_by_role("heading", name="Locked for a while").wait_for()
    assert not ada.is_too_wide
    ada.shoot(f"locked-{shot}")
    keeper.page.reload()
    keeper.page.get_by_role("link", name="Locked sign-ins (1)").click()
    assert not keeper.is_too_wide
    keeper.shoot(f"locks-{shot}")
    keeper.page.get_by_role("button", name="Release name").click()
    keeper.page.get_by_text("It is released").wait_for()
    keeper.page.get_by_text("Nothing is locked.").wait_for()
    ada.sign_in("ada")
    keeper.open("/admin/org/member/")
    keeper.shoot(f"members-{shot}")
    keeper.open(f"/admin/org/member/{root.pk}/change/")
    keeper.shoot(f"member-{shot}")
    assert keeper.complaints == []
