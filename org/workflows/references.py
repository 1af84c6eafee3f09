"""How the steps of a workflow refer to what came before them, and what stands there once it is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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

    def __str__(self) -> str:
        name = self.name.replace("_", " ")
        if isinstance(self.value, bool):
            return f"{name.replace('.', ' is ' if self.value is not self.no else ' is not ')}"
        return f"{name} is {'not ' if self.no else ''}{'empty' if self.value is None else words(self.value)}"


Value = Any  # plain JSON, in which a `Ref` stands for what it names and `{step.field}` in a text for its words


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
