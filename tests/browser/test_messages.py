"""A member writes to a role, reads its answer and replies, in a real browser, at a desk and on a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import ALL, MessageType, Urgency
from org.models import Message
from org.services import board_mail, message_times, messages
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import acting, board_member, shift_clock

pytestmark = pytest.mark.browser

QUESTION = (
    "Which of the three vendors would you keep if we could keep only one?\n\nTell me what it would cost to leave."
)
ANSWER = "OVH. We had two outages at Hetzner this year; leaving OVH would take a quarter and about $40,000."


def answer(question: Message, **given: Any) -> Message:
    said: dict[str, Any] = {"subject": "Re: Hosting", "content": ANSWER, "type": MessageType.RESPONSE, **given}
    return messages.send(to="board", reply_to=question.ref, by=acting(question.to_role), clock=database_clock, **said)[
        0
    ]


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark"), (PHONE, "light")])
def test_a_member_writes_to_a_role_reads_its_answer_and_replies(visit: Any, size: tuple[int, int], scheme: str) -> None:
    board_member("ada")
    ada, shot = visit(size, scheme), f"{size[0]}-{scheme}"
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Write to a role").click()
    ada.shoot(f"letter-{shot}")
    assert not ada.is_too_wide
    ada.page.get_by_label("To", exact=True).select_option("Chief Technology Officer")
    ada.page.get_by_label("Subject").fill("Hosting")
    ada.page.get_by_label("Text").fill(QUESTION)
    ada.page.get_by_label("Acknowledge by").fill("2020-01-01T10:00")
    ada.page.get_by_role("button", name="Send").click()
    ada.page.get_by_text("It lies in the past.").wait_for()
    assert ada.page.get_by_label("Text").input_value() == QUESTION
    ada.shoot(f"letter-faulty-{shot}")
    ada.page.get_by_label("Acknowledge by").fill("")
    ada.page.get_by_role("button", name="Send").dblclick()
    ada.page.get_by_role("heading", name="Receipts").wait_for()
    ada.shoot(f"message-sent-{shot}")
    question = Message.objects.get(from_role="board")
    answered = answer(question)
    ada.open("/admin/")
    ada.shoot(f"front-{shot}")
    ada.page.get_by_role("link", name="Re: Hosting").click()
    ada.page.get_by_text("Opened by ada").first.wait_for()
    ada.shoot(f"message-answer-{shot}")
    assert not ada.is_too_wide
    assert Message.objects.get(pk=answered.pk).read
    ada.page.get_by_label("Text").fill("Then keep OVH.")
    ada.page.get_by_role("button", name="Reply").click()
    ada.page.get_by_text("Answered by ada").first.wait_for()
    ada.shoot(f"message-thread-{shot}")
    ada.open("/admin/org/message/")
    ada.shoot(f"messages-{shot}")
    assert not ada.is_too_wide
    assert all("400 (Bad Request)" in said for said in ada.complaints)  # what was mended


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "dark"), (PHONE, "light")])
def test_a_broadcast_shows_where_each_delivery_stands_and_nothing_an_agent_writes_runs(
    visit: Any, size: tuple[int, int], scheme: str
) -> None:
    by, said = Actor.member(board_member("ada")), []
    asked = board_mail.write(
        to=ALL,
        subject="What holds you up?",
        content=QUESTION,
        priority=Urgency.HIGH,
        ack_by=database_clock() + timedelta(hours=4),
        by=by,
        clock=database_clock,
    )
    of = {row.to_role: row for row in asked.rows}
    answer(of["cto"], content={"blocker": "<script>document.title='owned'</script>" + "x" * 300, "since": ["Monday"]})
    answer(of["chro"], subject="Re: \u202eegap " + "y" * 200, content="z" * 4000, type=MessageType.REQUEST)
    note = "Nothing. <b>Really</b>."
    messages.acknowledge(message=of["test_lead"].ref, note=note, by=acting("test_lead"), clock=database_clock)
    shift_clock(hours=5)
    message_times.tell_missed(database_clock)
    ada = visit(size, scheme)
    ada.page.on("dialog", lambda dialog: said.append(dialog))
    ada.sign_in("ada")
    for path, shot in (
        ("/admin/", "front"),
        (f"/admin/org/message/{of['ceo'].pk}/change/", "message"),
        (f"/admin/org/message/{Message.objects.filter(to_role='board').latest('number').pk}/change/", "asked"),
        ("/admin/org/message/", "messages"),
        ("/admin/org/message/?answers=all", "answers"),
    ):
        ada.open(path)
        assert not ada.is_too_wide, path
        ada.shoot(f"broadcast-{shot}-{size[0]}")
    assert (said, ada.complaints) == ([], [])
    assert ada.page.title() != "owned"
