"""What statements read, as PostgreSQL counts it: within its functions too, whose statements no EXPLAIN shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from agents.roles.briefing import brief_me
from agents.roles.correspondence import read_inbox
from agents.roles.memory import recall
from agents.tool import Tool
from org.actors import Actor
from org.clock import database_clock
from org.models import Message
from org.services import calls, messages
from tests.many_years import RARE, vocabulary
from tests.people import store
from tests.services.database import signed_in_as

LARGE = ("messages", "decisions", "memories", "artifacts", "workflow_runs")
COUNTED = """
    SELECT relname, pg_stat_get_xact_numscans(oid), pg_stat_get_xact_tuples_returned(oid) + (
               SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)) FROM pg_index WHERE indrelid = pg_class.oid)
    FROM pg_class WHERE relname = ANY (%s) AND relnamespace = 'public'::regnamespace
"""


@dataclass
class Seen:
    """How many statements there were, the most that one read of a large table or its indexes (rows and entries), and
    each that read a table whole.
    """

    statements: int = 0
    most: int = 0
    whole: list[str] = field(default_factory=list)


@contextmanager
def watched() -> Iterator[Seen]:
    """Look at what each statement of the block reads of the large tables; the plan of one that reads one whole."""
    seen = Seen()

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        database = context["connection"].connection  # past this wrapper
        before = _counted(database)
        result = execute(sql, params, many, context)
        seen.statements += 1
        for table, (scans, read) in _counted(database).items():
            scans_before, read_before = before[table]
            seen.most = max(seen.most, read - read_before)
            if scans > scans_before:
                plan = "\n".join(line for (line,) in database.execute(f"EXPLAIN {sql}", params).fetchall())
                seen.whole.append(f"The table {table} is read whole by: {sql}\n{plan}")
        return result

    with connection.execute_wrapper(look):
        yield seen


def _counted(database: Any) -> dict[str, tuple[int, int]]:
    return {table: (scans, int(read)) for table, scans, read in database.execute(COUNTED, [list(LARGE)]).fetchall()}


def recalled() -> dict[str, Mapping[str, Any]]:
    """Arguments of `recall`, by the kind of question they are."""
    words = vocabulary()
    return {
        "a rare word": {"query": RARE},
        "three common words": {"query": " ".join(words[:3])},
        "four words, none common or rare": {"query": " ".join(words[at] for at in (30, 100, 400, 1500))},
        "a question": {"query": f"Why did we leave {RARE} when {words[10]} was {words[50]}?"},
        "a tag": {"tags": ["topic-7"]},
        "the beginning of a key": {"key_prefix": "area-7/"},
        "nothing": {},
    }


def asked_all_the_time(role: str) -> dict[str, Callable[[], object]]:
    """What a role asks for, by what it is; each is to be called in a transaction of its own."""

    def reading(tool: Tool, **arguments: Any) -> Callable[[], object]:
        def read() -> None:
            with signed_in_as(role):
                tool.call(Actor(role), tool.validate(arguments))

        return read

    return {
        "a brief": reading(brief_me),
        **{f"recall by {kind}": reading(recall, **arguments) for kind, arguments in recalled().items()},
        "the newest of an inbox": reading(read_inbox),
        "older messages": reading(read_inbox, cursor="1000"),
        "unread messages": reading(read_inbox, unread_only=True),
        "open requests": reading(read_inbox, needs_action=True),
        "a thread": reading(read_inbox, thread_id="thread_1000"),
        "an answer": lambda: answer(role),
    }


def answer(role: str) -> None:
    """The newest message of a role is answered, as a worker does it."""
    newest = Message.objects.inbox(role).latest("position")
    store(role)
    with signed_in_as("worker"):
        claimed = calls.claim([role], "plans")
        assert claimed

        def send(call: Any) -> str:
            [row] = messages.send(
                to=newest.from_role,
                subject="x",
                content="x",
                reply_to=newest.ref,
                by=Actor.role(call),
                clock=database_clock,
            )
            return row.ref

        assert calls.perform(claimed, send, database_clock)
