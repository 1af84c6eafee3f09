"""Killed at each statement between an approval and its effects: effects equal approvals, once, 200 times."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from org.clock import database_clock
from org.enums import BoardAnswer, CallStatus, MessageType, Status
from org.errors import Refused
from org.models import AuditRecord, Call, CharterVersion, Decision, LedgerEntry, Member, Message
from org.queries import trail
from org.services import board, calls
from tasks import tools
from tests.people import board_member, propose, store
from tests.stack import ROOT, Organisation, Servers, wait_until
from tests.storm.test_faults import WRONG

pytestmark = [pytest.mark.storm, pytest.mark.timeout(1800)]

RUNS = 100  # of each kind
Kill = Callable[..., str]


@pytest.fixture
def kill(servers: Servers, committed: str) -> Iterator[Kill]:
    """Has a deed done by a process that is killed at its n-th statement: "killed", or "done" where it has fewer."""
    env = Organisation(servers, committed).env | {
        "DJANGO_SETTINGS_MODULE": "echo_project.settings",
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storm.victim"], cwd=ROOT, env=os.environ | env, stdin=-1, stdout=-1, text=True
    ) as victim:

        def do(at: int, **order: Any) -> str:
            assert victim.stdin is not None
            assert victim.stdout is not None
            victim.stdin.write(json.dumps({"at": at, **order}) + "\n")
            victim.stdin.flush()
            return victim.stdout.readline().strip()

        yield do


def runs(one: Callable[[int], str]) -> int:
    """`one` at the first statement, the second and so on, over again, `RUNS` times; how many statements there are."""
    most, at = 0, 0
    for _ in range(RUNS):
        at += 1
        if one(at) == "done":
            most, at = max(most, at - 1), 0
    return most


def effects(matter: Decision) -> dict[str, int]:
    """How often each thing that follows from an approval is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM outbox WHERE channel = 'decisions:completed' AND payload->>'decision_id' = %s",
            [str(matter.pk)],
        )
        published = cursor.fetchone()[0]
    return {
        "approved": Decision.objects.filter(pk=matter.pk, status=Status.APPROVED).count(),
        "posted": LedgerEntry.objects.filter(target_id=f"decision:{matter.pk}").count(),
        "published": published,
        "audited": AuditRecord.objects.filter(subject=matter.ref, action="decision.settled").count(),
    }


ALL = {"approved": 1, "posted": 1, "published": 1, "audited": 1}
NONE = dict.fromkeys(ALL, 0)


def assert_nothing_is_wrong() -> None:
    for what, query in WRONG.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            assert cursor.fetchall() == [], what
    with trail.snapshot() as database:
        assert trail.verify(database).fault is None


def test_a_role_whose_worker_is_killed_at_every_step(kill: Kill) -> None:
    numbers = itertools.count(1)

    def one(at: int) -> str:
        arguments = {"initiative": f"Lab {next(numbers)}", "business_value": "x", "budget": 1000}
        _, call_id = store("ceo", "approve_strategic_initiative", json.dumps(arguments), effect="creates")
        outcome = kill(at, drain="ceo")
        assert outcome in ("killed", "done")

        def done() -> bool:
            calls.free_dead(database_clock)
            tools.drain(["ceo"])
            return Call.objects.filter(pk=call_id, status=CallStatus.DONE).exists()

        wait_until(done, 30, "the call, done by another worker")
        call = Call.objects.get(pk=call_id)
        matter = Decision.objects.get(call=call)
        assert call.result is not None
        assert (call.result["answer"]["approved"], call.result["answer"]["ref"]) == (True, matter.ref)
        assert effects(matter) == ALL, at
        return outcome

    assert runs(one) > 10
    assert_nothing_is_wrong()


def test_a_member_whose_web_process_is_killed_at_every_step(kill: Kill) -> None:
    member = board_member()

    def one(at: int) -> str:
        matter = propose("ceo", 5_000_000)
        asked = matter.escalations.get()
        shown = board.shown_hash(asked, CharterVersion.objects.in_force(), database_clock())
        answer = {"escalation": asked.pk, "member": member.pk, "hash": shown}
        outcome = kill(at, answer=json.loads(json.dumps(answer, default=str)))
        assert outcome in ("killed", "done")
        found = effects(matter)
        assert found in (NONE, ALL), at
        assert letters(matter) == found["approved"]
        try:  # the member does not know what became of it and answers again
            board.answer(
                escalation=asked,
                member=member,
                choice=BoardAnswer.APPROVE,
                note="yes",
                seen_hash=shown,
                clock=database_clock,
            )
        except Refused:
            assert found == ALL
        assert effects(matter) == ALL, at
        assert (letters(matter), asked.votes.count()) == (1, 1)
        return outcome

    assert runs(one) > 10
    assert Member.objects.count() == 1
    assert_nothing_is_wrong()


def letters(matter: Decision) -> int:
    return Message.objects.filter(decision=matter, to_role="ceo", type=MessageType.RESPONSE).count()
