"""What people see and do, as it is sent (flows, questionnaires) and as it is told (screens, violations, tasks)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from agents.inputs import MOST_ITEMS, Note, Whole, listed
from agents.roles.making import MadeAnswer
from agents.shapes import Names, Shape

LONGEST_NAME = 255


def _step(value: Any) -> Any:
    """A screen, or an action that leads from one to another."""
    texts = value if isinstance(value, list) and len(value) == 3 else [value]
    if all(isinstance(each, str) and len(each) <= LONGEST_NAME for each in texts):
        return [each.strip() for each in texts] if isinstance(value, list) else value.strip()
    raise ValueError(f"must be a screen, or [screen, action, screen], each at most {LONGEST_NAME} characters.")


def _flow(value: Any) -> Any:
    """A lone [screen, action, screen] is a flow of that step."""
    return {"steps": [value]} if isinstance(value, list) else value


def _flows(value: Any) -> Any:
    """A lone flow, or its only step, counts as a list of one."""
    lone = isinstance(value, list) and len(value) == 3 and all(isinstance(each, str) for each in value)
    return [value] if lone else listed(value)


def _respondents(value: Any) -> Any:
    """The answers of a single respondent count as those of a list of one."""
    return [value] if isinstance(value, list) and value and not isinstance(value[0], list) else listed(value)


class Flow(Shape):
    """A way through screens in their order, and the requirements it serves."""

    name: Note = ""
    steps: Annotated[
        list[Annotated[Any, BeforeValidator(_step)]], BeforeValidator(listed), Field(max_length=MOST_ITEMS)
    ] = []
    requirements: Names = []


Flows = Annotated[
    list[Annotated[Flow, BeforeValidator(_flow)]],
    BeforeValidator(_flows),
    Field(max_length=MOST_ITEMS),
    WithJsonSchema({"type": "array", "items": {"type": ["object", "array"]}}),
]
Responses = Annotated[
    list[list[Whole]],
    BeforeValidator(_respondents),
    Field(max_length=MOST_ITEMS),
    WithJsonSchema({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
]


class InterfaceScreen(BaseModel):
    """A screen, and what it lacks."""

    name: str
    states: list[str]
    final: bool | None
    missing_states: list[str] = Field(description="Each with the word that calls for it.")


class Component(BaseModel):
    """A control by its action, or a state, with the screens it is on."""

    name: str
    kind: Literal["control", "state"]
    screens: list[str]


class Violation(BaseModel):
    """What fails a success criterion of WCAG 2.2."""

    criterion: str
    level: Literal["A", "AA", "AAA"]
    rule: str
    where: str
    why: str
    mend: str


class TaskSuccess(BaseModel):
    """How users fared at a task; rates are shares of 1."""

    task: str
    attempts: int
    successes: int
    rate: float
    estimate: float = Field(description="The rate to expect of all users (Laplace).")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float
    seconds: float | None = Field(description="Geometric mean of successful attempts.")
    median: float | None


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
    findings: list[str]


class AccessibilityAnswer(MadeAnswer):
    """What of a page and its colours fails WCAG."""

    level: Literal["AAA", "AA", "A", "none"] = Field(description="The highest with no violation in what was checked.")
    score: float = Field(description="0 to 100; basis.method says how.")
    violations: list[Violation] = Field(description="At most 20 of a rule and 100 in all; basis.numbers counts all.")


class UsabilityAnswer(MadeAnswer):
    """What a usability test says."""

    sus_score: float | None = Field(description="0 to 100; 68 is average.")
    sus_grade: str | None = Field(description="A+ to F on the curved scale.")
    task_success: float | None = Field(description="Share of attempts that succeeded, 0 to 1.")
    task_estimate: float | None = Field(description="The share to expect of all users (Laplace), 0 to 1.")
    task_interval: list[float] | None = Field(description="Its 95 % interval.")
    tasks: list[TaskSuccess]
    findings: list[str]
