"""A message is read when its recipient's client has the answer that holds it, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from agents.receipts import mark_read
from org.clock import database_clock
from org.enums import MessageType, Urgency
from org.models import Message
from org.services import messages
from tests.acceptance.conftest import Opens
from tests.clients.raw import RawClient
from tests.people import acting
from tests.stack import Organisation, wait_until

LETTER: dict[str, Any] = {
    "subject": "Plans",
    "content": "What do you think?",
    "type": MessageType.REQUEST,
    "priority": Urgency.NORMAL,
}


@pytest.fixture
def cto(office: Organisation, client: Opens) -> RawClient:
    return client("cto")


@pytest.fixture
def letter(cto: RawClient) -> Message:
    [row] = messages.send(to="cto", by=acting("ceo"), clock=database_clock, **LETTER)
    return row


@contextmanager
def reading_held(office: Organisation) -> Iterator[Callable[[], bool]]:
    """Nobody can read messages meanwhile; yields whether somebody tries to."""
    with psycopg.connect(office.database_url) as held, psycopg.connect(office.database_url, autocommit=True) as seen:
        held.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")

        def is_tried() -> bool:
            waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'messages'::regclass)"
            row = seen.execute(waiting).fetchone()
            return row == (True,)

        yield is_tried
        held.rollback()


def is_read(letter: Message) -> bool:
    return Message.objects.filter(pk=letter.pk, read=True).exists()


def test_what_an_answer_held_is_read_a_moment_later(cto: RawClient, letter: Message) -> None:
    answer = cto.call("read_inbox").structured
    assert [(row["ref"], row["state"]) for row in answer["messages"]] == [(letter.ref, "read")]
    assert answer["unread"] == 0
    wait_until(lambda: is_read(letter), 5)


def test_whoever_reads_on_at_once_is_not_told_the_same_as_unread(cto: RawClient, letter: Message) -> None:
    for _ in range(5):
        [row] = messages.send(to="cto", by=acting("ceo"), clock=database_clock, **LETTER)
        assert row.ref in [read["ref"] for read in cto.call("read_inbox", unread_only=True).structured["messages"]]
        again = cto.call("read_inbox", unread_only=True).structured
        assert (again["messages"], again["unread"]) == ([], 0)
    cto.call("read_inbox")
    assert cto.call("brief_me").structured["inbox"]["unread"] == 0


def test_a_resource_shows_what_was_read_as_read(cto: RawClient, letter: Message) -> None:
    assert '"unread": 1' in cto.request("resources/read", {"uri": "echo://inbox"})["contents"][0]["text"]
    cto.call("read_inbox")
    assert '"unread": 0' in cto.request("resources/read", {"uri": "echo://inbox"})["contents"][0]["text"]


def test_a_cancelled_read_leaves_its_messages_unread(office: Organisation, cto: RawClient, letter: Message) -> None:
    with reading_held(office) as is_tried:
        request = cto.call_nowait("read_inbox")
        wait_until(is_tried, 5)
        cto.notify("notifications/cancelled", {"requestId": request})
        cto.request("ping")
    assert cto.call("brief_me").structured["inbox"]["unread"] == 1
    assert cto.close() == 0
    assert not is_read(letter)


def test_a_client_that_dies_before_the_answer_leaves_its_messages_unread(
    office: Organisation, cto: RawClient, letter: Message
) -> None:
    with reading_held(office) as is_tried:
        cto.call_nowait("read_inbox")
        wait_until(is_tried, 5)
        cto.kill()
    wait_until(lambda: cto.process.poll() is not None, 5)
    assert not is_read(letter)


def test_a_client_that_ends_its_input_and_gets_the_answer_has_read_it(cto: RawClient, letter: Message) -> None:
    request = cto.call_nowait("read_inbox")
    assert cto.close() == 0
    assert cto.wait(request).structured["messages"]
    assert is_read(letter)


def test_marking_again_changes_nothing(cto: RawClient, letter: Message) -> None:
    mark_read("cto", [letter.number])
    first = Message.objects.get(pk=letter.pk).read_at
    cto.call("read_inbox")
    cto.call("read_inbox")
    assert Message.objects.get(pk=letter.pk).read_at == first
