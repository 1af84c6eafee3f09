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
    return _known(run, list(over))


def _known(run: Run, over: list[RunStep]) -> dict[str, Mapping[str, Any]]:
    return {"input": run.inputs, **{row.key: row.result or {} for row in over}}


class Progress:
    """A locked run by its rows, in the order of their rounds, as they are when this is made."""

    def __init__(self, flow: Workflow, run: Run) -> None:
        self.flow, self.run = flow, run
        self.rows = list(run.steps.order_by("round", "number"))

    def known(self) -> dict[str, Mapping[str, Any]]:
        return _known(self.run, [row for row in self.rows if row.status in (StepStatus.DONE, StepStatus.SKIPPED)])

    def current(self) -> dict[str, RunStep]:
        """The rows of the steps that have begun in the round they are in."""
        rows = {(row.key, row.round): row for row in self.rows}
        found = {step.key: rows.get((step.key, self.round_of(step.key))) for step in self.flow.steps}
        return {key: row for key, row in found.items() if row}

    def round_of(self, key: str) -> int:
        """How often the ways back that this step lies on were gone."""
        backs = {step.key: step for step in self.flow.steps if isinstance(step, Return) and step.key in self.run.rounds}
        gone = self.run.rounds
        return sum(gone[back] for back, step in backs.items() if key in self.flow.between(step.to, back))

    def ready(self) -> list[tuple[Step, bool]]:
        """The steps that can begin now, and whether all they come after was skipped."""
        begun = self.current()
        found = []
        for step in self.flow.steps:
            before = [begun.get(key) for key in step.after]
            if step.key not in begun and all(row is not None and row.status in OVER_STEPS for row in before):
                skipped = bool(before) and all(row is not None and row.status == StepStatus.SKIPPED for row in before)
                found.append((step, skipped))
        return found

    def is_over(self) -> bool:
        """Whether all that has begun is, in its newest round."""
        return all(row.status in OVER_STEPS for row in self.current().values())

    def to_undo(self) -> list[tuple[RunStep, Step]]:
        """What was done and says how it is undone, in the order in which it is: the last first."""
        done = [row for row in self.rows if row.status == StepStatus.DONE and row.finished_at]
        last_first = sorted(done, key=lambda row: (row.finished_at, row.number), reverse=True)
        return [(row, undo) for row in last_first if (undo := self.flow.step(row.key).undo)]
