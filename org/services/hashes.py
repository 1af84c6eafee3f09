"""What cannot change unnoticed, as SHA-256 of canonical JSON."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import rfc8785

from org import money
from org.models import Decision


def content_hash(decision: Decision) -> str:
    """What never changes about a decision."""
    return _sha256(
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
            **({"department": decision.department_key} if decision.department_key else {}),
        }
    )


def shown_hash(decision: Decision, ruling: dict[str, Any], initiative_usd: Decimal) -> str:
    """What a member is shown and answers: the decision's content, the rule and limit, the initiative's total."""
    return _sha256(
        {"decision": decision.content_hash, "ruling": ruling, "initiative_usd": money.number(initiative_usd)}
    )


def _sha256(value: dict[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()
