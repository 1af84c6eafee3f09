"""The first call of a chat."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from agents.inputs import Moment
from agents.receipts import mark_briefed, mark_delivered
from agents.roles.answers import Amount, Answer
from agents.tool import Says, tool
from org.actors import Actor
from org.clock import database_clock
from org.enums import Effect
from org.models import CharterVersion
from org.queries import brief, inbox, runs, stops, work


class Limit(BaseModel):
    decision_type: str
    limit_usd: Amount
    remaining_usd: Amount


class BriefAnswer(Answer):
    """Everything a fresh chat needs, in one answer."""

    say: str
    role: str
    title: str
    reports_to: str
    since: str
    limits: list[Limit] = Field(description="The types with an amount that you decide alone, up to these limits.")
    decided_without_amount: list[str] = Field(description="The types without an amount that you decide alone.")
    votes_due: list[dict[str, Any]]
    inbox: dict[str, Any]
    work: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    pending_calls: list[dict[str, Any]]
    memory: list[dict[str, Any]]


@tool(Effect.READS, catches_up=True)
def brief_me(
    by: Actor,
    since: Annotated[Moment | None, Says("Default: your last brief.")] = None,
) -> BriefAnswer:
    """Call this first: who you are, your limits, what waits on you, what happened since."""
    charter, now = CharterVersion.objects.in_force(), database_clock()
    day_ago = now - timedelta(days=1)
    before = mark_briefed(by.name)
    since = since or min(before or day_ago, day_ago)
    row = charter.role(by.name)
    waiting = brief.waiting_on_me(by.name)
    counts = inbox.counts(by.name)
    requests = brief.requests(by.name)
    due = brief.votes_due(by.name)
    calls = brief.pending_calls(by.name, now)
    mine = work.of_role(by.name, brief.FEW)
    with_the_board = brief.with_the_board(by.name)
    parts = [
        f"decisions that wait on you: {len(waiting)}" if waiting else "",
        f"work to claim or submit: {len(mine)}" if mine else "",
        f"votes you have not cast: {len(due)}" if due else "",
        f"messages that need action: {counts['needs_action']}" if counts["needs_action"] else "",
        f"calls whose answers you have not seen: {len(calls)}" if calls else "",
    ]
    waits = "; ".join(part for part in parts if part) or "nothing waits on you"
    if with_the_board:
        waits += f"; decisions of yours that wait for the board: {with_the_board}"
    suspension, freeze = stops.suspension(by.name), stops.freeze()
    said = [
        f"You are the {row.title}; {waits}.",
        f"{stops.says_suspended(row.title, suspension)} You can read and change nothing." if suspension else "",
        f"{stops.says_frozen(freeze)} Only the board approves an amount." if freeze else "",
    ]
    answer = BriefAnswer(
        acted_as=by.name,
        say=" ".join(filter(None, said)),
        role=by.name,
        title=row.title,
        reports_to=row.reports_to,
        since=since.isoformat(),
        limits=[Limit(**limit) for limit in brief.limits(charter, by.name, now)],
        decided_without_amount=brief.decided_without_amount(charter, by.name),
        votes_due=due,
        inbox={**counts, "oldest_requests": [brief.request_line(row) for row in requests]},
        work=[*waiting, *(work.line(row) for row in mine)],
        decisions=brief.mine(by.name, since),
        runs=list(runs.open_of(by.name)),
        pending_calls=calls,
        memory=brief.memory(),
    )
    mark_delivered(by.name, [row.number for row in requests])  # last, so that nothing fails after it
    return answer
