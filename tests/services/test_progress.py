"""What a role is told of what it waits for."""

import pytest

from org.clock import database_clock
from org.enums import LEADERSHIP
from org.models import Message
from org.queries import progress
from org.services import message_times, messages
from tests.people import acting

pytestmark = pytest.mark.django_db
LEADERS = ("chro", "cto", "operations_head")


def send(to: str) -> Message:
    return messages.send(to=to, subject="Plans", content="What now?", by=acting("ceo"), clock=database_clock)[0]


def acknowledge(sent: Message, *roles: str) -> None:
    for role in roles:
        messages.acknowledge(message=sent.ref, note="seen", by=acting(role), clock=database_clock)


def expire(sent: Message) -> None:
    message_times.expire_due(lambda: sent.expires_at)


@pytest.mark.parametrize(
    ("acknowledged_by", "expired", "settled", "state", "waiting_on"),
    [
        ([], False, False, "stored", [*LEADERS]),
        (["cto"], False, False, "open", ["chro", "operations_head"]),
        (LEADERS, False, True, "acknowledged", []),
        ([], True, True, "expired", []),
        (["cto"], True, True, "expired", []),
        (LEADERS, True, True, "acknowledged", []),
    ],
)
def test_a_broadcast_is_acknowledged_only_when_everybody_acknowledged_it(
    acknowledged_by: list[str], expired: bool, settled: bool, state: str, waiting_on: list[str]
) -> None:
    sent = send(LEADERSHIP)
    acknowledge(sent, *acknowledged_by)
    if expired:
        expire(sent)
    seen = progress.of("ceo", sent.ref)
    assert (seen.settled, seen.state, seen.waiting_on) == (settled, state, waiting_on)


def test_what_was_acknowledged_stays_so_when_its_time_is_over() -> None:
    sent = send("cto")
    acknowledge(sent, "cto")
    expire(sent)
    seen = progress.of("ceo", sent.ref)
    assert (seen.settled, seen.state) == (True, "acknowledged")
    assert "cto: acknowledged (“seen”)" in seen.says
