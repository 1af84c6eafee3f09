"""The pages of messages: what people write, where each delivery stands, what roles answered, without a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.registry import NAMES
from org.admin.texts import when
from org.clock import database_clock
from org.enums import ALL, MessageType
from org.models import AUDITOR_GROUP, BOARD_GROUP, AuditRecord, Member, Message
from org.services import message_times, messages
from tests.people import PASSWORD, acting, amend_charter, board_member, put_to_vote, shift_clock
from tests.services.boardroom import Visitor, text_of

pytestmark = pytest.mark.django_db

LIST, WRITE = "/admin/org/message/", "/admin/org/message/add/"
CTO = "Chief Technology Officer"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada() -> Visitor:
    return Visitor(board_member("ada"))


def auditor() -> Visitor:
    member = Member.objects.create_user("olga", password=PASSWORD, is_staff=True)
    member.groups.add(Group.objects.get(name=AUDITOR_GROUP))
    return Visitor(member)


def page(message: Message) -> str:
    return f"/admin/org/message/{message.pk}/change/"


def letter(**given: Any) -> dict[str, Any]:
    written = {"to": "cto", "subject": "Hosting", "content": "Which vendor?", "type": "request", "priority": "normal"}
    return {**written, "ack_by": "", "deed": "send", **given}


def asked(visitor: Visitor, **given: Any) -> Message:
    sent = visitor.post(WRITE, letter(**given))
    assert sent.status_code == 302, text_of(sent)
    return Message.objects.filter(from_role="board").latest("number")


def answer(question: Message, **given: Any) -> Message:
    wanted: dict[str, Any] = {"subject": "Re: Hosting", "content": "OVH.", "type": MessageType.RESPONSE, **given}
    by = acting(question.to_role)
    return messages.send(to="board", reply_to=question.ref, by=by, clock=database_clock, **wanted)[0]


# --- Writing --------------------------------------------------------------------------------------------------------


def test_a_member_writes_to_a_role_under_their_name(ada: Visitor) -> None:
    assert CTO in ada.read(WRITE)
    soon = (database_clock() + timedelta(days=1)).replace(second=0, microsecond=0)
    sent = ada.post(WRITE, letter(priority="high", ack_by=f"{soon:%Y-%m-%dT%H:%M}", content="One\r\ntwo"), follow=True)
    row = Message.objects.get()
    assert (row.to_role, row.type, row.priority, row.ack_by) == ("cto", "request", "high", soon)
    assert (row.content, row.metadata) == ("One\ntwo", {"written_by": "ada"})
    seen = text_of(sent)
    assert f"{row.ref} is in the inbox of the {CTO}." in seen
    assert f"ada, for the board → {CTO}" in seen
    assert f"To be acknowledged by {when(soon)}." in seen


def test_a_member_writes_to_all_at_once(ada: Visitor) -> None:
    sent = ada.post(WRITE, letter(to=ALL, type="notification"), follow=True)
    assert f"is in the inbox of {len(NAMES)} roles." in text_of(sent)
    assert Message.objects.count() == len(NAMES)


def test_a_form_that_is_posted_twice_sends_once(ada: Visitor) -> None:
    first = ada.post(WRITE, letter())
    second = ada.post(WRITE, letter())
    row = Message.objects.get()
    assert first["Location"] == second["Location"] == page(row)
    assert f"{row.ref} says exactly this, sent a moment ago. It was not sent twice." in text_of(ada.get(page(row)))


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"to": ""}, "to", "Nobody is chosen. Choose a role, leadership or all."),
        ({"to": "janitor"}, "to", "There is no such role. Choose one of the list."),
        ({"to": "board"}, "to", "There is no such role. Choose one of the list."),
        ({"subject": "  "}, "subject", "It is empty. Say in one line what it is about."),
        ({"subject": "s" * 256}, "subject", "It has 256 characters, more than 255. Shorten it."),
        ({"subject": "a\0b"}, "subject", "It holds a NUL character, which cannot be kept. Take it out."),
        ({"content": ""}, "content", "It is empty. Write what the role is to know or do."),
        ({"content": "x" * 20_001}, "content", "It has 20001 characters, more than 20000. Shorten it, or send parts."),
        ({"type": "escalation"}, "type", "People send requests and notifications. Choose one of the two."),
        ({"type": ""}, "type", "None is chosen. Choose request or notification."),
        ({"priority": "soon"}, "priority", "There is no such priority. Choose one of the list."),
        ({"ack_by": "soon"}, "ack_by", "It is no date and time. Write it like 2027-03-01 17:00, or leave it empty."),
        ({"ack_by": "2020-01-01T10:00"}, "ack_by", "It lies in the past. Nothing was done. It is now"),
    ],
)
def test_a_fault_is_told_at_its_field_and_nothing_typed_is_lost(
    ada: Visitor, given: dict[str, str], field: str, told: str
) -> None:
    faulty = ada.post(WRITE, letter(subject="About <b>hosting</b>", content="Line one\nline two") | given)
    assert faulty.status_code == 400
    assert "Nothing was sent. Mend what is marked" in text_of(faulty)
    [fault] = faulty.context["form"].errors[field]
    assert fault.startswith(told)
    source = faulty.content.decode()
    assert f'id="id_{field}_error"' in source and f'aria-describedby="id_{field}' in source
    if field != "subject":
        assert 'value="About &lt;b&gt;hosting&lt;/b&gt;"' in source
    if field != "content":
        assert "Line one\nline two</textarea>" in source
    assert not Message.objects.exists()


def test_what_is_wrong_on_a_thread_is_told_there(ada: Visitor) -> None:
    question = asked(ada)
    faulty = ada.post(page(question), letter(content=""))
    assert faulty.status_code == 400
    assert "Write what the role is to know or do." in text_of(faulty)
    assert question.ref in text_of(faulty)


def test_who_needs_a_second_factor_first_keeps_what_they_typed(ada: Visitor, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    page = ada.post(WRITE, letter(content="Which vendor, and why?"))
    assert page.status_code == 403
    assert "Set up your second factor" in text_of(page)
    assert "Which vendor, and why?</textarea>" in page.content.decode()
    assert not Message.objects.exists()


def test_writing_asks_for_no_password_however_long_ago_it_was_typed(ada: Visitor) -> None:
    shift_clock(hours=3)
    assert asked(ada).person == ada.member


def test_a_role_that_is_gone_is_no_choice_any_more(ada: Visitor) -> None:
    amend_charter('title = "Test Lead"', 'title = "Quality Lead"')
    assert "Quality Lead" in ada.read(WRITE)


def test_who_is_taken_off_the_board_writes_no_more(ada: Visitor) -> None:
    question = asked(ada)
    ada.member.groups.remove(Group.objects.get(name=BOARD_GROUP))
    ada.member.groups.add(Group.objects.get(name=AUDITOR_GROUP))
    for where in (WRITE, page(question)):
        assert ada.post(where, letter(content="More.")).status_code == 403
    seen = text_of(ada.get(page(question)))
    assert "Only active members of the board write to roles." in seen
    assert Message.objects.count() == 1


# --- A message and its thread ---------------------------------------------------------------------------------------


def test_the_page_tells_how_a_delivery_came_to_where_it_stands(ada: Visitor) -> None:
    question = asked(ada)
    assert "in the inbox Sent" in text_of(ada.get(page(question)))
    assert "No agent of this role has been seen yet." in text_of(ada.get(page(question)))
    now = database_clock()
    Message.objects.filter(pk=question.pk).update(offered_at=now, read=True, read_at=now + timedelta(minutes=1))
    messages.acknowledge(message=question.ref, note="on <i>it</i>\u202e", by=acting("cto"), clock=database_clock)
    seen = text_of(ada.get(page(question)))
    for said in ("acknowledged", "Handed to its agent", "Read ", "Acknowledged ", "on <i>it</i>[U+202E]"):
        assert said in seen


def test_what_was_missed_and_what_expired_is_said(ada: Visitor) -> None:
    soon = database_clock() + timedelta(hours=1)
    question = asked(ada, ack_by=f"{soon:%Y-%m-%dT%H:%M}")
    shift_clock(hours=2)
    message_times.tell_missed(database_clock)
    assert "not acknowledged in time" in text_of(ada.get(page(question)))
    assert "Not acknowledged in time (1)" in text_of(ada.get("/admin/"))
    assert question.ref in text_of(ada.get(f"{LIST}?open=missed&from_role=board"))
    shift_clock(days=31)
    message_times.expire_due(database_clock)
    assert "Expired" in text_of(ada.get(page(question)))
    assert "Not acknowledged in time (" not in text_of(ada.get("/admin/"))


def test_a_broadcast_tells_of_each_recipient(ada: Visitor) -> None:
    question = asked(ada, to=ALL)
    rows = {row.to_role: row for row in Message.objects.filter(number=question.number)}
    answered = answer(rows["cto"])
    messages.acknowledge(message=question.ref, note="none", by=acting("chro"), clock=database_clock)
    seen = text_of(ada.get(page(rows["test_lead"])))
    for stands in (f"{CTO} answered", "Chief Human Resources Officer acknowledged", "Test Lead in the inbox"):
        assert stands in seen
    counts = f"{len(NAMES)} recipients: {len(NAMES) - 2} in the inbox, 1 acknowledged, 1 answered"
    assert counts in text_of(ada.get(page(answered)))


def test_the_thread_tells_who_said_what_and_a_reply_goes_on_with_it(ada: Visitor) -> None:
    question = asked(ada)
    answered = answer(question, content={"vendor": "OVH", "months": 3})
    seen = text_of(ada.get(page(question)))
    assert f"{CTO} → The board" in seen
    assert "Months 3" in seen
    assert f"Reply to the {CTO}" in text_of(ada.get(page(answered)))
    sent = ada.post(page(answered), letter(to="chro", content="Then keep it.", type="notification"))
    reply = Message.objects.latest("number")
    assert sent["Location"] == page(reply)
    assert (reply.to_role, reply.reply_to, reply.thread_id) == ("cto", answered.number, question.thread_id)
    assert "Answered by ada" in text_of(ada.get(page(answered)))


def test_a_member_joins_a_thread_between_roles(ada: Visitor) -> None:
    [row] = messages.send(to="cto", subject="Plans", content="x", by=acting("ceo"), clock=database_clock)
    form = ada.get(page(row)).context["form"]
    assert (form["to"].initial, form["subject"].initial) == ("ceo", "Re: Plans")
    ada.post(page(row), letter(to="cto"))
    mine = Message.objects.get(from_role="board")
    assert (mine.thread_id, mine.reply_to, mine.to_role) == (row.thread_id, None, "cto")
    assert Message.objects.get(pk=row.pk).state == "stored"


def test_what_agents_write_is_escaped_and_made_visible(ada: Visitor) -> None:
    hostile = "<script>alert(1)</script>\u202egnp"
    question = asked(ada)
    answered = answer(question, subject=hostile, content={hostile: [hostile]})
    thread = "t\u202e" + hostile
    messages.send(to="cto", subject="x", content="x", thread_id=thread, by=acting("ceo"), clock=database_clock)
    for where in ("/admin/", LIST, page(answered), page(question), page(Message.objects.latest("pk"))):
        seen = ada.read(where)
        assert "<script>alert" not in seen
        assert "\u202e" not in seen, where
    assert "[U+202E]" in ada.read(page(answered))


def test_a_message_opens_by_its_ref_and_what_is_none_is_not_found(ada: Visitor) -> None:
    question = asked(ada)
    assert ada.get(f"{LIST}{question.ref}/change/").status_code == 200
    for nothing in ("M-99999", "7777", "x"):
        for send in (ada.get, ada.post):
            assert send(f"{LIST}{nothing}/change/").status_code == 404


def test_a_page_asks_the_database_as_often_for_many_messages_as_for_few(ada: Visitor) -> None:
    question = asked(ada)
    counts = []
    for n in (3, 27):
        for m in range(n):
            answer(question, content=f"{n} {m}")
        ada.read(page(question))  # reads them
        with CaptureQueriesContext(connection) as statements:
            ada.read(page(question))
        counts.append(len(statements))
    assert counts[1] <= counts[0]


# --- Answers to the board -------------------------------------------------------------------------------------------


def test_unread_answers_come_first_and_are_read_when_a_member_opens_one(ada: Visitor) -> None:
    question = asked(ada)
    first, second = answer(question, subject="First answer"), answer(asked(ada, to="ceo"), subject="Second answer")
    front = text_of(ada.get("/admin/"))
    assert "Unread answers to the board" in front
    assert "Second answer" in front
    seen = text_of(ada.get(page(second)))
    assert "Opened by ada" in seen
    assert Message.objects.get(pk=second.pk).read and not Message.objects.get(pk=first.pk).read
    listed = text_of(ada.get(f"{LIST}?answers=all"))
    assert listed.index("First answer unread") < listed.index("Second answer")
    assert "1 unread" in listed
    assert "Second answer" not in text_of(ada.get(f"{LIST}?answers=unread"))
    assert "Hosting" not in text_of(ada.get(f"{LIST}?answers=all")).replace("Re: Hosting", "")


def test_whoever_reads_the_thread_has_read_the_answers_on_it(ada: Visitor) -> None:
    question = asked(ada)
    answered = answer(question)
    ada.read(page(question))
    assert Message.objects.get(pk=answered.pk).read
    assert AuditRecord.objects.get(action="message.read").actor == "person:ada"


def test_the_role_sees_that_the_board_has_read_it(ada: Visitor) -> None:
    answered = answer(asked(ada))
    ada.read(page(answered))
    assert Message.objects.get(pk=answered.pk).state == "read"


def test_an_auditor_who_looks_reads_nothing_for_the_board(ada: Visitor) -> None:
    answered = answer(asked(ada))
    olga = auditor()
    assert "Unread answers to the board" in text_of(olga.get("/admin/"))
    assert "OVH." in text_of(olga.get(page(answered)))
    assert ada.head(page(answered)).status_code == 200
    assert not Message.objects.get(pk=answered.pk).read


def test_who_asks_for_it_is_acknowledged_with_a_button(ada: Visitor) -> None:
    question = asked(ada)
    plain, asks = answer(question), answer(question, content="May we?", type=MessageType.REQUEST)
    assert "Only acknowledge" not in ada.read(page(plain))
    assert "Only acknowledge" in ada.read(page(asks))
    done = ada.post(page(asks), letter(deed="acknowledge", content=""), follow=True)
    assert f"{asks.ref} is acknowledged. The {CTO} sees it." in text_of(done)
    assert "Acknowledged by ada" in text_of(done)
    assert "Only acknowledge" not in text_of(done)
    assert ada.post(page(question), letter(deed="acknowledge")).status_code == 400


def test_what_is_open_is_found(ada: Visitor) -> None:
    done, waits = asked(ada, subject="Done"), asked(ada, subject="Waiting")
    answer(done)
    assert list(ada.get(f"{LIST}?open=asked").context["cl"].result_list) == [waits]


def test_messages_about_a_decision_lead_to_it(ada: Visitor) -> None:
    decision = put_to_vote()
    row = Message.objects.filter(decision=decision).latest("pk")
    assert f"about {decision.ref}" in text_of(ada.get(page(row)))
