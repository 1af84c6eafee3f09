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
from agents.roles.making import first_of, keep
from agents.roles.shared import EVERY_ROLE
from agents.roles.studies import (
    AccessibilityAnswer,
    Flow,
    Flows,
    InterfaceAnswer,
    InterfaceScreen,
    Responses,
    TaskSuccess,
    UsabilityAnswer,
)
from agents.shapes import Attempts, ColourPairs, Screens, not_used, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput
from org.legible import quoted
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made


@tool(Effect.SETS, computes=True)
def design_interface(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    user_flows: Annotated[Flows, Says("{name, steps: [screen]} or [screen, action, screen].")],
    platform: Annotated[Literal["web", "mobile", "desktop", "cli"], Says("Where it runs.")] = "web",
    screens: Annotated[Screens | None, Says("{name, states?: [error, empty …], final?}.")] = None,
    start: Annotated[Line | None, Says("The first screen; else the first that is named.")] = None,
) -> InterfaceAnswer:
    """UI/UX Engineer: design an interface from user flows: dead ends, unreachable screens, missing states."""
    defined = made.feature(feature)
    ways = [way for flow in user_flows for way in maps.steps(flow.steps)]
    lone = [flow.steps[0] for flow in user_flows if len(flow.steps) == 1 and isinstance(flow.steps[0], str)]
    described = [each.to(maps.Screen) for each in screens or ()]
    drawn = maps.review(ways, described, start, lone=lone, ends=platform == "cli")
    components = maps.components(ways, described, drawn.gaps)
    untraced, unknown = _traced(defined, user_flows)
    found: dict[str, Any] = {
        "screens": [each.model_dump() for each in _screens(drawn, described)],
        "components": [asdict(each) for each in components[:MOST_COMPONENTS]],
        "flow": drawn.diagram,
        "dead_ends": list(drawn.dead_ends),
        "unreachable": list(drawn.unreachable),
        "traps": [list(each) for each in drawn.traps],
        "untraced": untraced,
        "findings": _stuck(drawn),
    }
    given: dict[str, Any] = {"user_flows": [each.said for each in user_flows], "platform": platform, "start": start}
    given["screens"] = [each.said for each in screens or ()]
    kept = keep(by, ArtifactKind.INTERFACE, defined.name, given=given, found=found, feature=defined.ref)
    numbers = {
        "screens": len(drawn.screens),
        "transitions": len(ways),
        "dead_ends": len(drawn.dead_ends),
        "unreachable": len(drawn.unreachable),
        "missing_states": len(drawn.gaps),
    }
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in numbers.items() if name != "transitions")
    numbers |= {"components": len(components), "components_left_out": max(0, len(components) - MOST_COMPONENTS)}
    return InterfaceAnswer(
        acted_as=by.name,
        say=f"The interface of {quoted(defined.name)} is {kept.ref}: {told}.",
        ref=kept.ref,
        design_id=kept.ref,
        basis={
            "method": "state transition graph (Parnas 1969), ways out and error states (Nielsen 1994)",
            "numbers": numbers,
            "start": drawn.start,
            "unknown_requirements": first_of(unknown),
            "missing": [
                *drawn.missing,
                *((f"steps of {empty} flows",) if (empty := sum(not each.steps for each in user_flows)) else ()),
                *(("requirements: name their ids (R1 …) in each flow that serves them",) if untraced is None else ()),
                *_unmade(defined, ArtifactKind.REQUIREMENTS, ArtifactKind.DESIGN),
            ],
            "not_used": not_used("user_flows", user_flows) + not_used("screens", screens or ()),
        },
        **found,
    )


CALLS = {
    ArtifactKind.REQUIREMENTS: "the product manager's gather_requirements {{feature: {ref}, stakeholders: [role]}}",
    ArtifactKind.DESIGN: "the senior architect's design_system {{requirements, constraints, feature: {ref}}}",
    ArtifactKind.INTERFACE: "design_interface {{feature: {ref}, user_flows: [[screen, action, screen]]}}",
    ArtifactKind.ACCESSIBILITY: "review_accessibility {{html, feature: {ref}}}",
}
FEW = 5  # names in a sentence
MOST_COMPONENTS = 500  # controls and states that an answer tells of
_ID = re.compile(r"\bR\d{1,4}\b", re.IGNORECASE)


def _unmade(feature: Artifact | None, *kinds: ArtifactKind) -> list[str]:
    """What nobody has made for a feature yet, each with the call that makes it."""
    if feature is None:
        return ["feature: which one it belongs to"]
    there = made.of_feature(feature.feature)
    return [f"{kind.value}: {CALLS[kind].format(ref=feature.ref)}" for kind in kinds if kind not in there]


def _before(kept: Artifact, *figures: str) -> dict[str, Any] | None:
    """The figures of what was found for its feature before; None where nothing was."""
    last = made.before(kept)
    return {"ref": last.ref, **{name: last.content["found"][name] for name in figures}} if last else None


