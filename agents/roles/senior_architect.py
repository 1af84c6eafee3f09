"""The Senior Architect's room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from agents.inputs import MOST_ITEMS, Content, Line, Text, listed
from agents.methods import components as graph
from agents.methods import designs
from agents.methods import evidence as rules
from agents.methods.components import Component
from agents.role import RoleSpec
from agents.roles.answers import Answer
from agents.roles.making import MadeAnswer, keep
from agents.roles.shared import EVERY_ROLE
from agents.roles.specifying import create_technical_spec
from agents.shapes import Claim, Claims, Parts, not_used
from agents.tool import Says, tool
from org import refs
from org.actors import Actor
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.errors import InvalidInput
from org.legible import quoted
from org.models import Artifact
from org.names import normalize
from org.queries import artifacts as made
from org.queries import technologies
from org.services import artifacts

LONGEST_LIST = 5  # in a sentence
MOST_NAMED = 100  # in one list of what is missing
MOST_CLAIMS = 500  # of those that speak for it, and of those against it
AGAIN = "then evaluate_technology {technology, use_case, evidence: [{claim, supports: true|false, source}]} again"
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


@tool(Effect.SETS, computes=True)
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
    asked = _requirements(requirements, about)
    limits = _limits(constraints, asked)
    parts = [part.to(Component) for part in components or []]
    trace = designs.trace(parts, [*asked, *limits])
    review = graph.review(parts, (), constraints)
    built = [
        Built(name=each.name, owner=each.owner, depends_on=list(each.depends_on), requirements=list(each.requirements))
        for each in parts
    ]
    uncovered = [id for id in trace.uncovered if id in asked]
    basis = {
        "method": "requirements traced to components (ISO/IEC/IEEE 29148), component graph",
        "requirements": asked,
        "constraints": limits,
        "covered_by": {id: list(names) for id, names in trace.covered.items()},
        "untraced_components": list(trace.untraced),
        "unknown_requirements": [
            f"{quoted(name)} names {quoted(id)}, which is no requirement" for name, id in trace.unknown[:MOST_NAMED]
        ],
        "template": _template(uncovered),
        "missing": _missing(review, parts, [id for id in trace.uncovered if id in limits], uncovered, data_flow),
        "not_used": not_used("components", components or []),
    }
    found: dict[str, Any] = {
        "architecture": designs.draw(parts),
        "components": [each.model_dump() for each in built],
        "data_flow": data_flow,
        "uncovered": uncovered,
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
        say=_designed(kept, len(parts), uncovered, len(asked)),
        ref=kept.ref if kept else None,
        basis=basis,
        **found,
    )


def _requirements(given: Sequence[Any], feature: Artifact | None) -> dict[str, str]:
    """By id what is asked: as given, those on record for a feature's ref, else for the feature itself.

    Raises InvalidInput where there are none, and for an object without an id and text.
    """
    said: list[tuple[str, str]] = []
    for each in given:
        if isinstance(each, str):
            by_ref = refs.number(each.strip(), "F") is not None
            said += _on_record(made.feature(each.strip(), "requirements")) if by_ref else [designs.read_statement(each)]
        elif isinstance(each.get("id"), str) and isinstance(each.get("text"), str):
            said.append((each["id"], each["text"]))
        else:
            raise InvalidInput("requirements", "an object among them has no id and text.", "Send {id, text}.")
    if not (said := said or (_on_record(feature) if feature else [])):
        raise InvalidInput("requirements", "is empty.", "Send each as R1: …, or name the feature that has them.")
    return designs.identified("requirements", said, "R")


def _limits(constraints: Sequence[str], asked: Mapping[str, str]) -> dict[str, str]:
    """Constraints by id; one that begins with a requirement's is about that, and has an id of its own."""
    ids = {normalize(id) for id in asked}
    said = [(whole, *designs.read_statement(whole)) for whole in constraints]
    own = [("", whole) if normalize(id) in ids else (id, text) for whole, id, text in said]
    return designs.identified("constraints", own, "C", asked)


def _on_record(feature: Artifact) -> list[tuple[str, str]]:
    return [(row["id"], row["story"]) for row in feature.content["found"]["requirements"]]


