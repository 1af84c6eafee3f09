"""Random workflows through random failures, held to a model of a few lines; and races for work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from org import workflows
from org.clock import database_clock
from org.models import AuditRecord, Call, CharterVersion, Run, RunStep
from org.queries import runs as standing
from org.services import calls, runs, steps, work
from org.workflows.checking import faults
from org.workflows.definition import Notice, Return, Step, Timer, Work, Workflow
from org.workflows.fields import Flag
from org.workflows.references import Is
from tasks import tools as worker
from tests.people import acting, racers, shift_clock

OK = {"ok": Flag(says="Whether it went well.")}
KEYS = "abcdefgh"


@st.composite
def flows(draw: st.DrawFn) -> Workflow:
    """Two to six steps of a graph, each after some before it; some only when the step before went well; a way back."""
    made: list[Step] = []
    for key in KEYS[: draw(st.integers(2, 6))]:
        before = [step.key for step in made]
        after = tuple(sorted(draw(st.sets(st.sampled_from(before), max_size=2)))) if before else ()
        works = [step.key for step in made if isinstance(step, Work) and step.key in after]
        when = Is(f"{works[0]}.ok", draw(st.booleans())) if works and draw(st.booleans()) else None
        kind = draw(st.sampled_from(["work", "work", "work", "timer", "notice"]))
        common: dict[str, Any] = {"key": key, "title": key, "after": after, "when": when}
        match kind:
            case "timer":
                made.append(Timer(hours=1, **common))
            case "notice":
                made.append(Notice(to="cto", subject=key, content={}, **common))
            case _:
                made.append(Work(role="cto", asks=key, results=OK, **common))
    works = [step.key for step in made if isinstance(step, Work)]
    if works and draw(st.booleans()):
        last = works[-1]
        back = Return(key="z", title="z", after=(last,), when=Is(f"{last}.ok", False), to=last, times=2)
        made.append(back)
    return Workflow(name="random", version=1, title="R", purpose="p", starters=("ceo",), inputs={}, steps=tuple(made))


def model(flow: Workflow, results: dict[str, list[bool]]) -> dict[str, str]:
    """How each step must end, where its n-th time gives the n-th of its results, and True after those."""
    ended: dict[str, str] = {}
    gave: dict[str, bool] = {}
    given = {key: iter([*values, *[True] * 9]) for key, values in results.items()}
    for step in flow.steps:
        if step.after and all(ended[key] == "skipped" for key in step.after):
            ended[step.key] = "skipped"
        elif isinstance(step, Return):
            rounds = 0
            while ended[step.to] == "done" and gave[step.to] is False and rounds < step.times:
                gave[step.to] = next(given[step.to])
                rounds += 1
            ended[step.key] = "failed" if ended[step.to] == "done" and gave[step.to] is False else "done"
        elif step.when and (gave.get(step.when.ref.step) == step.when.value) is step.when.no:
            ended[step.key] = "skipped"
        else:
            ended[step.key] = "done"
            if isinstance(step, Work):
                gave[step.key] = next(given[step.key])
    return ended


class Breaks(Exception):
    """What a worker dies of."""


def drive(run: Run, results: dict[str, list[bool]], dies: Iterator[bool]) -> None:
    """Do all there is to do, as agents, workers and the sweeper would; a worker dies whenever `dies` says so."""
    for _ in range(60):
        shift_clock(hours=2)
        steps.try_again(database_clock)
        steps.ask_for_due()
        while Call.objects.filter(tool=worker.STEP, status="queued").exists():
            role = Call.objects.filter(tool=worker.STEP, status="queued").values_list("role", flat=True)[0]
            claimed = calls.claim([role], "test")
            assert claimed
            if next(dies):
                die_in(claimed)
            else:
                assert calls.perform(claimed, worker._run, database_clock)
        for row in RunStep.objects.filter(run=run, kind="work", status__in=["waiting", "held"]):
            held = work.claim(work=row.ref, by=acting("cto"), clock=database_clock)
            assert held
            if next(dies):
                continue  # the agent is gone with its token; another claims it anew
            left = results.get(row.key, [])
            ok = left[row.round] if row.round < len(left) else True
            work.submit(
                work=row.ref,
                token=str(held.token),
                result={"ok": ok},
                note="",
                by=acting("cto"),
                clock=database_clock,
            )
        run.refresh_from_db()
        if run.finished_at or set(standing.standing(run).values()) <= {"done", "skipped", "failed"}:
            return
    raise AssertionError(standing.standing(run))


def die_in(claimed: calls.Claim) -> None:
    """The worker does the job and dies before its transaction commits; the sweeper puts the call back."""
    with contextlib.suppress(Breaks), transaction.atomic():
        calls.perform(claimed, worker._run, database_clock)
        raise Breaks
    Call.objects.filter(pk=claimed.call_id).update(status="queued", lease_until=None)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flow=flows(), draw=st.data())
def test_random_workflows_end_as_the_model_says_each_step_once(
    monkeypatch: pytest.MonkeyPatch, flow: Workflow, draw: st.DataObject
) -> None:
    assert faults(flow, CharterVersion.objects.in_force()) == []
    works = [step.key for step in flow.steps if isinstance(step, Work)]
    results = {key: draw.draw(st.lists(st.booleans(), max_size=3)) for key in works}
    deaths = draw.draw(st.lists(st.booleans(), max_size=12))
    monkeypatch.setattr(workflows, "SHIPPED", (flow,))
    with transaction.atomic():
        run = runs.start(name="random", inputs={}, by=acting("ceo"), clock=database_clock)
        drive(run, results, iter([*deaths, *[False] * 500]))
        assert standing.standing(run) == model(flow, results)
        over = AuditRecord.objects.filter(action="step.changed", data__run=run.ref, data__after__status="done")
        subjects = list(over.values_list("subject", flat=True))
        assert len(subjects) == len(set(subjects)), "a step was done twice"
        transaction.set_rollback(True)


def test_eight_racers_for_one_piece_of_work_have_one_winner(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Work(key="a", title="a", role="cto", asks="a", results=OK)
    flow = Workflow(name="race", version=1, title="R", purpose="p", starters=("ceo",), inputs={}, steps=(step,))
    monkeypatch.setattr(workflows, "SHIPPED", (flow,))
    with racers(8) as ready:
        for _ in range(20):
            runs.start(name="race", inputs={}, by=acting("ceo"), clock=database_clock)
            asks = [acting("cto", f'{{"pid": {number}}}') for number in range(8)]
            deeds = [partial(work.claim, work=None, by=by, clock=database_clock) for by in asks]
            [winner] = [each for each in ready.race(deeds) if each is not None]
            assert isinstance(winner, work.Claimed), winner
            token, by = str(winner.token), acting("cto")
            result = {"ok": True}
            work.submit(work=winner.row.ref, token=token, result=result, note="", by=by, clock=database_clock)
    assert Run.objects.filter(status="done").count() == 20
