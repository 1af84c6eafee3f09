"""Runs of workflows: started, moved on whenever a step is over, ended. Whoever moves a run on holds its row's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from org import audit, events, outbox, workflows
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change, state
from org.clock import Clock
from org.enums import OVER_STEPS, SYSTEM, RunStatus, StepStatus
from org.errors import InvalidInput, NotFound, Refused
from org.legible import quoted
from org.models import Run, RunStep
from org.queries import work as record
from org.queries.runs import definition_of
from org.services import messages
from org.services.messages import Letter
from org.workflows import fields
from org.workflows.definition import (
    Approval,
    Compute,
    End,
    Notice,
    Return,
    Step,
    Timer,
    Vote,
    Work,
    Workflow,
    filled,
    holds,
)

MOVING = ("status", "fault", "raised_to", "message", "lease_until")


@transaction.atomic
def start(*, name: str, inputs: Mapping[str, Any], by: Actor, clock: Clock) -> Run:
    """Begin a run of the newest version. Raises NotFound for no such workflow, Refused where the role may not start it,
    InvalidInput naming the input that is missing, wrong or not on record.
    """
    flow = workflows.newest(name.strip().lower().replace(" ", "_"))
    if flow is None:
        raise NotFound("name", name, workflows.names(), "start_workflow {name} without input shows what one takes.")
    if by.name not in flow.starters:
        raise Refused(
            "starters",
            f"The {charter_of(by).title(by.name)} does not start {flow.title.lower()}; {', '.join(flow.starters)} do.",
            f"Ask one of them by send_message {{to: {flow.starters[0]}}}.",
        )
    given = fields.read(flow.inputs, inputs, "input")
    record.require_on_record(flow.inputs, given, "input")
    act = Act.begin(by, clock)
    run = Run.objects.create(
        name=flow.name, version=flow.version, starter_role=by.name, inputs=given, created_at=act.now, **by.cause
    )
    made = Change.made(run, "name", "version", "starter_role", "status")
    audit.record(act, "run.started", run.ref, made, inputs=given)
    move_on(act, run)
    return run


def locked(run_id: Any) -> Run:
    """The run, locked for the rest of the transaction; before any of its steps."""
    return Run.objects.select_for_update().get(pk=run_id)


def move_on(act: Act, run: Run, letters: Sequence[Letter] = ()) -> None:
    """Begin every step of a locked run that can begin, end the run where it is over, then post what this and the caller
    has to say. Call it as the last thing of a deed.
    """
    flow = definition_of(run)
    told = [*letters]
    while run.status == RunStatus.RUNNING and (ready := _ready(flow, run)):
        for step, skipped in ready:
            told += _begin(act, flow, run, step, skipped=skipped)
            if run.status != RunStatus.RUNNING:
                break
    if run.status == RunStatus.RUNNING and all(each.status in OVER_STEPS for each in _current(flow, run).values()):
        told += end(act, run, RunStatus.DONE, "All its steps are done.")
    changed = [row.ref for row in run.steps.filter(Q(opened_at=act.now) | Q(finished_at=act.now)).order_by("number")]
    outbox.put(events.CHANGES, events.changed(run.ref, str(run.pk), *changed), act.now)
    messages.post(act, told)


def end(act: Act, run: Run, status: RunStatus, outcome: str) -> list[Letter]:
    """End a locked run; what is open of it is cancelled. Returns the letters that tell of it."""
    was = state(run, "status", "outcome")
    run.status, run.outcome, run.finished_at = status, outcome, act.now
    run.save(update_fields=["status", "outcome", "finished_at"])
    open_steps = list(run.steps.select_for_update().exclude(status__in=OVER_STEPS).order_by("number"))
    for row in open_steps:
        change_step(act, row, StepStatus.CANCELLED)
    audit.record(act, "run.ended", run.ref, Change.since(was, run))
    flow = definition_of(run)
    told = dict.fromkeys([run.starter_role, *(row.role for row in open_steps if row.kind == "work")])
    return [
        _letter(run, to, f"{run.ref} {flow.title} is {status}", {"run": run.ref, "outcome": outcome})
        for to in told
        if to in act.charter.roles
    ]


def change_step(act: Act, row: RunStep, status: StepStatus, **values: Any) -> None:
    """Move a locked step to another status, with other fields; what ends it clears what it waited for."""
    was = state(row, *MOVING)
    row.status = status
    for name, value in values.items():
        setattr(row, name, value)
    if status in OVER_STEPS:
        row.finished_at, row.due_at = act.now, None
        row.lease_until = row.lease_digest = None
    row.save()
    change = Change.since(was, row)
    audit.record(act, "step.changed", row.ref, change, run=row.run.ref, step=row.key, result=row.result)


def finish_step(act: Act, row: RunStep, result: Mapping[str, Any]) -> None:
    change_step(act, row, StepStatus.DONE, result=dict(result))


def known(flow: Workflow, run: Run) -> dict[str, Mapping[str, Any]]:
    """What the run was started with and what each step gave, the newest time it was done."""
    done = run.steps.filter(status=StepStatus.DONE).order_by("round")
    return {"input": run.inputs, **{row.key: row.result or {} for row in done}}


def _current(flow: Workflow, run: Run) -> dict[str, RunStep]:
    """The rows of the steps that have begun in the round they are in."""
    rows = {(row.key, row.round): row for row in run.steps.all()}
    found = {step.key: rows.get((step.key, _round(flow, run, step.key))) for step in flow.steps}
    return {key: row for key, row in found.items() if row}


def _round(flow: Workflow, run: Run, key: str) -> int:
    """How often the ways back that this step lies on were gone."""
    backs = {step.key: step for step in flow.steps if isinstance(step, Return)}
    return sum(
        times for back, times in run.rounds.items() if back in backs and key in flow.between(backs[back].to, back)
    )


def _ready(flow: Workflow, run: Run) -> list[tuple[Step, bool]]:
    """The steps that can begin now, and whether all they come after was skipped."""
    current = _current(flow, run)
    found = []
    for step in flow.steps:
        before = [current.get(key) for key in step.after]
        if step.key not in current and all(row is not None and row.status in OVER_STEPS for row in before):
            skipped = bool(before) and all(row is not None and row.status == StepStatus.SKIPPED for row in before)
            found.append((step, skipped))
    return found


def _begin(act: Act, flow: Workflow, run: Run, step: Step, *, skipped: bool) -> list[Letter]:
    """Begin a step: its row, and what it does at once. Returns the letters this sends."""
    values = known(flow, run)
    row = RunStep(
        run=run,
        key=step.key,
        round=_round(flow, run, step.key),
        kind=step.kind,
        role=getattr(step, "role", ""),
        status=StepStatus.WAITING,
        opened_at=act.now,
    )
    passes = holds(step.when, values)
    if skipped or (not passes and not isinstance(step, Return | End)):
        return _open(act, row, StepStatus.SKIPPED)
    match step:
        case End() if passes:
            _open(act, row, StepStatus.DONE)
            return end(act, run, RunStatus.DONE, filled(step.says, values))
        case Return() if passes:
            return _go_back(act, run, row, step)
        case Return() | End():
            return _open(act, row, StepStatus.DONE, result={"rounds": run.rounds.get(step.key, 0)})
        case Work():
            row.given = {"asks": filled(step.asks, values), "uses": list(step.uses)}
            row.due_at = act.now if step.draft else act.now + timedelta(hours=step.hours)
            _open(act, row, StepStatus.WAITING)
            says = {
                "work": row.ref,
                "run": run.ref,
                "asks": row.given["asks"],
                "next": f"claim_work {{work_id: {row.ref}}}",
            }
            return [_letter(run, step.role, f"{row.ref} waits for you: {step.title}", says)]
        case Notice():
            row.given = {"subject": filled(step.subject, values), "content": filled(step.content, values)}
            _open(act, row, StepStatus.READY, due_at=act.now)
        case Timer():
            _open(act, row, StepStatus.WAITING, due_at=act.now + timedelta(hours=step.hours))
        case Compute():
            row.given = {"tool": step.tool, "arguments": filled(step.arguments, values)}
            _open(act, row, StepStatus.READY, due_at=act.now)
        case Vote() | Approval():
            row.given = {
                "asks": filled(step.asks, values),
                "context": filled(step.context, values),
                "amount_usd": filled(step.amount_usd, values),
            }
            _open(act, row, StepStatus.READY, due_at=act.now)
    if row.status == StepStatus.READY:
        ask_for_worker(row)
    return []


def _open(act: Act, row: RunStep, status: StepStatus, **values: Any) -> list[Letter]:
    row.status = status
    for name, value in values.items():
        setattr(row, name, value)
    if status in OVER_STEPS:
        row.finished_at = act.now
    row.save(force_insert=True)
    made = Change.made(row, "status", "role", "kind", "round")
    audit.record(act, "step.opened", row.ref, made, run=row.run.ref, step=row.key)
    return []


def _go_back(act: Act, run: Run, row: RunStep, step: Return) -> list[Letter]:
    """Once more from `step.to`, or, where it went back often enough, a person's to say."""
    rounds = run.rounds.get(step.key, 0)
    if rounds >= step.times:
        fault = f"It went back {rounds} times, and {quoted(step.title)} still holds."
        return _open(act, row, StepStatus.FAILED, fault=fault)
    _open(act, row, StepStatus.DONE, result={"rounds": rounds + 1})
    run.rounds = {**run.rounds, step.key: rounds + 1}
    run.save(update_fields=["rounds"])
    return []


def ask_for_worker(row: RunStep) -> str | None:
    """Have a worker do what is due of a step; the role whose queue it is on, None where nothing is to be done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT store_step_call(%s)", [row.pk])
        found: str | None = cursor.fetchone()[0]
        return found


def _letter(run: Run, to: str, subject: str, content: Mapping[str, Any]) -> Letter:
    return Letter(sender=SYSTEM, to=to, subject=subject, content=dict(content), thread_id=f"run_{run.ref}")


def require_open(run: Run) -> None:
    """Raises InvalidInput where the run is over."""
    if run.finished_at is not None:
        raise InvalidInput(
            "run_id", f"{run.ref} is {run.status}: {run.outcome}", f"get_workflow {{run_id: {run.ref}}}."
        )
