"""What a tool answers that commits a department's money: a hire, a vendor contract."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from agents.roles.answers import Amount, ApprovedAnswer, not_decided
from org.actors import Actor
from org.charter import Charter
from org.errors import Refused
from org.models import Decision
from org.money import ZERO
from org.queries import commitments
from org.services import budgets


class BudgetImpact(BaseModel):
    """A commitment and its department's figures as they are now, in US dollars."""

    total_usd: Amount
    department: str = Field(description="As it is kept, however it is spelled.")
    allocated_usd: Amount
    committed_usd: Amount = Field(description="Approved and not revoked; this one too, once it is approved.")
    remaining_usd: Amount = Field(description="Below 0 where more is committed than was allocated.")
    warning: str | None = Field(description="Where it is, or would be, over the allocation.")
    says: str = Field(default="", description="What is allocated, committed and left, in words.")


class CommitmentAnswer(ApprovedAnswer):
    """A commitment, decided or on its way."""

    budget_impact: BudgetImpact | None = Field(description="Null where no department was named.")

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        fields = super().standing(decision, by, charter)
        return fields | {"budget_impact": _impact(decision)}


def refusal_fields(refusal: Refused, total_usd: Any, department: str, by: Actor) -> dict[str, Any]:
    """The fields of a `CommitmentAnswer` after a rule's no: no decision, and the figures that spoke against it."""
    now = commitments.of(budgets.department_key(department))
    impact = BudgetImpact(
        total_usd=total_usd,
        department=now.department,
        allocated_usd=now.allocated_usd,
        committed_usd=now.committed_usd,
        remaining_usd=now.remaining_usd,
        warning=now.warning(total_usd),
        says=now.says,
    )
    return not_decided(refusal, by) | {"approved": False, "budget_impact": impact}


def _impact(decision: Decision) -> BudgetImpact | None:
    if not decision.department_key:
        return None
    now = commitments.of(decision.department_key)
    warning = now.warning(commitments.still_to_add_usd(decision)) if commitments.counts(decision) else None
    return BudgetImpact(
        total_usd=decision.amount_usd or ZERO,
        department=now.department,
        allocated_usd=now.allocated_usd,
        committed_usd=now.committed_usd,
        remaining_usd=now.remaining_usd,
        warning=warning,
        says=now.says,
    )
