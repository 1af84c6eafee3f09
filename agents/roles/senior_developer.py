"""The Senior Developer's room."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from agents.inputs import MOST_ITEMS, Content, Evidence, Line, Text
from agents.methods import code_review, estimates, schedules, traces
from agents.role import RoleSpec
from agents.roles.making import MadeAnswer, keep
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Task, Tasks, not_used, plain_numbers
from agents.tool import Says, tool
from org import refs
from org.actors import Actor
from org.acts import charter_of
from org.enums import ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries import deliveries
from org.queries.recall import texts_of

MOST_TOLD = 20  # drivers, files in other languages
Path = Annotated[str, Field(min_length=1, max_length=500)]
Files = Annotated[
    dict[Path, str],
    Field(min_length=1, max_length=MOST_ITEMS),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}),
]
StatusWord = Literal["in_progress", "blocked", "done"]
HOLDS = {ArtifactKind.FEATURE: "requirements", ArtifactKind.DESIGN: "components", ArtifactKind.INTERFACE: "screens"}
MAKES = {
    ArtifactKind.SPEC: "the senior architect's create_technical_spec {feature: %s, architecture: …}",
    ArtifactKind.DESIGN: "the senior architect's design_system {feature: %s, requirements: …, constraints: …}",
}


class PlanAnswer(MadeAnswer):
    """Tasks in order, and which of them cannot slip."""

    plan_id: str
    order: list[str]
    critical_path: list[str]
    parallel_groups: list[list[str]] = Field(description="Each can be done side by side, after the one before.")
    finish: float = Field(description="Length of the critical path, in `unit`.")
    unit: str
    not_covered: list[str] = Field(description="Named by the spec or design, and by no task.")


@tool(Effect.SETS, computes=True)
def plan_implementation(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    tasks: Annotated[Tasks, Says("{id, optimistic_hours?, likely_hours?, pessimistic_hours?, depends_on?}.")],
    spec: Annotated[Content | None, Says("Text, object or ref; default what is on record.")] = None,
) -> PlanAnswer:
    """Senior Developer: plan a feature's tasks: order, critical path, what can be done side by side."""
    defined = made.feature(feature)
    schedule = schedules.plan([schedules.Activity(task.id, _hours(task), tuple(task.depends_on)) for task in tasks])
    standing = made.of_feature(defined.feature)
    names, read, missing = _recorded(standing, defined) if spec is None else _given(spec)
    uncovered = list(traces.unnamed(names, ["\n".join(texts_of(task.said)) for task in tasks]))
    result: dict[str, Any] = {
        "order": list(schedule.order),
        "critical_path": list(schedule.critical_path),
        "parallel_groups": [list(group) for group in schedule.groups],
        "finish": round(schedule.finish, 3),
        "unit": schedule.unit,
        "not_covered": uncovered,
    }
    given = {"tasks": [task.said for task in tasks], "spec": spec, "read": read}
    kept = keep(by, ArtifactKind.IMPLEMENTATION_PLAN, defined.name, given=given, found=result, feature=defined.ref)
    left = f", {len(schedule.left_out)} in or behind a cycle" if schedule.left_out else ""
    bare = f"; {len(uncovered)} of what is specified no task names, as {quoted(uncovered[0])}" if uncovered else ""
    return PlanAnswer(
        acted_as=by.name,
        say=f"{kept.ref} plans {quoted(defined.name)}: {len(schedule.order)} tasks{left}, the longest chain "
        f"{plain_numbers(schedule.finish)} {schedule.unit}{bare}.",
        ref=kept.ref,
        plan_id=kept.ref,
        **result,
        basis={
            "method": "critical path (Kelley and Walker 1959); hours by PERT, else the likely ones",
            "critical": list(schedule.critical),
            "cycles": [str(cycle) for cycle in schedule.cycles],
            "left_out": [f"{each.id}: {each.because}" for each in schedule.left_out],
            "read": read,
            "missing": [*schedule.missing, *missing],
            "not_used": not_used("tasks", tasks),
        },
    )


