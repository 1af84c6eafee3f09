"""The trail that deeds leave, held against an oracle of ten lines of its own."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.inputs import plain
from org import audit
from org.actors import Actor
from org.acts import Act
from org.changes import Change
from org.clock import database_clock
from org.enums import BoardAnswer
from org.models import AuditRecord
from org.services import decisions, messages
from tests.people import acting, answer, propose, racers

Row = tuple[int, bytes, bytes, bytes]


def exported() -> list[Row]:
    """seq, body, prev and hash of every record, as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.seq, a.body, s.prev, s.hash FROM audit a"
            " LEFT JOIN audit_seal s ON s.audit_id = a.id ORDER BY s.seq"
        )
        return [(seq, bytes(body), bytes(prev), bytes(hash_)) for seq, body, prev, hash_ in cursor.fetchall()]


def fault_in(rows: list[Row]) -> str:
    """What is wrong with a chain, or an empty string."""
    last = bytes(32)
    for expected, (seq, body, prev, hash_) in enumerate(rows, 1):
        if seq != expected:
            return f"a gap before {seq}"
        if prev != last:
            return f"{seq} does not follow {seq - 1}"
        if hash_ != hashlib.sha256(prev + seq.to_bytes(8, "big") + body).digest():
            return f"{seq} was altered"
        if rfc8785.dumps(json.loads(body)) != body:
            return f"{seq} is not canonical"
        last = hash_
    return ""


def some_deeds() -> None:
    decision = propose("ceo", 750_000)
    messages.send(to="cto", subject="Ünïcödé", content={"a": 1}, by=acting("ceo"), clock=database_clock)
    waiting = propose("ceo", 5_000_000)
    answer(waiting, BoardAnswer.APPROVE)
    handed_up = propose("cto", 600_000, "budget_allocation")
    decisions.resolve(decision=handed_up.ref, approve=False, rationale="no", by=acting("ceo"), clock=database_clock)
    assert decision.ref


def test_every_deed_is_sealed_to_the_one_before_it(committed: str) -> None:
    some_deeds()
    rows = exported()
    assert len(rows) >= 8
    assert fault_in(rows) == ""


@pytest.mark.parametrize("number", [0, 3])
def test_a_chain_shows_what_was_altered_dropped_or_moved(committed: str, number: int) -> None:
    some_deeds()
    rows = exported()
    seq, body, prev, hash_ = rows[number]
    forged = rfc8785.dumps(json.loads(body) | {"actor": "somebody"})
    assert "altered" in fault_in([*rows[:number], (seq, forged, prev, hash_), *rows[number + 1 :]])
    assert "gap" in fault_in(rows[:number] + rows[number + 1 :])
    resealed = hashlib.sha256(prev + seq.to_bytes(8, "big") + forged).digest()
    assert "does not follow" in fault_in([*rows[:number], (seq, forged, prev, resealed), *rows[number + 1 :]])


def test_what_is_sealed_tells_the_whole_deed(committed: str) -> None:
    decision = propose("ceo", 750_000)
    [record] = AuditRecord.objects.filter(action="decision.settled")
    body = json.loads(bytes(record.body))
    assert decision.call is not None
    assert (body["actor"], body["action"], body["subject"]) == ("ceo", "decision.settled", decision.ref)
    assert body["call"] == str(decision.call.pk)
    assert body["at"] == record.at.isoformat()
    assert body["data"] == record.data
    assert body["data"]["amount_usd"] == 750_000


def test_a_persons_deed_is_sealed_under_the_persons_name(committed: str) -> None:
    escalation = answer(propose("ceo", 5_000_000), BoardAnswer.APPROVE, "well reasoned")
    [record] = AuditRecord.objects.filter(action="board.answered")
    assert record.actor == f"person:{escalation.votes.get().member.username}"
    assert (record.person, record.call, record.data["note"]) == (escalation.votes.get().member, None, "well reasoned")


def test_a_deed_that_is_undone_leaves_no_trace(committed: str) -> None:
    propose("ceo", 1)
    before = exported()
    with pytest.raises(Exception, match="nothing is called"):
        propose("ceo", 1, revises="D-99999")
    assert exported() == before


def test_twenty_writers_of_composed_deeds_make_one_chain(committed: str) -> None:
    def deed(by: Actor, title: str) -> Callable[[], object]:
        return lambda: propose(by.name, 1_000, "budget_allocation", title=title, by=by)

    with racers(20) as crowd:
        for number in range(3):
            actors = [acting("ceo" if n % 2 else "cto") for n in range(20)]
            outcomes = crowd.race([deed(by, f"{number}.{n}") for n, by in enumerate(actors)])
            assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    rows = exported()
    assert len(rows) == 20 * 3 * 2
    assert fault_in(rows) == ""


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values)
def test_any_json_a_tool_lets_in_can_be_verified_later(committed: str, value: Any) -> None:
    try:
        kept = plain(value)
    except ValueError:
        return
    audit.record(
        Act.begin(acting("ceo"), database_clock), "thing.done", "D-0", Change(None, {"value": kept}), value=kept
    )
    rows = exported()
    assert fault_in(rows) == ""
    assert json.loads(rows[-1][1])["data"]["value"] == kept


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_the_bytes_are_the_same_in_every_time_zone(committed: str, zone: str) -> None:
    some_deeds()
    before = exported()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('timezone', %s, false)", [zone])
        try:
            propose("ceo", 1)
            rows = exported()
        finally:
            cursor.execute("RESET timezone")
    assert rows[: len(before)] == before
    assert fault_in(rows) == ""
    assert all(json.loads(body)["at"].endswith("+00:00") for _, body, _, _ in rows)
