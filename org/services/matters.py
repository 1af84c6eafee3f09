"""A decision in the hands of a deed: its sums locked, its row locked, its ruling and content as they are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import rfc8785

from org import locking, money
from org.actors import Actor
from org.authority import Ruling, Standing
from org.charter import Charter
from org.enums import LockClass, MessageType, Urgency
from org.errors import Refused
from org.models import Decision
from org.services.budgets import LEDGER_LOCK
from org.services.messages import Letter


def hold(charter: Charter, decision_type: str, key: str, amount: Decimal | None, line: Sequence[str]) -> None:
    """The sums a money decision is judged by; a decision without an amount has none."""
    if amount is None:
        return
    keys = [(LockClass.INITIATIVE, key), *((LockClass.ROLE_WINDOW, role) for role in line)]
    if charter.kind(decision_type).approves_budget:
        keys.append(LEDGER_LOCK)
    locking.hold(keys)


def locked(seen: Decision) -> Decision:
    """The decision read earlier, as it is now, locked. Its sums are locked before it."""
    return Decision.objects.select_for_update().get(pk=seen.pk)


def require_unsettled(matter: Decision) -> None:
    if matter.is_settled:
        raise Refused(
            "already_settled",
            f"{matter.ref} is {matter.status} since {matter.completed_at:%Y-%m-%d %H:%M} UTC and settles only once.",
        )


def content_hash(decision: Decision) -> str:
    """SHA-256 of what never changes about a decision, as canonical JSON."""
    return hashlib.sha256(
        rfc8785.dumps(
            {
                "type": decision.decision_type,
                "initiator": decision.initiator_role,
                "title": decision.title,
                "context": decision.context,
                "amount_usd": money.number(decision.amount_usd),
                "initiative": decision.initiative,
                "confidence": decision.confidence,
                "confidential": decision.confidential,
                "charter_version": decision.charter_version_id,
                "ruling": decision.ruling,
            }
        )
    ).hexdigest()


def ruling_data(ruling: Ruling, standing: Standing) -> dict[str, Any]:
    """A ruling as it is stored: the rule with its numbers, in US dollars."""
    return {
        "rule": str(ruling.rule),
        "says": ruling.says,
        "limit_usd": money.number(ruling.bound.limit_usd),
        "used_usd": money.number(standing.initiative_usd),
        "remaining_usd": money.number(ruling.bound.remaining_usd),
        "window_used_usd": money.number(standing.window(ruling.bound.role)),
        "judged_role": ruling.bound.role,
    }


def request_letter(decision: Decision, to: str, reason: str, urgency: Urgency, by: Actor) -> Letter:
    """The request to decide what was handed up to a role."""
    content = {
        "decision": decision.ref,
        "type": decision.decision_type,
        "title": decision.title,
        "amount_usd": money.number(decision.amount_usd),
        "context": decision.context,
        "reason": reason,
        "answer_with": {"tool": "resolve_decision", "arguments": {"decision_id": decision.ref}},
    }
    return Letter(
        by.name, to, f"Decide {decision.ref}: {decision.title}", content, MessageType.REQUEST, urgency, decision
    )
