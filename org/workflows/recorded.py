"""Fields that name what roles made and decided, by its ref.

What the record says of it is asked where the record is (org/queries/work.py): whether it stands, whether it is about
the same as what `feature`, `name`, `release`, `covers` or `at_most` refer to (`step.field`), and what it `tells`, which
nobody has to say and nobody can say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from org import refs
from org.enums import ArtifactKind
from org.workflows.fields import Fields, Plain


@dataclass(frozen=True, kw_only=True)
class Made:
    """The ref of what a role made (`F-12`), of one kind, and the newest of its name: for the feature or release, or of
    the name, that these refer to. `tells`: by the name of a value, where it stands in the content, as `found.hours`.
    """

    says: str
    kind: ArtifactKind
    feature: str = ""
    name: str = ""
    release: str = ""
    tells: Mapping[str, str] = field(default_factory=dict)
    required: bool = True

    @property
    def refers_to(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.feature, self.name, self.release)))

    def read(self, value: Any) -> str:
        return _ref(value, "F")

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def example(self) -> str:
        return "F-12"


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The ref of a decision (`D-142`) of one type; with `approved`, one whose approval stands (or, where it is the name
    of another field and a value, if that has it), with `settled`, one that is decided either way. It is on the feature
    or release, and for no less than (`covers`) or no more than (`at_most`) the amount, that these refer to. `tells`: by
    the name of a value, one of `approved`, `status`, `amount_usd`.
    """

    says: str
    type: str
    approved: bool | tuple[str, str] = True
    settled: bool = False
    feature: str = ""
    release: str = ""
    covers: str = ""
    at_most: str = ""
    tells: Mapping[str, str] = field(default_factory=dict)
    required: bool = True

    @property
    def refers_to(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.feature, self.release, self.covers, self.at_most)))

    def read(self, value: Any) -> str:
        return _ref(value, "D")

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def example(self) -> str:
        return "D-142"


@dataclass(frozen=True, kw_only=True)
class Told(Plain):
    """What the record tells of another field's ref; nobody sends it."""

    says: str = "As the record says."
    required: bool = False

    def read(self, value: Any) -> Any:
        raise ValueError("stands in the record, and is not sent.")

    def schema(self) -> dict[str, Any]:
        return {}

    def example(self) -> None:
        return None


def told(fields: Fields) -> dict[str, Told]:
    """What the record tells of the refs among these."""
    return {name: Told() for each in fields.values() for name in each.tells}


def _ref(value: Any, letter: str) -> str:
    number = refs.number(value, letter) if isinstance(value, str) else None
    if number is None:
        raise ValueError(f"must be a ref like {letter}-12.")
    return f"{letter}-{number}"
