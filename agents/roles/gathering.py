"""What roles ask of a feature: gathered from its thread by the product manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from agents.inputs import Line, Roles
from agents.methods import stories
from agents.roles.making import MadeAnswer, keep
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.clock import database_clock
from org.enums import ArtifactKind, Effect
from org.legible import quoted
from org.models import Artifact
from org.queries import artifacts as made
from org.queries.recall import texts_of
from org.services import requirements
from org.services.requirements import Gathered, Said

MOST_CRITERIA = 200
LONGEST_ANSWER = 4_000  # characters of one in the document


class RequirementsAnswer(MadeAnswer):
    """What the stakeholders ask of a feature, so far."""

    requirements_doc: str
    acceptance_criteria: list[str]
    waiting_on: list[str] = Field(description="Asked, and silent so far.")


@tool(Effect.SETS)
def gather_requirements(
    by: Actor,
    feature: Annotated[Line, Says("Its name or ref.")],
    stakeholders: Annotated[Roles, Says("The roles to ask.")],
) -> RequirementsAnswer:
    """Product Manager: ask roles what a feature must do, and collate their answers. Again to refresh."""
    defined = made.feature(feature)
    gathered = requirements.gather(feature=defined, stakeholders=stakeholders, by=by, clock=database_clock)
    criteria = [
        criterion
        for answers in gathered.answers.values()
        for answer in answers
        for criterion in stories.read_criteria("\n".join(texts_of(answer.content)))
    ]
    tried = [each for each in criteria if each.then]
    testable = [each.text for each in tried[:MOST_CRITERIA]]
    problems = [f"{each.text[:80]}: {problem}" for each in tried[:MOST_CRITERIA] for problem in each.problems]
    document = _document(defined, gathered.answers, gathered.silent)
    found = {"requirements_doc": document, "acceptance_criteria": testable, "waiting_on": gathered.silent}
    given = {"stakeholders": stakeholders}
    kept = keep(by, ArtifactKind.REQUIREMENTS, defined.name, given=given, found=found, feature=defined.ref)
    said = f"{len(gathered.answers)} of {len(gathered.answers) + len(gathered.silent)} have answered"
    charter = charter_of(by)
    silent = (
        f"; it waits for {' and '.join(f'the {charter.title(role)}' for role in gathered.silent)}"
        if gathered.silent
        else ""
    )
    return RequirementsAnswer(
        acted_as=by.name,
        say=f"{kept.ref} holds the requirements of {quoted(defined.name)}: {said}{silent}.",
        ref=kept.ref,
        requirements_doc=document,
        acceptance_criteria=testable,
        waiting_on=gathered.silent,
        basis={
            "method": "answers in the feature's thread, read as Given, When, Then (North 2006)",
            "asked_now": gathered.asked_now,
            "thread_id": requirements.thread_of(defined),
            "problems": problems,
            "missing": [_lacks(role, gathered, defined) for role in gathered.silent],
            "not_used": _not_used(gathered.left_out, len(tried) - len(testable)),
        },
    )


def _lacks(role: str, gathered: Gathered, feature: Artifact) -> str:
    if role not in gathered.wordless:
        return f"an answer of the {role}"
    call = f"send_message {{to: {role}, subject: …, content: …, thread_id: {requirements.thread_of(feature)}}}"
    return f"an answer of the {role}, which acknowledged {gathered.wordless[role]} without a word: {call} asks again"


def _not_used(answers: int, criteria: int) -> list[str]:
    left = {f"{answers} older answers": answers, f"{criteria} more criteria, after the first {MOST_CRITERIA}": criteria}
    return [says for says, count in left.items() if count]


def _document(feature: Artifact, answers: Mapping[str, Sequence[Said]], silent: Sequence[str]) -> str:
    """What is asked of a feature, as Markdown: its stories, then each role's words, fenced."""
    lines = [f"# Requirements: {_line(feature.name)} ({feature.ref})", ""]
    lines += [f"- {each['id']}: {_line(each['story'])}" for each in feature.content["found"]["requirements"]]
    for role, rows in answers.items():
        lines += ["", f"## {role}"]
        for row in rows:
            lines += ["", f"{row.ref}, {row.at:%Y-%m-%d}:", *(f"> {line}" for line in _said(row))]
    if silent:
        lines += ["", f"Not answered yet: {', '.join(silent)}."]
    return "\n".join(lines)


def _line(text: str) -> str:
    """On one line, so that it begins nothing of its own."""
    return " ".join(text.split())


def _said(row: Said) -> list[str]:
    said = "\n".join(texts_of(row.content))
    cut = [f"… (recall {{id: {row.ref}}} tells all of it)"] if len(said) > LONGEST_ANSWER else []
    return [*said[:LONGEST_ANSWER].splitlines(), *cut]
