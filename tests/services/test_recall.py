"""What the organisation knows is found by words, tags and keys, by whoever may read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, RecordKind
from org.errors import InvalidInput, NotFound
from org.models import Decision
from org.queries import recall
from org.queries.recall import Wanted
from org.services import messages, run_interventions, runs
from tests.people import acting, answer, board_member, propose, put_to_vote, vote
from tests.services.database import execute, signed_in_as
from tests.services.test_memories import remember

pytestmark = pytest.mark.django_db


def found(words: str = "", role: str = "ceo", **given: Any) -> list[str]:
    """The refs of what a role finds, read under the rights of its login."""
    limit, cursor = given.pop("limit", 10), given.pop("cursor", "")
    with signed_in_as(role):
        rows, _ = recall.search(role, Wanted(words, **given), limit=limit, cursor=cursor)
    return [str(getattr(each.record, "ref", each.record)) for each in rows]


def say(to: str, subject: str, content: Any, sender: str = "cto") -> str:
    [row, *_] = messages.send(to=to, subject=subject, content=content, by=acting(sender), clock=database_clock)
    return row.ref


def hetzner() -> Decision:
    return propose(
        "cto",
        None,
        "architecture",
        title="Leave Hetzner",
        context={"why": "Two outages in May took our databases down."},
    )


@pytest.mark.parametrize(
    "words",
    ["why did we drop Hetzner?", "hetzner", "HETZNER outages", "the outage of the database in May", "leaving hetzner"],
)
def test_a_question_in_other_words_finds_the_decision(words: str) -> None:
    wanted = hetzner()
    for n in range(30):
        propose("cto", None, "architecture", title=f"Drop the old report {n}", context="Nobody reads why we did it.")
    assert found(words)[0] == wanted.ref


def test_a_rare_word_counts_for_more_than_several_common_ones() -> None:
    remember(key="vendors/hosting", content="Hetzner is cheap.")
    for n in range(20):
        remember(key=f"plan/{n}", content="We plan what we do for the next quarter and the team.")
    execute("ANALYZE memories")
    assert found("plan for the team at hetzner next quarter")[0] == "vendors/hosting"


def test_what_it_is_called_counts_for_more_than_what_it_says() -> None:
    remember(key="a", content="Somebody mentioned a budget review and other things of the day.")
    remember(key="budget-review", content="Once a quarter.")
    assert found("budget review") == ["budget-review", "a"]


@pytest.mark.parametrize("words", ["hosting", "vendors", "vendors/hosting", "OVH", "eu-cheap", "cheap"])
def test_a_memory_is_found_by_its_key_its_tags_and_its_words(words: str) -> None:
    remember(key="vendors/hosting", content="We are with OVH/Roubaix.", tags=["eu-cheap"])
    assert found(words) == ["vendors/hosting"]


def test_a_word_within_a_path_is_found() -> None:
    remember(key="x", content="See AWS/Hetzner and src/billing_engine.py")
    assert found("hetzner") == found("billing") == ["x"]


def test_the_reason_of_an_outcome_is_found() -> None:
    decision = propose("ceo", 5_000_000)
    answer(decision, BoardAnswer.REJECT, note="Liquidity is short until autumn.")
    assert found("liquidity in autumn", kinds=[RecordKind.DECISION]) == [decision.ref]


def test_a_message_is_found_by_those_who_wrote_and_received_it_and_by_nobody_else() -> None:
    ref = say("chro", "Salaries", {"text": "The bracket of seniors moves up."})
    assert found("bracket seniors", "cto") == found("salaries", "chro") == [ref]
    assert found("bracket", "ceo") == []


def test_a_broadcast_is_found_once() -> None:
    ref = say("all", "Holidays", "We are closed in August.")
    assert found("holidays in august", "cto") == found("august", "test_lead") == [ref]


def test_a_confidential_decision_is_found_by_its_readers_alone() -> None:
    decision = propose("cto", None, "architecture", title="Buy Zebra quietly", confidential=True)
    assert found("zebra", "cto") == found("zebra", "ceo") == [decision.ref]
    assert found("zebra", "chro") == []


def test_a_confidential_decision_is_found_by_its_readers_alone_where_one_login_serves_all_roles() -> None:
    decision = propose("cto", None, "architecture", title="Buy Zebra quietly", confidential=True)

    def shown(role: str, words: str) -> list[str]:
        rows, _ = recall.search(role, Wanted(words, kinds=[RecordKind.DECISION]), limit=10)
        return [str(getattr(each.record, "ref", each.record)) for each in rows]

    for words in ("zebra", ""):
        assert [shown(role, words) for role in ("cto", "ceo", "chro")] == [[decision.ref], [decision.ref], []]


def test_a_run_is_found_by_its_workflow_by_what_it_is_for_and_by_how_it_ended() -> None:
    position = {"position": "Zoologist", "department": "QA", "reason": "Elephants.", "salary_usd": 90_000}
    run = runs.start(name="hiring", inputs=position, by=acting("chro"), clock=database_clock)
    assert found("hiring a zoologist") == found("elephants", "test_lead") == [run.ref]
    assert found("zoologist", kinds=[RecordKind.DECISION]) == []
    member = Actor.member(board_member())
    run_interventions.cancel(run=run, reason="The zoo is insolvent.", by=member, clock=database_clock)
    assert found("insolvent", kinds=[RecordKind.RUN]) == found(kinds=[RecordKind.RUN]) == [run.ref]


def test_a_sealed_ballot_is_found_by_no_words() -> None:
    decision = put_to_vote("ceo", title="Move the office")
    vote(decision, "cto", rationale="Pineapples are cheaper there.")
    assert found("pineapples", "chro") == []


def test_kinds_tags_prefix_and_time_narrow_the_search() -> None:
    decision = hetzner()
    remember(key="vendors/hetzner", content="hetzner", tags=["eu", "hosting"])
    remember(key="people/hetzner", content="hetzner", tags=["eu"])
    ref = say("ceo", "Hetzner", "hetzner")
    assert set(found("hetzner")) == {decision.ref, "vendors/hetzner", "people/hetzner", ref}
    assert found("hetzner", kinds=[RecordKind.DECISION]) == [decision.ref]
    assert found("hetzner", kinds=[RecordKind.MESSAGE]) == [ref]
    assert set(found("hetzner", tags=["EU"])) == {"vendors/hetzner", "people/hetzner"}
    assert found("hetzner", tags=["eu", "hosting"]) == found(key_prefix="Vendors/") == ["vendors/hetzner"]
    now = database_clock()
    assert found("hetzner", until=now - timedelta(hours=1)) == found("hetzner", since=now + timedelta(hours=1)) == []


@pytest.mark.parametrize("prefix", ["%", "_", "\\", "vendors/%"])
def test_a_prefix_is_taken_by_the_letter(prefix: str) -> None:
    remember(key="vendors/hosting")
    assert found(key_prefix=prefix) == []


def test_without_words_the_newest_come_first() -> None:
    for n in range(3):
        remember(key=f"note/{n}")
    assert found(key_prefix="note/") == ["note/2", "note/1", "note/0"]


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    for n in range(7):
        remember(key=f"note/{n}", content=f"hosting {n}")
    pages, cursor = [], ""
    while True:
        rows, following = recall.search("ceo", Wanted("hosting"), limit=3, cursor=cursor)
        pages += [str(each.record) for each in rows]
        if following is None:
            break
        cursor = following
    assert sorted(pages) == [f"note/{n}" for n in range(7)]


@pytest.mark.parametrize("cursor", ["x", "-1", "99999", "501", "1.5"])
def test_a_cursor_of_nobodys_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="is not one this tool gave"):
        recall.search("ceo", Wanted("x"), limit=3, cursor=cursor)


@pytest.mark.parametrize("words", ["the of and", "'", "a & b | c", "!!! ((", "\\", "<->", "x:*", "🦓", "' OR 1=1 --"])
def test_odd_words_find_nothing_and_break_nothing(words: str) -> None:
    remember(key="vendors/hosting")
    assert found(words) == []


def test_a_passage_shows_the_words_it_was_found_by() -> None:
    remember(key="long", content="Filler text. " * 200 + "The database failed twice in May. " + "More filler. " * 200)
    [row], _ = recall.search("ceo", Wanted("database failing"), limit=1)
    assert "database failed twice" in row.passage
    assert len(row.passage) < 400


def test_a_passage_holds_what_was_said_and_nothing_of_how_it_is_kept() -> None:
    hetzner()
    [row], _ = recall.search("ceo", Wanted("outages", kinds=[RecordKind.DECISION]), limit=1)
    assert row.passage.startswith("Two outages in May took our databases down.")
    assert not set(row.passage) & set('{}"')


def test_an_unknown_key_names_the_nearest() -> None:
    remember(key="vendors/hosting")
    with pytest.raises(NotFound, match="Known: vendors/hosting"):
        recall.memory("hosting-vendors")
    assert str(recall.memory("VENDORS/hosting")) == "vendors/hosting"
