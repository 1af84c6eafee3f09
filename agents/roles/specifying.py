"""Specifying a feature: the senior architect's document of what is on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from agents.inputs import Content, Facts, Line
from agents.methods import components as graph
from agents.methods import dependencies, designs, specifications
from agents.methods.components import Component
from agents.methods.specifications import Part as Section
from agents.roles.designing import recorded
from agents.roles.making import MadeAnswer, keep
from agents.shapes import Design, not_used
from agents.tool import Says, tool
from org.actors import Actor
from org.enums import ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries.recall import texts_of


class SpecAnswer(MadeAnswer):
    """A specification, of what is on record."""

    spec_document: str = Field(description="Markdown; what roles wrote stands quoted.")
    implementation_guide: list[str]
    open_questions: list[str]


@tool(Effect.SETS)
def create_technical_spec(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    architecture: Annotated[Content, Says("Text, an object, or the ref of a design on record.")],
    sections: Annotated[Facts | None, Says("More sections: {title: text}.")] = None,
) -> SpecAnswer:
    """Senior Architect: write a feature's specification from what is on record; what is not is an open question."""
    defined = made.feature(feature)
    standing = made.of_feature(defined.feature)
    design = _design(architecture, standing)
    parts = [part.to(Component) for part in design.components]
    questions = [f"{what}: {call}" for kind, (what, call) in _makes(defined).items() if kind not in standing]
    document = specifications.document(
        f"{defined.name} ({defined.ref})", _sections(standing, design, architecture, parts, sections or {}), questions
    )
    guide = _guide(parts)
    found: dict[str, Any] = {"spec_document": document, "implementation_guide": guide, "open_questions": questions}
    given = {"architecture": architecture, "sections": sections}
    kept = keep(by, ArtifactKind.SPEC, defined.name, given=given, found=found, feature=defined.ref)
    gaps = f"{len(questions)} open questions" if questions else "no open question"
    return SpecAnswer(
        acted_as=by.name,
        say=f"{kept.ref} specifies {quoted(defined.name)} in {len(guide)} steps, with {gaps}.",
        ref=kept.ref,
        basis={
            "method": "what stands on record for the feature, dependencies first",
            "read": {str(kind): row.ref for kind, row in standing.items() if kind is not ArtifactKind.SPEC},
            "missing": [] if parts else ["components of a design, without which there is no order of steps"],
            "not_used": not_used("architecture", [design]),
        },
        **found,
    )


def _design(architecture: Any, standing: Mapping[ArtifactKind, Artifact]) -> Design:
    """The design that is meant: the one given or named, else the feature's on record."""
    given = {"notes": architecture} if isinstance(architecture, str) else architecture
    named = recorded(Design.model_validate(given), "architecture")
    if named.components or ArtifactKind.DESIGN not in standing:
        return named
    return Design.model_validate({"components": standing[ArtifactKind.DESIGN].content["given"]["components"]})


def _makes(feature: Artifact) -> dict[ArtifactKind, tuple[str, str]]:
    """What a specification rests on, and as whom which call makes it."""
    call = f"{{feature: {feature.ref}, …}}"
    return {
        ArtifactKind.REQUIREMENTS: ("Acceptance criteria", f"the product manager's gather_requirements {call}"),
        ArtifactKind.DESIGN: ("Design", f"the senior architect's design_system {call}"),
        ArtifactKind.ARCHITECTURE_REVIEW: ("Approved architecture", f"the CTO's review_architecture {call}"),
        ArtifactKind.INTERFACE: ("Interface", f"the UI/UX engineer's design_interface {call}"),
        ArtifactKind.TEST_PLAN: ("Test plan", f"the test lead's create_test_plan {call}"),
    }


def _sections(
    standing: Mapping[ArtifactKind, Artifact],
    design: Design,
    architecture: Any,
    parts: Sequence[Component],
    more: Mapping[str, Any],
) -> list[Section]:
    def found(kind: ArtifactKind, field: str) -> tuple[str, list[Any]]:
        row = standing.get(kind)
        return (row.ref, list(row.content["found"].get(field) or [])) if row else ("", [])

    feature, stories = found(ArtifactKind.FEATURE, "requirements")
    asked, criteria = found(ArtifactKind.REQUIREMENTS, "acceptance_criteria")
    interface, screens = found(ArtifactKind.INTERFACE, "screens")
    review = standing.get(ArtifactKind.ARCHITECTURE_REVIEW)
    decided = review.decision if review else None
    said = [] if design.notes is None and isinstance(architecture, dict) else texts_of(architecture)
    return [
        Section("Requirements", feature, [f"{each['id']}: {each['story']}" for each in stories]),
        Section("Acceptance criteria", asked, criteria),
        Section("Architecture", "", said, designs.draw(parts) if parts else ""),
        Section("Data flow", "", texts_of(design.data_flow) if design.data_flow else []),
        Section("Decisions", decided.ref if decided else "", [f"{decided.title}: {decided.status}"] if decided else []),
        Section("Screens", interface, [str(each.get("name") if isinstance(each, dict) else each) for each in screens]),
        *(Section(" ".join(title.split())[:100], "", texts_of(text)) for title, text in more.items()),
    ]


def _guide(parts: Sequence[Component]) -> list[str]:
    """The components in an order in which each finds what it depends on."""
    design = graph.read(parts)
    nodes = [graph.Node(key, needed) for key, needed in design.needs.items()]
    ordered = dependencies.read(nodes)
    names = {key: part.name for key, part in design.parts.items()}
    needs = {names[key]: design.names(ordered.before(key)) for key in ordered.order()}
    why = {part.name: part.requirements for part in parts}
    stuck = [f"{names[each.id]} has no place yet: {each.because}" for each in ordered.stuck]
    return [*specifications.steps([names[key] for key in ordered.order()], needs, why), *stuck]
