"""What can go wrong in the organisation.

Each tells the rule, what was done, and the next step. What raises InvalidInput or Refused was undone, so that both say
"Nothing was done." by themselves, once.

OrgError
├── InvalidInput        the caller sent something unusable
│   ├── NotFound        no such record; names the nearest ones
│   └── KeyConflict     an idempotency key that already stands for other arguments
├── Refused             a rule says no: a normal answer, not a fault
├── Unavailable         a server Echo needs is away, and nothing was done
└── Uncertain           a server Echo needs went away, and whether anything was done is not known
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from org import names

NOTHING_DONE = "Nothing was done."
FEW = 3  # known names that are the nearest ones already
LONGEST_FIELD = 200  # characters; one that a caller made up can be as long as a call


def shortened(field: str) -> str:
    """The name of a field, as an error tells it."""
    return field if len(field) <= LONGEST_FIELD else f"{field[:LONGEST_FIELD]}…"


class OrgError(Exception):
    """The organisation could not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InvalidInput(OrgError):
    """The input is unusable. `told` is the text without the name of the field."""

    def __init__(self, field: str, rule: str, next_step: str = "") -> None:
        self.field, self.rule = shortened(field), rule
        self.told = _told(rule, next_step or "Mend it and call again.")
        super().__init__(f"{self.field}: {self.told}")


class NotFound(InvalidInput):
    """No such record. Names the nearest ones."""

    def __init__(self, field: str, value: str, known: Sequence[str] = (), next_step: str = "") -> None:
        near = names.meant(value, known) if len(known) > FEW else ""
        nearest = f"{near} Known: {', '.join(known)}." if known else ""
        super().__init__(field, f"nothing is called {value[:80]!r}.{nearest}", next_step)


class KeyConflict(InvalidInput):
    """This idempotency key already stands for other arguments. Use a new key for a new request."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            "idempotency_key",
            f"it already stands for other arguments ({ref}).",
            "Send a new key for a new request, or the same arguments to see the first answer.",
        )


class Refused(OrgError):
    """A rule says no: `says` is why, in one sentence, and `facts` its numbers."""

    def __init__(self, rule: str, says: str, next_step: str, **facts: Any) -> None:
        self.rule, self.says = rule, says
        self.facts: Mapping[str, Any] = facts
        super().__init__(_told(says, next_step))


class Unavailable(OrgError):
    """A server Echo needs is away; nothing was done. Call again in a moment."""


class Uncertain(OrgError):
    """Whether anything was done is not known. When Echo is back, wait_for or brief_me tells."""


def _told(says: str, next_step: str) -> str:
    return f"{says} {next_step}" if NOTHING_DONE in next_step else f"{says} {NOTHING_DONE} {next_step}"
