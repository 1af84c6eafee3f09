"""Where a run stands, whom it waits for and why, and what happens by itself next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from org import refs, workflows
from org.charter import Charter
from org.clock import database_clock
from org.enums import ALL, BOARD, OPEN_RUNS, OVER_STEPS, ProcessKind, StepStatus
from org.errors import NotFound
from org.legible import quoted
from org.models import Decision, Escalation, Presence, Run, RunStep
from org.queries import stops
from org.workflows.definition import Work, Workflow
from org.workflows.drawing import mermaid
from org.workflows.fields import Text
from org.workflows.references import words

FEW = 5


@dataclass(frozen=True)
class Blocked:
    """One step that is not over: who has it, why it is not, since when, and what Echo does about it, and when."""

    row: RunStep
    waiting_on: tuple[str, ...]
    why: str
    since: datetime
    next: str = ""
    at: datetime | None = None


def named(text: str, field: str = "run_id") -> Run:
    """The run of a ref (`R-12`) or id. Raises NotFound with the newest."""
    number, key = refs.number(text, "R"), refs.uuid_of(text)
    rows = Run.objects.all()
    run = rows.filter(number=number).first() if number is not None else rows.filter(pk=key).first() if key else None
    if run is None:
        newest = rows.order_by("-number")[:3]
        raise NotFound(field, text, [row.ref for row in newest], "start_workflow {name} begins one.")
    return run


def definition_of(run: Run) -> Workflow:
    """The version the run began with."""
    flow = workflows.version_of(run.name, run.version)
    assert flow is not None, f"{run.name} {run.version} is not shipped any more"
    return flow


def subject(run: Run) -> str:
    """What its first words say that it is for."""
    fields = definition_of(run).inputs
    first = next((name for name, field in fields.items() if isinstance(field, Text)), "")
    return words(run.inputs.get(first))


def newest_rows(run: Run) -> dict[str, RunStep]:
    """Of each step that has begun its newest round."""
    rows = RunStep.objects.filter(run=run).select_related("decision", "run").order_by("round")
    return {row.key: row for row in rows}


def untouched(run: Run, key: str) -> list[str]:
    """The steps before one that no agent did, and who did or left them: a worker, or a person."""
    flow, rows = definition_of(run), newest_rows(run)
    found = []
    for step in flow.steps:
        row = rows.get(step.key)
        if row is None or step.key not in flow.before(key):
            continue
        if row.status == StepStatus.SKIPPED and row.fault:
            found.append(f"{step.title}: {row.fault}")
        elif step.kind == "compute":
            found.append(f"{step.title}: computed by a worker")
    return found


def standing(run: Run) -> dict[str, str]:
    return {key: str(row.status) for key, row in newest_rows(run).items()}


def shown(run: Run) -> dict[str, str]:
    """Where each step stands, as it is drawn: a gate that the run only passed did nothing."""
    rows = newest_rows(run)
    return {key: "passed" if _passed(row) else str(row.status) for key, row in rows.items()}


def _passed(row: RunStep) -> bool:
    return row.kind in ("end", "return") and row.status == StepStatus.DONE and row.result is not None


def graph(run: Run) -> str:
    return mermaid(definition_of(run), shown(run))


def blocked(run: Run, charter: Charter) -> list[Blocked]:
    """What keeps a run from its end, the oldest first; nothing where it is over."""
    if run.status not in OPEN_RUNS:
        return []
    rows = [row for row in newest_rows(run).values() if row.status not in OVER_STEPS]
    return [blocked_at(row, charter) for row in sorted(rows, key=lambda row: row.opened_at)]


def blocked_at(row: RunStep, charter: Charter) -> Blocked:
    """Why a step that is not over is not."""
    since = row.opened_at
    if row.status == StepStatus.FAILED:
        return Blocked(row, (BOARD,), f"{row.ref} waits for a person: {row.fault}", since)
    if row.status == StepStatus.READY:
        return _worker(row, charter)
    if row.kind == "work":
        return _work(row, charter)
    if row.decision is not None:
        return _decision(row, row.decision, charter)
    if row.kind == "timer":
        return Blocked(row, ("time",), f"{row.ref} waits until {_time(row.due_at)}.", since, "it goes on", row.due_at)
    whom = row.raised_to or _addressee(row)
    why = f"M-{row.message} is not acknowledged by {_the(whom, charter)}."
    return Blocked(row, (whom,), why, since, f"M-{row.message} is raised", row.due_at)


def _worker(row: RunStep, charter: Charter) -> Blocked:
    """What a worker is to do, in the name of a role that may be suspended, after it broke, or with no worker there."""
    role = row.role or row.run.starter_role
    if stop := stops.suspension(role):
        why = f"{row.ref} is done for {_the(role, charter)}, which is suspended {quoted(stop.told)}."
        return Blocked(row, (BOARD,), why, row.opened_at, "it is tried again", row.due_at)
    why = f"{row.ref} waits for a worker of the queue {role}."
    if row.tries:
        why = f"{row.ref} broke {row.tries} times, and is tried again."
    elif not Presence.objects.filter(kind=ProcessKind.WORKER, ended_at__isnull=True, queues__contains=[role]).exists():
        why += " None is there: an operator starts one."
    return Blocked(row, ("worker",), why, row.opened_at, "a worker does it", row.due_at)


def _decision(row: RunStep, decision: Decision, charter: Charter) -> Blocked:
    if decision.is_settled:
        why = f"{decision.ref} is {decision.status}; a worker goes on with {row.ref}."
        return Blocked(row, ("worker",), why, row.opened_at)
    waiting = tuple(decision.waiting_on)
    why = f"{decision.ref} waits for {', '.join(_the(name, charter) for name in waiting)}."
    if BOARD in waiting:
        asked = Escalation.objects.filter(decision=decision, closed_at__isnull=True, deadline_at__gt=database_clock())
        at = asked.values_list("deadline_at", flat=True).first()
        return Blocked(row, waiting, why, row.opened_at, "the board is reminded", at)
    return Blocked(row, waiting, why, row.opened_at, f"the deadline of {decision.ref}", decision.due_at)


def _work(row: RunStep, charter: Charter) -> Blocked:
    has = row.raised_to or row.role
    then = next(iter(charter.managers(has)), BOARD) if has != BOARD else ""
    if has == BOARD:
        return Blocked(row, (BOARD,), f"Nobody did {row.ref} in time; a person says how it goes on.", row.opened_at)
    if stop := stops.suspension(has):
        why = f"{row.ref} waits for the {charter.title(has)}, which is suspended {quoted(stop.told)}."
        return Blocked(row, (BOARD,), why, row.opened_at, f"{row.ref} goes to {then}", _deadline(row))
    why = (
        f"{row.ref} is claimed by the {charter.title(has)}, whose agent has not submitted it yet."
        if row.status == StepStatus.HELD
        else f"{row.ref} waits to be claimed by the {charter.title(has)}."
    )
    return Blocked(row, (has,), why, row.opened_at, f"{row.ref} goes to {then}", _deadline(row))


def _deadline(row: RunStep) -> datetime | None:
    """When work goes up; while a draft of it is being made, it is looked at sooner, for that alone."""
    step = definition_of(row.run).step(row.key)
    if isinstance(step, Work) and step.draft and row.draft is None and not row.raised_to:
        return row.opened_at + timedelta(hours=step.hours)
    return row.due_at


def _the(name: str, charter: Charter) -> str:
    return {BOARD: "the board", ALL: "anybody"}.get(name) or f"the {charter.title(name)}"


def _addressee(row: RunStep) -> str:
    """Whom a notice went to."""
    step = definition_of(row.run).step(row.key)
    return str(getattr(step, "to", ""))


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "it is looked at"


def open_of(role: str) -> Iterable[dict[str, Any]]:
    """The open runs a role has started, the newest first."""
    rows = Run.objects.filter(starter_role=role, finished_at__isnull=True).order_by("-number")[:FEW]
    return [{"ref": row.ref, "name": row.name, "status": row.status} for row in rows]
