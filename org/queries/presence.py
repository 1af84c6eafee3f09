"""Who is there: the agents of each role, the workers of each queue, and what people have stopped."""

from __future__ import annotations

from collections import Counter
from typing import Any

from org.charter import Charter
from org.enums import AgentState, ProcessKind
from org.models import AgentStatus, Presence
from org.queries import stops


def organisation(charter: Charter) -> dict[str, Any]:
    """Each role of the charter with the state of its agent, its processes and its queue's workers; what is stopped."""
    seen = {row.role: row for row in AgentStatus.objects.all()}
    agents: Counter[str | None] = Counter()
    workers: Counter[str] = Counter()
    for kind, role, queues in Presence.objects.filter(ended_at=None).values_list("kind", "role", "queues"):
        if kind == ProcessKind.AGENT:
            agents[role] += 1
        workers.update(queues)
    roles = []
    for name, row in charter.roles.items():
        status = seen.get(name)
        suspension = stops.suspension(name)
        roles.append(
            {
                "role": name,
                "title": row.title,
                "status": status.status if status else AgentState.STOPPED,
                "last_seen_at": status.last_heartbeat.isoformat() if status else None,
                "processes": agents[name],
                "workers": workers[name],
                "suspended": stops.says_suspended(row.title, suspension) if suspension else None,
            }
        )
    freeze = stops.freeze()
    return {"roles": roles, "spending_frozen": stops.says_frozen(freeze) if freeze else None}


def lasting(charter: Charter) -> dict[str, Any]:
    """The same without what changes with each heartbeat of who is there."""
    told = organisation(charter)
    for role in told["roles"]:
        if role["status"] == AgentState.RUNNING:
            del role["last_seen_at"]
    return told
