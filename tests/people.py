"""The people and roles of the tests."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import cache
from threading import Barrier
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection

from org import workflows
from org.actors import Actor
from org.charter import SHIPPED
from org.clock import Clock, database_clock
from org.enums import BoardAnswer, Mode, VoteChoice
from org.models import BOARD_GROUP, Call, CharterVersion, Decision, Escalation, Member, Run, Stop
from org.services import board, proposals, runs, stops, votes
from org.workflows import fields

T = TypeVar("T")
PASSWORD = "a long enough password"
FIRST_VERSION = len(list(SHIPPED.parent.glob("migrations/charter_*.toml")))  # of the charter of a new database
_numbers = itertools.count(1)


@cache
def _hashed(hasher: str) -> str:
    """Kept by hasher, since tests choose quick ones: a good hash takes a good part of a second, on purpose."""
    return make_password(PASSWORD)


def use_database(name: str) -> None:
    """Point this process's Django at another database of the run."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


def store(
    role: str,
    tool: str = "test",
    arguments: str = "{}",
    *,
    effect: str = "sets",
    key: str | None = None,
    client: str = "{}",
) -> tuple[str, uuid.UUID]:
    """Store a call as a server does; how that went (stored, repeated or conflict) and the id of the call found."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, call_id FROM store_call(%s, %s, %s, %s, %s::jsonb, %s, %s::jsonb)",
            [uuid.uuid4(), role, tool, effect, arguments, key, client],
        )
        outcome, call_id = cursor.fetchone()
    return outcome, call_id


def acting(role: str, client: str = "{}") -> Actor:
    """A role acting through a call of its own, as tools do."""
    _, call_id = store(role, client=client)
    return Actor.role(Call.objects.get(pk=call_id))


def board_member(name: str = "") -> Member:
    """An active member of the board, who signs in with `PASSWORD`."""
    member = Member.objects.create(
        username=name or f"member{next(_numbers)}", password=_hashed(settings.PASSWORD_HASHERS[0]), is_staff=True
    )
    member.groups.add(Group.objects.get(name=BOARD_GROUP))
    return member


def propose(
    role: str, amount: int | str | None = None, decision_type: str = "strategic_initiative", **given: Any
) -> Decision:
    """A decision proposed by a role, with a title of its own unless one is given."""
    wanted: dict[str, Any] = {
        "title": f"Matter {next(_numbers)}",
        "context": "because",
        "by": acting(role),
        "clock": database_clock,
        **given,
    }
    money = Decimal(amount) if amount is not None else None
    return proposals.propose(decision_type=decision_type, amount_usd=money, **wanted)


VOTERS = ("cto", "chro", "operations_head", "product_manager")


def put_to_vote(
    role: str = "ceo",
    amount: int | None = None,
    decision_type: str = "feature",
    participants: Sequence[str] = VOTERS,
    **given: Any,
) -> Decision:
    """A decision proposed by a role for others to vote on."""
    decision = propose(role, amount, decision_type, mode=Mode.COLLABORATIVE, participants=participants, **given)
    assert decision.mode == Mode.COLLABORATIVE
    return decision


def vote(
    decision: Decision,
    role: str,
    choice: VoteChoice = VoteChoice.APPROVE,
    confidence: float = 0.9,
    rationale: str = "",
    **given: Any,
) -> Decision:
    """A role's ballot; the decision afterwards."""
    wanted: dict[str, Any] = {"by": acting(role), "clock": database_clock, **given}
    why = rationale or f"the {role} thinks so"
    return votes.cast(decision=decision.ref, vote=choice, rationale=why, confidence=confidence, **wanted)


def shift_clock(**by: float) -> None:
    """Let the organisation's time run ahead by so much more, in the units of a timedelta: `shift_clock(minutes=11)`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clock_offset SET shift = shift + make_interval(secs => %s)", [timedelta(**by).total_seconds()]
        )


def amend_charter(old: str, new: str) -> None:
    """Publish the shipped charter with one line changed."""
    text = SHIPPED.read_text()
    assert text.count(old) == 1, old
    publish_charter(text.replace(old, new))


def publish_charter(text: str) -> None:
    now = database_clock()
    newest = CharterVersion.objects.count()
    CharterVersion.objects.create(version=newest + 1, document=text, published_at=now, published_by="test")


def drop_role(name: str, successor: str) -> None:
    """A charter in which another role, new or there already, has taken the place of one that is gone."""
    text, count = re.subn(rf"\[roles\.{name}\]\n(\w+ = .*\n)+", "", SHIPPED.read_text())
    assert count == 1
    text = text.replace(f'reports_to = "{name}"', f'reports_to = "{successor}"')
    publish_charter(text.replace(f'"{name}"', f'"{successor}"'))


def answer(decision: Decision, choice: BoardAnswer, note: str = "a note") -> Escalation:
    """A new member of the board answers what is open about a decision."""
    escalation = Escalation.objects.get(decision=decision, closed_at__isnull=True)
    shown = board.shown_hash(escalation, CharterVersion.objects.in_force(), database_clock())
    return board.answer(
        escalation=escalation, member=board_member(), choice=choice, note=note, seen_hash=shown, clock=database_clock
    )


def lift_stop(role: str = "", *, reason: str = "all is well", by: Actor, clock: Clock = database_clock) -> Stop:
    """The stop that stands on a role, or on spending, is lifted."""
    return stops.lift(stop=Stop.objects.standing().get(role=role), reason=reason, by=by, clock=clock)


def start_run(name: str = "hiring", role: str = "ceo") -> Run:
    """A run of a shipped workflow, started with the example of what it takes."""
    flow = workflows.newest(name)
    assert flow
    return runs.start(name=name, inputs=fields.example(flow.inputs), by=acting(role), clock=database_clock)


def request_revision(decision: Decision) -> Escalation:
    return answer(decision, BoardAnswer.REQUEST_REVISION)


def page_of(matter: Escalation) -> str:
    """The path of the page on which the board answers it."""
    return f"/admin/org/escalation/{matter.pk}/change/"


class Racers:
    """Threads, each with a database connection of its own, that start every race together."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, initializer=_own_connection)

    def race(self, deeds: Sequence[Callable[[], T]]) -> list[T | Exception]:
        """Do all deeds at the same moment; what each returned or raised, in the order given."""
        assert len(deeds) <= self._count
        start = Barrier(len(deeds))

        def run(deed: Callable[[], T]) -> T | Exception:
            connection.ensure_connection()
            start.wait(60)
            try:
                return deed()
            except Exception as error:
                return error

        return list(self._threads.map(run, deeds))

    def close(self) -> None:
        self.race([connection.close] * self._count)
        self._threads.shutdown()


def _own_connection() -> None:
    """This thread's connection is outside the process's pool, which holds fewer than there are racers."""
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}


@contextmanager
def racers(count: int) -> Iterator[Racers]:
    running = Racers(count)
    try:
        yield running
    finally:
        running.close()
