"""How far a run is: what its steps gave, which can begin now, and what there is to undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from org.enums import OVER_STEPS, StepStatus
from org.models import Run, RunStep
from org.workflows.definition import Return, Step, Workflow


def known(run: Run) -> dict[str, Mapping[str, Any]]:
    """What the run was started with and what each step gave in the newest round that it was over in; a step that was
    skipped there gave nothing.
    """
    over = run.steps.filter(status__in=[StepStatus.DONE, StepStatus.SKIPPED]).order_by("round")
    return {"input": run.inputs, **{row.key: row.result or {} for row in over}}


def current(flow: Workflow, run: Run) -> dict[str, RunStep]:
    """The rows of the steps that have begun in the round they are in."""
    rows = {(row.key, row.round): row for row in run.steps.all()}
    found = {step.key: rows.get((step.key, round_of(flow, run, step.key))) for step in flow.steps}
    return {key: row for key, row in found.items() if row}


def round_of(flow: Workflow, run: Run, key: str) -> int:
    """How often the ways back that this step lies on were gone."""
    backs = {step.key: step for step in flow.steps if isinstance(step, Return)}
    return sum(
        times for back, times in run.rounds.items() if back in backs and key in flow.between(backs[back].to, back)
    )


def ready(flow: Workflow, run: Run) -> list[tuple[Step, bool]]:
    """The steps that can begin now, and whether all they come after was skipped."""
    begun = current(flow, run)
    found = []
    for step in flow.steps:
        before = [begun.get(key) for key in step.after]
        if step.key not in begun and all(row is not None and row.status in OVER_STEPS for row in before):
            skipped = bool(before) and all(row is not None and row.status == StepStatus.SKIPPED for row in before)
            found.append((step, skipped))
    return found


def to_undo(flow: Workflow, run: Run) -> list[tuple[RunStep, Step]]:
    """What was done and says how it is undone, in the order in which it is: the last first."""
    done = run.steps.filter(status=StepStatus.DONE).order_by("-finished_at", "-number")
    return [(row, undo) for row in done if (undo := flow.step(row.key).undo)]
