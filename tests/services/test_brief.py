"""The first answer of a chat: what matters stands in it whatever else happened, and it stays small."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.roles.briefing import brief_me
from org.charter import SHIPPED, read
from org.clock import database_clock
from org.enums import BoardAnswer, MessageType, Urgency
from org.services import memories, messages
from tests.people import acting, answer, propose, put_to_vote, request_revision

pytestmark = pytest.mark.django_db
MOST_BYTES = 6 * 1024
EVERYBODY = [name for name in read(SHIPPED.read_text()).roles if name != "ceo"]
WORDS = "Renew the contracts for the network of every site, "


def told(role: str, **given: Any) -> dict[str, Any]:
    return brief_me.call(acting(role), given)


def test_what_waits_for_the_board_is_not_hidden_by_what_was_settled_later() -> None:
    waiting = propose("ceo", 5_000_000)
    for _ in range(6):
        propose("ceo", 1)
    brief = told("ceo")
    assert brief["decisions"][0]["ref"] == waiting.ref
    assert brief["say"].endswith("; decisions of yours that wait for the board: 1.")


def test_the_answer_of_the_board_is_told_before_what_the_role_settled_itself() -> None:
    waiting = propose("ceo", 5_000_000)
    for _ in range(6):
        propose("ceo", 1)
    answer(waiting, BoardAnswer.APPROVE)
    own = [propose("ceo", 1).ref for _ in range(6)]
    brief = told("ceo")
    assert [row["ref"] for row in brief["decisions"]] == [waiting.ref, *own[:1:-1]]
    assert brief["decisions"][0]["status"] == "approved"
    assert "board" not in brief["say"]


def test_what_was_settled_is_told_however_much_waits() -> None:
    answered = propose("ceo", 5_000_000)
    for _ in range(7):
        propose("ceo", 5_000_000)
    answer(answered, BoardAnswer.REJECT)
    brief = told("ceo")
    assert brief["decisions"][-1]["ref"] == answered.ref
    assert "wait for the board: 7" in brief["say"]


def test_limits_are_told_only_of_types_that_have_one() -> None:
    propose("cto", 100_000, "budget_allocation", initiative="Region")
    brief = told("cto")
    assert brief["limits"] == [
        {"decision_type": name, "limit_usd": 500_000, "remaining_usd": 500_000}
        for name in ("budget_allocation", "vendor_contract")
    ]
    assert "architecture" in brief["decided_without_amount"]
    assert "hiring" not in brief["decided_without_amount"]


def test_a_brief_stays_small_whatever_the_record_holds() -> None:
    title = (WORDS * 9)[:255]
    for number in range(8):
        request_revision(propose("ceo", 999_999_999, title=title, urgency=Urgency.CRITICAL))
        put_to_vote("ceo", 999_999_999, "budget_allocation", EVERYBODY, title=title)
        propose("ceo", 1.25, title=title)
        put_to_vote("cto", 2_000_000, "vendor_contract", ["ceo", "chro"], title=title)
        propose("cto", 600_000, "budget_allocation", title=title)
        messages.send(
            to="ceo", subject=title, content=title, type=MessageType.REQUEST, by=acting("cto"), clock=database_clock
        )
        acting("ceo")
        memories.remember(
            key=f"{number}{title}"[:255],
            content=title,
            tags=[f"{n}{title}"[:64] for n in range(9)],
            by=acting("ceo"),
            clock=database_clock,
        )
    brief = told("ceo")
    lists = ("work", "votes_due", "pending_calls", "memory")
    assert {len(brief[name]) for name in lists} == {5}
    assert len(json.dumps(brief, ensure_ascii=False, separators=(",", ":")).encode()) <= MOST_BYTES
