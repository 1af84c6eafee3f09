"""The prompt that begins a day: what waits on the role, what to look at first, and what to tell the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from agents.inputs import Line
from agents.prompts import matters
from agents.prompts.page import call, listed, page, quoted, the
from agents.prompts.prompt import prompt
from agents.receipts import mark_delivered
from agents.role import RoleSpec
from agents.tool import Says
from org import refs
from org.charter import Charter
from org.clock import database_clock
from org.models import Artifact, CharterVersion, Decision, Memory, Message
from org.queries import brief, inbox, recall, stops
from org.queries import decisions as lookup
from org.queries.recall import Found, Wanted

MOST_FOUND = 3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Focus:
    """What is known of what the person wants looked at first, and the step that looks into it."""

    facts: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    step: str = ""


@prompt
def briefing(
    spec: RoleSpec,
    focus: Annotated[
        Line | None, Says("What to look at first: an open decision, like D-142, or words; default: what waits on you.")
    ] = None,
) -> str:
    """Be briefed: what waits on this role and what it may decide; with a focus, that is looked into first."""
    charter, now, role = CharterVersion.objects.in_force(), database_clock(), spec.name
    first = _focus(focus, role, charter) if focus else Focus()
    due, waiting = brief.votes_due(role), brief.waiting_on_me(role)
    requests, calls = brief.requests(role), brief.pending_calls(role, now)
    mine = brief.mine(role, now - DAY)
    facts = [
        *_authority(charter, role, now),
        *_stopped(role),
        _told("Votes you have not cast", [row["ref"] for row in due]),
        _told("Decisions that wait on you", [f"{row['ref']} to {row['do']}" for row in waiting]),
        _messages(role, requests),
        _told("Calls whose answers you have not seen", [f"{row['call_id']} ({row['tool']})" for row in calls]),
        _told("Your own, open or settled in the last day", [f"{row['ref']} ({row['status']})" for row in mine]),
        "" if due or waiting or requests or calls else "Nothing waits on you.",
        *first.facts,
    ]
    blocks = [
        listed("titles of these decisions", "the roles named", _titles([*due, *waiting, *mine])),
        listed(
            "subjects of these messages",
            "the roles named",
            [f"{row.ref}, from the {row.from_role}: {quoted(row.subject)}" for row in requests],
        ),
        *first.blocks,
    ]
    steps = [
        f"{call('brief_me')}: it notes that you are briefed, and tells what has happened since you last were.",
        first.step,
        _step(due, "your vote is asked for: weigh it, and form your own judgement for cast_vote"),
        _step(waiting, "it waits on you: your_actions hold the calls, to resolve or to revise it"),
        f"{call('read_inbox', needs_action=True)}: answer by send_message with reply_to, or acknowledge_message."
        if requests
        else "",
        f"{call('wait_for', id=calls[0]['call_id'])}, and so the other calls: what came of them." if calls else "",
        "Tell the user in a few sentences where things stand, what waits on whom, and what you propose to do, the most "
        "urgent first. Decide, vote and send nothing before they agree.",
    ]
    told = page(spec, charter, "Be briefed, and brief the user.", facts, blocks, steps)
    mark_delivered(role, [row.number for row in requests])  # last, so that nothing fails after it
    return told


def _focus(focus: str, role: str, charter: Charter) -> Focus:
    if refs.number(focus, "D") is not None or refs.number(focus, "E") is not None or refs.uuid_of(focus) is not None:
        decision = lookup.readable(focus, role, charter, "focus")
        return Focus(
            matters.standing_of(decision, role, charter),
            matters.written_of(decision, role),
            f"First {call('get_decision', decision_id=decision.ref)}: your_actions are what you can do about it.",
        )
    found, _ = recall.search(role, Wanted(focus), limit=MOST_FOUND)
    label = "what is found on the focus"
    return Focus(
        [f"Found on the focus {quoted(focus)}: {len(found)}."],
        [listed(label, "the roles named", [_line(each) for each in found])],
        f"First the focus: {call('recall', query=focus)}; what is of use, whole by its id.",
    )


def _authority(charter: Charter, role: str, now: datetime) -> list[str]:
    limits = [
        f"{row['decision_type']} up to {matters.shown(row['limit_usd'])} ({matters.shown(row['remaining_usd'])} left)"
        for row in brief.limits(charter, role, now)
    ]
    alone = [*limits, *brief.decided_without_amount(charter, role)]
    above = the(charter, charter.role(role).reports_to)
    return [f"You report to {above}.", f"You decide alone: {', '.join(alone) or 'nothing'}."]


def _stopped(role: str) -> list[str]:
    """What people have stopped; why, brief_me tells in their words."""
    suspended = [matters.SUSPENDED] if role in matters.suspended() else []
    return [*suspended, matters.FROZEN] if stops.freeze() else suspended


def _messages(role: str, requests: Sequence[Message]) -> str:
    counts = inbox.counts(role)
    oldest = f"; the oldest: {', '.join(row.ref for row in requests)}" if requests else ""
    return f"Messages: {counts['unread']} unread, {counts['needs_action']} need action{oldest}."


def _told(what: str, items: Sequence[str]) -> str:
    return f"{what}: {', '.join(items)}." if items else ""


def _step(rows: Sequence[Mapping[str, Any]], why: str) -> str:
    if not rows:
        return ""
    others = f", and so {', '.join(row['ref'] for row in rows[1:])}" if rows[1:] else ""
    return f"{call('get_decision', decision_id=rows[0]['ref'])}{others}: {why}."


def _titles(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the decisions are called, each with who called it so."""
    numbers = {refs.number(row["ref"], "D") or 0 for row in rows}
    found = Decision.objects.filter(number__in=numbers).order_by("number")
    return [f"{row.ref}, asked by the {row.initiator_role}: {quoted(brief.short(row.title))}" for row in found]


def _line(found: Found) -> str:
    match found.record:
        case Memory() as memory:
            what = f"memory {quoted(memory.key)}, by the {memory.revised_by_role}"
        case Decision() as decision:
            what = f"{decision.ref}, asked by the {decision.initiator_role}: {quoted(decision.title)}"
        case Message() as message:
            what = f"{message.ref}, from the {message.from_role}: {quoted(message.subject)}"
        case Artifact() as artifact:
            kind = artifact.get_kind_display().lower()
            what = f"{artifact.ref}, a {kind} of the {artifact.by_role}: {quoted(artifact.name)}"
    return f"{what}: {quoted(found.passage)}"
