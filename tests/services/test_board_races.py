"""Answers of the board at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer
from org.errors import Refused
from org.models import AuditRecord, Escalation, LedgerEntry, Member, Message
from org.services import members, overdue
from tests.people import board_member, racers, shift_clock
from tests.services.boardroom import (
    APPROVE,
    REJECT,
    answer,
    decision_of,
    hash_of,
    put_before_the_board,
    settlements,
    status_of,
)

ROUNDS = 50


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each on a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(deeds))
    results: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[place] = deed()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.parametrize(
    ("amount", "second", "ends"),
    [(12_000_000, APPROVE, "approved"), (12_000_000, REJECT, "rejected"), (5_000_000, APPROVE, "approved")],
    ids=["both must approve", "one approves and one rejects", "one is enough"],
)
def test_two_members_at_the_same_moment_settle_once(
    committed: str, amount: int, second: BoardAnswer, ends: str
) -> None:
    ada, grace = board_member(), board_member()
    for _ in range(ROUNDS):
        matter = put_before_the_board(amount)
        seen = hash_of(matter)
        results = at_once(partial(answer, matter, ada, seen=seen), partial(answer, matter, grace, second, seen=seen))
        assert all(isinstance(result, Escalation | Refused) for result in results), results
        assert (decision_of(matter).status, status_of(matter)) == (ends, ends)
        assert settlements(matter.decision) == 1
        assert LedgerEntry.objects.filter(decision=matter.decision).count() == (1 if ends == "approved" else 0)


def test_a_double_click_is_one_answer(committed: str) -> None:
    ada = board_member()
    for _ in range(ROUNDS):
        matter = put_before_the_board()
        click = partial(answer, matter, ada, seen=hash_of(matter))
        refused = [result for result in at_once(click, click) if isinstance(result, Refused)]
        assert [refusal.rule for refusal in refused] == ["answered"]
        assert (matter.votes.count(), settlements(matter.decision)) == (1, 1)


def test_of_two_who_deactivate_each_other_one_stays(committed: str) -> None:
    pair = [Member.objects.create_superuser(name) for name in ("one", "two")]

    def deactivate(person: Member, other: Member) -> None:
        other = Member.objects.get(pk=other.pk)
        other.is_active = False
        by = Actor.member(person)
        members.keep(member=other, groups=[], changed=["is_active"], by=by, clock=database_clock)

    with racers(2) as crowd:
        outcomes = crowd.race([lambda: deactivate(*pair), lambda: deactivate(*reversed(pair))])
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Refused]
    assert Member.objects.filter(is_active=True).count() == 1


def test_a_reminder_and_an_answer_at_the_same_moment_come_one_after_the_other(
    committed: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer counts, and nobody is reminded of what is answered."""
    ada = board_member()
    remind = partial(overdue.remind, database_clock)
    reminded = []
    with racers(3) as threads:
        for _ in range(20):
            matter = put_before_the_board()
            shift_clock(days=4)
            ends = threads.race([partial(answer, matter, ada, seen=hash_of(matter)), remind, remind])
            assert not [end for end in ends if isinstance(end, Exception)], ends
            assert (status_of(matter), decision_of(matter).status) == ("approved", "approved")
            told = AuditRecord.objects.filter(action__in=("escalation.reminded", "board.answered"), subject=matter.ref)
            happened = list(told.order_by("id").values_list("action", flat=True))
            assert happened[-1] == "board.answered"
            reminders = Escalation.objects.get(pk=matter.pk).reminders
            letters = Message.objects.filter(decision=matter.decision, subject__contains="is not answered yet")
            assert reminders == letters.count() == len(happened) - 1 <= 1
            reminded.append(reminders)
    assert set(reminded) == {0, 1}, "both came first now and then"
    assert "could not be acted on" not in caplog.text
