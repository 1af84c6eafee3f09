from datetime import timedelta
from typing import Any

import pytest

from agents import resources
from agents.receipts import mark_read
from agents.registry import NAMES
from agents.roles.briefing import brief_me
from org.acts import Act
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import MessageType, Urgency
from org.errors import InvalidInput, NotFound
from org.models import AuditRecord, CharterVersion, Inbox, Message, OutboxEvent
from org.queries import inbox
from org.services import message_times, messages
from org.services.messages import Letter
from tests.people import acting, publish_charter

pytestmark = pytest.mark.django_db
ROLES = set(NAMES)


def send(role: str, to: str, **given: Any) -> list[Message]:
    wanted: dict[str, Any] = {"subject": "Plans", "content": "What do you think?", **given}
    return messages.send(to=to, by=acting(role), clock=database_clock, **wanted)


def acknowledge(role: str, message: Message, note: str = "") -> Message:
    return messages.acknowledge(message=message.ref, note=note, by=acting(role), clock=database_clock)


def page(role: str, **given: Any) -> tuple[list[Message], str | None]:
    wanted: dict[str, Any] = {"needs_action": False, "unread_only": False, "thread_id": "", "limit": 20, "cursor": ""}
    return inbox.page(role, **wanted | given)


def test_a_message_lies_in_its_recipients_inbox_alone() -> None:
    [row] = send("ceo", "cto")
    assert (row.from_role, row.to_role, row.state, row.type) == ("ceo", "cto", "stored", MessageType.REQUEST)
    assert page("cto")[0] == [row]
    for role in ROLES - {"cto"}:
        assert page(role) == ([], None)


def test_a_broadcast_reaches_everybody_but_its_sender_under_one_ref() -> None:
    rows = send("cto", "all")
    assert {row.to_role for row in rows} == ROLES - {"cto"}
    assert len({row.ref for row in rows}) == 1
    assert len({row.message_id for row in rows}) == 1


@pytest.mark.parametrize(
    ("sender", "reached"),
    [
        ("ceo", {"cto", "chro", "operations_head"}),
        ("senior_developer", {"ceo", "cto", "chro", "operations_head"}),
    ],
)
def test_leadership_are_the_roles_the_charter_says(sender: str, reached: set[str]) -> None:
    assert {row.to_role for row in send(sender, "leadership")} == reached


def test_a_broadcast_that_reaches_nobody_is_refused() -> None:
    publish_charter(SHIPPED.read_text().replace("leadership = true\n", "", 3))
    [alone] = CharterVersion.objects.in_force().leadership
    with pytest.raises(InvalidInput, match=f"leadership has nobody but {alone}.* Use another role") as fault:
        send(alone, "leadership")
    assert fault.value.field == "to"
    assert {row.to_role for row in send("test_lead", "leadership")} == {alone}


def test_a_broadcast_is_told_once_on_its_own_channel() -> None:
    send("cto", "all")
    event = OutboxEvent.objects.get()
    assert event.channel == "messages:all"
    assert set(event.payload) == {"id", "from", "to", "type", "subject", "content", "metadata"}
    assert set(event.payload["metadata"]) == {"priority", "thread_id", "timestamp"}
    assert (event.payload["from"], event.payload["to"]) == ("cto", "all")


@pytest.mark.parametrize("nobody", ["cfo", "system", ""])
def test_an_unknown_recipient_is_refused_with_those_there_are(nobody: str) -> None:
    with pytest.raises(NotFound) as fault:
        send("cto", nobody)
    assert fault.value.field == "to"
    assert "ceo" in str(fault.value)
    assert "leadership" in str(fault.value)
    assert not Message.objects.exists()


@pytest.mark.parametrize("spelled", ["CEO", " ceo "])
def test_a_role_is_found_however_its_case_and_spaces(spelled: str) -> None:
    [row] = send("cto", spelled)
    assert row.to_role == "ceo"


def test_the_board_reads_no_mail() -> None:
    with pytest.raises(InvalidInput, match="the board is people"):
        send("cto", "board")


def test_a_role_cannot_write_to_itself() -> None:
    with pytest.raises(InvalidInput, match="cannot write to itself"):
        send("cto", "cto")
    assert not Message.objects.exists()


def test_a_deadline_lies_ahead() -> None:
    with pytest.raises(InvalidInput) as fault:
        send("cto", "ceo", ack_by=database_clock() - timedelta(seconds=1))
    assert fault.value.field == "ack_by"
    [row] = send("cto", "ceo", ack_by=database_clock() + timedelta(hours=1))
    assert row.ack_by is not None


