"""What can go wrong in the organisation.

OrgError
├── InvalidInput        the caller sent something unusable; nothing was done
│   ├── NotFound        no such record; names the nearest ones
│   └── KeyConflict     an idempotency key that already stands for other arguments
├── Refused             a rule says no: a normal answer, not a fault
└── Unavailable         a server Echo needs is away
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class OrgError(Exception):
    """The organisation could not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InvalidInput(OrgError):
    """The input is unusable. Mend the field named and call again; nothing was done."""

    def __init__(self, field: str, rule: str, next_step: str = "") -> None:
        self.field, self.rule, self.next_step = field, rule, next_step or "Mend it and call again; nothing was done."
        super().__init__(f"{field}: {rule} {self.next_step}")


class NotFound(InvalidInput):
    """No such record. Use one of those named; nothing was done."""

    def __init__(self, field: str, value: str, known: Sequence[str] = (), next_step: str = "") -> None:
        nearest = f" Known: {', '.join(known)}." if known else ""
        super().__init__(field, f"nothing is called {value[:80]!r}.{nearest}", next_step)


class KeyConflict(InvalidInput):
    """This idempotency key already stands for other arguments. Use a new key for a new request."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            "idempotency_key",
            f"it already stands for other arguments ({ref}).",
            "Send a new key for a new request, or the same arguments to see the first answer; nothing was done.",
        )


class Refused(OrgError):
    """A rule of the charter says no. `facts` carries the rule, its limit and what is left."""

    def __init__(self, rule: str, says: str, **facts: Any) -> None:
        self.rule, self.says = rule, says
        self.facts: Mapping[str, Any] = facts
        super().__init__(says)


class Unavailable(OrgError):
    """A server Echo needs is away; nothing was done. Call again in a moment."""