def _hours(task: Task) -> float | None:
    """What a task takes: PERT's mean of its three hours; else the likely ones, if they were said."""
    mean = estimates.mean_of(task.to(estimates.Task))
    return task.likely_hours if mean is None else mean


def _recorded(standing: Mapping[ArtifactKind, Artifact], feature: Artifact) -> tuple[list[str], list[str], list[str]]:
    """What the record names of a feature; the refs that were read; what is not there, with the call that makes it."""
    read = [standing[kind] for kind in (*HOLDS, ArtifactKind.SPEC) if kind in standing]
    missing = [f"{kind} of {feature.ref}: {call % feature.ref}" for kind, call in MAKES.items() if kind not in standing]
    return [name for row in read for name in _names(row)], [row.ref for row in read], missing


def _given(spec: Any) -> tuple[list[str], list[str], list[str]]:
    """The same of a spec that was given, itself or by its ref."""
    if isinstance(spec, str) and refs.number(spec, "F") is not None:
        row = made.named(spec, "spec")
        names, read = _names(row), [row.ref]
    else:
        names, read = traces.names_in(spec), []
    return names, read, [] if names else ["ids in the spec, each at the start of a line, like “R1: …”"]


def _names(row: Artifact) -> list[str]:
    found = row.content["found"]
    field = HOLDS.get(ArtifactKind(row.kind))
    return traces.names_in({field: found.get(field)} if field else found)


class EstimateAnswer(MadeAnswer):
    """Hours of work; null while a task has no three-point estimate."""

    expected_hours: float | None = Field(description="Effort, all tasks together.")
    p50: float | None
    p80: float | None
    p95: float | None
    elapsed: estimates.Spread | None = Field(description="Along the dependencies, with people enough.")
    drivers: list[estimates.Driver]


@tool(Effect.SETS, computes=True)
def estimate_effort(
    by: Actor,
    tasks: Annotated[Tasks, Says("{id, optimistic_hours, likely_hours, pessimistic_hours, depends_on?}.")],
    feature: Annotated[Line | None, Says("Its name or ref.")] = None,
) -> EstimateAnswer:
    """Senior Developer: estimate effort in hours by ten thousand outcomes of three-point estimates."""
    defined = made.feature(feature) if feature else None
    result = estimates.simulate([task.to(estimates.Task) for task in tasks])
    effort = _hours_of(result.effort)
    whole = effort is not None and not result.unestimated
    found: dict[str, Any] = {
        **(effort if effort and whole else dict.fromkeys(("expected_hours", "p50", "p80", "p95"))),
        "elapsed": _rounded(result.elapsed),
        "drivers": [_rounded(each) for each in result.drivers[:MOST_TOLD]],
    }
    kept = keep(
        by,
        ArtifactKind.ESTIMATE,
        defined.name if defined else f"Estimate of {len(tasks)} tasks",
        given={"tasks": [task.said for task in tasks], "seed": result.seed, "draws": result.draws},
        found=found,
        feature=defined.ref if defined else None,
    )
    about = quoted(defined.name) if defined else f"{len(tasks)} tasks"
    return EstimateAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {about} takes {plain_numbers(found['expected_hours'])} hours of work on average, "
        f"at most {plain_numbers(found['p80'])} in 80 of 100 outcomes."
        if whole
        else f"{kept.ref}: {about} cannot be estimated yet: {len(result.unestimated)} lack three points.",
        ref=kept.ref,
        **found,
        basis={
            "method": "Monte Carlo (Van Slyke 1963) of PERT-beta tasks (Malcolm and others 1959), independent",
            "seed": result.seed,
            "draws": result.draws,
            "so_far": None if whole else effort,
            "unestimated": list(result.unestimated),
            "drivers_left_out": max(0, len(result.drivers) - MOST_TOLD),
            "cycles": [str(cycle) for cycle in result.cycles],
            "missing": list(result.missing),
            "not_used": not_used("tasks", tasks),
        },
    )


def _hours_of(spread: estimates.Spread | None) -> dict[str, Any] | None:
    told = _rounded(spread)
    return {"expected_hours": told.pop("expected"), **told} if told else None


def _rounded(figures: estimates.Spread | estimates.Driver | None) -> dict[str, Any] | None:
    return plain_numbers(asdict(figures)) if figures else None


