"""Two roles that go round on a thread are stopped, whatever little they change; whoever reports is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org.clock import database_clock
from org.errors import InvalidInput
from org.models import Message
from org.services import loops, messages
from tests.people import acting

pytestmark = pytest.mark.django_db
OTHER = {"ceo": "cto", "cto": "ceo"}
THREAD = "thread_round"
SUBJECTS = ("salaries", "invoices", "the roof", "a lawyer", "trains", "coffee", "lessons", "a fair", "a hat", "tax")


def say(sender: str, content: Any, to: str = "", thread: str = THREAD) -> Message:
    return messages.send(
        to=to or OTHER[sender],
        subject="On",
        content=content,
        thread_id=thread,
        by=acting(sender),
        clock=database_clock,
    )[0]


def go_round(rounds: int, words: str = "Thanks, you are right ({n})!") -> list[str]:
    said = [say(sender, words.format(n=n)) for n in range(rounds) for sender in ("ceo", "cto")]
    return [row.ref for row in said]


def test_like_words_go_no_fourth_time_between_two_roles_and_the_refusal_names_them() -> None:
    refs = go_round(3)
    with pytest.raises(InvalidInput) as stop:
        say("ceo", "thanks; you are right (99).")
    assert stop.value.field == "content"
    assert f"{', '.join(refs[:5])} and {refs[5]} say nearly this on the thread already" in str(stop.value)
    assert "acknowledge the message and stop" in str(stop.value)
    assert Message.objects.filter(thread_id=THREAD).count() == 6
    say("ceo", "The contract ends in May; which of the two offers do we take?")
    say("ceo", "Thanks, you are right!", thread="thread_other")
    say("ceo", "Thanks, you are right!", to="chro")


def test_a_reply_of_like_words_is_stopped_as_well_and_acknowledges_nothing() -> None:
    go_round(3)
    last = Message.objects.filter(to_role="ceo").latest("number")
    with pytest.raises(InvalidInput, match="say nearly this"):
        messages.send(
            to="cto",
            subject="Re",
            content="Thanks, you are right (4)",
            reply_to=last.ref,
            by=acting("ceo"),
            clock=database_clock,
        )
    assert Message.objects.get(pk=last.pk).acknowledged_at is None


def test_a_list_in_like_words_goes_on_where_the_other_answers_by_others_or_not_at_all() -> None:
    for n in range(12):
        say("ceo", f"M-{n} is done")
    for answer in ("Fine, and the invoices?", "Who paid for the second?", "I shall tell the board.", "Good."):
        say("cto", answer)
    say("ceo", "M-13 is done")


def test_twice_each_is_not_going_round_yet() -> None:
    go_round(2)
    say("ceo", "Thanks, you are right (7)!")
    with pytest.raises(InvalidInput):
        go_round(2)


def test_what_was_said_long_ago_on_the_thread_is_no_round() -> None:
    go_round(3)
    subjects = (
        "salaries",
        "invoices",
        "the roof",
        "a lawyer",
        "trains",
        "coffee",
        "training",
        "windows",
        "a fair",
        "hats",
    )
    for subject in subjects:
        for sender in ("ceo", "cto"):
            say(sender, f"{sender} asks about {subject} and what is to become of it: {subject[::-1] * 3}")
    say("ceo", "Thanks, you are right (8)!")


def test_numbers_without_words_may_be_said_by_both() -> None:
    for n in range(8):
        say("ceo", {"offer": 100 + n})
        say("cto", {"offer": 200 - n})


@pytest.mark.parametrize("to", ["all", "leadership"])
def test_a_broadcast_in_like_words_counts_once_and_is_no_round(to: str) -> None:
    for n in range(5):
        say("ceo", f"The office is shut on day {n}.", to=to)
        say("cto", f"The office is shut on day {n}, I hear", to=to)


@pytest.mark.parametrize("said", [0, 1, 40])
def test_a_thread_is_looked_through_by_two_queries_however_long(said: int) -> None:
    rows: Sequence[str] = [f"{chr(97 + n % 26) * 9} {n}" for n in range(said)]
    for n, row in enumerate(rows):
        say(("ceo", "cto")[n % 2], row)
    ceo = acting("ceo")
    with CaptureQueriesContext(connection) as asked:
        loops.require_new(THREAD, "What now?", "cto", ceo)
    assert len(asked) == 2
