"""The UI/UX Engineer's room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.inputs import MOST_BYTES, Line
from agents.methods import accessibility, usability
from agents.methods import screens as maps
from agents.role import RoleSpec
from agents.roles.making import MadeAnswer, keep
from agents.roles.shared import EVERY_ROLE
from agents.roles.studies import Component, Flow, Flows, InterfaceScreen, Responses, TaskSuccess, Violation
from agents.shapes import Attempts, ColourPairs, Screens, not_used, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made


class InterfaceAnswer(MadeAnswer):
    """An interface as a graph of screens."""

    design_id: str
    screens: list[InterfaceScreen]
    components: list[Component]
    flow: str = Field(description="Mermaid.")
    dead_ends: list[str]
    unreachable: list[str]
    traps: list[list[str]] = Field(description="Screens that lead to each other only, and to no final one.")
    untraced: list[str] | None = Field(description="Requirements no flow names; null where flows name none at all.")


@tool(Effect.CREATES)
def design_interface(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    user_flows: Annotated[Flows, Says("{name, steps: [screen], requirements?: [R1]} or [screen, action, screen].")],
    platform: Annotated[Literal["web", "mobile", "desktop", "cli"], Says("Where it runs.")] = "web",
    screens: Annotated[Screens | None, Says("{name, states?: [error, empty …], final?}.")] = None,
    start: Annotated[Line | None, Says("The first screen; else the first that is named.")] = None,
) -> InterfaceAnswer:
    """UI/UX Engineer: design a feature's interface from user flows: dead ends, unreachable screens, missing states."""
    defined = made.feature(feature)
    ways = [way for flow in user_flows for way in maps.steps(flow.steps)]
    lone = [flow.steps[0] for flow in user_flows if len(flow.steps) == 1 and isinstance(flow.steps[0], str)]
    described = [each.to(maps.Screen) for each in screens or ()]
    drawn = maps.review(ways, described, start, lone=lone, ends=platform == "cli")
    untraced, unknown = _traced(defined, user_flows)
    found: dict[str, Any] = {
        "screens": [each.model_dump() for each in _screens(drawn, described)],
        "components": [asdict(each) for each in maps.components(ways, described, drawn.gaps)],
        "flow": drawn.diagram,
        "dead_ends": list(drawn.dead_ends),
        "unreachable": list(drawn.unreachable),
        "traps": [list(each) for each in drawn.traps],
        "untraced": untraced,
    }
    given: dict[str, Any] = {"user_flows": [each.said for each in user_flows], "platform": platform, "start": start}
    given["screens"] = [each.said for each in screens or ()]
    kept = keep(by, ArtifactKind.INTERFACE, defined.name, given=given, found=found, feature=defined.ref)
    record = made.of_feature(defined.feature)
    numbers = {
        "screens": len(drawn.screens),
        "transitions": len(ways),
        "dead_ends": len(drawn.dead_ends),
        "unreachable": len(drawn.unreachable),
        "missing_states": len(drawn.gaps),
    }
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in numbers.items() if name != "transitions")
    return InterfaceAnswer(
        acted_as=by.name,
        say=f"The interface of {quoted(defined.name)} is {kept.ref}: {told}.",
        ref=kept.ref,
        design_id=kept.ref,
        basis={
            "method": "state transition graph (Parnas 1969), ways out and error states (Nielsen 1994)",
            "numbers": numbers,
            "start": drawn.start,
            "record": {kind.value: record[kind].ref for kind in (*READ, ArtifactKind.FEATURE) if kind in record},
            "unknown_requirements": unknown,
            "missing": [
                *drawn.missing,
                *(f"steps of {quoted(each.name)}" for each in user_flows if not each.steps),
                *(("requirements: name their ids (R1 …) in each flow that serves them",) if untraced is None else ()),
                *(f"{kind.value}: {call}" for kind, call in READ.items() if kind not in record),
            ],
            "not_used": not_used("user_flows", user_flows) + not_used("screens", screens or ()),
        },
        **found,
    )


