"""What people have stopped: which roles are suspended, whether spending is frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from org import locking
from org.enums import StopKind
from org.models import Stop

_READ = """
    SELECT m.username, s.stopped_at, s.reason FROM stops s JOIN members m ON m.id = s.person_id
    WHERE s.kind = %s AND s.role = %s AND s.lifted_at IS NULL
"""


@dataclass(frozen=True)
class Standing:
    """A stop that stands: which member made it (the user name), since when, why."""

    member: str
    since: datetime
    reason: str

    @classmethod
    def of(cls, stop: Stop) -> Standing:
        return cls(stop.person.get_username() if stop.person else "", stop.stopped_at, stop.reason)

    @property
    def told(self) -> str:
        return f"by {self.member} since {self.since:%Y-%m-%d %H:%M} UTC: {self.reason}"


def pass_gate(kind: StopKind, role: str = "") -> Standing | None:
    """Go through a gate with others, so that nobody closes it before the transaction ends; what stands in it."""
    return _read("SELECT * FROM pass_gate(%s)", [locking.gate(kind, role)])


def suspension(role: str) -> Standing | None:
    """The suspension of a role, as it is read now."""
    return _read(_READ, [StopKind.ROLE, role])


def freeze() -> Standing | None:
    """The freeze of spending, as it is read now."""
    return _read(_READ, [StopKind.SPENDING, ""])


def told(frozen: str | None) -> Standing | None:
    """The freeze that `standing_sums` tells of, as JSON: who, since when, why."""
    if not frozen:
        return None
    member, since, reason = json.loads(frozen)
    return Standing(member, datetime.fromisoformat(since), reason)


def _read(statement: str, values: list[str]) -> Standing | None:
    with connection.cursor() as cursor:  # read in each deed: plain SQL takes half the time of the ORM
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return Standing(*row) if row else None


def says_suspended(title: str, stop: Standing) -> str:
    return f"The {title} is suspended {stop.told.rstrip('.')}."


def says_frozen(stop: Standing) -> str:
    return f"Spending is frozen {stop.told.rstrip('.')}."


def says_only_the_board(freeze: Standing) -> str:
    """Why no role approves an amount, as it is judged by."""
    return f"{says_frozen(freeze)} Only the board approves an amount."
