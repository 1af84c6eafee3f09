"""What people decide: answers to escalations, given on the web pages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from org import audit, authority, locking, money
from org.actors import Actor
from org.acts import Act, charter_of
from org.changes import Change, state
from org.charter import Charter
from org.clock import Clock
from org.enums import BOARD, BoardAnswer, EscalationStatus, MessageType, Status, Urgency
from org.errors import InvalidInput, Refused
from org.models import BoardVote, Decision, Escalation, Member
from org.models.decisions import MOVING
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.services import escalations, hashes, messages, settlement, sums
from org.services.messages import Letter

CLOSED_BY = {
    BoardAnswer.APPROVE: EscalationStatus.APPROVED,
    BoardAnswer.REJECT: EscalationStatus.REJECTED,
    BoardAnswer.REQUEST_REVISION: EscalationStatus.REVISION_REQUESTED,
}


def shown_hash(escalation: Escalation, charter: Charter, now: datetime) -> str:
    """The hash of what a member sees and answers now: content, rule, limit, and the initiative's total today."""
    decision = escalation.decision
    used = standings.of(charter, [], decision.initiative_key, now).initiative_usd
    return hashes.shown_hash(decision, escalation.ruling, used)


@transaction.atomic
def answer(
    *, escalation: Escalation, member: Member, choice: BoardAnswer, note: str, seen_hash: str, clock: Clock
) -> Escalation:
    """Record a member's answer to exactly what the member saw; the last one needed settles the decision.

    `seen_hash` is `shown_hash` of the page the member answered. Raises Refused when the content has changed since,
    when the escalation is closed, when the member is not on the board or has answered already, when an approval is not
    covered by the treasury or is of a type that the charter knows no more, or when a revision is asked for of what no
    role asked; InvalidInput when a rejection or a revision gives no note. Returns the escalation that holds the answer:
    a new one where an earlier approval was for other content.
    """
    locking.bound_waits()
    by = Actor.member(member)
    charter = charter_of(by)
    decision = escalation.decision
    amount, department = decision.amount_usd, decision.department_key
    sums.hold(charter, decision.decision_type, decision.initiative_key, amount, [], department)
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    matter = Escalation.objects.select_for_update().get(pk=escalation.pk)
    settlement.require_in_force(charter)
    act = Act(by, charter, clock())
    mine = BoardVote.objects.filter(escalation=matter, member=member).first()
    if mine is not None and (matter.status != EscalationStatus.OPEN or mine.seen_hash == seen_hash):
        given = BoardAnswer(mine.answer).label.lower()
        raise Refused("answered", f"You have answered {matter.ref} already ({given}).", "The first answer stands.")
    if matter.status != EscalationStatus.OPEN:
        raise Refused(
            "closed", f"{matter.ref} is {matter.status.replace('_', ' ')} already.", "Read what became of it."
        )
    settlement.require_undecided(act, decision)
    if choice == BoardAnswer.REQUEST_REVISION and decision.person_id is not None:
        raise Refused(
            "the_boards",
            f"{matter.ref} was put before the board by a member, and no role revises it.",
            "Approve it, or reject it and say what to ask for instead.",
        )
    if choice != BoardAnswer.APPROVE and not note.strip():
        raise InvalidInput("note", "it is empty.", "Say why, so that the agents can act on it.")
    if not Member.board.has(member):
        raise Refused("not_on_the_board", "Only active members of the group Board answer.", "Ask one of them.")
    standing = standings.of(charter, [], decision.initiative_key, act.now)
    current = hashes.shown_hash(decision, matter.ruling, standing.initiative_usd)
    if seen_hash != current:
        raise Refused(
            "content_changed", f"{matter.ref} is not what you were shown any more.", "Read it again, then answer."
        )
    if choice == BoardAnswer.APPROVE:
        settlement.require_known_type(decision, charter)
        _require_treasury(decision, charter, standing.treasury_left_usd)
    if matter.votes.exclude(seen_hash=current).exists():
        matter = _begin_anew(act, matter, decision, standing.initiative_usd)
    was, decision_was = state(matter, "status", "closed_at"), state(decision, *MOVING)
    BoardVote.objects.create(
        escalation=matter, member=member, answer=choice, note=note, seen_hash=current, voted_at=act.now
    )
    closed = _close_if_last(act, matter, choice, current, standing.initiative_usd)
    if closed and choice == BoardAnswer.REQUEST_REVISION:
        decision.status, decision.awaiting_role = Status.PENDING, decision.initiator_role
        decision.save()
    change = Change.since(was, matter).also("answer", None, str(choice))
    audit.record(
        act,
        "board.answered",
        matter.ref,
        change.along(decision.ref, Change.since(decision_was, decision)),
        decision=decision.ref,
        answer=str(choice),
        note=note,
        shown_hash=current,
    )
    if closed:
        messages.post(act, _conclude(act, matter, decision, choice, note))
    return matter


def _require_treasury(decision: Decision, charter: Charter, left: Decimal | None) -> None:
    if left is not None and authority.overdraws(charter, decision.decision_type, decision.amount_usd, left):
        raise Refused(
            "over_treasury", f"The treasury has {money.show(left)} left.", "Raise it first, or answer otherwise."
        )


def _begin_anew(act: Act, matter: Escalation, decision: Decision, initiative_usd: Decimal) -> Escalation:
    """A new escalation for content that changed after the first approval.

    That approval is void, and its member could not give another one here: a member answers an escalation once.
    """
    return escalations.open_for(
        act,
        decision,
        ruling=matter.ruling,
        initiative_usd=initiative_usd,
        reason=f"{matter.ref} anew: the initiative's total changed after the first approval, which is void.",
        instead_of=matter,
    )


def _close_if_last(act: Act, matter: Escalation, choice: BoardAnswer, current: str, initiative_usd: Decimal) -> bool:
    """Close the matter with its newest answer, unless that is an approval which waits for a second member."""
    needed = escalations.members_needed_now(act.charter, matter, initiative_usd)
    if choice == BoardAnswer.APPROVE and escalations.counting(matter, current).count() < needed:
        return False
    escalations.close(act, matter, CLOSED_BY[choice])
    return True


def _conclude(act: Act, matter: Escalation, decision: Decision, choice: BoardAnswer, note: str) -> list[Letter]:
    """What follows from a closed matter: a settled decision, or a revision that is asked for."""
    if choice == BoardAnswer.REQUEST_REVISION:
        content = {
            "decision": decision.ref,
            "status": "revision requested",
            "note": note,
            "answer_with": {"tool": "propose_decision", "arguments": lookup.revision(decision)},
        }
        subject = f"Revise {decision.ref}: {decision.title}"
        return [Letter(BOARD, decision.initiator_role, subject, content, MessageType.REQUEST, Urgency.HIGH, decision)]
    return settlement.settle(
        act,
        decision,
        Status.APPROVED if choice == BoardAnswer.APPROVE else Status.REJECTED,
        decided_by=BOARD,
        rationale=note,
        escalation=matter.ref,
        members=sorted(BoardVote.objects.filter(escalation=matter).values_list("member__username", flat=True)),
        sole_member=matter.members_at_opening < 2,
    )