READ = {
    ArtifactKind.REQUIREMENTS: "the product manager's gather_requirements {feature, stakeholders} asks for them",
    ArtifactKind.DESIGN: "the senior architect's design_system {requirements, constraints, feature} makes one",
}
_ID = re.compile(r"\bR\d{1,4}\b", re.IGNORECASE)


def _traced(feature: Artifact, flows: Sequence[Flow]) -> tuple[list[str] | None, list[str]]:
    """The feature's requirements that no flow names, None where none names any; and the ids that are none of its."""
    recorded = [each["id"] for each in feature.content["found"]["requirements"]]
    told = [" ".join([flow.name, *flow.requirements]) for flow in flows]
    named = {id.upper() for text in told for id in _ID.findall(text)}
    unknown = sorted(named - set(recorded))
    return (None if not named & set(recorded) else [id for id in recorded if id not in named]), unknown


def _screens(drawn: maps.Map, described: Sequence[maps.Screen]) -> list[InterfaceScreen]:
    said = {each.name: each for each in described}
    lacking: dict[str, list[str]] = {}
    for gap in drawn.gaps:
        lacking.setdefault(gap.screen, []).append(f"{gap.state} ({gap.because})")
    return [
        InterfaceScreen(
            name=name,
            states=list(said[name].states) if name in said else [],
            final=said[name].final if name in said else None,
            missing_states=lacking.get(name, []),
        )
        for name in drawn.screens
    ]


class AccessibilityAnswer(MadeAnswer):
    """What of a page and its colours fails WCAG."""

    level: Literal["AAA", "AA", "A", "none"] = Field(description="The highest with no violation in what was checked.")
    score: float = Field(description="0 to 100; basis.method says how.")
    violations: list[Violation] = Field(description="At most 20 of a rule and 100 in all; basis.numbers counts all.")


@tool(Effect.CREATES)
def review_accessibility(
    by: Actor,
    html: Annotated[str | None, Field(min_length=1, max_length=MOST_BYTES), Says("A page, or a piece of one.")] = None,
    colors: Annotated[ColourPairs | None, Says("{foreground, background, size_px?, bold?}, as CSS says them.")] = None,
    feature: Annotated[Line | None, Says("The feature it belongs to: its name or ref.")] = None,
) -> AccessibilityAnswer:
    """UI/UX Engineer: review the accessibility of HTML and colours by WCAG 2.2. Each violation has its criterion."""
    if html is None and not colors:
        raise InvalidInput("html", "or colors is required: a page, or [{foreground, background}] of its texts.")
    shown = made.feature(feature) if feature else None
    pairs = [each.to(accessibility.Pair) for each in colors or ()]
    result = accessibility.review(html, pairs)
    violations = [asdict(each) for each in result.violations]
    found: dict[str, Any] = {"level": result.level, "score": round(result.score, 1), "violations": violations}
    checks, failed = sum(result.checked.values()), sum(result.failed.values())
    name = shown.name if shown else result.title or ("Page" if html else "Colours")
    given = {"html": html, "colors": [each.said for each in colors or ()]}
    kept = keep(by, ArtifactKind.ACCESSIBILITY, name, given=given, found=found, feature=shown.ref if shown else None)
    told = "nothing in it can be checked" if not checks else f"{failed} of {checks} checks fail, level {result.level}"
    return AccessibilityAnswer(
        acted_as=by.name,
        say=f"{kept.ref} of {quoted(kept.name)}: {told}, score {round(result.score)}.",
        ref=kept.ref,
        basis={
            "method": "WCAG 2.2; score: the mean share that passes of each rule, weighted A 3, AA 2, AAA 1",
            "numbers": {
                "checked": result.checked,
                "failed": result.failed,
                "ratios": [round(ratio, 2) for ratio in result.ratios],
            },
            "missing": [*result.missing, *(() if html else ("html: names, labels and structure",))],
            "not_used": not_used("colors", colors or ()),
        },
        **found,
    )


