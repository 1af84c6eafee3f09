"""How the organisation does, judged by its own record: every point lost has a figure, a cause and what mends it.

That is a call that can be sent as it is written, or who of the people can do it where no agent can.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Avg, DurationField, ExpressionWrapper, F, Q

from org import money
from org.enums import BOARD, ELECTORATE, AgentState, Mode, RunStatus, Status, StepStatus
from org.models import AgentStatus, Decision, Escalation, Run, RunStep, Stop
from org.queries import standing, stops

PERIOD = timedelta(days=30)
PENDING_TOO_LONG = timedelta(days=3)
UNALLOCATED_TOO_LONG = timedelta(days=7)
FEWEST_VOTES = 3  # below which that they decided nothing says little


@dataclass
class Review:
    """`score` is 100 less the points of each issue, at least 0; an aspect takes at most its share of the points."""

    reader: str  # the role that reads it, whose calls are named
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


def review(metrics: Sequence[str] | None, reader: str, now: datetime) -> Review:
    """Judge the aspects named, or all, for the role `reader`."""
    found = Review(reader)
    for name in metrics or ASPECTS:
        found.basis[name] = ASPECTS[name](found, now)
    return found


def _decisions(found: Review, now: datetime) -> dict[str, Any]:
    latency = ExpressionWrapper(F("completed_at") - F("created_at"), output_field=DurationField())
    settled = Decision.objects.filter(completed_at__gt=now - PERIOD)
    mean: timedelta | None = settled.aggregate(mean=Avg(latency))["mean"]
    slow = Decision.objects.filter(status=Status.PENDING, created_at__lt=now - PENDING_TOO_LONG).order_by("created_at")
    late = Escalation.objects.open().filter(deadline_at__lt=now).order_by("deadline_at")
    slow_count, late_count = slow.count(), late.count()
    if slow_count:
        oldest, days = slow[0], PENDING_TOO_LONG.days
        found.find(
            min(20, 5 * slow_count),
            f"Decisions waiting longer than {days} days: {slow_count}; the oldest, {oldest.ref}, {_waits(oldest)}.",
            _hurry(found.reader, oldest),
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


def _waits(decision: Decision) -> str:
    on = ", ".join(decision.waiting_on)
    if decision.is_voting:
        return f"for the votes of {on}" if on else "for its vote to end, in which everybody has voted"
    return f"on {on}"


def _hurry(reader: str, decision: Decision) -> str:
    """What the reader does about a decision that waits too long: act itself, ask who has not, or hand it to people."""
    on = decision.waiting_on
    if reader in on and decision.is_voting:
        return f"{call('get_decision', decision_id=decision.ref)} shows it; then cast_vote on it."
    if reader in on:
        return f"{call('get_decision', decision_id=decision.ref)} shows it; then resolve_decision decides it."
    if decision.is_voting and on:
        return _ask(on[0], f"Please vote on {decision.ref}", f"{decision.ref} waits for your vote; cast_vote casts it.")
    return f"{call('escalate_to_board', decision_id=decision.ref)}."


def _ask(role: str, subject: str, content: str) -> str:
    """How a role is asked to do what waits for it; a suspended one can do nothing."""
    return _lift(role) or f"{call('send_message', to=role, subject=subject, content=content)}."


def _lift(role: str) -> str:
    """How a suspended role comes back; nothing to say of another."""
    stop = stops.suspension(role)
    if stop is None:
        return ""
    return f"Ask a board member to lift the suspension of {role}, made {stop.told.rstrip('.')}; no agent can."


def call(tool: str, **arguments: object) -> str:
    """A call as it can be sent."""
    return f"{tool} {json.dumps(arguments, ensure_ascii=False)}"


def _messages(found: Review, now: datetime) -> dict[str, Any]:
    by_role = _open_requests(now)
    late = sorted((row for row in by_role if row.overdue), key=lambda row: row.first_ack_by)
    count = sum(row.overdue for row in late)
    if count:
        to, ref = late[0].recipient, f"M-{late[0].first_overdue}"
        if to == BOARD:
            cure = f"Ask a board member to answer {ref}; no agent can."
        elif to == found.reader:
            cure = f"{call('read_inbox', needs_action=True)} shows it; then answer it by send_message with reply_to."
        else:
            cure = _ask(to, f"Please answer {ref}", f"{ref} waits for your answer or your acknowledgement.")
        found.find(min(20, 4 * count), f"Messages past their ack_by: {count}; the oldest is {ref} to {to}.", cure)
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
    suspended = set(Stop.objects.standing().exclude(role="").values_list("role", flat=True))
    absent = [role for role in waited_for if role not in suspended]
    stopped = [role for role in waited_for if role in suspended]
    if absent:
        found.find(
            min(20, 5 * len(absent)),
            f"Work waits for agents that are not there: {', '.join(absent)}.",
            f"Ask a person to open a chat with `manage.py mcp_agent {absent[0]}`, which begins by brief_me.",
        )
    if stopped:
        found.find(
            max(0, min(20, 5 * len(waited_for)) - min(20, 5 * len(absent))),
            f"Work waits for roles that people suspended: {', '.join(stopped)}.",
            _lift(stopped[0]),
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
            "Ask a board member to raise the treasury on its page before larger initiatives; no agent can.",
        )
    waiting = _unallocated_since(now - UNALLOCATED_TOO_LONG)
    if waiting.decisions:
        days = UNALLOCATED_TOO_LONG.days
        found.find(
            5,
            f"{money.show(waiting.total_usd)} approved more than {days} days ago is not allocated, of decisions:"
            f" {waiting.decisions}; the oldest, D-{waiting.oldest}, has {money.show(waiting.oldest_usd)} of it,"
            f" approved on {waiting.approved_at:%Y-%m-%d}.",
            _allocate(waiting),
        )
    return {
        "approved_usd": money.number(approved),
        "allocated_usd": money.number(allocated),
        "unallocated_usd": money.number(unallocated),
        "treasury_left_usd": money.number(left),
        "unallocated_too_long_usd": money.number(waiting.total_usd),
    }


class _Waiting(NamedTuple):
    """Budget approved long ago and not allocated, in US dollars: in all, and of the oldest such decision."""

    total_usd: Decimal
    decisions: int
    oldest: int
    approved_at: datetime
    oldest_usd: Decimal


def _unallocated_since(before: datetime) -> _Waiting:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT total_usd, decisions, oldest, approved_at, oldest_usd FROM unallocated_since(%s)", [before]
        )
        return _Waiting(*cursor.fetchone())


def _allocate(waiting: _Waiting) -> str:
    """What is done about budget that lies there. Whose it is, the decision tells, where the reader may read it."""
    freeze = stops.freeze()
    if freeze is not None:
        return f"{stops.says_frozen(freeze)} Ask a board member to thaw it; until then nothing can be allocated."
    ref = f"D-{waiting.oldest}"
    decision = Decision.objects.filter(number=waiting.oldest).first()
    told = decision.context.get("content") if decision else None
    department = told.get("department") if isinstance(told, dict) else None
    revoked = f"Is it needed no more, a board member revokes {ref} and the rest goes back to the treasury."
    if not isinstance(department, str) or not department.strip():
        return (
            f"{call('get_decision', decision_id=ref)} tells what it is for; then allocate_budget with that decision_id"
            f" and the department that is to spend it. {revoked}"
        )
    given = {"amount": money.number(waiting.oldest_usd), "department": department, "decision_id": ref}
    return f"{call('allocate_budget', **given, justification=f'What {ref} was approved for.')}. {revoked}"


def _votes(found: Review, now: datetime) -> dict[str, Any]:
    """Of the votes begun in the period: how many decided, and how many were handed up because they decided nothing."""
    begun = Decision.objects.filter(participants__isnull=False, created_at__gt=now - PERIOD)
    decided = begun.filter(decided_by=ELECTORATE).count()
    handed_up = begun.exclude(mode=Mode.COLLABORATIVE).order_by("-created_at")
    missed = handed_up.count()
    if missed >= FEWEST_VOTES and missed > decided:
        ref = handed_up[0].ref
        found.find(
            min(10, 2 * missed),
            f"Votes that decided nothing in {PERIOD.days} days: {missed}, and {decided} that did; the newest is {ref}.",
            f"{call('get_decision', decision_id=ref)} tells who did not vote, and why it was handed up.",
        )
    return {"begun_30_days": begun.count(), "decided": decided, "handed_up": missed}


def _workflows(found: Review, now: datetime) -> dict[str, Any]:
    """Of the runs: how many are open, were ended in the period, wait for a person, or have work that is late."""
    steps = RunStep.objects.filter(finished_at__isnull=True, run__finished_at__isnull=True).select_related("run")
    stuck = steps.filter(Q(status=StepStatus.FAILED) | Q(raised_to=BOARD)).order_by("opened_at")
    late = steps.exclude(status=StepStatus.FAILED).exclude(raised_to__in=("", BOARD)).order_by("opened_at")
    stuck_count, late_count = stuck.count(), late.count()
    if stuck_count:
        row = stuck[0]
        found.find(
            min(20, 5 * stuck_count),
            f"Steps of workflows that wait for a person: {stuck_count}; the oldest is {row.ref} of {row.run.ref}.",
            f"Ask a board member to say on the page of {row.run.ref} how it goes on; no agent can.",
        )
    if late_count:
        row = late[0]
        doer = row.raised_to
        claims = f"{call('claim_work', work_id=row.ref)} takes it."
        found.find(
            min(10, 2 * late_count),
            f"Steps of workflows not done in time: {late_count}; the oldest, {row.ref}, is with the {doer} now.",
            claims
            if doer == found.reader
            else _ask(doer, f"Please do {row.ref}", f"{row.ref} waits; claim_work takes it."),
        )
    ended = Run.objects.filter(finished_at__gt=now - PERIOD)
    return {
        "open": Run.objects.filter(finished_at__isnull=True).count(),
        "done_30_days": ended.filter(status=RunStatus.DONE).count(),
        "cancelled_or_failed_30_days": ended.exclude(status=RunStatus.DONE).count(),
        "waiting_for_a_person": stuck_count,
        "late": late_count,
    }


ASPECTS: dict[str, Callable[[Review, datetime], dict[str, Any]]] = {
    "decisions": _decisions,
    "messages": _messages,
    "agents": _agents,
    "budget": _budget,
    "votes": _votes,
    "workflows": _workflows,
}
