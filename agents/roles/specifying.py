"""Specifying a feature: the senior architect's document of what is on record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from agents.inputs import MOST_ITEMS, Facts, Line
from agents.methods import components as graph
from agents.methods import dependencies, designs, specifications
from agents.methods.components import Component
from agents.methods.specifications import Part as Section
from agents.roles.designing import recorded
from agents.roles.making import MadeAnswer, keep
from agents.shapes import Design, DesignShape, not_used
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.legible import plain, quoted
from org.models import Artifact, Decision
from org.queries import artifacts as made
from org.queries import features
from org.queries.deliveries import Next
from org.queries.recall import texts_of

FEATURE, REQUIREMENTS, INTERFACE = ArtifactKind.FEATURE, ArtifactKind.REQUIREMENTS, ArtifactKind.INTERFACE
ARCHITECTURE_REVIEW, TEST_PLAN = ArtifactKind.ARCHITECTURE_REVIEW, ArtifactKind.TEST_PLAN
IMPLEMENTATION_PLAN, ESTIMATE = ArtifactKind.IMPLEMENTATION_PLAN, ArtifactKind.ESTIMATE
GIVEN = "what the senior architect gave"
NO_PARTS = "components, without which no step has its place: design_system {feature, …, components} makes them"
SOUND = "Nothing was found."
Found = Mapping[str, Any]


class SpecAnswer(MadeAnswer):
    """A specification, of what is on record."""

    spec_document: str = Field(description="Markdown; what roles wrote stands quoted.")
    implementation_guide: list[str]
    open_questions: list[str]


@tool(Effect.SETS, computes=True)
def create_technical_spec(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    architecture: Annotated[DesignShape, Says("Text, an object, or the ref of a design on record.")],
    sections: Annotated[Facts | None, Says("More sections: {title: text}.")] = None,
) -> SpecAnswer:
    """Senior Architect: write a feature's specification from what is on record; what is not is an open question."""
    defined = made.feature(feature)
    standing = made.of_feature(defined.feature)
    design, source = _meant(architecture, standing)
    parts = [part.to(Component) for part in design.components]
    now = database_clock()
    questions = [_asked(each) for each in (*features.lacks(defined, standing, now), *_uncovered(defined, parts))]
    decided = [f"{each.ref}, {each.title}: {_how(each, now)}" for each in features.decided(defined)]
    drawing = designs.draw(parts) if parts else ""
    document = specifications.document(
        f"{quoted(plain(defined.name))} ({defined.ref})",
        [
            *_recorded(standing, (FEATURE, REQUIREMENTS)),
            Section("Architecture", source, _said(design.notes, *map(_told, parts)), drawing),
            Section("Data flow", source, _said(design.data_flow)),
            Section("Decisions", "the record", _said(decided)),
            *_recorded(standing, (ARCHITECTURE_REVIEW, INTERFACE, IMPLEMENTATION_PLAN, ESTIMATE, TEST_PLAN)),
            *(Section(quoted(plain(title[:100])), GIVEN, _said(text)) for title, text in (sections or {}).items()),
        ],
        questions,
    )
    guide = _guide(parts, standing.get(IMPLEMENTATION_PLAN))
    found: dict[str, Any] = {"spec_document": document, "implementation_guide": guide, "open_questions": questions}
    given = {"architecture": architecture.said, "sections": sections}
    kept = keep(by, ArtifactKind.SPEC, defined.name, given=given, found=found, feature=defined.ref)
    gaps = f"{len(questions)} open questions" if questions else "no open question"
    return SpecAnswer(
        acted_as=by.name,
        say=f"{kept.ref} specifies {quoted(defined.name)} in {len(guide)} steps, with {gaps}.",
        ref=kept.ref,
        basis={
            "method": "what stands on record for the feature; steps in topological order (Kahn 1962), then as planned",
            "read": {str(kind): row.ref for kind, row in standing.items() if kind is not ArtifactKind.SPEC},
            "design": source,
            "missing": [] if parts else [NO_PARTS],
            "not_used": [*not_used("architecture", [architecture]), *not_used("components", design.components)],
        },
        **found,
    )


def _meant(given: Design, standing: Mapping[ArtifactKind, Artifact]) -> tuple[Design, str]:
    """The design given, or named by its ref, with the components of the feature's on record where it has none; and
    where those are from.
    """
    named = recorded(given, "architecture")
    if named is not given:
        return named, made.named(str(given.notes), "architecture").ref
    row = standing.get(ArtifactKind.DESIGN)
    if given.components or row is None:
        return given, GIVEN
    kept = row.content["given"]
    flow = kept.get("data_flow") if given.data_flow is None else given.data_flow
    both = {"notes": given.notes, "components": kept.get("components") or [], "data_flow": flow}
    return Design.model_validate(both), row.ref if given.notes is None else f"{row.ref} and {GIVEN}"


