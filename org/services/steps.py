"""What a worker does for a step that is due: asks for its decision, sends its notice, computes, sees how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from org.actors import Actor
from org.acts import Act
from org.clock import Clock
from org.enums import BOARD, MOVING_RUNS, OVER_STEPS, SYSTEM, CallStatus, MessageType, Mode, Status, StepStatus, Urgency
from org.errors import OrgError
from org.models import Call, Message, Run, RunStep
from org.queries.run_steps import known
from org.queries.runs import definition_of, untouched
from org.services import messages, proposals, runs
from org.services.messages import Letter
from org.workflows import fields
from org.workflows.definition import Approval, Compute, Notice, Settled, Step, Timer, Vote, Work
from org.workflows.references import filled

SWEEPER = Actor.clockwork("sweeper")
MOST_AT_ONCE = 500  # steps of one sweep
MOST_TRIES = 4  # of what breaks a worker
NEVER_RUNG = datetime(2000, 1, 2, tzinfo=UTC)  # `store_step_call` dates the ring before it
FIRST_WAIT = timedelta(seconds=5)  # then twice as long each time

Use = Callable[[Actor, str, Mapping[str, Any]], dict[str, Any]]  # (by, tool, arguments) -> its answer, by the agents


@transaction.atomic
def do_due(*, call: Call, use: Use, clock: Clock) -> dict[str, Any]:
    """Do what is due of the step that a call of the engine names; nothing where that is no longer due."""
    run = Run.objects.select_for_update(of=("self",)).filter(steps__call=call).first()
    row = RunStep.objects.select_for_update(of=("self",)).filter(call=call).first() if run else None
    if run is None or row is None or run.status not in MOVING_RUNS or row.status in OVER_STEPS:
        return {"done": False}
    row.run = run
    by = Actor.role(call)
    act = Act.begin(by, clock)
    step = definition_of(run).step(row.key)
    try:
        with transaction.atomic():
            letters = _do(act, run, row, step, use, clock)
    except OrgError as error:
        row.refresh_from_db()
        row.run = run
        letters = runs.fail_step(act, row, str(error))
    if letters is not None:
        runs.move_on(act, run, letters)
    return {"done": True}


@transaction.atomic
def ask_for_due() -> list[str]:
    """Have workers do what is due of steps; the roles whose queues that is on, and what nobody was rung for yet. What
    somebody has locked is for later.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT store_step_call(id) FROM ("
            " SELECT s.id FROM workflow_steps s JOIN workflow_runs r ON r.id = s.run_id"
            " WHERE r.status IN ('running', 'undoing') AND s.due_at <= (SELECT echo_now()) AND s.finished_at IS NULL"
            " ORDER BY s.due_at LIMIT %s FOR UPDATE OF s SKIP LOCKED) AS due",
            [MOST_AT_ONCE],
        )
        cursor.execute(
            "UPDATE calls SET rung_at = clock_timestamp() WHERE id IN ("
            " SELECT id FROM calls WHERE status = 'queued' AND rung_at < %s FOR UPDATE SKIP LOCKED) RETURNING role",
            [NEVER_RUNG],
        )
        return sorted({role for (role,) in cursor.fetchall()})


def try_again(clock: Clock) -> None:
    """What a worker broke on is tried again, later each time; at last it waits for a person."""
    broken = RunStep.objects.filter(call__status=CallStatus.FAILED, finished_at__isnull=True)
    for pk in broken.exclude(status=StepStatus.FAILED).values_list("pk", flat=True)[:MOST_AT_ONCE]:
        _try_again(pk, clock)


@transaction.atomic
def _try_again(pk: Any, clock: Clock) -> None:
    run = runs.locked(RunStep.objects.get(pk=pk).run_id)
    row = RunStep.objects.select_for_update().get(pk=pk)
    row.run = run
    act = Act.begin(SWEEPER, clock)
    if row.status in (*OVER_STEPS, StepStatus.FAILED) or row.call is None or row.call.status != CallStatus.FAILED:
        return
    if row.tries + 1 < MOST_TRIES:
        row.tries, row.call, row.due_at = row.tries + 1, None, act.now + FIRST_WAIT * 2**row.tries
        row.save(update_fields=["tries", "call", "due_at"])
        return
    fault = f"It broke {MOST_TRIES} times; {row.call.ref} and the workers' log tell why."
    runs.move_on(act, run, runs.fail_step(act, row, fault))


