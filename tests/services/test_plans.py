"""What is asked all the time is found by an index, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import stored_calls
from org.clock import database_clock
from org.queries import brief, inbox
from org.services import message_times
from tasks import outbox
from tests.services.database import execute, signed_in_as

pytestmark = pytest.mark.django_db
ROWS = 20_000


def many_calls() -> None:
    """Calls of the last day, all answered and handed over, and claimed long before the last seconds."""
    execute(
        """
        INSERT INTO calls (id, role, tool, effect, arguments, digest, client, status, attempt, worker, created_at,
                           claimable_until, claimed_at, finished_at, result, changed, offered_at)
        SELECT gen_random_uuid(), (ARRAY['ceo', 'cto', 'chro'])[n %% 3 + 1], 'test', 'sets', '{}', '', '{}', 'done', 1,
               '', at, at, at, at, '{}', true, at
        FROM (SELECT n, now() - interval '1 hour' - n * interval '1 second' AS at FROM generate_series(1, %s) n)
        """,
        ROWS,
    )
    execute("ANALYZE calls")


def many_events() -> None:
    """Events published within the last day."""
    execute(
        "INSERT INTO outbox (channel, payload, created_at, published_at)"
        " SELECT 'x', '{}', now(), now() - n * interval '1 second' FROM generate_series(1, %s) n",
        ROWS,
    )
    execute("ANALYZE outbox")


def many_messages() -> None:
    """Messages to three roles, all read."""
    execute(
        """
        INSERT INTO messages (number, from_role, to_role, sent_to, type, subject, content, metadata, priority,
                              thread_id, position, read, read_at, acknowledge_note, created_at, expires_at, timer)
        SELECT n, 'system', (ARRAY['ceo', 'cto', 'chro'])[n %% 3 + 1], 'ceo', 'notification', 'x', '"x"', '{}',
               'normal', 'x', n, true, now(), '', now(), now() + interval '30 days', 'x'
        FROM generate_series(1, %s) n
        """,
        ROWS,
    )
    execute("ANALYZE messages")


def newest_messages() -> object:
    return inbox.page("ceo", needs_action=False, unread_only=False, thread_id="", limit=20, cursor="")


@pytest.mark.parametrize(
    ("login", "rows", "asks", "index", "by"),
    [
        ("ceo", many_calls, lambda: brief.pending_calls("ceo", database_clock()), "idx_calls_pending", "created_at"),
        ("ceo", many_calls, lambda: stored_calls.missing("ceo"), "idx_calls_claimed", "claimed_at"),
        (
            "sweeper",
            many_events,
            lambda: outbox.forget_published(database_clock),
            "idx_outbox_published",
            "published_at",
        ),
        ("sweeper", many_messages, lambda: message_times.tell_missed(database_clock), "idx_messages_ack_by", "ack_by"),
        ("ceo", many_messages, newest_messages, "messages_one_a_position", "to_role"),
    ],
)
def test_it_is_found_by_its_index_under_the_rights_of_who_asks(
    login: str, rows: Callable[[], None], asks: Callable[[], object], index: str, by: str
) -> None:
    rows()
    with signed_in_as(login):
        with CaptureQueriesContext(connection) as asked:
            asks()
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + asked.captured_queries[-1]["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
    assert index in plan, plan
    assert [line for line in plan.splitlines() if "Index Cond" in line and by in line], plan
    assert "Seq Scan" not in plan, plan


def test_a_busy_hour_is_not_mistaken_for_workers_that_answer() -> None:
    many_calls()
    assert "No worker of the queue ceo" in stored_calls.missing("ceo")
    execute("UPDATE calls SET claimed_at = now() WHERE id = (SELECT id FROM calls WHERE role = 'ceo' LIMIT 1)")
    assert "are busy" in stored_calls.missing("ceo")
    assert "No worker of the queue cto" in stored_calls.missing("cto")


def test_words_are_found_by_their_index_however_many_records_do_not_hold_them() -> None:
    many_messages()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT id FROM messages WHERE words @@ 'zebra' ORDER BY created_at DESC LIMIT 50")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "idx_messages_words" in plan, plan
