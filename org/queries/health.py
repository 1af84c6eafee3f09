"""How the organisation does, judged by its own record: every point lost has a figure and a call that mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Avg, DurationField, ExpressionWrapper, F

from org import money
from org.enums import BOARD, AgentState, Status
from org.models import AgentStatus, Decision, Escalation
from org.queries import standing

PERIOD = timedelta(days=30)
PENDING_TOO_LONG = timedelta(days=3)


@dataclass
class Review:
    """`score` is 100 less the points of each issue, at least 0; an aspect takes at most its share of the points."""

    score: int = 100
    issues: list[str] = field(default_factory=list)
    recommendations: list[str] = field(default_factory=list)
    basis: dict[str, Any] = field(default_factory=dict)

    @property
    def says(self) -> str:
        if not self.issues:
            return f"The organisation's health is {self.score} of 100; the record shows no issue."
        return f"The organisation's health is {self.score} of 100. Issues: {len(self.issues)}, first: {self.issues[0]}"

    def find(self, points: int, issue: str, recommendation: str) -> None:
        self.score = max(0, self.score - points)
        self.issues.append(issue)
        self.recommendations.append(recommendation)


def review(metrics: Sequence[str] | None, now: datetime) -> Review:
    """Judge the aspects named, or all. What the record does not hold is listed under `not_recorded`, not scored."""
    found = Review()
    wanted = list(metrics or [*ASPECTS, *NOT_RECORDED])
    for name in wanted:
        if name in ASPECTS:
            found.basis[name] = ASPECTS[name](found, now)
    found.basis["not_recorded"] = [name for name in wanted if name in NOT_RECORDED]
    return found


def _decisions(found: Review, now: datetime) -> dict[str, Any]:
    latency = ExpressionWrapper(F("completed_at") - F("created_at"), output_field=DurationField())
    settled = Decision.objects.filter(completed_at__gt=now - PERIOD)
    mean: timedelta | None = settled.aggregate(mean=Avg(latency))["mean"]
    slow = Decision.objects.filter(status=Status.PENDING, created_at__lt=now - PENDING_TOO_LONG).order_by("created_at")
    late = Escalation.objects.open().filter(deadline_at__lt=now).order_by("deadline_at")
    slow_count, late_count = slow.count(), late.count()
    if slow_count:
        oldest = slow[0]
        on, days = ", ".join(oldest.waiting_on), PENDING_TOO_LONG.days
        found.find(
            min(20, 5 * slow_count),
            f"Decisions waiting longer than {days} days: {slow_count}; the oldest, {oldest.ref}, on {on}.",
            f"escalate_to_board {{decision_id: {oldest.ref}}}, or ask {on} by send_message.",
        )
    if late_count:
        found.find(
            min(20, 5 * late_count),
            f"Escalations past their deadline: {late_count}; the oldest is {late[0].ref}.",
            f"Ask a board member to answer {late[0].ref}; no agent can.",
        )
    return {
        "settled_30_days": settled.count(),
        "mean_hours_to_settle": round(mean.total_seconds() / 3600, 2) if mean is not None else None,
        "pending_too_long": slow_count,
        "escalations_overdue": late_count,
    }


def _messages(found: Review, now: datetime) -> dict[str, Any]:
    by_role = _open_requests(now)
    late = sorted((row for row in by_role if row.overdue), key=lambda row: row.first_ack_by)
    count = sum(row.overdue for row in late)
    if count:
        to, ref = late[0].recipient, f"M-{late[0].first_overdue}"
        found.find(
            min(20, 4 * count),
            f"Messages past their ack_by: {count}; the oldest is {ref} to {to}.",
            f"Ask a board member to answer {ref}; no agent can."
            if to == BOARD
            else f"send_message {{to: {to}, subject: 'Please answer {ref}', content: '…'}}.",
        )
    return {"needing_action": sum(row.waiting for row in by_role), "overdue": count}


class _Requests(NamedTuple):
    """The messages to one role that need its action; of those past their `ack_by`, the first one's number and time."""

    recipient: str
    waiting: int
    overdue: int
    first_overdue: int
    first_ack_by: datetime


def _open_requests(now: datetime) -> list[_Requests]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT recipient, waiting, overdue, first_overdue, first_ack_by FROM open_requests(%s)", [now])
        return [_Requests(*row) for row in cursor.fetchall()]


def _agents(found: Review, now: datetime) -> dict[str, Any]:
    seen = AgentStatus.objects.all()
    silent = sorted(row.role for row in seen if row.status != AgentState.RUNNING)
    asked = {row.recipient for row in _open_requests(now)}
    waited_for = sorted(
        role for role in silent if role in asked or Decision.objects.filter(awaiting_role=role).exists()
    )
    if waited_for:
        found.find(
            min(20, 5 * len(waited_for)),
            f"Work waits for agents that are not there: {', '.join(waited_for)}.",
            f"Open a chat with `manage.py mcp_agent {waited_for[0]}` and call brief_me.",
        )
    lost = sorted(row.role for row in seen if row.status == AgentState.ERROR)
    return {"ever_seen": len(seen), "silent": silent, "lost": lost, "silent_with_work": waited_for}


def _budget(found: Review, now: datetime) -> dict[str, Any]:
    unallocated, allocated, left = standing.budget()
    approved = unallocated + allocated
    if left is not None and approved and left < (left + approved) / 10:
        found.find(
            10,
            f"{money.show(left)} is left of the treasury; less than a tenth.",
            "Ask the board to raise the treasury before larger initiatives.",
        )
    if approved and unallocated > approved / 2:
        found.find(
            5,
            f"{money.show(unallocated)} of {money.show(approved)} approved is not allocated.",
            f"allocate_budget {{amount: {money.number(unallocated)}, department: '…', justification: '…'}}.",
        )
    return {
        "approved_usd": money.number(approved),
        "allocated_usd": money.number(allocated),
        "unallocated_usd": money.number(unallocated),
        "treasury_left_usd": money.number(left),
    }


ASPECTS: dict[str, Callable[[Review, datetime], dict[str, Any]]] = {
    "decisions": _decisions,
    "messages": _messages,
    "agents": _agents,
    "budget": _budget,
}
NOT_RECORDED = ("votes", "workflows")  # no vote is opened and no workflow run yet, so there is nothing to judge
