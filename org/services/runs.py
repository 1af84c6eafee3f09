"""Runs of workflows: started, moved on whenever a step is over, ended. Whoever moves a run on holds its row's lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from org import audit, events, names, outbox, refs, workflows
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change, state
from org.clock import Clock
from org.enums import OVER_STEPS, SYSTEM, RunStatus, StepStatus, Urgency
from org.errors import InvalidInput, NotFound, Refused
from org.legible import quoted
from org.models import Decision, Run, RunStep
from org.models.workflows import LONGEST_ABOUT
from org.queries import work as record
from org.queries.run_steps import Progress
from org.queries.runs import definition_of
from org.services import messages
from org.services.messages import Letter
from org.workflows import checking, fields
from org.workflows.definition import Approval, Compute, End, Notice, Return, Settled, Step, Timer, Vote, Work, Workflow
from org.workflows.references import filled, holds

MOVING = ("status", "fault", "raised_to", "message", "lease_until")


@transaction.atomic
def start(*, name: str, inputs: Mapping[str, Any], by: Actor, clock: Clock) -> Run:
    """Begin a run of the newest version. Raises NotFound for no such workflow, Refused where the role may not start it,
    InvalidInput naming the input that is missing, wrong or not on record.
    """
    flow = workflows.newest(name.strip().lower().replace(" ", "_"))
    if flow is None:
        raise NotFound("name", name, workflows.names(), "start_workflow {name} without input shows what one takes.")
    _require_starter(flow, by)
    given = fields.read(flow.inputs, inputs, "input")
    given |= record.held_to_record(flow.inputs, given, "input", {"input": given})
    act = Act.begin(by, clock)
    run = _created(flow, given, by, act)
    made = Change.made(run, "name", "version", "starter_role", "status")
    audit.record(act, "run.started", run.ref, made, inputs=given)
    move_on(act, run)
    return run


def _created(flow: Workflow, given: Mapping[str, Any], by: Actor, act: Act) -> Run:
    """The run's row. Raises Refused where another is open for the same, whoever started it and however it is spelt."""
    about = names.normalize(str(given[flow.once_for]))[:LONGEST_ABOUT] if flow.once_for else ""
    row = {"name": flow.name, "version": flow.version, "starter_role": by.name, "inputs": given, "about": about}
    try:
        with transaction.atomic():
            return Run.objects.create(**row, created_at=act.now, **by.cause)
    except IntegrityError as error:
        there = Run.objects.filter(name=flow.name, about=about, finished_at__isnull=True).first()
        if there is None:
            raise
        why = f"{there.ref} is under way for {quoted(str(given[flow.once_for]))}."
        raise Refused("under_way", why, f"get_workflow {{run_id: {there.ref}}} tells where it stands.") from error


def _require_starter(flow: Workflow, by: Actor) -> None:
    """Raises Refused where the charter lets others start it, or leaves it without what its steps need."""
    charter = charter_of(by)
    may = checking.starters(flow, charter)
    if by.name not in may:
        raise Refused(
            "starters",
            f"The {charter.title(by.name)} does not start {flow.title.lower()}; {', '.join(may) or 'nobody'} may.",
            f"Ask one of them by send_message {{to: {may[0]}}}." if may else "The board says who in the charter.",
        )
    if faults := checking.faults(flow, charter):
        raise Refused(
            "charter", f"{flow.title} cannot run under the charter: {faults[0]}", "The board publishes another."
        )


def locked(run_id: Any) -> Run:
    """The run, locked for the rest of the transaction; before any of its steps."""
    return Run.objects.select_for_update().get(pk=run_id)


def move_on(act: Act, run: Run, letters: Sequence[Letter] = ()) -> None:
    """Begin every step of a locked run that can begin, end the run where it is over, then post what this and the caller
    has to say. Call it as the last thing of a deed.
    """
    flow = definition_of(run)
    told = [*letters]
    progress = Progress(flow, run)
    while run.status == RunStatus.RUNNING and (ready := progress.ready()):
        values, rounds = progress.known(), run.rounds
        for step, skipped in ready:
            told += _begin(act, run, step, progress.round_of(step.key), values, skipped=skipped)
            if run.status != RunStatus.RUNNING or run.rounds != rounds:
                break  # what is ready is another question now
        progress = Progress(flow, run)
    if run.status == RunStatus.RUNNING and progress.is_over():
        told += end(act, run, RunStatus.DONE, "All its steps are done.")
    if run.status == RunStatus.UNDOING:
        told += _undo_next(act, progress)
        progress = Progress(flow, run)
    changed = [row.ref for row in progress.rows if act.now in (row.opened_at, row.finished_at)]
    outbox.put(events.CHANGES, events.changed(run.ref, str(run.pk), *changed), act.now)
    messages.post(act, told)