class ReviewAnswer(MadeAnswer):
    """A review of code by its text."""

    approved: bool = Field(description="No finding is an error, and Python was reviewed.")
    findings: list[code_review.Finding] = Field(description="The gravest first.")
    left_out: int = Field(description="Findings more than are listed.")
    metrics: dict[str, Any]


@tool(Effect.SETS, most_bytes=1024 * 1024, computes=True)
def review_code(
    by: Actor,
    files: Annotated[Files, Says("Path to text, 1 MiB in all.")],
    feature: Annotated[Line | None, Says("Its name or ref.")] = None,
) -> ReviewAnswer:
    """Senior Developer: review code by its text: Python's syntax, rules, security, complexity and maintainability.
    Nothing is executed. Of other languages only size and duplication are told.
    """
    defined = made.feature(feature) if feature else None
    result = code_review.review(files)
    others = [each.path for each in result.files if not each.is_python]
    told = {"approved": result.approved, "left_out": result.left_out, "metrics": plain_numbers(result.metrics)}
    kept = keep(
        by,
        ArtifactKind.CODE_REVIEW,
        defined.name if defined else f"Review of {len(files)} files",
        given={"files": {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}},
        found={"findings": [asdict(each) for each in result.findings], **told},
        feature=defined.ref if defined else None,
    )
    return ReviewAnswer(
        acted_as=by.name,
        say=_reviewed(kept.ref, result, len(others)),
        ref=kept.ref,
        findings=list(result.findings),
        **told,
        basis={
            **code_review.BASIS,
            "kept": "each file's SHA-256, not its text",
            "missing": [f"a review of {path} by somebody who reads its language" for path in others[:MOST_TOLD]],
            "not_used": ["comments that silence rules"],
        },
    )


def _reviewed(ref: str, result: code_review.Review, others: int) -> str:
    python, counts = len(result.files) - others, result.counts
    other = f"; {others} in other languages: size and duplication only" if others else ""
    if not python:
        return f"{ref}: nothing was reviewed but size and duplication; none of the {others} files is Python."
    verdict = "approved" if result.approved else "not approved"
    worst = [f"; first {each.rule} at line {each.line} of {quoted(each.path)}" for each in result.findings[:1]]
    counted = f"Python files: {python}, errors: {counts['error']}, warnings: {counts['warning']}"
    return f"{ref}: {verdict} ({counted}){''.join(worst)}{other}."


class ReportAnswer(MadeAnswer):
    """How far a feature is."""

    recorded: bool
    next: list[deliveries.Next] = Field(description="Calls that take it further, and whose they are.")


@tool(Effect.SETS)
def report_implementation(
    by: Actor,
    feature_id: Annotated[Line, Says("The feature's ref or name.")],
    summary: Annotated[Text, Says("What was done, or what is in the way.")],
    references: Annotated[Evidence, Says("Commits, branches, pages.")],
    status: Annotated[StatusWord, Says("How far it is.")],
) -> ReportAnswer:
    """Senior Developer: report how far a feature's implementation is, and see what comes next."""
    defined = made.feature(feature_id, "feature_id")
    charter = charter_of(by)
    calls = list(deliveries.following(defined, status, summary, charter.role(by.name).reports_to))
    given, found = {"summary": summary, "references": references}, {"status": status}
    kept = keep(by, ArtifactKind.IMPLEMENTATION, defined.name, given=given, found=found, feature=defined.ref)
    then = f"; next is the {charter.title(calls[0].role)}'s {calls[0].tool}" if calls else ""
    return ReportAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {quoted(defined.name)} is {status.replace('_', ' ')}{then}.",
        ref=kept.ref,
        recorded=True,
        next=calls,
        basis={
            "method": "what stands on record for the feature",
            "missing": [] if references else ["references: commits, branches or pages that show it"],
        },
    )


ROLE = RoleSpec(
    name="senior_developer",
    persona=(
        "You answer for building what was decided and for saying early what is in the way. You report to the "
        "Senior Architect."
    ),
    tools=(*EVERY_ROLE, plan_implementation, estimate_effort, review_code, report_implementation),
)
