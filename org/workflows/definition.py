"""The grammar of workflows: frozen, typed, versioned data that reads like the plan it is.

A step begins when every step it comes `after` is over, unless its `when` does not hold: then it is skipped, and so is
what comes after skipped steps alone. Steps that come after the same one run side by side; one that comes after several
joins them. `Return`, the one way back, and `End` are gates: where their `when` does not hold, the run passes. What a
step gives is named `step.field`, what the run was started with `input.field`: whole by `Ref`, in a text by braces.

Where a run ends before its time, what its steps did is taken back as they say by `undo`, the last one first: each in
its own words, after the pattern of Garcia-Molina and Salem, "Sagas" (1987).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from org.enums import Urgency
from org.workflows.fields import Choice, Fields, Flag, Number, Text
from org.workflows.recorded import Decided, told
from org.workflows.references import Is, Ref, Value


@dataclass(frozen=True, kw_only=True)
class Step:
    """What every step has. `title` is what people read of it.

    `undo` takes back what the step did, where the run is undone. `vital`: where the step fails for good, the run is
    undone at once; where not, a person says how it goes on.
    """

    key: str
    title: str
    after: tuple[str, ...] = ()
    when: Is | None = None
    undo: Step | None = None
    vital: bool = False

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
        return {**self.results, **told(self.results)}

    def values(self) -> Iterator[Value]:
        yield self.asks
        yield from (Ref(name) for each in self.results.values() for name in each.refers_to)
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
class Settled(Step):
    """Waits until a decision that a role asked for is settled, by whomever the charter has decide it."""

    of: Ref

    @property
    def gives(self) -> Fields:
        return decided("")

    def values(self) -> Iterator[Value]:
        yield self.of


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
    """Ends the run before its other steps where `when` holds, and says how it ended. `undoes`: what was done until then
    is taken back first.
    """

    says: str
    undoes: bool = False

    def values(self) -> Iterator[Value]:
        yield self.says


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow's version. A run keeps the one it began with; what changes is a new version beside the old.

    `starters`: the roles that may start it where the charter says nothing else. `once_for`: the input of which no two
    runs are open at once.
    """

    name: str
    version: int
    title: str
    purpose: str
    starters: tuple[str, ...]
    inputs: Fields
    steps: tuple[Step, ...]
    once_for: str = ""

    def step(self, key: str) -> Step:
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[str, Step]:
        return {step.key: step for step in (*self.steps, *self.undoing)}

    @property
    def undoing(self) -> tuple[Step, ...]:
        """The steps that take back what others did."""
        return tuple(step.undo for step in self.steps if step.undo)

    def before(self, key: str) -> set[str]:
        """The steps that are over when this one begins."""
        if key not in self._befores:
            found: set[str] = set()
            waiting = [key]
            while waiting:
                for each in self._by_key[waiting.pop()].after:
                    if each not in found and each in self._by_key:
                        found.add(each)
                        waiting.append(each)
            self._befores[key] = found
        return set(self._befores[key])

    @cached_property
    def _befores(self) -> dict[str, set[str]]:
        return {}

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
