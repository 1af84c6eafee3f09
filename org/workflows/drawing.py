"""A run as a Mermaid flowchart: each step by its title and whose it is, coloured by where it stands."""

from __future__ import annotations

from collections.abc import Mapping

from org.legible import plain
from org.workflows.definition import End, Return, Step, Workflow

COLOURS = {  # fill, ink: each pair has a contrast of 4.5 or more
    "done": ("#d7f0dd", "#14532d"),
    "skipped": ("#e7e5e4", "#44403c"),
    "passed": ("#e7e5e4", "#44403c"),
    "cancelled": ("#e7e5e4", "#44403c"),
    "ready": ("#dbeafe", "#1e3a8a"),
    "waiting": ("#fef3c7", "#713f12"),
    "held": ("#dbeafe", "#1e3a8a"),
    "failed": ("#fee2e2", "#7f1d1d"),
}
SHAPES = {
    "vote": ("{{", "}}"),
    "approval": ("{{", "}}"),
    "settled": ("{{", "}}"),
    "return": ("{", "}"),
    "end": ("([", "])"),
    "timer": ("((", "))"),
}


def mermaid(flow: Workflow, standing: Mapping[str, str]) -> str:
    """The flowchart of a definition; `standing`: the status of each step that has begun. What has a condition says so
    on the lines that lead to it.
    """
    lines = ["flowchart TD"]
    steps = (*flow.steps, *flow.undoing)
    lines += [f"  {step.key}{_box(step)}{_class(standing.get(step.key))}" for step in steps]
    for step in flow.steps:
        lines += [f"  {before} -->{_condition(flow.step(before), step)} {step.key}" for before in step.after]
        if isinstance(step, Return):
            lines.append(f"  {step.key} -. at most {step.times} times .-> {step.to}")
        if step.undo:
            lines.append(f"  {step.key} -. undone by .-> {step.undo.key}")
    used = {status for key, status in standing.items() if status in COLOURS}
    lines += [
        f"  classDef {status} fill:{fill},color:{ink},stroke:{ink}"
        for status, (fill, ink) in COLOURS.items()
        if status in used
    ]
    return "\n".join(lines)


def _box(step: Step) -> str:
    opening, closing = SHAPES.get(step.kind, ("[", "]"))
    role = getattr(step, "role", "")
    words = f"{step.title} ({role})" if role else step.title
    return f"{opening}{_quoted(words)}{closing}"


def _condition(before: Step, step: Step) -> str:
    """When the run goes this way, as a line's label."""
    said = [f"if {step.when}"] if step.when else []
    if before.when and isinstance(before, Return | End):
        said.insert(0, "otherwise")
    return f"|{_quoted(', '.join(said))}|" if said else ""


def _quoted(words: str) -> str:
    return f'"{plain(words).replace(chr(34), chr(39))}"'


def _class(status: str | None) -> str:
    return f":::{status}" if status in COLOURS else ""
