"""Who does a deed, and because of what. Every deed has exactly one cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from org.enums import BOARD, SYSTEM

if TYPE_CHECKING:
    from org.models import Call, Member


@dataclass(frozen=True)
class Actor:
    """A role acting through a call, a person through the web pages, or Echo's clock.

    `name` is the role, `board` or `system`: the word records carry as their author.
    """

    name: str
    call: Call | None = None
    person: Member | None = None
    timer: str = ""

    @classmethod
    def role(cls, call: Call) -> Actor:
        return cls(call.role, call=call)

    @classmethod
    def member(cls, person: Member) -> Actor:
        return cls(BOARD, person=person)

    @classmethod
    def clockwork(cls, timer: str) -> Actor:
        """The sweeper acting on a deadline called `timer`."""
        return cls(SYSTEM, timer=timer)

    @property
    def cause(self) -> dict[str, Any]:
        """The columns of `Deed` that say why a row exists."""
        return {"call": self.call, "person": self.person, "timer": self.timer or None}

    @property
    def label(self) -> str:
        """How the audit names the actor: a role, or a person by user name."""
        return f"person:{self.person.get_username()}" if self.person else self.name
