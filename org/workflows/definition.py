"""The grammar of workflows: frozen, typed, versioned data that reads like the plan it is.

A step begins when every step it comes `after` is over, unless its `when` does not hold: then it is skipped, and so is
what comes after skipped steps alone. Steps that come after the same one run side by side; one that comes after several
joins them. `Return`, the one way back, and `End` are gates: where their `when` does not hold, the run passes. What a
step gives is named `step.field`, what the run was started with `input.field`: whole by `Ref`, in a text by braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from org.enums import Urgency
from org.workflows.fields import Choice, Decided, Fields, Flag, Number, Text

NAMED = re.compile(r"\{([a-z_]+\.[a-z_]+)\}")
INPUT = "input"


@dataclass(frozen=True)
class Ref:
    """What a step before gave, or the run was started with: `Ref("design.components")`."""

    name: str

    @property
    def step(self) -> str:
        return self.name.partition(".")[0]

    @property
    def field(self) -> str:
        return self.name.partition(".")[2]


@dataclass(frozen=True)
class Is:
    """Holds where what `name` refers to is this value; with `no`, where it is not."""

    name: str
    value: Any
    no: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(self.name)


Value = Any  # plain JSON, in which a `Ref` stands for what it names and `{step.field}` in a text for its words


@dataclass(frozen=True, kw_only=True)
class Step:
    """What every step has. `title` is what people read of it."""

    key: str
    title: str
    after: tuple[str, ...] = ()
    when: Is | None = None

    @property
    def kind(self) -> str:
        return type(self).__name__.lower()

    @property
    def gives(self) -> Fields:
        return {}

    def values(self) -> Iterator[Value]:
        """The parts that may refer to others."""
        yield from ()


@dataclass(frozen=True, kw_only=True)
class Compute(Step):
    """A role's tool that only computes, run by a worker on the role's queue. It never decides for the role."""

    role: str
    tool: str
    arguments: Mapping[str, Value]
    results: Fields = field(default_factory=dict)

    @property
    def gives(self) -> Fields:
        return self.results

    def values(self) -> Iterator[Value]:
        yield self.arguments


@dataclass(frozen=True)
class Draft:
    """A tool that computes a draft of a work's result when the work opens. It is shown, and never submitted."""

    tool: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Work(Step):
    """Work for a role's agent, which claims it, does it by its own calls, and submits what `results` asks for.

    After `hours` it goes to the role's manager, then to the board; it is never done for the agent.
    """

    role: str
    asks: str
    results: Fields
    uses: tuple[str, ...] = ()  # tools the agent is told of
    draft: Draft | None = None
    hours: float = 8.0

    @property
    def gives(self) -> Fields:
        return self.results

    def values(self) -> Iterator[Value]:
        yield self.asks
        if self.draft:
            yield self.draft.arguments


@dataclass(frozen=True, kw_only=True)
class Vote(Step):
    """A decision put to the charter's electorate, by whoever started the run. Its end is the step's end."""

    type: str
    asks: str  # the decision's title
    context: Value
    amount_usd: Ref | None = None
    participants: tuple[str, ...] = ()
    urgency: Urgency = Urgency.NORMAL

    @property
    def gives(self) -> Fields:
        return decided(self.type)

    def values(self) -> Iterator[Value]:
        yield from (self.asks, self.context, self.amount_usd)


@dataclass(frozen=True, kw_only=True)
class Approval(Step):
    """A decision put before the board, by whoever started the run. Its end is the step's end."""

    type: str
    asks: str
    context: Value
    amount_usd: Ref | None = None
    urgency: Urgency = Urgency.NORMAL

    @property
    def gives(self) -> Fields:
        return decided(self.type)

    def values(self) -> Iterator[Value]:
        yield from (self.asks, self.context, self.amount_usd)


@dataclass(frozen=True, kw_only=True)
class Notice(Step):
    """A message of the run to a role, the leadership or all. With `ack_hours` the step ends when a role it went to has
    acknowledged it, and is raised to the manager when that time is over.
    """

    to: str
    subject: str
    content: Value
    priority: Urgency = Urgency.NORMAL
    ack_hours: float | None = None

    @property
    def gives(self) -> Fields:
        return {"message": Text(says="The message's ref.")}

    def values(self) -> Iterator[Value]:
        yield from (self.subject, self.content)


@dataclass(frozen=True, kw_only=True)
class Timer(Step):
    """Waits so many hours."""

    hours: float


@dataclass(frozen=True, kw_only=True)
class Return(Step):
    """Goes back to step `to` while `when` holds, at most `times`; then the run waits for a person."""

    to: str
    times: int

    @property
    def gives(self) -> Fields:
        return {"rounds": Number(says="How often it went back.")}


@dataclass(frozen=True, kw_only=True)
class End(Step):
    """Ends the run before its other steps where `when` holds, and says how it ended."""

    says: str

    def values(self) -> Iterator[Value]:
        yield self.says


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow's version. A run keeps the one it began with; what changes is a new version beside the old.

    `starters`: the roles that may start it where the charter says nothing else.
    """

    name: str
    version: int
    title: str
    purpose: str
    starters: tuple[str, ...]
    inputs: Fields
    steps: tuple[Step, ...]

    def step(self, key: str) -> Step:
        return self._by_key()[key]

    def _by_key(self) -> dict[str, Step]:
        return {step.key: step for step in self.steps}

    def before(self, key: str) -> set[str]:
        """The steps that are over when this one begins."""
        found: set[str] = set()
        by_key = self._by_key()
        waiting = [key]
        while waiting:
            for each in by_key[waiting.pop()].after:
                if each not in found and each in by_key:
                    found.add(each)
                    waiting.append(each)
        return found

    def between(self, first: str, last: str) -> tuple[str, ...]:
        """The steps that a way back from `last` to `first` does again, both with them."""
        again = {step.key for step in self.steps if first in self.before(step.key)} | {first}
        ahead = {step.key for step in self.steps if last in self.before(step.key)}
        return tuple(step.key for step in self.steps if step.key in again - ahead)


def decided(type: str) -> dict[str, Any]:
    """What a step that asks for a decision gives."""
    return {
        "decision": Decided(says="The decision's ref.", type=type, approved=False),
        "approved": Flag(says="Whether it was approved."),
        "status": Choice(says="How it ended.", words=("approved", "rejected", "withdrawn", "expired")),
    }


def refs_in(value: Value) -> Iterator[Ref]:
    """All that a value refers to, in its order."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, str):
        yield from (Ref(name) for name in NAMED.findall(value))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from refs_in(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from refs_in(part)


def filled(value: Value, known: Mapping[str, Mapping[str, Any]]) -> Any:
    """The value with all that it refers to in its place. What a skipped step would have given is null, a text's `-`."""
    if isinstance(value, Ref):
        return known.get(value.step, {}).get(value.field)
    if isinstance(value, str):
        return NAMED.sub(lambda found: words(filled(Ref(found[1]), known)), value)
    if isinstance(value, Mapping):
        return {name: filled(part, known) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [filled(part, known) for part in value]
    return value


def holds(condition: Is | None, known: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a step's `when` holds by what is known."""
    return condition is None or (filled(condition.ref, known) == condition.value) is not condition.no


def words(value: Any) -> str:
    """A value as a sentence holds it."""
    match value:
        case None:
            return "-"
        case list():
            return "; ".join(words(each) for each in value)
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return f"{value:,.0f}"
        case _:
            return str(value)
