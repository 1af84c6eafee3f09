"""The Product Manager's room."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from agents import shapes
from agents.inputs import MOST_ITEMS, Content, Line, Text, listed
from agents.methods import backlogs, releases, stories
from agents.methods.scores import Item
from agents.role import RoleSpec
from agents.roles.gathering import gather_requirements
from agents.roles.making import MadeAnswer, first_of, keep
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Items, Limits, Number, Placed, not_used, plain_numbers
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made

Stories = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]


class Requirement(BaseModel):
    """What a story asks for; null is what it does not say."""

    id: str = Field(description="R1, R2 … within the feature.")
    story: str
    role: str | None
    goal: str | None
    benefit: str | None
    problems: list[str] = Field(description="What INVEST finds wrong with it.")


class FeatureAnswer(MadeAnswer):
    """A feature, defined."""

    feature_id: str
    requirements: list[Requirement]
    priority: float | None = Field(description="RICE or WSJF of business_value; null where its figures are missing.")


@tool(Effect.SETS)
def define_feature(
    by: Actor,
    name: Annotated[Line, Says("The same name defines it anew.")],
    user_stories: Annotated[Stories, Says("Each as: As a …, I want …, so that ….")],
    business_value: Annotated[
        Content,
        Says("Text, {value, time_criticality?, risk_reduction?, effort} or {reach, impact, confidence, effort}."),
    ],
) -> FeatureAnswer:
    """Product Manager: define a feature by user stories: a requirement each, and what INVEST finds."""
    told = [stories.read_story(story) for story in user_stories]
    alike = stories.twins(told)
    found = [
        Requirement(
            id=f"R{n}",
            story=story.text,
            role=story.role,
            goal=story.goal,
            benefit=story.benefit,
            problems=[*_problems(story), *_twins(n, alike)],
        )
        for n, story in enumerate(told, 1)
    ]
    worth, missing = _worth(name, business_value)
    result = {"requirements": [each.model_dump() for each in found], "priority": worth}
    given = {"user_stories": user_stories, "business_value": business_value}
    kept = keep(by, ArtifactKind.FEATURE, name, given=given, found=result)
    earlier = made.named_before(kept)
    instead = f", in place of {earlier.ref}," if earlier else ""
    flawed = sum(bool(each.problems) for each in found)
    problems = f"; INVEST finds problems in {flawed}" if flawed else ""
    return FeatureAnswer(
        acted_as=by.name,
        say=f"{quoted(name)} is {kept.ref}{instead} with {len(found)} requirements{problems}.",
        ref=kept.ref,
        feature_id=kept.ref,
        requirements=found,
        priority=worth,
        basis={"method": "user story form (Connextra), INVEST (Wake 2003), WSJF or RICE", "missing": missing},
    )


def _problems(story: stories.Story) -> list[str]:
    told = [(each.letter, each.rule, each.found) for each in stories.invest(story)]
    return [f"{letter}: {rule}{f' ({found})' if found else ''}" for letter, rule, found in told]


def _twins(number: int, pairs: tuple[tuple[int, int], ...]) -> list[str]:
    others = [a + b + 2 - number for a, b in pairs if number in (a + 1, b + 1)]
    return [f"I: Independent: R{other} wants the same." for other in others]


def _worth(name: str, business_value: Any) -> tuple[float | None, list[str]]:
    """The score of a feature whose worth was given in figures; else what would score it."""
    if not isinstance(business_value, dict):
        return None, ["business_value in figures: {value, effort} or {reach, impact, confidence, effort}"]
    result = backlogs.prioritize([shapes.Item.model_validate({**business_value, "id": name}).to(Item)])
    ranked = result.ordered[0].score if result.ordered else None
    return None if ranked is None else round(ranked, 3), list(result.missing)


class Ordered(BaseModel):
    """An item in its place."""

    id: str
    title: str
    score: float | None
    effort: float | None
    drawn_by: str | None = Field(description="It comes this early because that one needs it.")


class BacklogAnswer(MadeAnswer):
    """A backlog in order."""

    prioritized_backlog: list[Ordered]
    rationale: list[str]


@tool(Effect.SETS, computes=True)
def prioritize_backlog(
    by: Actor,
    items: Annotated[
        Items,
        Says("{id, value?, time_criticality?, risk_reduction?, effort?, depends_on?, reach?, impact?, …}."),
    ],
    constraints: Annotated[Limits | None, Says("{capacity?, must_include?, exclude?}; capacity in efforts.")] = None,
) -> BacklogAnswer:
    """Product Manager: put a backlog in order by WSJF or RICE, within dependencies and capacity."""
    bounds = constraints.to(backlogs.Constraints) if constraints else backlogs.ANYTHING
    result = backlogs.prioritize([item.to(Item) for item in items], bounds)
    titles = {item.id: item.title for item in items}
    ordered = [
        Ordered(
            id=each.id,
            title=titles.get(each.id, ""),
            score=None if each.score is None else round(each.score, 3),
            effort=each.effort,
            drawn_by=each.drawn_by,
        )
        for each in result.ordered
    ]
    rationale = [
        *first_of([f"{quoted(each.id)} is left out: {each.because}" for each in result.left_out]),
        *first_of(
            [f"{', '.join(map(quoted, tie))} score alike; they stand in the order given." for tie in result.ties]
        ),
        *first_of([f"{quoted(id)} had to be in and is not." for id in result.unmet]),
    ]
    unused = not_used("items", items) + (not_used("constraints", [constraints]) if constraints else [])
    basis = {
        "method": f"{result.method}, {backlogs.BASIS}",
        "used": plain_numbers(result.used),
        "cycles": [str(cycle) for cycle in result.cycles],
        "missing": first_of(result.missing),
        "not_used": unused,
    }
    found = {"prioritized_backlog": [each.model_dump() for each in ordered], "rationale": rationale}
    given = {"items": [item.said for item in items], "constraints": constraints.said if constraints else None}
    kept = keep(by, ArtifactKind.BACKLOG, f"Backlog of {len(items)} items", given=given, found=found)
    first = f", {quoted(ordered[0].id)} first" if ordered else ""
    return BacklogAnswer(
        acted_as=by.name,
        say=f"{kept.ref}: {len(ordered)} of {len(items)} items in order by {result.method}{first}.",
        ref=kept.ref,
        prioritized_backlog=ordered,
        rationale=rationale,
        basis=basis,
    )


class Planned(BaseModel):
    """An iteration and what is done in it, in order."""

    iteration: int
    features: list[str]
    effort: float = Field(description="Hours.")


class ReleaseAnswer(MadeAnswer):
    """A release and when each of its features is done."""

    release_id: str
    schedule: list[Planned]
    risks: list[str]


@tool(Effect.SETS)
def plan_release(
    by: Actor,
    release: Annotated[Line, Says("Its name, like v1.4.")],
    features: Annotated[Placed, Says("The most urgent first: names, refs, or {feature, effort?, depends_on?}.")],
    capacity: Annotated[Number | None, Says("Hours an iteration has.")] = None,
) -> ReleaseAnswer:
    """Product Manager: plan a release by iterations, from estimates: what fits, and what is at risk."""
    defined = {each.feature: made.feature(each.feature, "features") for each in features}
    refs = {name: artifact.ref for name, artifact in defined.items()}
    efforts = {each.feature: _effort(each, defined[each.feature]) for each in features}
    asked = [
        releases.Feature(
            refs[each.feature],
            efforts[each.feature],
            priority,
            tuple(refs.get(name, name) for name in each.depends_on),
        )
        for priority, each in enumerate(features, 1)
    ]
    placed = releases.place(asked, capacity=capacity)
    names = {artifact.ref: artifact.name for artifact in defined.values()}
    schedule = [
        Planned(iteration=each.number, features=[f"{ref} {names[ref]}" for ref in each.features], effort=each.used)
        for each in placed.iterations
    ]
    risks = first_of([f"{each.feature or release}: {each.because}" for each in placed.risks])
    found = {"schedule": [each.model_dump() for each in schedule], "risks": risks, "features": list(names)}
    given = {"features": [each.said for each in features], "capacity": capacity}
    kept = keep(by, ArtifactKind.RELEASE, release, given=given, found=found)
    renamed = f" {made.kept_as(release, kept.release)}".rstrip()
    of = f" of {capacity:g} hours" if capacity is not None else ""
    return ReleaseAnswer(
        acted_as=by.name,
        say=f"{quoted(release)} is planned as {kept.ref}: {len(schedule)} iterations{of}, {len(placed.risks)} risks."
        f"{renamed}",
        ref=kept.ref,
        release_id=kept.ref,
        schedule=schedule,
        risks=risks,
        basis={
            "method": "list scheduling (Graham 1969) in the order given, efforts from the newest estimates",
            "unit": "hours",
            "missing": first_of(placed.missing),
            "not_used": not_used("features", features),
        },
    )


def _effort(asked: shapes.Planned, feature: Artifact) -> float | None:
    """Hours, as given, or as the newest estimate of the feature expects."""
    if asked.effort is not None:
        return asked.effort
    estimate = made.newest(ArtifactKind.ESTIMATE, feature=feature.feature)
    return estimate.content["found"].get("expected_hours") if estimate else None


ROLE = RoleSpec(
    name="product_manager",
    persona=(
        "You answer for what is built and in which order, for whom. You report to the CEO. You turn wishes "
        "into requirements that can be tested."
    ),
    tools=(*EVERY_ROLE, define_feature, prioritize_backlog, gather_requirements, plan_release),
)
