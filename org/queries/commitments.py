"""What is committed of a department's allocation: hires for a year, vendor contracts for their whole term."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from org.enums import Status
from org.legible import quoted
from org.models import Decision
from org.money import ZERO, number, show


class Commitments(NamedTuple):
    """A department's figures, in US dollars. `committed_usd`: approved and not revoked, by anyone."""

    department: str
    allocated_usd: Decimal
    committed_usd: Decimal

    @property
    def remaining_usd(self) -> Decimal:
        """What may still be committed; below zero where more is committed than was allocated."""
        return self.allocated_usd - self.committed_usd

    @property
    def says(self) -> str:
        left = self.remaining_usd
        rest = f"{show(left)} is left to commit" if left >= ZERO else f"that is {show(-left)} more than there is"
        return (
            f"{quoted(self.department)} has been allocated {show(self.allocated_usd)}; "
            f"{show(self.committed_usd)} of that is committed, and {rest}."
        )

    def over_usd(self, amount_usd: Decimal) -> Decimal:
        """By how much `amount_usd` more would be over the allocation; zero where it fits."""
        return max(ZERO, amount_usd - self.remaining_usd)

    def warning(self, amount_usd: Decimal) -> str | None:
        """What to say where `amount_usd` more is over the allocation."""
        over = self.over_usd(amount_usd)
        if not over:
            return None
        return f"This is {show(over)} over what {quoted(self.department)} has been allocated."

    def with_more(self, amount_usd: Decimal) -> dict[str, Any]:
        """What committing `amount_usd` more comes to, as plain JSON."""
        return {
            "department": self.department,
            "allocated_usd": number(self.allocated_usd),
            "committed_before_usd": number(self.committed_usd),
            "remaining_usd": number(self.remaining_usd - amount_usd),
            "warning": self.warning(amount_usd),
        }


def of(department_key: str) -> Commitments:
    """Exact only while the caller holds the lock of the department (`sums.hold`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT allocated_usd, committed_usd FROM commitment_figures(%s)", [department_key])
        return Commitments(department_key, *cursor.fetchone())


def told(decision: Decision) -> dict[str, Any] | None:
    """What a decision commits, as it was judged, or, undecided, as it would be now; None where it commits nothing."""
    if not counts(decision) or not decision.department_key:
        return None
    if decision.is_settled:
        return (decision.outcome or {}).get("commitment")
    return of(decision.department_key).with_more(decision.amount_usd or ZERO)


def still_to_add_usd(decision: Decision) -> Decimal:
    """What an approval would add to what is committed; zero where it is added already, or never will be."""
    return ZERO if decision.is_settled else decision.amount_usd or ZERO


def counts(decision: Decision) -> bool:
    """Whether a decision is committed, or may be once it is decided."""
    return not decision.is_settled or (decision.status == Status.APPROVED and decision.revoked_at is None)
