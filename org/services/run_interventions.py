"""What a member of the board does about a run: pauses it, lets it go on, ends it; or about one of its steps."""

from __future__ import annotations

from django.db import transaction

from org import audit
from org.actors import Actor
from org.acts import Act
from org.changes import Change, state
from org.clock import Clock
from org.enums import OVER_STEPS, SYSTEM, RunStatus, StepStatus, Urgency
from org.errors import Refused
from org.legible import quoted
from org.models import Run, RunStep
from org.services import board_only, runs
from org.services.messages import Letter


@transaction.atomic
def pause(*, run: Run, reason: str, by: Actor, clock: Clock) -> Run:
    """Begin no more steps of a run; what agents hold they may still submit. Raises Refused where it does not run."""
    return _turn(run, RunStatus.RUNNING, RunStatus.PAUSED, reason, by, clock)


@transaction.atomic
def resume(*, run: Run, reason: str, by: Actor, clock: Clock) -> Run:
    """Let a paused run go on, with all that became possible meanwhile."""
    return _turn(run, RunStatus.PAUSED, RunStatus.RUNNING, reason, by, clock)


@transaction.atomic
def cancel(*, run: Run, reason: str, by: Actor, clock: Clock) -> Run:
    """End a run before its time. What its steps did is undone as they say how, and stays where they do not, or where
    the run was being undone already; what they asked for and is not decided stays asked for.
    """
    reason, act, run = _begin(run, reason, by, clock)
    undoes = run.status != RunStatus.UNDOING
    letters = runs.end(act, run, RunStatus.CANCELLED, f"The board ended it: {reason}", undoes=undoes)
    runs.move_on(act, run, letters)
    return run


@transaction.atomic
def retry(*, step: RunStep, reason: str, by: Actor, clock: Clock) -> RunStep:
    """Have a step that failed done again by a worker. Raises Refused for one that did not fail, or cannot be again."""
    reason, act, run = _begin(step.run, reason, by, clock)
    row = _locked(step, run)
    if row.status != StepStatus.FAILED or row.kind == "return":
        raise Refused("not_failed", f"{row.ref} is nothing a worker broke on.", "Skip it, or end the run.")
    runs.change_step(act, row, StepStatus.READY, fault="", tries=0, call=None, due_at=act.now)
    runs.move_on(act, run)
    return row


@transaction.atomic
def skip(*, step: RunStep, reason: str, by: Actor, clock: Clock) -> RunStep:
    """Go on without a step. Whoever holds it is told; what comes after it alone is skipped as well."""
    reason, act, run = _begin(step.run, reason, by, clock)
    row = _locked(step, run)
    says = f"The board goes on without it: {reason}"
    status = (
        StepStatus.DONE if row.kind == "return" else StepStatus.SKIPPED
    )  # a way back is passed, and the run goes on
    runs.change_step(act, row, status, fault=says)
    letters = [_told(run, row, says, row.role)] if row.role in act.charter.roles else []
    runs.move_on(act, run, letters)
    return row


@transaction.atomic
def release(*, step: RunStep, reason: str, by: Actor, clock: Clock) -> RunStep:
    """Take work from the client that holds it; its token is worth nothing any more, and the next to ask gets it."""
    reason, act, run = _begin(step.run, reason, by, clock)
    row = _locked(step, run)
    if row.status != StepStatus.HELD:
        raise Refused("not_held", f"{row.ref} is held by nobody.", "Look at the page again.")
    runs.change_step(act, row, StepStatus.WAITING, holder=None, held_at=None, lease_digest=None, lease_until=None)
    runs.move_on(act, run, [_told(run, row, f"The board released it: {reason}", row.raised_to or row.role)])
    return row


def _turn(run: Run, before: RunStatus, after: RunStatus, reason: str, by: Actor, clock: Clock) -> Run:
    reason, act, run = _begin(run, reason, by, clock)
    if run.status != before:
        raise Refused("run_status", f"{run.ref} is {run.status}.", "Look at the page again.")
    was = state(run, "status")
    run.status = after
    run.save(update_fields=["status"])
    audit.record(act, "run.changed", run.ref, Change.since(was, run), reason=reason)
    runs.move_on(act, run)
    return run


def _begin(run: Run, reason: str, by: Actor, clock: Clock) -> tuple[str, Act, Run]:
    reason = board_only.require_reason(reason)
    locked = runs.locked(run.pk)
    board_only.require_member(by)
    if locked.finished_at is not None:
        raise Refused("run_over", f"{locked.ref} is {locked.status}.", "Start another.")
    return reason, Act.begin(by, clock), locked


def _locked(step: RunStep, run: Run) -> RunStep:
    row = RunStep.objects.select_for_update().get(pk=step.pk)
    row.run = run
    if row.status in OVER_STEPS:
        raise Refused("step_over", f"{row.ref} is {row.status}.", "Look at the page again.")
    return row


def _told(run: Run, row: RunStep, says: str, to: str) -> Letter:
    return Letter(
        sender=SYSTEM,
        to=to,
        subject=f"{row.ref} of {run.ref}: {quoted(row.key)}",
        content={"run": run.ref, "step": row.ref, "says": says},
        priority=Urgency.HIGH,
        thread_id=f"run_{run.ref}",
    )