def _uncovered(feature: Artifact, parts: Sequence[Component]) -> Iterator[Next]:
    """What is to be asked of a design that leaves requirements of the feature without a component."""
    ids = [each["id"] for each in feature.content["found"]["requirements"]]
    if parts and (bare := designs.trace(parts, ids).uncovered):
        arguments = {"feature": feature.ref, **features.NEEDED[ArtifactKind.DESIGN].more}
        yield Next("senior_architect", "design_system", arguments, f"no component is there for {', '.join(bare[:20])}")


def _asked(gap: Next) -> str:
    call = f"{gap.tool} {json.dumps(gap.arguments, ensure_ascii=False)}"
    return f"{gap.why[:1].upper()}{gap.why[1:]}; as {gap.role}: {call}"


def _how(decision: Decision, now: datetime) -> str:
    return decision.ended(now) if decision.is_settled else str(decision.status)


def _said(*texts: Any) -> list[str]:
    """The lines of what others wrote, fit to be told."""
    return [plain(line) for text in texts_of(list(texts)) if text.strip() for line in text.splitlines()]


def _told(part: Component) -> str:
    """A component in a line."""
    facts = (
        part.kind,
        f"owner {part.owner}" if part.owner else "no owner",
        f"for {', '.join(part.requirements)}" if part.requirements else "",
        f"depends on {', '.join(part.depends_on)}" if part.depends_on else "",
    )
    return f"{part.name}: {'; '.join(filter(None, facts))}"


def _recorded(standing: Mapping[ArtifactKind, Artifact], kinds: Sequence[ArtifactKind]) -> Iterator[Section]:
    """A section for each of these that is on record."""
    for kind in kinds:
        if row := standing.get(kind):
            heading, lines = SECTIONS[kind]
            yield Section(heading, row.ref, _said(list(lines(row.content["found"]))))


def _tasks(found: Found) -> Iterator[str]:
    yield from (f"{n}. {id}" for n, id in enumerate(found.get("order") or [], 1))
    yield f"The longest chain takes {found.get('finish')} {found.get('unit')}."


def _hours(found: Found) -> Iterator[str]:
    if found.get("expected_hours") is not None:
        yield f"{found['expected_hours']} hours on average; p50 {found['p50']}, p80 {found['p80']}, p95 {found['p95']}."


def _cases(found: Found) -> Iterator[str]:
    criteria = (found.get("coverage") or {}).get("criteria_percent")
    shown = "" if criteria is None else f"; they show {criteria} % of the criteria"
    cases = len(found.get("test_cases") or [])
    yield f"{cases} {'case' if cases == 1 else 'cases'}{shown}."


SECTIONS: Mapping[ArtifactKind, tuple[str, Callable[[Found], Iterable[str]]]] = {
    FEATURE: ("Requirements", lambda found: [f"{each['id']}: {each['story']}" for each in found["requirements"]]),
    REQUIREMENTS: ("Acceptance criteria", lambda found: found.get("acceptance_criteria") or []),
    ARCHITECTURE_REVIEW: (
        "Review of the architecture",
        lambda found: [f"{each['severity']}: {each['says']} {each['mend']}" for each in found["findings"]] or [SOUND],
    ),
    INTERFACE: (
        "Screens",
        lambda found: [str(each.get("name") if isinstance(each, dict) else each) for each in found["screens"]],
    ),
    IMPLEMENTATION_PLAN: ("Plan", _tasks),
    ESTIMATE: ("Estimate", _hours),
    TEST_PLAN: ("Tests", _cases),
}


def _guide(parts: Sequence[Component], plan: Artifact | None) -> list[str]:
    """The components in an order in which each finds what it depends on, then the tasks that are planned."""
    design = graph.read(parts)
    ordered = dependencies.read([graph.Node(key, needed) for key, needed in design.needs.items()])
    names = {key: quoted(part.name) for key, part in design.parts.items()}
    order = ordered.order()
    needs = {names[key]: [names[each] for each in ordered.before(key)] for key in order}
    why = {names[key]: list(map(quoted, part.requirements)) for key, part in design.parts.items()}
    guide = specifications.steps([names[key] for key in order], needs, why)
    guide += [f"{names[each.id]} has no place yet: {quoted(each.because)}" for each in ordered.stuck]
    if plan is None:
        return guide
    titles = {each["id"]: each.get("title") for each in plan.content["given"].get("tasks") or []}
    tasks = enumerate(plan.content["found"]["order"], len(order) + 1)
    guide += [f"{number}. Task {quoted(id)}{_titled(titles.get(id))}, as {plan.ref} plans." for number, id in tasks]
    return guide[:MOST_ITEMS]


def _titled(title: str | None) -> str:
    return f", {quoted(title)}" if title else ""