class UsabilityAnswer(MadeAnswer):
    """What a usability test says."""

    sus_score: float | None = Field(description="0 to 100; 68 is average.")
    sus_grade: str | None = Field(description="A+ to F on the curved scale.")
    task_success: float | None = Field(description="Share of attempts that succeeded, 0 to 1.")
    task_interval: list[float] | None = Field(description="Its 95 % interval.")
    tasks: list[TaskSuccess]
    findings: list[str]


@tool(Effect.CREATES)
def analyze_usability(
    by: Actor,
    sus_responses: Annotated[Responses | None, Says("Ten answers of 1 to 5 per respondent.")] = None,
    task_results: Annotated[Attempts | None, Says("{task, succeeded, seconds?} per attempt.")] = None,
    feature: Annotated[Line | None, Says("The feature tested: its name or ref.")] = None,
) -> UsabilityAnswer:
    """UI/UX Engineer: analyze a usability test: SUS with its grade, task success with 95 % intervals, times."""
    if not sus_responses and not task_results:
        rule = "or task_results is required: ten answers of 1 to 5 per respondent, or {task, succeeded} per attempt."
        raise InvalidInput("sus_responses", rule)
    tested = made.feature(feature) if feature else None
    asked = usability.sus(sus_responses) if sus_responses else None
    tried = usability.tasks([each.to(usability.Attempt) for each in task_results]) if task_results else None
    tasks = [_fared(each) for each in tried.by_task] if tried else []
    found = plain_numbers(
        {
            "sus_score": asked.mean if asked else None,
            "sus_grade": asked.grade if asked else None,
            "task_success": tried.overall.rate if tried else None,
            "task_interval": [tried.overall.low, tried.overall.high] if tried else None,
            "tasks": [each.model_dump() for each in tasks],
            "findings": [*(asked.findings if asked else ()), *(tried.findings if tried else ())],
        }
    )
    missing = [
        *(() if asked else ("sus_responses: what users think of it",)),
        *(tried.missing if tried else ("task_results: whether users succeed",)),
        *(() if tested else ("feature: which one was tested",)),
    ]
    basis = {
        "method": "SUS (Brooke 1996), curved grades and adjusted-Wald intervals (Sauro & Lewis)",
        "numbers": plain_numbers(
            {
                "respondents": len(sus_responses or ()),
                "sus_scores": asked.scores if asked else [],
                "sus_deviation": asked.deviation if asked else None,
                "attempts": len(task_results or ()),
            }
        ),
        "missing": missing,
        "not_used": not_used("task_results", task_results or ()),
    }
    kept = keep(
        by,
        ArtifactKind.USABILITY,
        tested.name if tested else "Usability test",
        given={"sus_responses": sus_responses, "task_results": [each.said for each in task_results or ()]},
        found=found,
        feature=tested.ref if tested else None,
    )
    return UsabilityAnswer(
        acted_as=by.name,
        say=f"{kept.ref}{f' of {quoted(tested.name)}' if tested else ''}: {_told(asked, tried)}.",
        ref=kept.ref,
        basis=basis,
        **found,
    )


def _fared(task: usability.Success) -> TaskSuccess:
    return TaskSuccess(**{name: getattr(task, name) for name in TaskSuccess.model_fields})


def _told(asked: usability.Sus | None, tried: usability.Tasks | None) -> str:
    told = []
    if asked:
        told.append(f"a SUS of {asked.mean:.1f}, grade {asked.grade}, by {len(asked.scores)} respondents")
    if tried:
        all_ = tried.overall
        told.append(f"{all_.successes} of {all_.attempts} attempts succeed, {all_.low:.0%} to {all_.high:.0%} of users")
    return "; ".join(told)


ROLE = RoleSpec(
    name="uiux_engineer",
    persona=(
        "You answer for what people see and touch, and that everybody can use it. You report to the Product Manager."
    ),
    tools=(*EVERY_ROLE, design_interface, review_accessibility, analyze_usability),
)
