"""Times steps of workflows by the engine itself, on the database of `DATABASE_URL`; prints JSON.

A chain of steps that do nothing is driven as a worker would: each is asked for, claimed, done and committed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

CHAIN = 20  # steps of a run
RUNS = 15
WAITING = 10_000
LOOKS = 200
NOTHING_TO_WAIT = 1e-9  # hours


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echo_project.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from org import workflows
    from org.workflows.definition import Timer, Workflow

    names = [f"s{chr(97 + number)}" for number in range(CHAIN)]
    steps = tuple(
        Timer(key=key, title=key, after=(before,) if before else (), hours=NOTHING_TO_WAIT)
        for key, before in zip(names, ["", *names], strict=False)
    )
    month = (Timer(key="month", title="A month", hours=24 * 30),)
    common = {"version": 1, "purpose": "x", "starters": ("ceo",), "inputs": {}}
    workflows.SHIPPED += (
        Workflow(name="chain", title="Chain", steps=steps, **common),  # type: ignore[arg-type]
        Workflow(name="month", title="Month", steps=month, **common),  # type: ignore[arg-type]
    )
    alone = list(chain())
    began = time.perf_counter()
    for _ in range(WAITING):
        start("month")
    begun = (time.perf_counter() - began) / WAITING
    with connection.cursor() as cursor:  # before PostgreSQL does so by itself
        cursor.execute("VACUUM ANALYZE calls, workflow_runs, workflow_steps, audit, outbox")
    beside = list(chain())
    print(json.dumps({"alone": alone, "beside": beside, "looks": list(looks()), "begun": begun, "woken": woken()}))


def start(name: str) -> None:
    """Begin a run. The call that it is begun by is of no worker."""
    from django.db import connection

    from org.clock import database_clock
    from org.services import runs
    from tests.people import acting

    runs.start(name=name, inputs={}, by=acting("ceo"), clock=database_clock)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE calls SET claimable_until = created_at WHERE tool = 'test' AND claimable_until > created_at"
        )


def chain() -> Iterator[float]:
    """Seconds of each step of some runs."""
    from org.clock import database_clock
    from org.services import calls, steps
    from tasks import tools as worker

    for _ in range(RUNS):
        start("chain")
        for _ in range(CHAIN):
            began = time.perf_counter()
            steps.ask_for_due()
            claimed = calls.claim(["ceo"], "bench")
            if claimed is None or not calls.perform(claimed, worker._run, database_clock):
                sys.exit("a step was not there to be done")
            yield time.perf_counter() - began


def looks() -> Iterator[float]:
    """Seconds of the sweeper's look for due and for broken steps while there are none."""
    from org.clock import database_clock
    from org.services import steps

    for _ in range(LOOKS):
        began = time.perf_counter()
        steps.ask_for_due()
        steps.try_again(database_clock)
        yield time.perf_counter() - began


def woken() -> float:
    """Seconds from the end of a month's wait to the end of its run."""
    from org.clock import database_clock
    from org.models import RunStep
    from org.services import calls, steps
    from tasks import tools as worker

    row = RunStep.objects.filter(key="month").earliest("number")
    RunStep.objects.filter(pk=row.pk).update(due_at=database_clock() - timedelta(seconds=1))
    began = time.perf_counter()
    steps.ask_for_due()
    claimed = calls.claim(["ceo"], "bench")
    assert claimed
    assert calls.perform(claimed, worker._run, database_clock)
    row.run.refresh_from_db()
    assert row.run.status == "done", row.run.status
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
