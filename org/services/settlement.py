"""How a decision ends, whoever ends it: once, with its budget posted and everyone concerned told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from org import audit, events, money, outbox
from org.actors import Actor
from org.acts import Act
from org.changes import Change, state
from org.charter import Charter
from org.enums import BOARD, SYSTEM, EscalationStatus, MessageType, Status, Urgency
from org.errors import Refused
from org.models import CharterVersion, Decision, Escalation
from org.models.decisions import MOVING
from org.queries import decisions as lookup
from org.queries import votes as ballots
from org.services import budgets, commitments
from org.services.messages import Letter, settle_requests

_VERBS = {
    Status.APPROVED: "approved",
    Status.REJECTED: "rejected",
    Status.WITHDRAWN: "withdrawn",
    Status.EXPIRED: "expired",
}


def settle(
    act: Act,
    decision: Decision,
    status: Status,
    *,
    decided_by: str,
    rationale: str,
    announce: Callable[[], None] | None = None,
    **outcome: Any,
) -> list[Letter]:
    """Settle a locked, unsettled decision; returns the letters that tell of it, for the deed to post last.

    An approval that becomes budget is posted to the ledger here, in the same transaction. `announce` tells of one that
    is asked and settled at once, before its end is told. The end of a vote that was handed up keeps what it came to.
    Who had part in what this was to override is told of its end, too.
    Raises Refused, and changes nothing, for a commitment over its department's allocation where the charter requires
    budget.
    """
    commitment = commitments.judge(act.charter, decision, decided_by) if status == Status.APPROVED else None
    if commitment:
        outcome["commitment"] = commitment
    was = state(decision, *MOVING)
    replaced = None if decision._state.adding or decision.person_id else decision.overrides
    voted = {} if "tally" in outcome else ballots.closed(decision)
    decision.status = status
    decision.decided_by = decided_by
    decision.awaiting_role = decision.due_at = None
    decision.completed_at = act.now
    decision.outcome = {
        "approved": status == Status.APPROVED,
        "decided_by": decided_by,
        "rationale": rationale,
        **voted,
        **outcome,
    }
    if status == Status.APPROVED:
        decision.expires_at = act.now + timedelta(days=act.charter.approval_valid_days)
        if decision.amount_usd is not None:
            decision.used_at = act.now  # the ledger posting, or the commitment, uses the approval
    change = Change.since(was, decision)
    if decision._state.adding:
        decision.save(force_insert=True)
    else:
        decision.save()
        if _withdraw_from_the_board(act, decision):
            change = change.also("escalation_status", EscalationStatus.OPEN.value, EscalationStatus.WITHDRAWN.value)
        settle_requests(act, decision)
    if status == Status.APPROVED and act.charter.kind(decision.decision_type).approves_budget:
        budgets.approve(act, decision)
    if announce is not None:
        announce()
    outbox.put(events.DECISIONS_COMPLETED, events.decision_payload(decision), act.now)
    audit.record(
        act,
        "decision.settled",
        decision.ref,
        change,
        status=str(status),
        decided_by=decided_by,
        rationale=rationale,
        amount_usd=money.number(decision.amount_usd),
        charter_version=decision.charter_version_id,
    )
    others = [role for role in parties(replaced) if role in act.charter.roles] if replaced else []
    return _outcome_letters(act, decision, status, decided_by, rationale, others)


def parties(decision: Decision) -> list[str]:
    """Who had part in a settled decision: who asked, who decided (a role or not), who voted."""
    return [decision.initiator_role, decision.decided_by or "", *(decision.participants or [])]


def require_undecided(act: Act, matter: Decision) -> None:
    """Raises Refused where a locked decision is settled, or its final date has passed unseen by the sweeper yet."""
    if not matter.is_settled and is_over(act, matter):
        raise Refused(
            "expired", f"{matter.ref} expired on {matter.final_at:%Y-%m-%d %H:%M} UTC.", "Propose a new decision."
        )
    if matter.is_settled:
        raise Refused(
            "already_settled",
            f"{matter.ref} is {matter.status} since {matter.completed_at:%Y-%m-%d %H:%M} UTC and settles only once.",
            "Propose a new decision where this one does not serve.",
        )


def require_in_force(charter: Charter) -> None:
    """Raises Refused where another charter came into force while a person's deed waited for its locks."""
    newest = CharterVersion.objects.in_force().version
    if newest != charter.version:
        raise Refused("charter_changed", f"Charter {newest} came into force at this moment.", "Read it again.")


def require_own(matter: Decision, by: Actor) -> None:
    """Raises Refused where a person put the decision before the board anew: its role has no part in it."""
    if matter.person_id is not None and by.person is None:
        raise Refused(
            "the_boards",
            f"{matter.ref} was put before the board by a member; only the board ends it.",
            "Leave it there.",
        )


def is_over(act: Act, matter: Decision) -> bool:
    """Whether the final date of an unsettled decision has come."""
    return matter.final_at is not None and matter.final_at <= act.now


def require_known_type(decision: Decision, charter: Charter) -> None:
    """An approval needs a right, and a type that the charter in force does not know gives nobody one.

    One that carried an amount when this was asked and carries none now, or the other way round, is another type.
    """
    if decision.decision_type not in charter.types:
        raise Refused(
            "unknown_type",
            f"{decision.ref} is of the type {decision.decision_type}, which charter {charter.version} does not know, "
            "so nobody can approve it.",
            "Reject or withdraw it, or ask the board for a charter with that type.",
        )
    if not lookup.fits(decision, charter):
        has = "an amount" if decision.amount_usd is not None else "no amount"
        raise Refused(
            "other_money",
            f"{decision.ref} has {has}, which charter {charter.version} does not allow for {decision.decision_type}, "
            "so nobody can approve it.",
            "Reject or withdraw it, then propose it anew as the charter asks.",
        )


def _withdraw_from_the_board(act: Act, decision: Decision) -> bool:
    """Close the decision's open escalation, if there is one; whether there was."""
    waiting = Escalation.objects.open().filter(decision=decision)
    return waiting.update(status=EscalationStatus.WITHDRAWN, closed_at=act.now) > 0


def _outcome_letters(
    act: Act, decision: Decision, status: Status, decided_by: str, rationale: str, others: Sequence[str]
) -> list[Letter]:
    """The initiator, the electorate and `others` are told of what others settled; who settles it knows already."""
    told = dict.fromkeys([decision.initiator_role, *(decision.participants or []), *others])
    concerned = [role for role in told if role != act.by.name]
    sender = decided_by if decided_by == BOARD or act.by.name == decided_by else SYSTEM
    content = {
        "decision": decision.ref,
        "status": str(status),
        "decided_by": decided_by,
        "rationale": rationale,
        "amount_usd": money.number(decision.amount_usd),
    }
    subject = f"{decision.ref} {_VERBS[status]}: {decision.title}"
    urgency = Urgency.HIGH if decided_by == BOARD else Urgency.NORMAL
    return [Letter(sender, role, subject, content, MessageType.RESPONSE, urgency, decision) for role in concerned]
