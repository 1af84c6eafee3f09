"""Commitments against a department's allocation, judged under its lock when they are approved.

Where the charter says `require_budget` no role approves what is over; the board may, and is warned on its page.
"""

from __future__ import annotations

from typing import Any

from org.charter import Charter, TypeRow
from org.enums import BOARD
from org.errors import InvalidInput, Refused
from org.legible import quoted
from org.models import Decision
from org.money import ZERO, number, show
from org.queries import commitments
from org.services import budgets


def department_key(kind: TypeRow, department: str) -> str:
    """The department a decision of this type binds, as it is kept; empty where none was named and none must be.

    Raises InvalidInput for one that the type has no use for, or needs and was not told.
    """
    if department:
        if not kind.is_commitment:
            raise InvalidInput("department", f"{kind.name} is no commitment of a department.", "Leave it out.")
        return budgets.department_key(department)
    if kind.require_budget:
        raise InvalidInput(
            "department",
            f"the charter judges {kind.name} by what its department has been allocated.",
            "Say whose budget it is.",
        )
    return ""


def judge(charter: Charter, decision: Decision, decided_by: str) -> dict[str, Any] | None:
    """What an approval commits, as plain JSON, in US dollars; None where it binds no department.

    The caller holds the department's lock. Raises Refused where the charter requires budget that is not there.
    """
    required = charter.kind(decision.decision_type).require_budget and decided_by != BOARD
    if decision.amount_usd is None:
        return None
    if not decision.department_key:
        if required:
            raise Refused(
                "no_department",
                f"The charter judges {decision.decision_type} by what its department has been allocated, "
                "and this one names none.",
                "Have it proposed anew with a department, or raise it to the board.",
            )
        return None
    amount, now = decision.amount_usd, commitments.of(decision.department_key)
    if required and now.over_usd(amount):
        raise _over_allocation(decision, now)
    return {
        "department": now.department,
        "allocated_usd": number(now.allocated_usd),
        "committed_before_usd": number(now.committed_usd),
        "remaining_usd": number(now.remaining_usd - amount),
        "warning": now.warning(amount),
    }


def _over_allocation(decision: Decision, now: commitments.Commitments) -> Refused:
    amount, left = decision.amount_usd or ZERO, max(ZERO, now.remaining_usd)
    name = quoted(now.department)
    call = f"allocate_budget {{amount: {number(now.over_usd(amount))}, department: {name}, justification: …}}"
    return Refused(
        "over_allocation",
        f"{show(amount)} is more than the {show(left)} left of what {name} has been allocated, "
        f"and the charter requires budget for {decision.decision_type}.",
        f"Ask for at most that, or have the CEO call {call} first.",
        department=now.department,
        allocated_usd=now.allocated_usd,
        committed_usd=now.committed_usd,
        remaining_usd=now.remaining_usd,
        amount_usd=amount,
    )
