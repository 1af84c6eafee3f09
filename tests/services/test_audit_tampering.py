"""The trail against its own owner: with every trigger switched off, whatever is changed is found and named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import rfc8785
from django.db import connection, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from org.chain.checkpoints import Checkpoint
from org.chain.seals import Fault, seal
from org.clock import database_clock
from org.enums import BoardAnswer
from org.queries import trail
from org.services import message_times, messages
from tests.people import acting, answer, propose, shift_clock
from tests.services.database import execute

RECORDS = 12
NEWER = ("charter", "before", "after")


def deeds() -> None:
    """Records of roles, of a person and of a timer."""
    answer(propose("ceo", 5_000_000), BoardAnswer.APPROVE)
    messages.send(to="cto", subject="Ünïcödé", content={"a": 1}, by=acting("ceo"), clock=database_clock)
    shift_clock(days=31)
    message_times.expire_due(database_clock)
    while execute("SELECT FROM audit") < RECORDS:
        propose("cto", 10_000, "budget_allocation")


@pytest.fixture
def chain(committed: str) -> None:
    deeds()
    assert found() is None
    assert execute("SELECT FROM audit") >= RECORDS
    assert execute("SELECT FROM audit WHERE timer IS NOT NULL")
    assert execute("SELECT FROM audit WHERE person_id IS NOT NULL")


@contextmanager
def as_owner() -> Iterator[None]:
    """Triggers are off, and at the end all is as it was."""
    with transaction.atomic():
        execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        execute("ALTER TABLE audit_seal DISABLE TRIGGER ALL")
        yield
        transaction.set_rollback(True)


def found(checkpoints: Sequence[Checkpoint] = ()) -> Fault | None:
    with transaction.atomic():
        return trail.verify(connection.connection, checkpoints).fault


def first_bad(*checkpoints: Checkpoint) -> tuple[int, str]:
    fault = found(checkpoints)
    assert fault is not None, "nothing was found"
    assert fault.says.endswith(".")
    return fault.seq, fault.kind


def now() -> Checkpoint:
    """The head as a checkpoint states it; who signed it is another matter."""
    with transaction.atomic():
        standing = trail.standing(connection.connection)
    at = "2026-01-01T00:00:00.000000+00:00"
    return Checkpoint(standing.head.seq, standing.head.hash.hex(), at, standing.records, standing.instance.hex())


def rows() -> list[tuple[int, int, bytes]]:
    """seq, the record's id and its body, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT s.seq, a.id, a.body FROM audit_seal s JOIN audit a ON a.id = s.audit_id ORDER BY s.seq")
        return [(seq, number, bytes(body)) for seq, number, body in cursor.fetchall()]


