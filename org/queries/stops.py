"""What people have stopped: which roles are suspended, whether spending is frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from org.enums import StopKind
from org.models import Stop


@dataclass(frozen=True)
class Standing:
    """A stop that stands: which member made it (the user name), since when, why."""

    member: str
    since: datetime
    reason: str

    @property
    def told(self) -> str:
        return f"by {self.member} since {self.since:%Y-%m-%d %H:%M} UTC: {self.reason}"


def suspension(role: str) -> Standing | None:
    """The suspension of a role; exact while the caller shares the role's gate (`org.locking.share`)."""
    return _standing(StopKind.ROLE, role)


def freeze() -> Standing | None:
    """The freeze of spending; exact while the caller shares the gate of spending."""
    return _standing(StopKind.SPENDING, "")


def _standing(kind: StopKind, role: str) -> Standing | None:
    found = Stop.objects.filter(kind=kind, role=role, lifted_at__isnull=True)
    row = found.values_list("person__username", "stopped_at", "reason").first()
    return Standing(*row) if row else None


def says_suspended(title: str, stop: Standing) -> str:
    return f"The {title} is suspended {stop.told.rstrip('.')}."


def says_frozen(stop: Standing) -> str:
    return f"Spending is frozen {stop.told.rstrip('.')}."