def test_a_thread_has_a_name_that_can_be_kept() -> None:
    assert send("cto", "ceo", thread_id="t" * 64)[0].thread_id == "t" * 64
    with pytest.raises(InvalidInput) as fault:
        send("cto", "ceo", thread_id="t" * 65)
    assert fault.value.field == "thread_id"


def test_a_reply_goes_to_the_sender_in_the_thread_and_acknowledges() -> None:
    [question] = send("ceo", "cto")
    [reply] = send("cto", " CEO", reply_to=question.message_id, thread_id="another")
    assert (reply.to_role, reply.thread_id, reply.reply_to) == ("ceo", question.thread_id, question.number)
    question.refresh_from_db()
    assert (question.state, question.acknowledge_note) == ("acknowledged", "answered")


@pytest.mark.parametrize("elsewhere", ["chro", "all", "leadership", "cto", "cfo", ""])
def test_a_reply_goes_nowhere_else(elsewhere: str) -> None:
    [question] = send("ceo", "cto")
    with pytest.raises(InvalidInput, match=f"{question.ref} came from ceo, .* Send it to ceo") as fault:
        send("cto", elsewhere, reply_to=question.ref)
    assert fault.value.field == "to"
    assert state_of(question) == "stored"


def test_a_reply_keeps_the_acknowledgement_there_is() -> None:
    [question] = send("ceo", "cto")
    first = acknowledge("cto", question, "on it")
    send("cto", "ceo", reply_to=question.ref)
    question.refresh_from_db()
    assert (question.acknowledged_at, question.acknowledge_note) == (first.acknowledged_at, "on it")
    assert AuditRecord.objects.filter(action="message.acknowledged", subject=question.ref).count() == 1


def test_nobody_replies_to_what_it_did_not_receive() -> None:
    [question] = send("ceo", "cto")
    for stranger in ("chro", "ceo"):
        with pytest.raises(NotFound) as fault:
            send(stranger, "ceo", reply_to=question.ref)
        assert fault.value.field == "reply_to"
    question.refresh_from_db()
    assert question.acknowledged_at is None


def test_a_request_needs_action_until_it_is_acknowledged_whoever_read_it() -> None:
    [request] = send("ceo", "cto")
    assert inbox.counts("cto") == {"unread": 1, "needs_action": 1}
    mark_read("cto", [request.number])
    assert inbox.counts("cto") == {"unread": 0, "needs_action": 1}
    acknowledge("cto", request, "on it")
    assert inbox.counts("cto") == {"unread": 0, "needs_action": 0}
    assert page("cto", needs_action=True) == ([], None)


@pytest.mark.parametrize(
    ("type_", "needs"),
    [
        (MessageType.REQUEST, 1),
        (MessageType.ESCALATION, 1),
        (MessageType.RESPONSE, 0),
        (MessageType.NOTIFICATION, 0),
    ],
)
def test_only_requests_and_escalations_need_action(type_: MessageType, needs: int) -> None:
    send("ceo", "cto", type=type_)
    assert inbox.counts("cto")["needs_action"] == needs


def test_reading_marks_ones_own_copy_once() -> None:
    rows = {row.to_role: row for row in send("ceo", "all")}
    mark_read("cto", [rows["cto"].number])
    first = Message.objects.get(pk=rows["cto"].pk)
    assert (first.state, first.read, first.offered_at is not None) == ("read", True, True)
    mark_read("cto", [rows["cto"].number])
    assert Message.objects.get(pk=first.pk).read_at == first.read_at
    assert Message.objects.filter(read=True).count() == 1


def test_acknowledging_twice_keeps_the_first_time() -> None:
    [request] = send("ceo", "cto")
    first = acknowledge("cto", request, "on it").acknowledged_at
    again = acknowledge("cto", request, "again")
    assert (again.acknowledged_at, again.acknowledge_note) == (first, "on it")


def test_one_recipient_acknowledges_for_itself_only() -> None:
    rows = send("ceo", "leadership")
    acknowledge("cto", rows[0])
    assert {row.to_role for row in Message.objects.filter(acknowledged_at__isnull=False)} == {"cto"}


def test_an_unknown_message_names_the_newest_received() -> None:
    [request] = send("ceo", "cto")
    for name in ("M-999999", "msg_999999", "the plan", request.ref.replace("M", "D")):
        with pytest.raises(NotFound) as fault:
            messages.acknowledge(message=name, by=acting("cto"), clock=database_clock)
        assert request.ref in str(fault.value)


