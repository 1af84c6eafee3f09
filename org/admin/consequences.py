"""What each answer of the board leads to, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from org import money
from org.enums import Urgency
from org.models import Decision


@dataclass(frozen=True)
class Matter:
    """What the sentences speak of. `approvals_missing`: how many members must still approve, this one included."""

    decision: Decision
    asker: str
    urgency: Urgency
    deadline: str
    final: str
    known_type: bool
    becomes_budget: bool
    treasury_is_short: bool
    treasury_left_usd: Decimal | None
    approvals_missing: int
    valid_days: int


@dataclass(frozen=True)
class Consequence:
    """What follows; `obstacle` where the answer would be refused as things stand."""

    says: str
    obstacle: str = ""


def of_approving(matter: Matter) -> Consequence:
    if not matter.known_type:
        says = "The charter in force does not know this type as it was asked for; until one does, no approval holds."
        return Consequence("", says)
    if matter.treasury_is_short:
        left = money.show(matter.treasury_left_usd or money.ZERO)
        return Consequence("", f"The treasury has {left} left. Raise it first; until then an approval is refused.")
    if matter.approvals_missing > 1:
        return Consequence("Yours is the first of two approvals; nothing happens until a second member approves too.")
    return Consequence(_effect(matter))


def _effect(matter: Matter) -> str:
    amount, left = matter.decision.amount_usd, matter.treasury_left_usd
    if amount is None:
        return f"The {matter.asker} may go ahead, and is told at once. The approval holds for {matter.valid_days} days."
    if not matter.becomes_budget:
        return f"{money.show(amount)} is committed, and the {matter.asker} is told at once."
    treasury = f" {money.show(left - amount)} stays in the treasury." if left is not None else ""
    return f"{money.show(amount)} becomes budget, and the {matter.asker} is told at once.{treasury}"


def of_asking_for_revision(matter: Matter) -> Consequence:
    return Consequence(f"Nothing is decided. The {matter.asker} gets your note and can send a changed request.")


def of_rejecting(matter: Matter) -> Consequence:
    kept = "No money moves" if matter.decision.amount_usd is not None else "Nothing goes ahead"
    return Consequence(f"Final. {kept}, and the {matter.asker} reads your note.")


def of_silence(matter: Matter) -> str:
    ends = f" It expires undecided on {matter.final}." if matter.final else ""
    return (
        f"It stays open and is marked overdue from {matter.deadline}. Silence never approves and never rejects.{ends}"
    )
