"""The Senior Developer's room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from agents.inputs import Content, Line
from agents.methods import estimates, schedules, traces
from agents.role import RoleSpec
from agents.roles.making import MadeAnswer, keep
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Task, Tasks, not_used, plain_numbers
from agents.tool import Says, tool
from org import refs
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries.recall import texts_of

MOST_DRIVERS = 20
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


@tool(Effect.CREATES)
def plan_implementation(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    tasks: Annotated[
        Tasks, Says("{id, title?, optimistic_hours?, likely_hours?, pessimistic_hours?, depends_on?, owner?}.")
    ],
    spec: Annotated[Content | None, Says("Text, object or ref; default what is on record for the feature.")] = None,
) -> PlanAnswer:
    """Senior Developer: plan a feature's tasks: their order, critical path, and what can be done side by side.
    Tells what of the spec and design on record no task names.
    """
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
    bare = f"; no task names {', '.join(map(quoted, uncovered[:3]))}" if uncovered else ""
    more = f" and {len(uncovered) - 3} more" if len(uncovered) > 3 else ""
    return PlanAnswer(
        acted_as=by.name,
        say=f"{kept.ref} plans {quoted(defined.name)}: {len(schedule.order)} tasks{left}, the longest chain "
        f"{plain_numbers(schedule.finish)} {schedule.unit}{bare}{more}.",
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
    names = [name for row in read for name in _names(row)]
    missing = [
        f"{kind.label.lower()} of {feature.ref}: {call % feature.ref}"
        for kind, call in MAKES.items()
        if kind not in standing
    ]
    return names, [row.ref for row in read], missing


def _given(spec: Any) -> tuple[list[str], list[str], list[str]]:
    """The same of a spec that was given, itself or by its ref."""
    if isinstance(spec, str) and refs.number(spec, "F") is not None:
        row = made.named(spec, "spec")
        names, read = list(_names(row)), [row.ref]
    else:
        names, read = list(_named(spec)), []
    return names, read, [] if names else ["ids in the spec, each at the start of a line, like “R1: …”"]


def _names(row: Artifact) -> Iterator[str]:
    found = row.content.get("found", {})
    kind = ArtifactKind(row.kind)
    return _named({HOLDS[kind]: found.get(HOLDS[kind])} if kind in HOLDS else found)


def _named(spec: Any) -> Iterator[str]:
    """Ids and names that a spec lists, and the ids at the starts of its lines."""
    for field in HOLDS.values() if isinstance(spec, dict) else ():
        for each in spec.get(field) or ():
            name = each.get("id") or each.get("name") if isinstance(each, dict) else each
            if isinstance(name, str):
                yield name
    if not isinstance(spec, dict) or not set(spec) <= set(HOLDS.values()):
        yield from traces.ids_in("\n".join(texts_of(spec)))


class SpreadAnswer(BaseModel):
    """Hours: the mean, and what is not exceeded in 50, 80 and 95 of a hundred outcomes."""

    expected_hours: float
    p50: float
    p80: float
    p95: float


class DriverAnswer(BaseModel):
    """A task that makes the outcome uncertain."""

    id: str
    share: float = Field(description="Of the variance of the effort, 0 to 1.")
    correlation: float | None = Field(description="With the elapsed time.")


class EstimateAnswer(MadeAnswer):
    """Hours of work; null while a task has no three-point estimate."""

    expected_hours: float | None = Field(description="Effort, all tasks together.")
    p50: float | None
    p80: float | None
    p95: float | None
    elapsed: SpreadAnswer | None = Field(description="Along the dependencies, with people enough for what is parallel.")
    drivers: list[DriverAnswer]


@tool(Effect.CREATES)
def estimate_effort(
    by: Actor,
    tasks: Annotated[Tasks, Says("{id, optimistic_hours, likely_hours, pessimistic_hours, depends_on?}.")],
    feature: Annotated[Line | None, Says("Its name or ref; releases are planned by its newest estimate.")] = None,
) -> EstimateAnswer:
    """Senior Developer: estimate effort in hours by ten thousand outcomes of three-point estimates, and what drives it.
    What has no three points stays unestimated.
    """
    defined = made.feature(feature) if feature else None
    result = estimates.simulate([task.to(estimates.Task) for task in tasks])
    whole = result.effort if not result.unestimated else None
    effort = _spread(result.effort)
    found: dict[str, Any] = {
        **(effort if effort and whole else dict.fromkeys(SpreadAnswer.model_fields)),
        "elapsed": _spread(result.elapsed),
        "drivers": [
            {"id": each.id, "share": round(each.share, 4), "correlation": _rounded(each.correlation)}
            for each in result.drivers[:MOST_DRIVERS]
        ],
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
    lacking = len(result.unestimated)
    return EstimateAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {about} takes {plain_numbers(found['expected_hours'])} hours of work on average, "
        f"at most {plain_numbers(found['p80'])} in 80 of 100 outcomes."
        if whole
        else f"{kept.ref}: {about} cannot be estimated yet; {lacking} of {len(tasks)} have no three-point estimate.",
        ref=kept.ref,
        **found,
        basis={
            "method": "Monte Carlo (Van Slyke 1963) of PERT-beta tasks (Malcolm and others 1959), independent",
            "seed": result.seed,
            "draws": result.draws,
            "so_far": None if whole else effort,
            "unestimated": list(result.unestimated),
            "drivers_left_out": max(0, len(result.drivers) - MOST_DRIVERS),
            "cycles": [str(cycle) for cycle in result.cycles],
            "missing": list(result.missing),
            "not_used": not_used("tasks", tasks),
        },
    )


def _spread(spread: estimates.Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    hours = {"expected_hours": spread.expected, "p50": spread.p50, "p80": spread.p80, "p95": spread.p95}
    return {name: round(each, 2) for name, each in hours.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


ROLE = RoleSpec(
    name="senior_developer",
    persona=(
        "You answer for building what was decided and for saying early what is in the way. You report to the "
        "Senior Architect."
    ),
    tools=(*EVERY_ROLE, plan_implementation, estimate_effort),
)
