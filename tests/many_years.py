"""An organisation of some years, loaded past the services in seconds: messages, decisions with their votes, memories,
artifacts, runs of workflows.

No trigger looks at the rows, so they are such as every trigger would have let through. What the database derives from
them, the words they are found by and the indexes, it derives as ever.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from agents.registry import NAMES
from org import workflows
from org.clock import database_clock
from org.enums import ArtifactKind
from org.models import CharterVersion, Inbox
from org.models.base import found_by_words
from org.services.messages import TIME_TO_LIVE

Row = dict[str, Any]
REMEMBERED = timedelta(days=700)  # how far decisions and memories reach back
CORRESPONDED = timedelta(days=45)  # how far messages do
TO_COME = timedelta(days=9)  # until what is open falls due
VOTERS = 5
TOPICS, TEAMS, AREAS = 50, 7, 100  # a memory has a tag of each of the first two, and a key that begins with the third
WORDS, SENTENCES, SENTENCE = 20_000, 20_000, 10  # a sentence of so many words
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
RARE = "Hetzner"  # stands in one record of each kind
RARE_AT = 774
CAUSE = {"timer": "many_years"}
INDEXED_AT_ONCE_KB = 4096
POSITIONS = """
    INSERT INTO inboxes (role, position) SELECT to_role, max(position) FROM messages GROUP BY to_role
    ON CONFLICT (role) DO UPDATE SET position = excluded.position