def test_the_inbox_is_paged_from_the_newest() -> None:
    sent = [send("ceo", "cto", subject=f"No. {n}")[0] for n in range(7)]
    seen: list[Message] = []
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = page("cto", limit=3, cursor=cursor)
        assert 1 <= len(rows) <= 3
        seen += rows
    assert seen == sent[::-1]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²", "9" * 19])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        page("cto", cursor=cursor)
    assert fault.value.field == "cursor"


def test_an_inbox_can_be_narrowed_to_a_thread_and_to_the_unread() -> None:
    [one] = send("ceo", "cto")
    [other] = send("chro", "cto")
    mark_read("cto", [one.number])
    assert page("cto", thread_id=one.thread_id)[0] == [one]
    assert page("cto", unread_only=True)[0] == [other]


def test_positions_count_up_within_each_inbox() -> None:
    for _ in range(3):
        send("ceo", "all")
    send("chro", "cto")
    assert list(Message.objects.filter(to_role="cto").order_by("position").values_list("position", flat=True)) == [
        1,
        2,
        3,
        4,
    ]
    assert Inbox.objects.get(role="cto").position == 4
    assert Inbox.objects.get(role="ceo").position == 0


def test_letters_of_one_deed_lie_in_an_inbox_in_their_order() -> None:
    act = Act.begin(acting("ceo"), database_clock)
    messages.post(act, [Letter("ceo", to, subject, "x") for to, subject in (("cto", "a"), ("all", "b"), ("cto", "c"))])
    assert [(row.position, row.subject) for row in page("cto")[0]] == [(3, "c"), (2, "b"), (1, "a")]
    assert [(row.position, row.subject) for row in page("chro")[0]] == [(1, "b")]


def test_an_urgent_message_says_so() -> None:
    assert send("ceo", "cto", priority=Urgency.CRITICAL)[0].priority == Urgency.CRITICAL


def state_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).state


def test_what_a_brief_tells_of_is_offered_and_not_read() -> None:
    [request] = send("ceo", "cto")
    [notice] = send("ceo", "cto", type=MessageType.NOTIFICATION)
    brief_me.run(acting("cto"))
    assert (state_of(request), state_of(notice)) == ("offered", "stored")
    assert inbox.counts("cto")["unread"] == 2
    offered_at = Message.objects.get(pk=request.pk).offered_at
    brief_me.run(acting("cto"))
    assert Message.objects.get(pk=request.pk).offered_at == offered_at


def test_what_the_inbox_resource_shows_is_offered_and_not_read() -> None:
    rows = {row.to_role: row for row in send("ceo", "leadership")}
    resources.read(resources.INBOX, "cto")
    assert (state_of(rows["cto"]), state_of(rows["chro"])) == ("offered", "stored")
    mark_read("cto", [rows["cto"].number])
    assert state_of(rows["cto"]) == "read"


def test_a_message_past_its_time_expires_and_leaves_the_inbox() -> None:
    rows = {row.to_role: row for row in send("ceo", "leadership")}
    answered = acknowledge("chro", rows["chro"])
    ends = answered.expires_at
    assert ends - answered.created_at == timedelta(days=30)
    assert message_times.expire_due(lambda: ends - timedelta(seconds=1)) == 0
    assert page("cto")[0] == [rows["cto"]]
    assert message_times.expire_due(lambda: ends) == 3
    assert page("cto") == ([], None)
    assert inbox.counts("cto") == {"unread": 0, "needs_action": 0}
    assert (state_of(rows["cto"]), state_of(rows["chro"])) == ("expired", "acknowledged")
    told = AuditRecord.objects.filter(action="message.expired", subject=answered.ref)
    was = {row.data["to"]: row.data["state"] for row in told}
    assert was == {"cto": "stored", "chro": "acknowledged", "operations_head": "stored"}
    assert message_times.expire_due(lambda: ends + timedelta(days=1)) == 0


def test_a_page_of_long_messages_holds_fewer_of_them_and_the_next_goes_on() -> None:
    sent = [send("ceo", "cto", content="x" * 60_000)[0] for _ in range(5)]
    first, cursor = page("cto")
    assert (len(first), cursor is not None) == (3, True)
    rest, end = page("cto", cursor=cursor)
    assert ([row.pk for row in (*first, *rest)], end) == ([row.pk for row in reversed(sent)], None)
    assert len(page("cto", limit=1)[0]) == 1


def test_a_message_is_not_to_be_acknowledged_after_its_own_time() -> None:
    with pytest.raises(InvalidInput, match=r"ack_by: it lies beyond the message's own time\. .*Send one until"):
        send("ceo", "cto", ack_by=database_clock() + timedelta(days=31))
    [row] = send("ceo", "cto", ack_by=database_clock() + timedelta(days=29))
    assert row.ack_by is not None
