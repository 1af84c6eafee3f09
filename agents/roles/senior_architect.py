"""The Senior Architect's room."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from agents.inputs import MOST_ITEMS, Content, Facts, Line, Text, listed
from agents.methods import components as graph
from agents.methods import dependencies, designs, evidence, specifications
from agents.methods.components import Component
from agents.methods.specifications import Part as Section
from agents.role import RoleSpec
from agents.roles.answers import Answer
from agents.roles.designing import recorded
from agents.roles.making import MadeAnswer, keep
from agents.roles.shared import EVERY_ROLE
from agents.shapes import Claim, Claims, Design, Parts, not_used
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries import technologies
from org.queries.recall import texts_of

LONGEST_LIST = 5  # in a sentence
_ID = re.compile(r"\s*([A-Za-z]{1,8}-?\d{1,4})\s*[:.)]\s+(.+)", re.DOTALL)
Asked = Annotated[
    list[Content], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema({"type": ["array", "string"]})
]
Statements = Annotated[list[Text], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]


class Built(BaseModel):
    """A component, and what it is there for."""

    name: str
    owner: str | None
    depends_on: list[str]
    requirements: list[str]


class DesignAnswer(Answer):
    """A design with its traces, or what to fill in."""

    say: str
    ref: str | None = Field(description="recall {id: ref} shows it whole; null while there are no components.")
    architecture: str = Field(description="A Mermaid flowchart.")
    components: list[Built]
    data_flow: Any
    uncovered: list[str] = Field(description="Requirements that no component is there for.")
    findings: list[dict[str, Any]]
    basis: dict[str, Any]


@tool(Effect.SETS)
def design_system(
    by: Actor,
    requirements: Annotated[Asked, Says("Each R1: … or {id, text}; or a feature's ref.")],
    constraints: Annotated[Statements, Says("Quality attributes and limits, in numbers.")],
    components: Annotated[Parts | None, Says("{name, owner?, kind?, depends_on?, requirements: [id]}.")] = None,
    data_flow: Annotated[Content | None, Says("What goes where: text or an object.")] = None,
    feature: Annotated[Line | None, Says("Its feature, by name or ref.")] = None,
) -> DesignAnswer:
    """Senior Architect: check a design: components traced to requirements, what none covers, a drawing."""
    about = made.feature(feature) if feature else None
    asked = _requirements(requirements)
    parts = [part.to(Component) for part in components or []]
    trace = designs.trace(parts, list(asked))
    review = graph.review(parts, (), constraints)
    built = [
        Built(name=each.name, owner=each.owner, depends_on=list(each.depends_on), requirements=list(each.requirements))
        for each in parts
    ]
    unknown = [f"{name} names {id}, which is no requirement" for name, id in trace.unknown]
    template = {"name": "…", "owner": "…", "depends_on": ["…"], "requirements": list(asked)[:1] or ["R1"]}
    basis = {
        "method": "requirements traced to components (ISO/IEC/IEEE 29148), component graph",
        "requirements": asked,
        "untraced_components": list(trace.untraced),
        "unknown_requirements": unknown,
        "missing": [*review.missing, *([f"components, each like {template}"] if not parts else [])],
        "not_used": not_used("components", components or []),
    }
    found: dict[str, Any] = {
        "architecture": designs.draw(parts),
        "components": [each.model_dump() for each in built],
        "data_flow": data_flow,
        "uncovered": list(trace.uncovered),
        "findings": [asdict(each) for each in review.findings],
    }
    kept = None
    if parts:
        given = {
            "requirements": asked,
            "constraints": constraints,
            "components": [part.said for part in components or []],
            "data_flow": data_flow,
        }
        name = about.name if about else f"Design of {', '.join(each.name for each in parts[:3])}"
        kept = keep(by, ArtifactKind.DESIGN, name, given=given, found=found, feature=about.ref if about else None)
    return DesignAnswer(
        acted_as=by.name,
        say=_designed(kept, len(parts), trace.uncovered, len(asked)),
        ref=kept.ref if kept else None,
        basis=basis,
        **found,
    )


def _requirements(given: Sequence[Any]) -> dict[str, str]:
    """By id what is asked: as given, those on record for a feature's ref, numbered where no id was said.

    Raises InvalidInput for an object without an id and text.
    """
    asked: dict[str, str] = {}
    for each in given:
        if isinstance(each, str) and re.fullmatch(r"\s*F-\d+\s*", each):
            feature = made.feature(each, "requirements")
            asked |= {row["id"]: row["story"] for row in feature.content["found"]["requirements"]}
        elif isinstance(each, str):
            named = _ID.fullmatch(each)
            asked[named[1] if named else f"R{len(asked) + 1}"] = named[2] if named else each
        elif isinstance(each.get("id"), str) and isinstance(each.get("text"), str):
            asked[each["id"]] = each["text"]
        else:
            raise InvalidInput("requirements", "an object among them has no id and text.", "Send {id, text}.")
    return asked


def _designed(kept: Artifact | None, parts: int, uncovered: Sequence[str], asked: int) -> str:
    if kept is None:
        return f"There are no components yet to cover {asked} requirements; basis.missing says what each needs."
    open_ones = f"; none is there for {', '.join(uncovered[:LONGEST_LIST])}" if uncovered else "; every one is covered"
    return f"{kept.ref} has {parts} components for {asked} requirements{open_ones}."


class EvaluationAnswer(MadeAnswer):
    """A technology, by what is given and on record."""

    score: float | None = Field(description="0 to 10; null where the evidence is too thin.")
    pros: list[dict[str, Any]]
    cons: list[dict[str, Any]]
    recommendation: str


@tool(Effect.SETS)
def evaluate_technology(
    by: Actor,
    technology: Annotated[Line, Says("Its name.")],
    use_case: Annotated[Text, Says("What it is to be used for.")],
    evidence: Annotated[Claims | None, Says("{claim, supports: true|false, weight?, source?}.")] = None,
) -> EvaluationAnswer:
    """Senior Architect: evaluate a technology by evidence given and on record; thin evidence says what to find out."""
    claims = evidence or []
    seen = technologies.traces(by.name, technology, charter_of(by), database_clock())
    verdict = _weighed(claims, seen)
    pros, cons = ([asdict(each) for each in side] for side in (verdict.pros, verdict.cons))
    found: dict[str, Any] = {
        "score": verdict.score,
        "pros": pros,
        "cons": cons,
        "recommendation": verdict.recommendation,
    }
    given = {"use_case": use_case, "evidence": [each.said for each in claims]}
    kept = keep(by, ArtifactKind.EVALUATION, technology, given=given, found=found)
    scored = "has no score: the evidence is too thin" if verdict.score is None else f"scores {verdict.score} of 10"
    return EvaluationAnswer(
        acted_as=by.name,
        say=f"{quoted(technology)} {scored} ({kept.ref}): {verdict.recommendation}.",
        ref=kept.ref,
        basis={
            "method": "rule of succession (Laplace 1814): 10 (for + 1) / (for + against + 2), by weight",
            "sources": verdict.sources,
            "on_record": [asdict(each) for each in seen],
            "missing": [*verdict.missing, *(f"whether “{each.claim[:80]}” supports it" for each in verdict.undecided)],
            "not_used": not_used("evidence", claims),
        },
        **found,
    )


def _weighed(claims: Sequence[Claim], seen: Sequence[technologies.Trace]) -> evidence.Verdict:
    """What was given, and of the record what plainly says for or against: one piece of evidence each."""
    recorded_ones = [
        evidence.Claim(each.says, each.supports, 1.0, each.ref) for each in seen if each.supports is not None
    ]
    return evidence.weigh([*(each.to(evidence.Claim) for each in claims), *recorded_ones])


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


ROLE = RoleSpec(
    name="senior_architect",
    persona=(
        "You answer for how systems are put together. You report to the CTO. You trace every component to a "
        "requirement and name what no component covers."
    ),
    tools=(*EVERY_ROLE, design_system, evaluate_technology, create_technical_spec),
)
