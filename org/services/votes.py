"""Decisions by vote: opened with a fixed electorate, cast sealed, closed once, by the last ballot that matters or the
deadline. A vote creates no authority: what it approves is covered by a role that voted for it, or goes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from org import audit, authority, events, money, outbox
from org.actors import Actor
from org.authority import Request
from org.charter import SMALLEST_ELECTORATE, Charter, TypeRow
from org.clock import Clock
from org.enums import BOARD, ELECTORATE, SYSTEM, MessageType, Mode, Status, Urgency, VoteChoice
from org.errors import InvalidInput, NotFound, Refused
from org.models import CharterVersion, Decision, DecisionVote
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.queries import votes as ballots
from org.services import handing_up, messages, settlement, sums
from org.services.messages import Letter
from org.voting import Result, Tally, tally


def electorate(charter: Charter, kind: TypeRow, asked: Sequence[str], initiator: str) -> list[str]:
    """Who votes: the roles the charter names for the type and those the caller asks for, without the initiator.

    Raises NotFound for a role nobody is, InvalidInput for too few.
    """
    for name in asked:
        if name not in charter.roles:
            raise NotFound("participants", name, list(charter.roles), "Use some of these.")
    named = {*kind.must_include, *kind.veto, *asked} - {initiator}
    if len(named) < SMALLEST_ELECTORATE:
        others = [name for name in charter.roles if name not in named and name != initiator]
        raise InvalidInput(
            "participants",
            f"a vote needs at least {SMALLEST_ELECTORATE} roles besides the {initiator}, who does not vote; "
            f"here are {len(named)}: {', '.join(sorted(named)) or 'none'}.",
            f"Add some of {', '.join(others)}.",
        )
    return [name for name in charter.roles if name in named]


def requests(decision: Decision, by: Actor) -> list[Letter]:
    """What the electorate is sent when the vote opens."""
    content = {
        "decision": decision.ref,
        "type": decision.decision_type,
        "title": decision.title,
        "amount_usd": money.number(decision.amount_usd),
        "context": decision.context,
        "vote_until": decision.due_at.isoformat() if decision.due_at else None,
        "answer_with": {"tool": "cast_vote", "arguments": {"decision_id": decision.ref}},
    }
    subject, urgency = f"Vote on {decision.ref}: {decision.title}", Urgency(decision.urgency)
    return [
        Letter(by.name, role, subject, content, MessageType.REQUEST, urgency, decision, ack_by=decision.due_at)
        for role in decision.participants or []
    ]


def announce(decision: Decision, now: datetime) -> None:
    """Tell the bus that a vote is open and whose votes it needs."""
    payload = events.decision_payload(decision) | {
        "participants": decision.participants,
        "deadline": decision.due_at.isoformat() if decision.due_at else None,
    }
    outbox.put(events.DECISIONS_VOTE_REQUIRED, payload, now)


@transaction.atomic
def cast(
    *,
    decision: str,
    vote: VoteChoice,
    rationale: str,
    confidence: float,
    evidence: Sequence[Any] = (),
    by: Actor,
    clock: Clock,
) -> Decision:
    """Cast or change the acting role's vote; the vote closes when no ballot to come can alter its result.

    Raises Refused when the vote is over or the role has none in it.
    """
    charter = CharterVersion.objects.in_force()
    seen = lookup.readable(decision, by.name, charter)
    hold(seen, charter)
    matter = Decision.objects.select_for_update().get(pk=seen.pk)
    now = clock()
    settlement.require_unsettled(matter)
    _require_open(matter, by.name, now)
    cast_before = DecisionVote.objects.filter(decision=matter, voter_role=by.name).first()
    ballot = cast_before or DecisionVote(
        decision=matter, voter_role=by.name, first_vote=vote, first_confidence=confidence, first_voted_at=now
    )
    ballot.vote, ballot.confidence, ballot.rationale = vote, confidence, rationale
    ballot.evidence, ballot.voted_at, ballot.call = list(evidence), now, by.call
    ballot.save()
    if cast_before is None:
        messages.acknowledge_requests(matter, "voted", by=by, now=now)
    audit.record(
        by,
        "vote.cast",
        matter.ref,
        now,
        vote=str(vote),
        confidence=confidence,
        rationale=rationale,
        changed=cast_before is not None,
    )
    counted = count(matter)
    if counted.certain and not _more_clients_may_come(matter, counted):
        letters = _close(matter, counted, charter, by, now)
        messages.post(letters, by=by, charter=charter, now=now)
    return matter


def count(matter: Decision) -> Tally:
    """The tally so far, by the rules fixed when the vote opened."""
    return tally(ballots.rules(matter), ballots.cast(matter))


def close_at_deadline(matter: Decision, charter: Charter, by: Actor, now: datetime) -> list[Letter]:
    """Close a locked, open vote whose time is over. Silence is no vote: without a quorum it goes up."""
    return _close(matter, count(matter), charter, by, now)


def hold(seen: Decision, charter: Charter) -> None:
    """Lock every sum that closing this vote may be judged by."""
    voters = seen.participants or []
    line = [*voters, seen.initiator_role, *charter.managers(seen.initiator_role)]
    sums.hold(charter, seen.decision_type, seen.initiative_key, seen.amount_usd, line)


def _require_open(matter: Decision, role: str, now: datetime) -> None:
    if matter.mode != Mode.COLLABORATIVE:
        voted = "was closed" if matter.participants else "has no vote"
        waiting = " and ".join(matter.waiting_on) or "nobody"
        raise Refused("no_open_vote", f"{matter.ref} {voted}; it waits on {waiting}.", "Leave it to them.")
    if role not in (matter.participants or []):
        own = role == matter.initiator_role
        says = "the initiator does not vote" if own else f"its electorate is {', '.join(matter.participants or [])}"
        raise Refused("not_in_electorate", f"The {role} has no vote on {matter.ref}: {says}.", "Leave it to them.")
    if matter.due_at is not None and now >= matter.due_at:
        raise Refused(
            "vote_over",
            f"The vote on {matter.ref} ended at {matter.due_at:%Y-%m-%d %H:%M} UTC.",
            "Wait for its result.",
        )


def _more_clients_may_come(matter: Decision, counted: Tally) -> bool:
    """The result is sure but for the number of distinct clients, which ballots to come can still raise."""
    lacking = ballots.voices(matter).clients < ballots.min_clients(matter)
    return counted.result is Result.APPROVED and lacking and counted.voted < len(matter.participants or [])


def _close(matter: Decision, counted: Tally, charter: Charter, by: Actor, now: datetime) -> list[Letter]:
    """Settle a locked, open vote, or hand it up with its tally; returns the letters, for the deed to post last."""
    matter.consensus_score = counted.score
    heard = ballots.voices(matter)
    record = {"tally": ballots.tally_shown(counted), "voices": heard.shown}
    audit.record(by, "vote.closed", matter.ref, now, result=str(counted.result), says=counted.says, **record)
    needed = ballots.min_clients(matter)
    manager = next(charter.managers(matter.initiator_role), BOARD)
    if counted.result is Result.REJECTED:
        return _settle(matter, Status.REJECTED, ELECTORATE, counted.says, charter, by, now, record)
    if counted.result is Result.UNDECIDED or heard.clients < needed:
        says = counted.says
        if counted.result is Result.APPROVED:
            says = f"The votes came from {heard.clients} distinct clients; the charter asks for {needed}."
            says = says.replace(" 1 distinct clients", " one client")
        return _pass_up(matter, manager, f"The vote decided nothing: {says}", charter, by, now)
    try:
        settlement.require_known_type(matter, charter)
    except Refused as refusal:  # the charter moved on while the vote was open
        return _pass_up(matter, manager, f"The vote approves, which nobody can: {refusal.says}", charter, by, now)
    line = [*(matter.participants or []), matter.initiator_role, *charter.managers(matter.initiator_role)]
    standing = standings.of(charter, line, matter.initiative_key, now)
    ruling = authority.judge_vote(charter, _request(matter), standing, ballots.approving(matter))
    if ruling.mode is not Mode.COLLABORATIVE:
        return _pass_up(matter, ruling.decider, f"The vote approves. {ruling.says}", charter, by, now)
    says = f"{counted.says} {ruling.says}"
    record["ruling"] = authority.recorded(ruling, standing)
    return _settle(matter, Status.APPROVED, ruling.decider, says, charter, by, now, record)


def _settle(
    matter: Decision,
    status: Status,
    decided_by: str,
    says: str,
    charter: Charter,
    by: Actor,
    now: datetime,
    record: dict[str, Any],
) -> list[Letter]:
    return settlement.settle(
        matter, status, decided_by=decided_by, rationale=says, charter=charter, by=by, now=now, **record
    )


def _pass_up(matter: Decision, to: str, says: str, charter: Charter, by: Actor, now: datetime) -> list[Letter]:
    ruling = {**matter.ruling, "rule": authority.Rule.VOTED, "says": says}
    return handing_up.pass_up(matter, to, says, ruling=ruling, charter=charter, by=by, now=now, sender=SYSTEM)


def _request(matter: Decision) -> Request:
    return Request(matter.initiator_role, matter.decision_type, matter.amount_usd)
