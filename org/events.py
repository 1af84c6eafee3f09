"""The public channels of the bus and what is said on them."""

from __future__ import annotations

from typing import Any

from org import money
from org.models import Decision, Message

DECISIONS_NEW = "decisions:new"
DECISIONS_VOTE_REQUIRED = "decisions:vote_required"
DECISIONS_COMPLETED = "decisions:completed"
DECISIONS_ESCALATED = "decisions:escalated"
DECISIONS = (DECISIONS_NEW, DECISIONS_VOTE_REQUIRED, DECISIONS_COMPLETED, DECISIONS_ESCALATED)
AGENTS_STATUS = "agents:status"
CHANGES = "echo:changes"  # our own: what to look at again, where nothing above tells of it
CHARTER = "charter"


def messages_channel(address: str) -> str:
    """Where messages to a role, to `leadership` or to `all` are announced."""
    return f"messages:{address}"


def changed(*names: str) -> dict[str, Any]:
    """What is said on `CHANGES`: the names of what is no longer as it was."""
    return {"changed": list(names)}


def name_of_memory(folded: str) -> str:
    """What a memory is called on `CHANGES`, by the folded form of its key."""
    return f"memory:{folded}"


def decision_payload(decision: Decision) -> dict[str, Any]:
    """What is said of a decision; of a confidential one only its ref and status."""
    payload: dict[str, Any] = {"ref": decision.ref, "decision_id": str(decision.pk), "status": decision.status}
    if not decision.confidential:
        payload |= {
            "type": decision.decision_type,
            "title": decision.title,
            "initiator": decision.initiator_role,
            "mode": decision.mode,
            "amount_usd": money.number(decision.amount_usd),
            "waiting_on": decision.waiting_on,
            "decided_by": decision.decided_by,
        }
    return payload


def message_payload(message: Message) -> dict[str, Any]:
    """The JSON of a message on its channel, as the bus protocol has it; of a confidential decision only its ref."""
    subject, content = message.subject, message.content
    if message.decision is not None and message.decision.confidential:
        subject, content = f"About {message.decision.ref}", {"decision": message.decision.ref}
    return {
        "id": message.message_id,
        "from": message.from_role,
        "to": message.sent_to,
        "type": message.type,
        "subject": subject,
        "content": content if isinstance(content, dict) else {"text": content},
        "metadata": {
            "priority": message.priority,
            "thread_id": message.thread_id,
            "timestamp": message.created_at.isoformat(),
        },
    }