def _stuck(drawn: maps.Map) -> list[str]:
    """Where users get stuck, and what mends it."""

    def names(screens: Sequence[str]) -> str:
        return ", ".join(map(quoted, screens[:FEW])) + (f" and {len(screens) - FEW} more" if screens[FEW:] else "")

    told = [
        (drawn.dead_ends, "Nothing leaves {}: add a way on or back, or say final: true in screens."),
        (drawn.unreachable, "No way leads to {}: add one, or say which screen is the start."),
        *((trap, "{} lead to each other only: add a way out.") for trap in drawn.traps[:FEW]),
        (list(dict.fromkeys(gap.screen for gap in drawn.gaps)), "{} lack a state: name it in screens, in states."),
    ]
    return [sentence.replace("{}", names(screens)) for screens, sentence in told if screens]


def _traced(feature: Artifact, flows: Sequence[Flow]) -> tuple[list[str] | None, list[str]]:
    """The feature's requirements that no flow names, None where none names any; and the ids that are none of its."""
    recorded = [each["id"] for each in feature.content["found"]["requirements"]]
    told = [" ".join([flow.name, *flow.requirements]) for flow in flows]
    named = {id.upper() for text in told for id in _ID.findall(text)}
    unknown = sorted(named - set(recorded))
    silent = bool(recorded) and not named & set(recorded)
    return (None if silent else [id for id in recorded if id not in named]), unknown


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


@tool(Effect.SETS, computes=True)
def review_accessibility(
    by: Actor,
    html: Annotated[str | None, Field(min_length=1, max_length=MOST_BYTES), Says("A page, or a piece of one.")] = None,
    colors: Annotated[ColourPairs | None, Says("{foreground, background, size_px?, bold?}, as CSS says them.")] = None,
    feature: Annotated[Line | None, Says("Its name or ref.")] = None,
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
    title = result.title if normalize(result.title) else ""
    name = shown.name if shown else title or ("Page" if html else "Colours")
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
            "before": _before(kept, "level", "score"),
            "missing": [
                *result.missing,
                *(() if html else ("html: names, labels and structure",)),
                *_unmade(shown, ArtifactKind.INTERFACE),
            ],
            "not_used": not_used("colors", colors or ()),
        },
        **found,
    )


@tool(Effect.SETS, computes=True)
def analyze_usability(
    by: Actor,
    sus_responses: Annotated[Responses | None, Says("Ten answers of 1 to 5 per respondent.")] = None,
    task_results: Annotated[Attempts | None, Says("{task, succeeded, seconds?} per attempt.")] = None,
    feature: Annotated[Line | None, Says("Its name or ref.")] = None,
) -> UsabilityAnswer:
    """UI/UX Engineer: analyze a usability test: SUS with its grade, task success with intervals, times."""
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
            "task_estimate": tried.overall.estimate if tried else None,
            "task_interval": [tried.overall.low, tried.overall.high] if tried else None,
            "tasks": [each.model_dump() for each in tasks],
            "findings": [
                *(asked.findings if asked else ()),
                *first_of([f"{quoted(task)}: {told}" for task, told in (tried.findings if tried else ())]),
            ],
        }
    )
    missing = [
        *(() if asked else ("sus_responses: what users think of it",)),
        *(tried.missing if tried else ("task_results: whether users succeed",)),
        *_unmade(tested, ArtifactKind.INTERFACE, ArtifactKind.ACCESSIBILITY),
    ]
    kept = keep(
        by,
        ArtifactKind.USABILITY,
        tested.name if tested else "Usability test",
        given={"sus_responses": sus_responses, "task_results": [each.said for each in task_results or ()]},
        found=found,
        feature=tested.ref if tested else None,
    )
    basis = {
        "method": "SUS (Brooke 1996), curved grades and adjusted-Wald intervals (Sauro & Lewis), "
        "expected rates by Laplace's rule of succession (x + 1) / (n + 2)",
        "numbers": plain_numbers(
            {
                "respondents": len(sus_responses or ()),
                "sus_lowest": min(asked.scores) if asked else None,
                "sus_highest": max(asked.scores) if asked else None,
                "sus_deviation": asked.deviation if asked else None,
                "attempts": len(task_results or ()),
            }
        ),
        "before": _before(kept, "sus_score", "task_success"),
        "missing": missing,
        "not_used": not_used("task_results", task_results or ()),
    }
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
        users = f"{all_.estimate:.0%} of users are to be expected to, {all_.low:.0%} to {all_.high:.0%}"
        told.append(f"{all_.successes} of {all_.attempts} attempts succeed; {users}")
    return "; ".join(told)


ROLE = RoleSpec(
    name="uiux_engineer",
    persona=(
        "You answer for what people see and touch, and that everybody can use it. You report to the Product Manager."
    ),
    tools=(*EVERY_ROLE, design_interface, review_accessibility, analyze_usability),
)
