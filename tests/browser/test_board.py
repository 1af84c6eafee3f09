"""A member decides in a real browser, at a desk and on a phone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin

from org.enums import Urgency
from org.models import BoardVote, Decision, Escalation, Member, Message
from tests.browser.conftest import LAPTOP, PHONE, Visitor
from tests.clients.raw import RawClient
from tests.people import PASSWORD, board_member, page_of, propose, shift_clock
from tests.stack import Organisation, wait_until

pytestmark = pytest.mark.browser

CASE = {
    "business_value": (
        "Three of our ten largest customers asked for a European region in the last quarter. Two of them, Halden Foods "
        "and Brightline, put it into their renewal terms. Together they stand for $3.1M of yearly revenue.\n\n"
        "Without it we expect to lose at least one of them by next summer."
    ),
    "costs": {"data_centre_lease": 2_100_000, "hardware": 1_650_000, "staff_first_year": 900_000, "reserve": 350_000},
    "risks": ["The lease runs for five years", "Hiring two site leads in Frankfurt takes four months"],
    "department": "Operations",
}


@pytest.fixture
def matter(web: str) -> Escalation:
    board_member("ada")
    decision = propose("ceo", 5_000_000, title="Regional expansion into Europe", context=CASE, urgency=Urgency.HIGH)
    return Escalation.objects.get(decision=decision)


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_member_signs_in_approves_with_a_note_and_sees_the_result(
    matter: Escalation, visit: Callable[..., Visitor], size: tuple[int, int], scheme: str
) -> None:
    ada, shot = visit(size, scheme), f"{'phone' if size == PHONE else 'laptop'}-{scheme}"
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Regional expansion into Europe").click()
    ada.page.get_by_role("heading", name="Your answer").wait_for()
    assert ada.page.get_by_role("heading", level=1).inner_text().startswith("$5,000,000")
    assert not ada.is_too_wide
    ada.shoot(f"card-{shot}")
    if size == PHONE:
        ada.page.get_by_role("link", name="Go to your answer").tap()
    ada.page.get_by_label("Note").fill("Go ahead; report monthly.")
    began = time.monotonic()
    ada.page.get_by_role("button", name="Approve").click()
    ada.page.locator(".verdict", has_text="Approved").wait_for()
    letter = Message.objects.get(to_role="ceo", from_role="board")
    assert time.monotonic() - began < 2
    assert letter.content["rationale"] == "Go ahead; report monthly."
    assert Decision.objects.get(pk=matter.decision_id).status == "approved"
    assert ada.page.get_by_text("Go ahead; report monthly.").first.is_visible()
    ada.shoot(f"approved-{shot}")
    assert ada.complaints == []


def test_the_ceo_reads_the_board_s_answer_within_a_second_of_it(
    organisation: Organisation, web: str, visit: Callable[..., Visitor]
) -> None:
    board_member("ada")
    organisation.start_worker()
    organisation.start_sweeper()
    ada = visit()
    ada.sign_in("ada")
    with RawClient.start(organisation.client_command("ceo"), organisation.env, timeout=60) as ceo:
        ceo.initialize()
        asked = ceo.call(
            "approve_strategic_initiative", initiative="Expansion", business_value=CASE, budget=5_000_000
        ).structured
        assert asked["status"] == "escalated"
        ada.open("/admin/")
        ada.page.get_by_role("link", name="Expansion").click()
        ada.page.get_by_label("Note").fill("Go ahead; report monthly.")
        ada.page.get_by_role("button", name="Approve").click(no_wait_after=True)
        letters: list[Any] = []
        wait_until(lambda: letters.extend(ceo.call("read_inbox").structured["messages"]) or letters, 10, "the answer")
        [letter] = letters
        assert (letter["from"], letter["content"]["rationale"]) == ("board", "Go ahead; report monthly.")
        told = ceo.call("get_decision", decision_id=asked["ref"]).structured
        assert (told["status"], told["rationale"]) == ("approved", "Go ahead; report monthly.")
    wait_until(lambda: Message.objects.filter(from_role="board", read=True).exists(), 5, "the note that it was read")
    read = Message.objects.get(from_role="board").read_at
    assert read is not None
    assert read - BoardVote.objects.get().voted_at < timedelta(seconds=1)
    ada.page.locator(".verdict", has_text="Approved").wait_for()


def test_everything_can_be_done_from_the_keyboard(matter: Escalation, visit: Callable[..., Visitor]) -> None:
    ada = visit()
    ada.sign_in("ada")
    ada.open(page_of(matter))
    ada.page.get_by_label("Note").focus()
    ada.page.keyboard.type("Too dear this year.")
    for _ in range(3):  # Approve, Request revision, Reject
        ada.page.keyboard.press("Tab")
    assert ada.page.evaluate("document.activeElement.textContent") == "Reject"
    ada.page.keyboard.press("Enter")
    ada.page.locator(".verdict", has_text="Rejected").wait_for()


def test_after_five_minutes_the_password_is_asked_for_and_the_note_kept(
    matter: Escalation, visit: Callable[..., Visitor]
) -> None:
    ada = visit(PHONE)
    ada.sign_in("ada")
    ada.open(page_of(matter))
    shift_clock(minutes=6)
    ada.page.get_by_label("Note").fill("Go ahead.")
    ada.page.get_by_role("button", name="Approve").click()
    ada.page.get_by_role("alert").wait_for()
    assert ada.page.get_by_label("Note").input_value() == "Go ahead."
    ada.shoot("password-phone-light")
    ada.page.get_by_label("Your password").fill(PASSWORD)
    ada.page.get_by_role("button", name="Approve").click()
    ada.page.locator(".verdict", has_text="Approved").wait_for()


def test_hostile_text_runs_nothing_and_breaks_no_page(web: str, visit: Callable[..., Visitor]) -> None:
    board_member("ada")
    title = "<script>document.title='owned'</script>\u202egnp " + "x" * 150
    decision = propose(
        "ceo", 5_000_000, title=title, context={"w" * 300: ["<img src=x onerror=alert(1)>" * 40, "y" * 5000]}
    )
    said: list[Any] = []
    for size in (LAPTOP, PHONE):
        ada = visit(size)
        ada.page.on("dialog", lambda dialog: said.append(dialog))
        ada.sign_in("ada")
        for path in ("/admin/", "/admin/org/escalation/", page_of(Escalation.objects.get(decision=decision))):
            ada.open(path)
            assert not ada.is_too_wide, path
        ada.shoot(f"hostile-{'phone' if size == PHONE else 'laptop'}")
        assert ada.page.title() != "owned"
    assert said == []


def test_no_page_is_more_than_the_content_policy_allows(matter: Escalation, visit: Callable[..., Visitor]) -> None:
    Member.objects.create_superuser("root", password=PASSWORD)
    root = visit()
    root.sign_in("root")
    for model in admin.site._registry:
        pages = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        record = model._default_manager.order_by("-pk").first()
        forms = [f"{pages}{record.pk}/change/", f"{pages}{record.pk}/history/"] if record is not None else []
        for path in (pages, *forms):
            root.open(path)
    for path in ("/admin/org/member/add/", "/admin/password_change/"):
        root.open(path)
    assert root.complaints == []