def end(act: Act, run: Run, status: RunStatus, outcome: str, *, undoes: bool = False) -> list[Letter]:
    """End a locked run; what is open of it is cancelled. With `undoes` it ends when what it did is undone, which
    `move_on` begins. Returns the letters that tell of it.
    """
    flow = definition_of(run)
    was = state(run, "status", "outcome")
    undoing = undoes and bool(Progress(flow, run).to_undo())
    run.outcome = outcome
    if undoing:
        run.status, run.ends_as = RunStatus.UNDOING, status
    else:
        run.status, run.finished_at = status, act.now
    run.save(update_fields=["status", "ends_as", "outcome", "finished_at"])
    open_steps = _cancel_open(act, run)
    audit.record(act, "run.undoing" if undoing else "run.ended", run.ref, Change.since(was, run))
    says = f"{run.ref} {flow.title} is {status}" + (" as soon as what it did is undone" if undoing else "")
    told = dict.fromkeys([run.starter_role, *(row.role for row in open_steps if row.kind == "work")])
    return [_letter(run, to, says, {"run": run.ref, "outcome": outcome}) for to in told if to in act.charter.roles]


def fail_step(act: Act, row: RunStep, fault: str) -> list[Letter]:
    """What a worker cannot do: the run is undone where the step is vital to it, else a person says how it goes on."""
    change_step(act, row, StepStatus.FAILED, fault=fault, due_at=None)
    return _failed(act, row)


def _failed(act: Act, row: RunStep) -> list[Letter]:
    if row.run.status == RunStatus.RUNNING and definition_of(row.run).step(row.key).vital:
        return end(act, row.run, RunStatus.FAILED, f"{row.ref} failed: {row.fault}", undoes=True)
    return [stuck(row)]


def stuck(row: RunStep) -> Letter:
    """Told to who started the run: a person has it now."""
    run = row.run
    content = {"run": run.ref, "step": row.ref, "why": row.fault or f"Nobody did it in time: {row.given}"}
    return _letter(run, run.starter_role, f"{run.ref} waits for a person at {row.ref}", content, Urgency.HIGH)


def _undo_next(act: Act, progress: Progress) -> list[Letter]:
    """Begin to undo what was done last and is not undone; end the run where nothing is left of it."""
    run = progress.run
    begun = {(row.key, row.round): row for row in progress.rows}
    for row, undo in progress.to_undo():
        found = begun.get((undo.key, row.round))
        if found is None:
            values = {**progress.known(), row.key: row.result or {}}
            return _begin(act, run, undo, row.round, values, skipped=False)
        if found.status not in OVER_STEPS:
            return []
    return end(act, run, RunStatus(run.ends_as), run.outcome)


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


def _begin(
    act: Act, run: Run, step: Step, round: int, values: Mapping[str, Mapping[str, Any]], *, skipped: bool
) -> list[Letter]:
    """Begin a step: its row, and what it does at once, with the values it refers to. Returns the letters this sends."""
    row = RunStep(
        run=run,
        key=step.key,
        round=round,
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
            return end(act, run, RunStatus.DONE, filled(step.says, values), undoes=step.undoes)
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
        case Settled():
            ref = filled(step.of, values)
            row.decision = Decision.objects.filter(number=refs.number(str(ref), "D") or 0).first()
            if row.decision is None:
                return _open(act, row, StepStatus.SKIPPED)
            _open(act, row, StepStatus.WAITING, due_at=act.now)
            ask_for_worker(row)  # it may be settled, or be so before it could be woken
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
        _open(act, row, StepStatus.FAILED, fault=fault)
        return _failed(act, row)
    _open(act, row, StepStatus.DONE, result={"rounds": rounds + 1})
    again = definition_of(run).between(step.to, step.key)
    dropped = _cancel_open(act, run, again)
    run.rounds = {**run.rounds, step.key: rounds + 1}
    run.save(update_fields=["rounds"])
    says = f"It will be done anew, after {quoted(step.title)}."
    content = {"run": run.ref, "why": says}
    return [
        _letter(run, each.raised_to or each.role, f"{each.ref} is not needed any more", content | {"step": each.ref})
        for each in dropped
        if each.held_at
    ]


def _cancel_open(act: Act, run: Run, keys: Collection[str] | None = None) -> list[RunStep]:
    """Cancel what is open of a locked run, or of some of its steps; what that was."""
    rows = run.steps.select_for_update().exclude(status__in=OVER_STEPS).order_by("number")
    found = [row for row in rows if keys is None or row.key in keys]
    for row in found:
        change_step(act, row, StepStatus.CANCELLED)
    return found


def ask_for_worker(row: RunStep) -> str | None:
    """Have a worker do what is due of a step; the role whose queue it is on, None where nothing is to be done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT store_step_call(%s)", [row.pk])
        found: str | None = cursor.fetchone()[0]
        return found


def _letter(run: Run, to: str, subject: str, content: Mapping[str, Any], priority: Urgency = Urgency.NORMAL) -> Letter:
    return Letter(
        sender=SYSTEM, to=to, subject=subject, content=dict(content), priority=priority, thread_id=f"run_{run.ref}"
    )


def require_open(run: Run) -> None:
    """Raises InvalidInput where the run is over."""
    if run.finished_at is not None:
        raise InvalidInput(
            "run_id", f"{run.ref} is {run.status}: {run.outcome}", f"get_workflow {{run_id: {run.ref}}}."
        )