def reseal(since: int) -> None:
    """Compute the chain anew from record `since` on, as whoever holds the database can."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM audit_seal WHERE seq = %s", [since - 1])
        row = cursor.fetchone()
    last = bytes(row[0]) if row else bytes(32)
    for seq, _, body in rows()[since - 1 :]:
        hash_ = seal(last, seq, body)
        execute("UPDATE audit_seal SET prev = %s, hash = %s WHERE seq = %s", last, hash_, seq)
        last = hash_


RECORD = "UPDATE audit SET {} WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = %s)"
FLIPS = {
    "body": RECORD.format("body = set_bit(body, 77, 1 - get_bit(body, 77))"),
    "at": RECORD.format("at = at + interval '1 microsecond'"),
    "actor": RECORD.format("actor = actor || ' '"),
    "action": RECORD.format("action = 'decision.nothing'"),
    "subject": RECORD.format("subject = 'D-0'"),
    "data: a member more": RECORD.format("""data = data || '{"more": null}'"""),
    "data: another charter": RECORD.format("data = jsonb_set(data, '{charter}', '7')"),
    "data: another before": RECORD.format("""data = jsonb_set(data, '{before}', '{"status": "x"}')"""),
    "data: another after": RECORD.format("""data = jsonb_set(data, '{after}', '{"status": "x"}')"""),
    "data: emptied": RECORD.format("data = '[]'"),
    "call": RECORD.format("call_id = (SELECT id FROM calls WHERE id <> call_id LIMIT 1)") + " AND call_id IS NOT NULL",
    "call for a timer": RECORD.format("call_id = NULL, person_id = NULL, timer = 'sweep'"),
    "person": RECORD.format("person_id = person_id + 1") + " AND person_id IS NOT NULL",
    "timer": RECORD.format("timer = timer || '2'") + " AND timer IS NOT NULL",
    "prev": "UPDATE audit_seal SET prev = sha256(prev) WHERE seq = %s",
    "hash": "UPDATE audit_seal SET hash = sha256(hash) WHERE seq = %s",
}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flip=st.sampled_from(sorted(FLIPS)), seq=st.integers(1, RECORDS))
def test_a_flipped_field_of_any_record_is_found(chain: None, flip: str, seq: int) -> None:
    with as_owner():
        assume(execute(FLIPS[flip], seq))  # a record has only one of call, person and timer
        assert first_bad()[0] == seq


@pytest.mark.parametrize(
    ("kept", "flipped"), [("true", "1"), ("1", "true"), ("1", '"1"'), ("0.1", "0.10000000000000001"), ("null", "false")]
)
def test_a_copy_that_only_looks_the_same_is_found(chain: None, kept: str, flipped: str) -> None:
    with as_owner():
        execute(
            'UPDATE audit SET body = convert_to(\'{"action":"a","actor":"b","at":"2026-01-01T00:00:00+00:00",'
            f"\"call\":null,\"data\":{kept},\"subject\":\"s\"}}', 'UTF8'), action = 'a', actor = 'b', subject = 's',"
            f" at = '2026-01-01T00:00:00+00:00', call_id = NULL, person_id = NULL, timer = 'x', data = '{kept}'"
            " WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 3)"
        )
        reseal(3)
        assert found() is None
        execute(f"UPDATE audit SET data = '{flipped}' WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 3)")
        assert first_bad() == (3, "contradicted")


def test_records_of_earlier_releases_are_sound_among_later_ones_and_as_well_guarded(chain: None) -> None:
    """They name neither a charter nor what was before and after."""
    with as_owner():
        for _, number, body in rows()[:6]:
            record = json.loads(body)
            record["data"] = {name: kept for name, kept in record["data"].items() if name not in NEWER}
            told = json.dumps(record["data"])
            execute("UPDATE audit SET body = %s, data = %s WHERE id = %s", rfc8785.dumps(record), told, number)
        reseal(1)
        assert found() is None
        execute(FLIPS["data: another charter"], 5)
        assert first_bad() == (5, "contradicted")


def sealed_as(body: str) -> None:
    """Record 3, of a timer, with columns as `body` should have them."""
    execute(
        "UPDATE audit SET body = %s, action = 'a', actor = 'b', subject = 's', at = '2026-01-01T00:00:00+00:00',"
        " call_id = NULL, person_id = NULL, timer = 'x', data = '{}'"
        " WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 3)",
        body.encode(),
    )
    reseal(3)


BODY = '{"action":"a","actor":"b","at":"2026-01-01T00:00:00+00:00","call":null,"data":{},"subject":"s"}'
OTHERS = [
    ('"a"', "null"),
    ('"a"', '"ab"'),
    ('"b"', '{"b":1}'),
    ('"call":null', '"calls":null'),
    ('"call":null', '"call":"1"'),
    ("{}", "[]"),
    ("00:00:00+", "00:00:01+"),
    ("2026", "x"),
    ('"subject":"s"', '"subject":"s","timer":null'),
    ('"subject":"s"', '"subject":"s","person":7'),
]


@pytest.mark.parametrize("more", ["", '"charter":7,"before":null,', '"after":"\\u0000",', '"after":1e999999,'])
def test_a_body_is_held_to_its_columns_and_may_say_more(chain: None, more: str) -> None:
    """Also where PostgreSQL itself cannot read the body."""
    with as_owner():
        sealed_as("{" + more + BODY[1:])
        assert found() is None
        for said, other in OTHERS:
            sealed_as("{" + more + BODY[1:].replace(said, other))
            assert first_bad() == (3, "contradicted"), (said, other)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[]", b"7", b"{}", b"[" * 100_000])
def test_a_body_that_is_no_record_is_found_though_it_is_sealed(chain: None, body: bytes) -> None:
    with as_owner():
        execute("UPDATE audit SET body = %s WHERE id = (SELECT audit_id FROM audit_seal WHERE seq = 4)", body)
        reseal(4)
        assert first_bad() == (4, "contradicted")


@pytest.mark.parametrize("seq", [1, 5])
def test_a_deleted_record_is_found_with_or_without_its_seal(chain: None, seq: int) -> None:
    number = rows()[seq - 1][1]
    with as_owner():
        execute("DELETE FROM audit WHERE id = %s", number)
        assert first_bad() == (seq, "missing")
        execute("DELETE FROM audit_seal WHERE seq = %s", seq)
        assert first_bad() == (seq, "missing")
    with as_owner():
        execute("DELETE FROM audit_seal WHERE seq = %s", seq)
        assert first_bad() == (seq, "missing")


@pytest.mark.parametrize("seq", [1, 5])
def test_a_deleted_record_is_found_though_the_later_ones_move_up(chain: None, seq: int) -> None:
    checkpoint = now()
    with as_owner():
        execute("DELETE FROM audit WHERE id = %s", rows()[seq - 1][1])
        execute("DELETE FROM audit_seal WHERE seq = %s", seq)
        execute("UPDATE audit_seal SET seq = -seq WHERE seq > %s", seq)
        execute("UPDATE audit_seal SET seq = -seq - 1 WHERE seq < 0")
        assert first_bad() == (seq, "moved")
        reseal(seq)
        assert found() is None
        assert first_bad(checkpoint)[1] == ("rewritten" if seq == 1 else "cut")


@pytest.mark.parametrize("cut", [1, 4, RECORDS])
def test_a_cut_end_is_found_by_a_checkpoint(chain: None, cut: int) -> None:
    checkpoint = now()
    with as_owner():
        for seq, number, _ in rows()[-cut:]:
            execute("DELETE FROM audit_seal WHERE seq = %s", seq)
            execute("DELETE FROM audit WHERE id = %s", number)
        assert found() is None
        assert first_bad(checkpoint) == (checkpoint.seq - cut + 1, "cut")


def test_a_cut_end_that_grew_again_is_found_by_a_checkpoint(chain: None) -> None:
    checkpoint = now()
    with as_owner():
        seq, number, _ = rows()[-1]
        execute("DELETE FROM audit_seal WHERE seq = %s", seq)
        execute("DELETE FROM audit WHERE id = %s", number)
        execute("ALTER TABLE audit ENABLE TRIGGER ALL")
        propose("cto", 10_000, "budget_allocation")
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert found() is None
        assert first_bad(checkpoint) == (seq, "rewritten")


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 7), (RECORDS - 1, RECORDS)])
def test_swapped_records_are_found(chain: None, one: int, other: int) -> None:
    ids = {seq: number for seq, number, _ in rows()}
    with as_owner():
        execute("ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_audit_id_key")
        execute("UPDATE audit_seal SET audit_id = %s WHERE seq = %s", ids[other], one)
        execute("UPDATE audit_seal SET audit_id = %s WHERE seq = %s", ids[one], other)
        assert first_bad() == (one, "altered")
    with as_owner():
        execute("UPDATE audit_seal SET seq = -1 WHERE seq = %s", one)
        execute("UPDATE audit_seal SET seq = %s WHERE seq = %s", one, other)
        execute("UPDATE audit_seal SET seq = %s WHERE seq = -1", other)
        assert first_bad() == (one, "moved")


def copy_of_a_record() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit (body, at, actor, action, subject, data, call_id, person_id, timer)"
            " SELECT body, at, actor, action, subject, data, call_id, person_id, timer FROM audit ORDER BY id LIMIT 1"
            " RETURNING id"
        )
        number: int = cursor.fetchone()[0]
    return number


@pytest.mark.parametrize("seq", [2, 6])
def test_an_inserted_record_is_found(chain: None, seq: int) -> None:
    with as_owner():
        number = copy_of_a_record()
        execute("UPDATE audit_seal SET seq = -seq WHERE seq >= %s", seq)
        execute("UPDATE audit_seal SET seq = -seq + 1 WHERE seq < 0")
        execute(
            "INSERT INTO audit_seal (audit_id, seq, prev, hash) SELECT %s, %s, hash,"
            " sha256(hash || int8send(%s) || (SELECT body FROM audit WHERE id = %s)) FROM audit_seal WHERE seq = %s",
            *(number, seq, seq, number, seq - 1),
        )
        assert first_bad() == (seq, "fork")


def test_a_record_written_while_the_seals_were_off_is_found(chain: None) -> None:
    last = rows()[-1][0]
    with as_owner():
        number = copy_of_a_record()
        fault = found()
        assert fault is not None
        assert (fault.seq, fault.kind) == (last + 1, "unsealed")
        assert f"id {number} " in fault.says


def test_a_record_and_its_seal_made_anew_are_found_by_the_next_one(chain: None) -> None:
    _, number, body = rows()[4]
    with as_owner():
        execute("UPDATE audit SET body = %s WHERE id = %s", body.replace(b',"data"', b', "data"'), number)
        execute(
            "UPDATE audit_seal SET hash = sha256(prev || int8send(seq) || body) FROM audit"
            " WHERE audit.id = audit_id AND seq = 5"
        )
        assert first_bad() == (5, "replaced")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(since=st.integers(1, RECORDS))
def test_a_chain_rewritten_from_a_point_on_is_found_by_a_checkpoint_alone(chain: None, since: int) -> None:
    checkpoint = now()
    _, number, body = rows()[since - 1]
    with as_owner():
        execute("UPDATE audit SET body = %s WHERE id = %s", body.replace(b'"actor":"', b'"actor":"x'), number)
        execute("UPDATE audit SET actor = 'x' || actor WHERE id = %s", number)
        reseal(since)
        assert found() is None
        fault = found([checkpoint])
        assert fault is not None
        assert fault.kind == "rewritten"
        assert fault.earliest <= since <= fault.seq or fault.seq == since == 1
