"""Decisions by vote: opened with a fixed electorate, cast sealed, closed once, by the last ballot that matters or the
deadline. A vote creates no authority: what it approves is covered by a role that voted for it, or goes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from org import audit, authority, events, money, outbox
from org.actors import Actor
from org.acts import Act, charter_of
from org.authority import Request
from org.changes import Change, state
from org.charter import SMALLEST_ELECTORATE, Charter, TypeRow
from org.clock import Clock
from org.enums import BOARD, ELECTORATE, SYSTEM, MessageType, Mode, Status, Urgency, VoteChoice
from org.errors import InvalidInput, NotFound, Refused
from org.models import Decision, DecisionVote
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.queries import stops
from org.queries import votes as ballots
from org.services import handing_up, messages, settlement, sums
from org.services.messages import Letter
from org.voting import Result, Tally, tally

BALLOT = ("vote", "confidence", "rationale", "voted_at")  # what the audit tells of one, before and after


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
            f"Add some of {', '.join(others)} to the participants, which propose_decision "
            f"{{decision_type: {kind.name}, mode: collaborative, participants}} takes; "
            "the board adds them for all by must_include of the charter.",
        )
    return [name for name in charter.roles if name in named]


def requests(act: Act, decision: Decision) -> list[Letter]:
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
        Letter(act.by.name, role, subject, content, MessageType.REQUEST, urgency, decision, ack_by=decision.due_at)
        for role in decision.participants or []
    ]


def announce(act: Act, decision: Decision) -> None:
    """Tell the bus that a vote is open and whose votes it needs."""
    payload = events.decision_payload(decision)
    if not decision.confidential:
        until = decision.due_at.isoformat() if decision.due_at else None
        payload |= {"participants": decision.participants, "deadline": until}
    outbox.put(events.DECISIONS_VOTE_REQUIRED, payload, act.now)


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
    charter = charter_of(by)
    seen = lookup.readable(decision, by.name, charter)
    hold(seen, charter)
    matter = Decision.objects.select_for_update().get(pk=seen.pk)
    act = Act(by, charter, clock())
    settlement.require_undecided(act, matter)
    _require_open(act, matter)
    cast_before = DecisionVote.objects.filter(decision=matter, voter_role=by.name).first()
    ballot = cast_before or DecisionVote(
        decision=matter, voter_role=by.name, first_vote=vote, first_confidence=confidence, first_voted_at=act.now
    )
    was = state(ballot, *BALLOT)
    ballot.vote, ballot.confidence, ballot.rationale = vote, confidence, rationale
    ballot.evidence, ballot.voted_at, ballot.call = list(evidence), act.now, by.call
    ballot.save()
    if cast_before is None:
        messages.acknowledge_requests(act, matter, "voted")
    audit.record(
        act,
        "vote.cast",
        matter.ref,
        Change.since(was, ballot) if cast_before else Change.made(ballot, *BALLOT),
        vote=str(vote),
        confidence=confidence,
        rationale=rationale,
        changed=cast_before is not None,
    )
    outbox.put(events.CHANGES, events.changed(matter.ref, str(matter.pk)), act.now)
    counted = count(matter)
    if counted.certain and not _more_clients_may_come(matter, counted):
        messages.post(act, _close(act, matter, counted))
    return matter


def count(matter: Decision) -> Tally:
    """The tally so far, by the rules fixed when the vote opened."""
    return tally(ballots.rules(matter), ballots.cast(matter))


def close_at_deadline(act: Act, matter: Decision) -> list[Letter]:
    """Close a locked, open vote whose time is over. Silence is no vote: without a quorum it goes up."""
    return _close(act, matter, count(matter))


def hold(seen: Decision, charter: Charter) -> None:
    """Lock every sum that closing this vote may be judged by."""
    voters = seen.participants or []
    line = [*voters, seen.initiator_role, *charter.managers(seen.initiator_role)]
    sums.hold(charter, seen.decision_type, seen.initiative_key, seen.amount_usd, line, seen.department_key)


def _require_open(act: Act, matter: Decision) -> None:
    role = act.by.name
    if matter.mode != Mode.COLLABORATIVE:
        voted = "was closed" if matter.participants else "has no vote"
        waiting = " and ".join(matter.waiting_on) or "nobody"
        raise Refused("no_open_vote", f"{matter.ref} {voted}; it waits on {waiting}.", lookup.aside(matter, role))
    if role not in (matter.participants or []):
        own = role == matter.initiator_role
        says = "the initiator does not vote" if own else f"its electorate is {', '.join(matter.participants or [])}"
        why = f"The {act.charter.title(role)} has no vote on {matter.ref}: {says}."
        raise Refused("not_in_electorate", why, lookup.aside(matter, role))
    if matter.due_at is not None and act.now >= matter.due_at:
        raise Refused(
            "vote_over",
            f"The vote on {matter.ref} ended at {matter.due_at:%Y-%m-%d %H:%M} UTC.",
            f"wait_for {{id: {matter.ref}}} tells its result.",
        )


def _more_clients_may_come(matter: Decision, counted: Tally) -> bool:
    """The result is sure but for the number of distinct clients, which ballots to come can still raise."""
    lacking = ballots.voices(matter).clients < ballots.min_clients(matter)
    return counted.result is Result.APPROVED and lacking and counted.voted < len(matter.participants or [])


def _close(act: Act, matter: Decision, counted: Tally) -> list[Letter]:
    """Settle a locked, open vote, or hand it up with its tally; returns the letters, for the deed to post last."""
    was = {"result": None} | state(matter, "consensus_score")
    matter.consensus_score = counted.score
    heard = ballots.voices(matter)
    record: dict[str, Any] = {"tally": ballots.tally_shown(counted), "voices": heard.shown}
    change = Change.between(was, {"result": str(counted.result), "consensus_score": counted.score})
    audit.record(act, "vote.closed", matter.ref, change, result=str(counted.result), says=counted.says, **record)
    needed = ballots.min_clients(matter)
    manager = next(act.charter.managers(matter.initiator_role), BOARD)
    if counted.result is Result.REJECTED:
        return settlement.settle(act, matter, Status.REJECTED, decided_by=ELECTORATE, rationale=counted.says, **record)
    if counted.result is Result.UNDECIDED or heard.clients < needed:
        says = counted.says
        if counted.result is Result.APPROVED:
            says = f"The votes came from {heard.clients} distinct clients; the charter asks for {needed}."
            says = says.replace(" 1 distinct clients", " one client")
        return _pass_up(act, matter, manager, f"The vote decided nothing: {says}")
    try:
        settlement.require_known_type(matter, act.charter)
    except Refused as refusal:  # the charter moved on while the vote was open
        return _pass_up(act, matter, manager, f"The vote approves, which nobody can: {refusal.says}")
    line = [*(matter.participants or []), matter.initiator_role, *act.charter.managers(matter.initiator_role)]
    standing = standings.of(act.charter, line, matter.initiative_key, act.now)
    approving = ballots.approving(matter)
    suspended = [role for role in (*approving, matter.initiator_role) if stops.suspension(role)]
    ruling = authority.judge_vote(act.charter, _request(matter), standing, approving, suspended)
    if ruling.mode is not Mode.COLLABORATIVE:
        return _pass_up(act, matter, ruling.decider, f"The vote approves. {ruling.says}")
    says = f"{counted.says} {ruling.says}"
    record["ruling"] = authority.recorded(ruling, standing)
    try:
        return settlement.settle(act, matter, Status.APPROVED, decided_by=ruling.decider, rationale=says, **record)
    except Refused as refusal:  # its department has too little, which no ballot is to blame for
        return _pass_up(act, matter, manager, f"The vote approves. {refusal.says}")


def _pass_up(act: Act, matter: Decision, to: str, says: str) -> list[Letter]:
    ruling = {**matter.ruling, "rule": authority.Rule.VOTED, "says": says}
    return handing_up.pass_up(act, matter, to, says, ruling=ruling, sender=SYSTEM)


def _request(matter: Decision) -> Request:
    return Request(matter.initiator_role, matter.decision_type, matter.amount_usd)
