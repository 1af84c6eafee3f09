"""What nobody acknowledges in time is told to who asked and, where something was asked, goes up the reporting line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents.registry import NAMES
from org.acts import Act
from org.clock import database_clock
from org.enums import MessageType, Urgency
from org.errors import InvalidInput
from org.models import AuditRecord, Message
from org.services import message_times, messages
from org.services.messages import Letter
from tests.people import acting, propose, shift_clock

pytestmark = pytest.mark.django_db
REQUEST = MessageType.REQUEST


def ask(sender: str = "product_manager", to: str = "senior_developer", **given: Any) -> Message:
    wanted: dict[str, Any] = {
        "subject": "Estimate",
        "content": "How long does it take?",
        "ack_by": database_clock() + timedelta(hours=2),
        **given,
    }
    if decision := wanted.pop("decision", None):
        letter = Letter(
            sender, to, wanted["subject"], wanted["content"], REQUEST, decision=decision, ack_by=wanted["ack_by"]
        )
        return messages.post(Act.begin(acting(sender), database_clock), [letter])[0][0]
    return messages.send(to=to, by=acting(sender), clock=database_clock, **wanted)[0]


def told(role: str) -> list[tuple[str, str]]:
    rows = Message.objects.filter(to_role=role, from_role="system").order_by("position")
    return [(row.type, row.subject) for row in rows]


def after(hours: float) -> int:
    """So many hours later the clock looks; how many messages it told of."""
    shift_clock(hours=hours)
    return message_times.tell_missed(database_clock)


def test_before_its_time_nobody_is_told() -> None:
    ask()
    assert after(1.9) == 0
    assert told("product_manager") == []


def test_its_sender_and_the_manager_of_who_was_asked_are_told_once() -> None:
    row = ask()
    assert [after(3), after(1), after(1)] == [1, 0, 0]
    subject = f"{row.ref} is not acknowledged by senior_developer: Estimate"
    assert told("product_manager") == [("notification", subject)]
    assert told("senior_architect") == [("escalation", subject)]
    assert AuditRecord.objects.get(action="message.missed").data["told"] == ["product_manager", "senior_architect"]


def test_the_manager_is_told_who_asked_and_what_since_it_cannot_read_that_mail() -> None:
    ask()
    after(3)
    escalated = Message.objects.get(to_role="senior_architect")
    assert escalated.content["from"] == "product_manager"
    assert escalated.content["asked"] == {"subject": "Estimate", "content": "How long does it take?"}
    assert "asked" not in Message.objects.get(to_role="product_manager").content


def test_of_a_confidential_decision_a_manager_who_may_not_read_it_is_told_no_word() -> None:
    secret = propose("chro", None, "policy", title="Layoffs", confidential=True)
    ask("chro", decision=secret, subject="About Layoffs")
    after(3)
    escalated = Message.objects.get(to_role="senior_architect")
    assert "Layoffs" not in f"{escalated.subject} {escalated.content}"


def test_a_manager_who_stays_silent_too_is_passed_by_up_to_the_ceo() -> None:
    ask(priority=Urgency.CRITICAL)
    raised = [after(3)] + [after(5) for _ in range(4)]
    assert raised == [1, 1, 1, 1, 0]
    assert [len(told(role)) for role in ("senior_architect", "cto", "ceo")] == [1, 1, 1]
    last = Message.objects.get(to_role="ceo")
    assert last.content["to"] == "senior_developer"
    assert last.content["also_silent"] == ["senior_architect", "cto"]


def test_what_is_acknowledged_late_is_asked_of_nobody_any_more() -> None:
    row = ask(priority=Urgency.CRITICAL)
    after(3)
    after(5)
    messages.acknowledge(message=row.ref, note="sorry", by=acting("senior_developer"), clock=database_clock)
    assert not Message.objects.needing_action().exists()
    assert after(100) == 0


def test_of_a_broadcast_who_acknowledged_settles_nothing_of_who_did_not() -> None:
    row = ask("ceo", "all")
    messages.acknowledge(message=row.ref, by=acting("cto"), clock=database_clock)
    assert after(3) == len(NAMES) - 2  # neither who asks nor who acknowledged
    messages.acknowledge(message=row.ref, by=acting("test_lead"), clock=database_clock)
    waits = Message.objects.filter(to_role="cto", from_role="system").needing_action()
    assert [each.content["to"] for each in waits] == ["senior_architect"]


def test_a_notification_is_missed_by_its_sender_alone() -> None:
    ask(type=MessageType.NOTIFICATION)
    assert after(3) == 1
    assert [len(told(role)) for role in ("product_manager", "senior_architect")] == [1, 0]


def test_a_manager_who_asked_is_not_told_twice() -> None:
    ask("senior_architect")
    after(3)
    assert [kind for kind, _ in told("senior_architect")] == ["notification"]


def test_a_long_stop_tells_once() -> None:
    ask()
    assert after(24 * 20) == 1
    assert len(told("product_manager")) == 1


@pytest.mark.parametrize("turns", [("ceo", "cto"), ("ceo", "ceo")])
def test_the_same_words_go_no_third_time_between_two_roles_on_a_thread(turns: tuple[str, str]) -> None:
    other = {"ceo": "cto", "cto": "ceo"}
    first = ask("ceo", "cto", content={"text": "Thanks!"}, ack_by=None)
    for sender in turns[1:]:
        ask(sender, other[sender], content={"text": "Thanks!"}, ack_by=None, thread_id=first.thread_id)
    with pytest.raises(InvalidInput, match=f"{first.ref} and M-[0-9]+ say exactly this on the thread already") as stop:
        ask("ceo", "cto", content={"text": "Thanks!"}, ack_by=None, thread_id=first.thread_id)
    assert stop.value.field == "content"
    ask("ceo", "cto", content={"text": "One thing more."}, ack_by=None, thread_id=first.thread_id)
    ask("ceo", "chro", content={"text": "Thanks!"}, ack_by=None, thread_id=first.thread_id)
    ask("ceo", "cto", content={"text": "Thanks!"}, ack_by=None)


def test_a_reply_in_a_loop_acknowledges_nothing() -> None:
    first = ask("ceo", "cto", content="ok?", ack_by=None)
    second = ask("cto", "ceo", content="ok?", ack_by=None, reply_to=first.ref)
    with pytest.raises(InvalidInput, match="Nothing was done"):
        ask("ceo", "cto", content="ok?", ack_by=None, reply_to=second.ref)
    assert Message.objects.get(pk=second.pk).acknowledged_at is None
