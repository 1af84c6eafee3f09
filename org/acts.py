"""A deed in progress, as the services hand it on to each other once they hold their locks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from org.actors import Actor
from org.charter import Charter
from org.clock import Clock
from org.models import CharterVersion


@dataclass(frozen=True)
class Act:
    """One deed in progress: who does it and why, under which charter, at which moment after the locks."""

    by: Actor
    charter: Charter
    now: datetime

    @classmethod
    def begin(cls, by: Actor, clock: Clock) -> Act:
        """For a deed that needed no charter to know its locks. Call it once they are held."""
        return cls(by, charter_of(by), clock())


def charter_of(by: Actor) -> Charter:
    """The charter by which an actor's deed is judged: a call's is read once, anybody else's when it is asked for."""
    return by.call.charter if by.call else CharterVersion.objects.in_force()
