"""People write to roles as the board, and roles answer them: what holds of messages holds of these."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from agents.registry import NAMES
from agents.roles.correspondence import read_inbox, send_message, wait_for
from agents.roles.memory import recall
from org.actors import Actor
from org.acts import Act
from org.clock import database_clock
from org.enums import ALL, BOARD, LEADERSHIP, LoginKind, MessageType, Urgency
from org.errors import InvalidInput, NotFound, Refused
from org.models import OPERATOR_GROUP, AuditRecord, Inbox, Member, Message, OutboxEvent
from org.queries import health, inbox
from org.services import board_mail, interventions, message_times, messages
from org.services.board_mail import Sent
from tests.people import PASSWORD, acting, board_member, drop_role, propose, shift_clock
from tests.services.database import refused, signed_in_as

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=2)


@pytest.fixture
def ada() -> Actor:
    return Actor.member(board_member("ada"))


def write(by: Actor, to: str = "cto", **given: Any) -> Sent:
    wanted: dict[str, Any] = {"subject": "Hosting", "content": "Which vendor would you keep?", **given}
    return board_mail.write(to=to, by=by, clock=database_clock, **wanted)


def asked(by: Actor, to: str = "cto", **given: Any) -> Message:
    return write(by, to, **given).rows[0]


def answer(question: Message, role: str = "", **given: Any) -> Message:
    wanted: dict[str, Any] = {"subject": "Re: Hosting", "content": "OVH.", "type": MessageType.RESPONSE, **given}
    by = acting(role or question.to_role)
    return messages.send(to=BOARD, reply_to=question.ref, by=by, clock=database_clock, **wanted)[0]


def again(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def open_page(by: Actor, *of: Message) -> None:
    board_mail.note_read(numbers=[row.number for row in of], by=by, clock=database_clock)


# --- People write ---------------------------------------------------------------------------------------------------


def test_a_role_reads_what_the_board_asks_and_who_of_it_wrote(ada: Actor) -> None:
    row = asked(ada, priority=Urgency.HIGH, ack_by=database_clock() + LATER)
    told = read_inbox.run(acting("cto"), needs_action=True)
    [letter] = told.messages
    assert (letter.ref, letter.from_, letter.written_by, letter.type) == (row.ref, "board", "ada", "request")
    assert (letter.content, letter.priority) == ("Which vendor would you keep?", "high")
    assert told.needs_action == 1


def test_its_cause_is_the_person_whom_the_audit_names(ada: Actor) -> None:
    row = asked(ada)
    assert (row.from_role, row.person, row.call, row.timer) == ("board", ada.person, None, None)
    told = AuditRecord.objects.get(action="message.sent")
    assert (told.actor, told.subject, told.person) == ("person:ada", row.ref, ada.person)
    assert OutboxEvent.objects.filter(channel="messages:cto").count() == 1


@pytest.mark.parametrize(("to", "reached"), [(ALL, len(NAMES)), (LEADERSHIP, 4)])
def test_the_board_reaches_all_and_leadership(ada: Actor, to: str, reached: int) -> None:
    assert len(write(ada, to).rows) == reached


def test_nobody_but_the_board_writes_acknowledges_or_reads_as_it(ada: Actor) -> None:
    answered = answer(asked(ada))
    operator = Member.objects.create_user("oscar", password=PASSWORD, is_staff=True)
    operator.groups.add(Group.objects.get(name=OPERATOR_GROUP))
    root = Member.objects.create_superuser("root", password=PASSWORD)
    gone = board_member("gone")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    for by in (Actor.member(operator), Actor.member(root), Actor.member(gone), acting("ceo")):
        with pytest.raises(Refused, match="Only active members of the group Board"):
            write(by)
        with pytest.raises(Refused):
            board_mail.acknowledge(answer=answered, by=by, clock=database_clock)
        with pytest.raises(Refused):
            open_page(by, answered)
    assert Message.objects.count() == 2
    assert again(answered).state == "stored"


def test_a_call_of_a_role_writes_nothing_in_the_boards_name() -> None:
    by = acting("cto")
    forged = messages.Letter(BOARD, "ceo", "From the board", "Approved.")
    with signed_in_as(LoginKind.WORKER), refused("a call of cto does no deed of board"):
        messages.post(Act.begin(by, database_clock), [forged])


def test_the_pages_login_writes_reads_and_acknowledges(ada: Actor) -> None:
    answered = answer(asked(ada), type=MessageType.REQUEST)
    with signed_in_as(LoginKind.WEB):
        asked(ada, ALL)
        open_page(ada, answered)
        board_mail.acknowledge(answer=answered, by=ada, clock=database_clock)
    assert again(answered).state == "acknowledged"


@pytest.mark.parametrize("nobody", ["cfo", "system", ""])
def test_an_unknown_recipient_is_refused(ada: Actor, nobody: str) -> None:
    with pytest.raises(NotFound, match="Use one of these"):
        write(ada, nobody)


def test_the_board_does_not_write_to_itself(ada: Actor) -> None:
    with pytest.raises(InvalidInput, match="the board is people"):
        write(ada, BOARD)


def test_what_is_posted_twice_is_sent_once(ada: Actor) -> None:
    first, second = write(ada), write(ada)
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert second.rows == first.rows
    assert Message.objects.count() == 1


def test_a_broadcast_posted_twice_is_sent_once(ada: Actor) -> None:
    first, second = write(ada, ALL), write(ada, ALL)
    assert {row.pk for row in second.rows} == {row.pk for row in first.rows}
    assert second.is_repeat


def test_a_reply_posted_twice_is_sent_once(ada: Actor) -> None:
    answered = answer(asked(ada))
    rows = [write(ada, reply_to=answered.ref, thread_id=answered.thread_id).rows for _ in range(2)]
    assert rows[0] == rows[1]


def test_who_means_it_again_after_ten_minutes_or_says_it_otherwise_or_is_another_sends_again(ada: Actor) -> None:
    first = asked(ada)
    others = [
        write(ada, content="Which one would you drop?"),
        write(ada, "ceo"),
        write(ada, type=MessageType.NOTIFICATION),
        write(ada, thread_id="plans"),
        write(Actor.member(board_member("bob"))),
    ]
    shift_clock(minutes=11)
    others.append(write(ada))
    assert not any(sent.is_repeat for sent in others)
    assert len({first.number, *(sent.rows[0].number for sent in others)}) == 7


# --- Roles answer ---------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_for_the_board_acknowledges_and_is_published(ada: Actor) -> None:
    question = asked(ada)
    told = send_message.run(acting("cto"), "board", "Re: Hosting", "OVH.", reply_to=question.ref)
    assert told.say == f"{told.ref} is stored for the board."
    assert [(delivery.to, delivery.state) for delivery in told.deliveries] == [("board", "stored")]
    row = Message.objects.get(to_role="board")
    assert (row.from_role, row.type, row.reply_to) == ("cto", "response", question.number)
    assert row.thread_id == question.thread_id
    assert (again(question).state, again(question).acknowledge_note) == ("acknowledged", "answered")
    event = OutboxEvent.objects.get(channel="messages:board")
    assert (event.payload["to"], event.payload["id"]) == ("board", row.message_id)


def test_what_the_board_did_by_a_button_can_be_answered_too(ada: Actor) -> None:
    decision = propose("cto", 750_000, "budget_allocation")
    interventions.withdraw(decision=decision, reason="not now", by=ada, clock=database_clock)
    letter = Message.objects.get(from_role="board", to_role="cto")
    assert answer(letter).to_role == "board"
    assert read_inbox.run(acting("cto")).messages[0].written_by is None


def test_each_role_answers_its_own_copy_of_a_broadcast(ada: Actor) -> None:
    rows = {row.to_role: row for row in write(ada, ALL).rows}
    for role in ("cto", "chro"):
        answer(rows[role])
    answered = Message.objects.filter(to_role="board")
    assert set(answered.values_list("from_role", flat=True)) == {"cto", "chro"}
    assert {row.to_role for row in Message.objects.filter(acknowledged_at__isnull=False)} == {"cto", "chro"}


def test_a_fresh_message_to_the_board_is_refused_on_whatever_thread(ada: Actor) -> None:
    question = asked(ada)
    for given in ({}, {"thread_id": question.thread_id}):
        with pytest.raises(InvalidInput, match="the board is people, who read decisions"):
            messages.send(to=BOARD, subject="x", content="x", by=acting("cto"), clock=database_clock, **given)
    assert Message.objects.count() == 1


def test_nobody_answers_the_board_for_another_or_with_anothers_message(ada: Actor) -> None:
    question = asked(ada)
    with pytest.raises(NotFound):
        answer(question, "ceo")
    [letter] = messages.send(to="cto", subject="x", content="x", by=acting("ceo"), clock=database_clock)
    with pytest.raises(InvalidInput, match=f"{letter.ref} came from ceo, and a reply goes there, not to board"):
        answer(letter)
    with pytest.raises(InvalidInput, match=f"{question.ref} came from board, .* Send it to board"):
        messages.send(to="ceo", reply_to=question.ref, subject="x", content="x", by=acting("cto"), clock=database_clock)
    assert again(question).state == "stored"


def test_what_echo_itself_says_is_answered_by_nobody(ada: Actor) -> None:
    asked(ada, ack_by=database_clock() + LATER)
    shift_clock(hours=3)
    message_times.tell_missed(database_clock)
    notice = Message.objects.get(from_role="system")
    for to in (BOARD, "system"):
        with pytest.raises(InvalidInput, match="came from system, which reads no mail"):
            messages.send(to=to, reply_to=notice.ref, subject="x", content="x", by=acting("ceo"), clock=database_clock)


def test_a_member_answers_back_and_the_role_sees_that_its_answer_was_taken_note_of(ada: Actor) -> None:
    answered = answer(asked(ada))
    reply = asked(ada, reply_to=answered.ref, content="Then keep it.")
    assert (reply.to_role, reply.thread_id, reply.reply_to) == ("cto", answered.thread_id, answered.number)
    told = wait_for.run(acting("cto"), answered.ref, 0)
    assert (told.settled, told.state) == (True, "acknowledged")


def test_a_reply_goes_to_a_role_that_is_still_there(ada: Actor) -> None:
    answered = answer(asked(ada, "test_lead"))
    drop_role("test_lead", "cto")
    with pytest.raises(NotFound, match="nothing is called 'test_lead'"):
        write(ada, "test_lead", reply_to=answered.ref)


# --- What becomes of an answer --------------------------------------------------------------------------------------


def test_who_waits_for_the_board_to_read_is_told_not_to_poll(ada: Actor) -> None:
    answered = answer(asked(ada))
    told = wait_for.run(acting("cto"), answered.ref, 50)
    assert (told.settled, told.state, told.waiting_on) == (False, "stored", ["board"])
    assert "do not poll" in told.say


def test_an_answer_is_read_once_by_the_first_who_opens_it(ada: Actor) -> None:
    answered = answer(asked(ada))
    open_page(ada, answered)
    first = again(answered)
    assert (first.state, first.read, first.offered_at) == ("read", True, first.read_at)
    open_page(Actor.member(board_member("bob")), answered)
    assert again(answered).read_at == first.read_at
    told = AuditRecord.objects.get(action="message.read")
    assert (told.actor, told.subject) == ("person:ada", answered.ref)
    assert told.data["before"]["read"] is False


def test_reading_for_the_board_reads_for_nobody_else(ada: Actor) -> None:
    question = asked(ada)
    open_page(ada, question)
    assert again(question).state == "stored"
    assert not AuditRecord.objects.filter(action="message.read").exists()


def test_a_member_acknowledges_once_and_keeps_the_first_time(ada: Actor) -> None:
    answered = answer(asked(ada), type=MessageType.REQUEST)
    assert inbox.counts(BOARD) == {"unread": 1, "needs_action": 1}
    first = board_mail.acknowledge(answer=answered, by=ada, clock=database_clock).acknowledged_at
    bob = Actor.member(board_member("bob"))
    assert board_mail.acknowledge(answer=answered, by=bob, clock=database_clock).acknowledged_at == first
    assert inbox.counts(BOARD)["needs_action"] == 0
    assert AuditRecord.objects.get(action="message.acknowledged", subject=answered.ref).actor == "person:ada"


def test_the_boards_inbox_counts_like_any_others(ada: Actor) -> None:
    question = asked(ada)
    for n in range(3):
        answer(question, content=f"No. {n}")
    positions = Message.objects.filter(to_role=BOARD).order_by("number").values_list("position", flat=True)
    assert list(positions) == [1, 2, 3]
    assert Inbox.objects.get(role=BOARD).position == 3
    [newest], cursor = inbox.page(BOARD, needs_action=False, unread_only=True, thread_id="", limit=1, cursor="")
    assert (newest.content, cursor) == ("No. 2", "3")


def test_a_request_of_the_board_that_is_missed_goes_to_the_manager_and_to_nobody_as_the_board(ada: Actor) -> None:
    row = asked(ada, "senior_developer", ack_by=database_clock() + LATER)
    shift_clock(hours=3)
    assert message_times.tell_missed(database_clock) == 1
    assert again(row).missed_at is not None
    assert AuditRecord.objects.get(action="message.missed").data["told"] == ["senior_architect"]
    assert not Message.objects.filter(to_role=BOARD).exists()
    answer(row, content="Sorry.")
    assert not Message.objects.filter(from_role="system").needing_action().exists()


def test_a_request_that_the_ceo_misses_has_nobody_above_to_be_told(ada: Actor) -> None:
    row = asked(ada, "ceo", ack_by=database_clock() + LATER)
    shift_clock(hours=3)
    assert [message_times.tell_missed(database_clock) for _ in range(2)] == [1, 0]
    assert AuditRecord.objects.get(action="message.missed").data["told"] == []
    assert again(row).missed_at is not None


def test_an_answer_that_the_board_misses_is_told_to_its_sender_alone(ada: Actor) -> None:
    answered = answer(asked(ada), type=MessageType.REQUEST, ack_by=database_clock() + LATER)
    shift_clock(hours=3)
    found = health.review(["messages", "agents"], "ceo", database_clock())
    assert f"the oldest is {answered.ref} to board" in found.issues[0]
    assert found.recommendations == [f"Ask a board member to answer {answered.ref}; no agent can."]
    assert message_times.tell_missed(database_clock) == 1
    [notice] = Message.objects.filter(from_role="system")
    assert (notice.to_role, notice.type) == ("cto", "notification")
    assert notice.subject.startswith(f"{answered.ref} is not acknowledged by board")


def test_answers_expire_and_leave_the_boards_inbox(ada: Actor) -> None:
    answered = answer(asked(ada))
    shift_clock(days=31)
    assert message_times.expire_due(database_clock) == 2
    assert again(answered).state == "expired"
    assert inbox.counts(BOARD) == {"unread": 0, "needs_action": 0}
    told = wait_for.run(acting("cto"), answered.ref, 0)
    assert (told.settled, told.state) == (True, "expired")


def test_the_same_words_go_no_third_time_between_a_role_and_the_board(ada: Actor) -> None:
    question = asked(ada)
    for _ in range(2):
        answer(question, content="Thanks!")
    with pytest.raises(InvalidInput, match="say exactly this on the thread already"):
        answer(question, content="Thanks!")
    with pytest.raises(InvalidInput, match="say exactly this on the thread already"):
        write(ada, content="Thanks!", thread_id=question.thread_id)


def test_who_wrote_an_answer_and_the_board_alone_find_and_read_it(ada: Actor) -> None:
    answered = answer(asked(ada), content="Kingfisher is the vendor to keep.")
    for role, found in (("cto", [answered.ref]), ("ceo", [])):
        with signed_in_as(role):
            assert [row.ref for row in Message.objects.filter(to_role=BOARD)] == found
            matches = recall.run(Actor(role), query="kingfisher").matches
            assert [match.ref for match in matches] == found
    with signed_in_as(LoginKind.WEB):
        assert Message.objects.get(to_role=BOARD).ref == answered.ref