def _template(uncovered: Sequence[str]) -> list[dict[str, Any]]:
    """What to fill in, and send as components: one for each requirement that has none, or one for several."""
    blank = {"name": "…", "kind": "…", "owner": "…", "depends_on": ["…"]}
    return [{**blank, "requirements": [id]} for id in uncovered[:MOST_NAMED]]


def _missing(
    review: graph.Review, parts: Sequence[Component], unmet: Sequence[str], uncovered: Sequence[str], data_flow: Any
) -> list[str]:
    told = ["constraints: quality attributes, in numbers" if each == "scalability" else each for each in review.missing]
    if parts and unmet:
        told.append(f"which components answer for {_listed(unmet)}: name the ids among their requirements")
    if data_flow is None:
        told.append("data_flow: what goes from which component to which")
    if uncovered:
        told.append("then design_system again, with basis.template filled in among its components")
    return told


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - LONGEST_LIST} more" if len(ids) > LONGEST_LIST else ""
    return ", ".join(map(quoted, ids[:LONGEST_LIST])) + more


def _designed(kept: Artifact | None, parts: int, uncovered: Sequence[str], asked: int) -> str:
    if kept is None:
        return f"There are no components yet to cover {asked} requirements; basis.template is what to fill in."
    open_ones = f"none is there for {_listed(uncovered)}" if uncovered else "every one is covered"
    components = "1 component" if parts == 1 else f"{parts} components"
    return f"{kept.ref} has {components} for {asked} {'requirement' if asked == 1 else 'requirements'}; {open_ones}."


class EvaluationAnswer(MadeAnswer):
    """A technology, by what is given and on record."""

    score: float | None = Field(description="0 to 10; null where the evidence is too thin.")
    pros: list[dict[str, Any]]
    cons: list[dict[str, Any]]
    recommendation: str


@tool(Effect.SETS, computes=True)
def evaluate_technology(
    by: Actor,
    technology: Annotated[Line, Says("Its name.")],
    use_case: Annotated[Text, Says("What it is to be used for.")],
    evidence: Annotated[Claims | None, Says("{claim, supports: true|false, weight?, source?}.")] = None,
) -> EvaluationAnswer:
    """Senior Architect: evaluate a technology by evidence given and on record; thin evidence says what to find out."""
    claims = evidence or []
    artifacts.key_of(ArtifactKind.EVALUATION, technology, "technology")
    seen = technologies.traces(by.name, technology, database_clock())
    verdict = _weighed(claims, seen)
    pros, cons = ([asdict(each) for each in side[:MOST_CLAIMS]] for side in (verdict.pros, verdict.cons))
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
            "method": f"rule of succession (Laplace 1814): {rules.RULE}",
            "sources": verdict.sources,
            "repeated": verdict.repeated,
            "left_out": {"pros": len(verdict.pros) - len(pros), "cons": len(verdict.cons) - len(cons)},
            "on_record": [asdict(each) for each in seen],
            "missing": [*verdict.missing, *_unsaid(verdict.undecided), *([AGAIN] if verdict.score is None else [])],
            "not_used": not_used("evidence", claims),
        },
        **found,
    )


def _weighed(claims: Sequence[Claim], seen: Sequence[technologies.Trace]) -> rules.Verdict:
    """What was given, and of the record what plainly says for or against: one piece of evidence each.

    What only cites such a record, to the same side, is that piece and not another.
    """
    plain = {(normalize(each.ref), each.supports) for each in seen if each.supports is not None}
    given = [each.to(rules.Claim) for each in claims]
    return rules.weigh(
        [
            *(each for each in given if (normalize(each.source), each.supports) not in plain),
            *(rules.Claim(each.says, each.supports, 1.0, each.ref) for each in seen if each.supports is not None),
        ]
    )


def _unsaid(claims: Sequence[rules.Claim]) -> list[str]:
    told = [f"whether {quoted(each.claim[:80])} supports it" for each in claims[:MOST_NAMED]]
    return told + ([f"the same of {len(claims) - MOST_NAMED} more claims"] if len(claims) > MOST_NAMED else [])


ROLE = RoleSpec(
    name="senior_architect",
    persona=(
        "You answer for how systems are put together. You report to the CTO. You trace every component to a "
        "requirement and name what no component covers."
    ),
    tools=(*EVERY_ROLE, design_system, evaluate_technology, create_technical_spec),
)