def _do(act: Act, run: Run, row: RunStep, step: Step, use: Use, clock: Clock) -> list[Letter] | None:
    """What is due now. The letters to be posted when the run moves on; None where it does not, and all are posted."""
    match step:
        case Work():
            return _see_to_work(act, row, step, use)
        case Notice():
            return _see_to_notice(act, run, row, step)
        case Timer():
            runs.finish_step(act, row, {})
        case Compute():
            answer = use(act.by, step.tool, row.given["arguments"])
            runs.finish_step(
                act, row, fields.read(step.results, {name: answer.get(name) for name in step.results}, "result")
            )
        case Settled():
            _see_to_decision(act, row)
        case Vote() | Approval():
            if row.decision_id is None:
                _ask(act, row, step, clock)
                return None
            _see_to_decision(act, row)
    return []


def _ask(act: Act, row: RunStep, step: Vote | Approval, clock: Clock) -> None:
    """Ask for the step's decision in the name of who started the run. It is voted on, or before the board."""
    decision = proposals.propose(
        decision_type=step.type,
        title=row.given["asks"][:255],
        context={**row.given["context"], "steps_no_agent_touched": untouched(row.run, row.key)},
        amount_usd=fields.amount(row.given["amount_usd"]),
        mode=Mode.COLLABORATIVE if isinstance(step, Vote) else Mode.HUMAN,
        participants=step.participants if isinstance(step, Vote) else (),
        urgency=step.urgency,
        by=act.by,
        clock=clock,
    )
    runs.change_step(act, row, StepStatus.WAITING, decision=decision, due_at=None)


def _see_to_decision(act: Act, row: RunStep) -> None:
    decision = row.decision
    assert decision
    if not decision.is_settled:  # it is woken when that is settled
        row.due_at = None
        row.save(update_fields=["due_at"])
        return
    status = str(decision.status)
    runs.finish_step(act, row, {"decision": decision.ref, "approved": status == Status.APPROVED, "status": status})


def _see_to_notice(act: Act, run: Run, row: RunStep, step: Notice) -> list[Letter] | None:
    """Send it; at the next look it is over, or, where it is to be acknowledged, was, or is raised."""
    wait = timedelta(hours=step.ack_hours) if step.ack_hours else None
    if row.message is None:
        letter = Letter(
            sender=SYSTEM,
            to=step.to,
            subject=row.given["subject"],
            content=row.given["content"],
            type=MessageType.REQUEST if wait else MessageType.NOTIFICATION,
            priority=step.priority,
            thread_id=f"run_{run.ref}",
        )
        [rows] = messages.post(act, [letter])
        number = rows[0].number
        runs.change_step(act, row, StepStatus.WAITING, message=number, due_at=act.now + (wait or timedelta()))
        return None
    if wait is None or Message.objects.filter(number=row.message, acknowledged_at__isnull=False).exists():
        runs.finish_step(act, row, {"message": f"M-{row.message}"})
        return []
    return _raise(act, row, row.raised_to or step.to, wait, f"Nobody acknowledged M-{row.message}")


def _see_to_work(act: Act, row: RunStep, step: Work, use: Use) -> list[Letter]:
    """Attach a draft where one can be computed; at its deadline hand the work up. It is never done for the agent."""
    wait = timedelta(hours=step.hours)
    if step.draft and row.draft is None and act.now < row.opened_at + wait:
        row.draft = _drafted(act, row.run, step, use)
        row.due_at = row.opened_at + wait
        row.save(update_fields=["draft", "due_at"])
        return []
    return _raise(act, row, row.raised_to or row.role, wait, f"{row.ref} is not submitted")


def _drafted(act: Act, run: Run, step: Work, use: Use) -> dict[str, Any]:
    """What the step's tool computes for a draft. Nothing that the tool keeps stays: the work is not done by this."""
    assert step.draft
    arguments = filled(step.draft.arguments, known(run))
    point = transaction.savepoint()
    try:
        return {"tool": step.draft.tool, "answer": use(act.by, step.draft.tool, arguments)}
    except OrgError as error:
        return {"tool": step.draft.tool, "missing": str(error)}
    finally:
        transaction.savepoint_rollback(point)


def _raise(act: Act, row: RunStep, silent: str, wait: timedelta, why: str) -> list[Letter]:
    """Hand what was not done in time to the manager of who let it pass, at last to the board, where it stays."""
    above = next(act.charter.managers(silent), BOARD)
    due = None if above == BOARD else act.now + wait
    runs.change_step(act, row, StepStatus(row.status), raised_to=above, due_at=due)
    if above == BOARD:
        return [runs.stuck(row)]
    content = {"run": row.run.ref, "step": row.ref, "why": f"{why} by the {act.charter.title(silent)}.", **row.given}
    subject = f"{row.ref} was not done in time by the {act.charter.title(silent)}"
    return [
        Letter(
            sender=SYSTEM,
            to=above,
            subject=subject,
            content=content,
            priority=Urgency.HIGH,
            thread_id=f"run_{row.run.ref}",
        )
    ]