"""


@dataclass(frozen=True)
class Years:
    """How many there are of each kind, and about how many words each holds."""

    messages: int = 100_000
    decisions: int = 10_000
    memories: int = 100_000
    artifacts: int = 10_000
    runs: int = 10_000
    words: int = 50

    def load(self, tell: Callable[[str], object] = lambda _: None) -> None:
        """Add them to what is there; `tell` hears what is being done."""
        tell("making up texts")
        texts, now = Texts(self.words), database_clock()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
            tell(f"loading {self.messages:,} messages")
            with _indexed_in_bulk("messages"):
                _copy("messages", _messages(self.messages, texts, now))
            cursor.execute(POSITIONS)
            tell(f"loading {self.decisions:,} decisions")
            decided = list(_decisions(self.decisions, texts, now))
            with _indexed_in_bulk("decisions"):
                _copy("decisions", decided)
            _copy("decision_votes", _votes(decided))
            _copy("escalations", _escalations(decided))
            tell(f"loading {self.memories:,} memories")
            known = list(_memories(self.memories, texts, now))
            with _indexed_in_bulk("memories"):
                _copy("memories", known)
            _copy("memory_revisions", _revisions(known))
            tell(f"loading {self.artifacts:,} artifacts and {self.runs:,} runs")
            with _indexed_in_bulk("artifacts"):
                _copy("artifacts", _artifacts(self.artifacts, texts, now))
            with _indexed_in_bulk("workflow_runs"):
                _copy("workflow_runs", _runs(self.runs, texts, now))
            tell("counting words")
            cursor.execute("ANALYZE")


def vocabulary() -> list[str]:
    """Words, the most frequent first; the same ones each time."""
    chosen = random.Random(1)
    return ["".join(chosen.choices(SYLLABLES, k=3)) for _ in range(WORDS)]


class Texts:
    """Texts as languages have them: a few words stand in nearly every one, most in hardly any (Zipf's law)."""

    def __init__(self, words: int) -> None:
        self._random = random.Random(2)
        known, often = vocabulary(), list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))
        self._sentences = [
            " ".join(self._random.choices(known, cum_weights=often, k=SENTENCE)).capitalize() for _ in range(SENTENCES)
        ]
        self._in_a_text = max(1, words // SENTENCE)

    def title(self, n: int) -> str:
        return f"Leave {RARE} after the outages" if n == RARE_AT else self._random.choice(self._sentences)

    def text(self, n: int) -> str:
        return ". ".join([self.title(n), *self._random.choices(self._sentences, k=self._in_a_text - 1)])


def _messages(count: int, texts: Texts, now: datetime) -> Iterator[Row]:
    """To each role in turn, from each of the others in turn; of a role's requests one in ten is still open."""
    first = _reserve("ref_m", count)
    ends = dict.fromkeys(NAMES, 0) | dict(Inbox.objects.values_list("role", "position"))
    for n in range(count):
        at, turn = now - CORRESPONDED * (1 - n / count), n // len(NAMES)
        recipient, sender = _role(n), _role(n + 1 + turn % (len(NAMES) - 1))
        kind = ("request", "response", "notification", "notification")[turn % 4]
        ends[recipient] += 1
        expires_at, seen, done = at + TIME_TO_LIVE, n % 10 > 0, kind == "request" and turn // 4 % 10 > 0
        yield {
            "number": first + n,
            "from_role": sender,
            "to_role": recipient,
            "sent_to": recipient,
            "type": kind,
            "subject": texts.title(n),
            "content": Jsonb(texts.text(n)),
            "priority": "normal",
            "thread_id": f"thread_{first + n // 20}",
            "position": ends[recipient],
            "read": seen,
            "created_at": at,
            "read_at": at if seen else None,
            "acknowledged_at": at if done else None,
            "acknowledge_note": "",
            "expires_at": expires_at,
            "expired_at": expires_at if expires_at < now else None,
            **CAUSE,
        }


def _decisions(count: int, texts: Texts, now: datetime) -> Iterator[Row]:
    """In a hundred, one waits for a role, one for the board, one for votes; ten were voted on, others decided alone."""
    charter_version = CharterVersion.objects.latest("version").pk
    standings = [
        ("hierarchical", "pending"),
        ("human", "escalated"),
        ("collaborative", "pending"),
        *[("collaborative", "approved")] * 10,
        *[("autonomous", "approved")] * 87,
    ]
    for n in range(count):
        at, role = now - REMEMBERED * (1 - n / count), _role(n)
        mode, status = standings[n % 100]
        over, carries_money = status == "approved", n % 4 == 0
        yield {
            "id": uuid.uuid4(),
            "decision_type": "budget_allocation" if carries_money else "policy",
            "initiator_role": role,
            "participants": Jsonb([_role(n + k) for k in range(1, VOTERS + 1)]) if mode == "collaborative" else None,
            "mode": mode,
            "title": texts.title(n),
            "context": Jsonb({"why": texts.text(n)}),
            "amount_usd": 1000 + n % 500 if carries_money else None,
            "initiative": f"Initiative {n % 500}",
            "initiative_key": f"initiative {n % 500}",
            "confidential": n % 20 == 7,
            "urgency": "normal",
            "status": status,
            "awaiting_role": _role(n + 1) if mode == "hierarchical" else None,
            "decided_by": role if over else None,
            "charter_version_id": charter_version,
            "ruling": Jsonb({"rule": "limit", "says": "within the limit of the role"}),
            "content_hash": "0" * 64,
            "outcome": Jsonb({"rationale": texts.title(n)}) if over else None,
            "due_at": now + TO_COME if status == "pending" else None,
            "created_at": at,
            "completed_at": at if over else None,
            **CAUSE,
        }


def _votes(decided: Iterable[Row]) -> Iterator[Row]:
    """All of the electorate where it is over, one where it is not."""
    for decision in decided:
        electorate = decision["participants"].obj if decision["participants"] else []
        for role in electorate if decision["completed_at"] else electorate[:1]:
            yield {
                "decision_id": decision["id"],
                "voter_role": role,
                "vote": "approve",
                "rationale": decision["title"],
                "confidence": 0.9,
                "evidence": Jsonb([]),
                "voted_at": decision["created_at"],
                "first_vote": "approve",
                "first_confidence": 0.9,
                "first_voted_at": decision["created_at"],
                **CAUSE,
            }


def _escalations(decided: Iterable[Row]) -> Iterator[Row]:
    for decision in decided:
        if decision["status"] == "escalated":
            yield {
                "decision_id": decision["id"],
                "raised_by": decision["initiator_role"],
                "reason": "",
                "urgency": "normal",
                "ruling": decision["ruling"],
                "shown_hash": decision["content_hash"],
                "members_needed": 1,
                "members_at_opening": 1,
                "status": "open",
                "opened_at": decision["created_at"],
                "deadline_at": decision["created_at"] + REMEMBERED + TO_COME,
                "reminders": 0,
                **CAUSE,
            }


def _memories(count: int, texts: Texts, now: datetime) -> Iterator[Row]:
    for n in range(count):
        at, key, role = now - REMEMBERED * (1 - n / count), f"area-{n % AREAS}/matter-{n}", _role(n)
        yield {
            "id": uuid.uuid4(),
            "key": key,
            "folded": key,
            "content": texts.text(n),
            "tags": [f"topic-{n % TOPICS}", f"team-{n % TEAMS}"],
            "revision": 1,
            "created_by_role": role,
            "revised_by_role": role,
            "inserted_at": at,
            "updated_at": at,
        }


def _revisions(known: Iterable[Row]) -> Iterator[Row]:
    for memory in known:
        yield {
            "memory_id": memory["id"],
            "revision": memory["revision"],
            "content": memory["content"],
            "tags": memory["tags"],
            "by_role": memory["revised_by_role"],
            "written_at": memory["updated_at"],
            **CAUSE,
        }


def _artifacts(count: int, texts: Texts, now: datetime) -> Iterator[Row]:
    kinds = ArtifactKind.values
    for n in range(count):
        yield {
            "id": uuid.uuid4(),
            "kind": kinds[n % len(kinds)],
            "name": texts.title(n),
            "key": f"matter {n}",
            "feature": f"feature {n % 500}",
            "release": "",
            "content": Jsonb({"given": {"why": texts.text(n)}, "found": {}}),
            "by_role": _role(n),
            "made_at": now - REMEMBERED * (1 - n / count),
            **CAUSE,
        }


def _runs(count: int, texts: Texts, now: datetime) -> Iterator[Row]:
    """Of a hundred, one is still under way."""
    for n in range(count):
        at, over = now - REMEMBERED * (1 - n / count), n % 100 > 0
        yield {
            "id": uuid.uuid4(),
            "name": "feature_development",
            "version": workflows.newest("feature_development").version,  # type: ignore[union-attr]
            "starter_role": "product_manager",
            "about": f"feature {n}",
            "inputs": Jsonb({"feature": texts.title(n), "idea": texts.text(n), "release": f"1.{n}.0"}),
            "status": "done" if over else "running",
            "rounds": Jsonb({}),
            "ends_as": "",
            "outcome": texts.title(n) if over else "",
            "created_at": at,
            "finished_at": at if over else None,
            **CAUSE,
        }


@contextmanager
def _indexed_in_bulk(table: str) -> Iterator[None]:
    """The words of what the block writes go into their index by the thousand, which takes half the time."""
    index = found_by_words(table)
    waiting = index.deconstruct()[2]["gin_pending_list_limit"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER INDEX {index.name} SET (gin_pending_list_limit = {INDEXED_AT_ONCE_KB})")
        yield
        cursor.execute(f"ALTER INDEX {index.name} SET (gin_pending_list_limit = {waiting})")
        cursor.execute("SELECT gin_clean_pending_list(%s)", [index.name])


def _copy(table: str, rows: Iterable[Row]) -> None:
    """Write rows that have the same columns."""
    rows = iter(rows)
    first = next(rows)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(first)}) FROM STDIN") as copy:
        for row in itertools.chain([first], rows):
            copy.write_row(list(row.values()))


def _reserve(sequence: str, count: int) -> int:
    """The first of so many numbers of a sequence, which are then taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(%s, nextval(%s) + %s) - %s", [sequence, sequence, count, count])
        return int(cursor.fetchone()[0])


def _role(n: int) -> str:
    return NAMES[n % len(NAMES)]
