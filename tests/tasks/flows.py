"""Drives runs of workflows in tests: does what workers, the sweeper and agents would."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection

from org.clock import database_clock
from org.models import Call, CharterVersion, Run, RunStep
from org.queries import runs as standing
from org.services import calls, steps, work
from org.services.work import Claimed
from org.workflows.definition import Work
from org.workflows.fields import Flag
from tasks import tools as worker
from tests.people import acting

OK = {"ok": Flag(says="Whether it went well.")}


def ask(key: str, *after: str, role: str = "cto", asks: str = "Do {input.name}.", **more: Any) -> Work:
    return Work(key=key, title=f"The {key}", role=role, asks=asks, results=more.pop("results", OK), after=after, **more)


def drive() -> int:
    """Let the engine do all that is due, as sweeper and workers do; how many jobs that took."""
    done = 0
    while True:
        steps.try_again(database_clock)
        steps.ask_for_due()
        jobs = Call.objects.filter(tool=worker.STEP, status="queued").values_list("role", flat=True)
        if not jobs:
            return done
        for role in sorted(set(jobs)):
            while claimed := _claim(role):
                assert calls.perform(claimed, worker._run, database_clock)
                done += 1


def _claim(role: str) -> calls.Claim | None:
    """The oldest job of the engine; calls of the tests' roles are under way on their own."""
    if not Call.objects.filter(tool=worker.STEP, status="queued", role=role).exists():
        return None
    return calls.claim([role], "test")


def claim(role: str, name: str | None = None, client: str = '{"pid": 1}') -> Claimed:
    found = work.claim(work=name, by=acting(role, client), clock=database_clock)
    assert found is not None, f"no work for the {role}"
    return found


def submit(role: str, held: Claimed, result: dict[str, Any]) -> RunStep:
    by = acting(role)
    return work.submit(work=held.row.ref, token=str(held.token), result=result, note="", by=by, clock=database_clock)


def do(role: str, **result: Any) -> RunStep:
    """Claim the role's oldest work and submit it."""
    held = claim(role)
    return work.submit(
        work=held.row.ref,
        token=str(held.token),
        result=result or {"ok": True},
        note="",
        by=acting(role),
        clock=database_clock,
    )


def where(run: Run) -> dict[str, str]:
    run.refresh_from_db()
    return standing.standing(run)


def why(run: Run) -> str:
    run.refresh_from_db()
    return " ".join(each.why for each in standing.blocked(run, CharterVersion.objects.in_force()))


def seen(role: str, client: str = '{"pid": 1}') -> str:
    """A process of the role's agents says that it is there, for a client; its id."""
    process = str(uuid.uuid4())
    with connection.cursor() as cursor:
        cursor.execute("SELECT beat(%s, %s, '1', 'here', 7, %s)", [process, role, client])
    return process
