"""The open objects that tools take: every key may be left out, and what a method has no use for is kept and named."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from agents.inputs import MOST_ITEMS, Flag, Line, Name, Note, Whole, listed
from agents.methods.quantities import MOST

T = TypeVar("T")
OBJECTS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
NAMED: dict[str, Any] = {"type": "array", "items": {"type": ["object", "string"]}}


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("must be a number, like 8 or 2.5.")
    return float(value)


Number = Annotated[float, BeforeValidator(_number)]
Names = Annotated[list[Name], BeforeValidator(listed), Field(max_length=MOST_ITEMS)]
Environments = Annotated[list[Line], BeforeValidator(listed), Field(min_length=1, max_length=20)]


class Shape(BaseModel):
    """An object of a known kind. A plain text stands for one that says only what it is called."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _called(cls, value: Any) -> Any:
        return {next(iter(cls.model_fields)): value} if isinstance(value, str) else value

    def to(self, kind: type[T], **more: Any) -> T:
        """The same as a method takes it: what both have. What is not said stays that method's default."""
        known = [each.name for each in dataclasses.fields(kind)]  # type: ignore[arg-type]
        shared = [name for name in known if name in type(self).model_fields]
        said = {name: getattr(self, name) for name in shared if getattr(self, name) is not None}
        return kind(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}, **more
        )

    @property
    def said(self) -> dict[str, Any]:
        """All that was sent, as it is kept."""
        return self.model_dump(exclude_unset=True)

    @property
    def unused(self) -> list[str]:
        """The keys that no method reads."""
        return sorted(self.model_extra or ())


def not_used(field: str, shapes: Iterable[Shape]) -> list[str]:
    """What was sent and not used, as `items.colour`, each key once."""
    return [f"{field}.{key}" for key in sorted({key for shape in shapes for key in shape.unused})]


class Item(Shape):
    """An item of a backlog."""

    id: Line
    title: Note = ""
    value: Number | None = None
    time_criticality: Number | None = None
    risk_reduction: Number | None = None
    effort: Number | None = None
    reach: Number | None = None
    impact: Number | None = None
    confidence: Number | None = None
    depends_on: Names = []


class Planned(Shape):
    """A feature of a release, in hours."""

    feature: Line
    effort: Number | None = None
    depends_on: Names = []


class Bounds(Shape):
    """What a backlog has to keep to."""

    capacity: Number | None = None
    must_include: Names = []
    exclude: Names = []


class Task(Shape):
    """A task of a plan."""

    id: Line
    title: Note = ""
    optimistic_hours: Number | None = None
    likely_hours: Number | None = None
    pessimistic_hours: Number | None = None
    depends_on: Names = []
    owner: Name | None = None


class Part(Shape):
    """A component of a design."""

    name: Line
    kind: Note = ""
    owner: Name | None = None
    depends_on: Names = []
    user_facing: Flag | None = None
    replicas: Whole | None = None
    stores_data: Flag | None = None
    backup: Any = None
    timeout_seconds: Number | None = None
    requirements: Names = []


class Metrics(Shape):
    """What was measured of a codebase."""

    lines_of_code: Number | None = None
    test_coverage_percent: Number | None = None
    duplication_percent: Number | None = None
    cyclomatic_complexity_mean: Number | None = None
    complex_functions: Number | None = None
    outdated_dependencies: Number | None = None
    vulnerable_dependencies: Number | None = None
    todo_count: Number | None = None
    documentation_percent: Number | None = None
    build_minutes: Number | None = None


class Objective(Shape):
    """What a service is to reach."""

    target_percent: Number | None = None
    window_days: Number | None = None


class Measurement(Shape):
    """Events of a service over a time."""

    good: Number | None = None
    total: Number | None = None
    window_hours: Number | None = None


class Workload(Shape):
    """What comes to a group of servers, and what it is to be served in."""

    arrivals_per_hour: Number | None = None
    service_minutes: Number | None = None
    servers: Whole | None = None
    target_wait_minutes: Number | None = None


class Claim(Shape):
    """What somebody says for or against something, and where it is from."""

    claim: Note
    supports: Flag | None = None
    weight: Number | None = None
    source: Note = ""


class ScreenShape(Shape):
    """A screen, with what it can look like."""

    name: Line
    states: Names = []
    final: Flag | None = None


class Colours(Shape):
    """A text's colours and size."""

    foreground: Name
    background: Name
    size_px: Number | None = None
    bold: Flag | None = None


class Attempt(Shape):
    """One user's try at a task."""

    task: Line
    succeeded: Flag
    seconds: Number | None = None


class Risk(Shape):
    """What may go wrong, 1 to 5 by likelihood and by impact."""

    area: Line
    likelihood: Whole | None = None
    impact: Whole | None = None


def _design(value: Any) -> Any:
    """A design that is text only has that as its notes."""
    return {"notes": value} if isinstance(value, str) else value


class Design(Shape):
    """A design: its components, and whatever is said of them."""

    components: Annotated[list[Part], BeforeValidator(listed), Field(max_length=MOST_ITEMS)] = []
    data_flow: Any = None
    notes: Any = None


Items = Annotated[list[Item], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Placed = Annotated[list[Planned], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(NAMED)]
Tasks = Annotated[list[Task], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Parts = Annotated[list[Part], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Claims = Annotated[list[Claim], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Screens = Annotated[list[ScreenShape], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
ColourPairs = Annotated[list[Colours], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Attempts = Annotated[list[Attempt], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Risks = Annotated[list[Risk], BeforeValidator(listed), Field(max_length=MOST_ITEMS), WithJsonSchema(OBJECTS)]
Limits = Annotated[Bounds, WithJsonSchema({"type": "object"})]
DesignShape = Annotated[Design, BeforeValidator(_design), WithJsonSchema({"type": ["object", "string"]})]
CodebaseMetrics = Annotated[Metrics, WithJsonSchema({"type": "object"})]
Objectives = Annotated[dict[Name, Objective], Field(max_length=MOST_ITEMS), WithJsonSchema({"type": "object"})]
Workloads = Annotated[dict[Name, Workload], Field(max_length=MOST_ITEMS), WithJsonSchema({"type": "object"})]


def plain_numbers(value: Any) -> Any:
    """Numbers rounded to what people read: three decimals, whole ones without any."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 3)
    if isinstance(value, Mapping):
        return {key: plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_numbers(item) for item in value]
    return value


def readable(share: float | None, times: float = 1) -> float | None:
    """A number times this (100: as percent), in six decimals; None where there is none, or none that people read."""
    value = None if share is None else share * times
    return None if value is None or abs(value) > MOST else float(round(value, 6))
