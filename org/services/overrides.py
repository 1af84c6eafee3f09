"""A role overrides what a role below it decided: by a new decision that names the old, which stays as it was decided.

To approve what was not approved takes the authority any approval takes. To end an approval takes none but being above
who gave it; what is unallocated of its budget goes back. What the board decided is overridden by the board alone.
"""

from __future__ import annotations

from typing import Any

from org import locking
from org.actors import Actor
from org.acts import Act
from org.charter import Charter
from org.enums import BOARD, ELECTORATE, SYSTEM, MessageType, Mode, Status, Urgency, VoteChoice
from org.errors import Refused
from org.models import Decision
from org.queries import decisions as lookup
from org.services import revocations
from org.services.budgets import LEDGER_LOCK
from org.services.messages import Letter


def arguments(old: Decision, charter: Charter, reason: str) -> dict[str, Any]:
    """What a decision that overrides this one asks for: the same, under its initiative and for its department.

    What a role with a veto has rejected is asked of the board, whoever overrides it.
    """
    board = Mode.HUMAN in charter.kind(old.decision_type).modes and _was_vetoed(old, charter)
    return {
        "decision_type": old.decision_type,
        "title": old.title,
        "context": {"overrides": old.ref, "reason": reason, "asked": old.context},
        "amount_usd": old.amount_usd,
        "initiative": old.initiative,
        "department": old.department_key,
        "confidential": old.confidential,
        "urgency": Urgency(old.urgency),
        "mode": Mode.HUMAN if board else None,
        "overrides": old.ref,
    }


def locked(ref: str, by: Actor, charter: Charter) -> Decision:
    """The decision that is overridden, locked after the ledger, since what is left of its budget may go back."""
    seen = lookup.readable(ref, by.name, charter)
    if seen.amount_usd is not None:
        locking.hold([LEDGER_LOCK])
    return Decision.objects.select_for_update().get(pk=seen.pk)


def require_overridable(act: Act, old: Decision, *, approve: bool) -> None:
    """Raises Refused where a locked decision is not for the acting role to override, or is as it would be already."""
    here = f"{{decision_id: {old.ref}}}"
    if not old.is_settled:
        mine = old.awaiting_role == act.by.name
        call = f"resolve_decision {here}" if mine else f"escalate_to_board {here}"
        raise Refused("not_settled", f"{old.ref} is not decided yet, so there is nothing to override.", f"Use {call}.")
    if old.decided_by in (BOARD, act.by.name) or old.revoked_by_id is not None:
        whose = "your own" if old.decided_by == act.by.name else "the board's"
        raise Refused(
            "the_boards",
            f"{old.ref} is {whose}; only the board overrides it.",
            "Propose a new decision, or ask a member of the board.",
        )
    if old.status == Status.WITHDRAWN:
        raise Refused(
            "withdrawn", f"{old.ref} was withdrawn by who asked for it.", "Propose it anew where it is needed."
        )
    if _decider(old) and act.by.name not in act.charter.managers(_decider(old)):
        raise Refused("not_above", f"{old.ref} is of {_decider(old)}, who is not below you.", "Ask who is above both.")
    if old.holds(act.now) == approve:
        ended = old.ended(act.now)
        raise Refused("as_it_is", f"{old.ref} is {ended} already.", "Leave it, or send the other approve.")
    for newer in [*Decision.objects.filter(revises=old), *Decision.objects.filter(overrides=old)]:
        if not newer.is_settled or newer.holds(act.now):
            raise Refused("newer", f"{newer.ref} stands in the place of {old.ref} by now.", f"Look at {newer.ref}.")


def conclude(act: Act, old: Decision, new: Decision, reason: str) -> list[Letter]:
    """What follows for the locked old decision once the new one is on record; returns the letters that tell of it.

    `reason`: why it ends an approval; empty where it approves.
    """
    if reason:
        revocations.revoke(act, old, revocations.require_revocable(act, old), reason)
    content = {
        "decision": old.ref,
        "overridden_by": new.ref,
        "status": str(new.status),
        "waiting_on": new.waiting_on,
        "reason": new.context["content"]["reason"],
    }
    subject = f"{old.ref} is overridden by {new.ref}, {new.status}: {old.title}"
    told = dict.fromkeys([old.initiator_role, old.decided_by or "", *(old.participants or [])])
    return [
        Letter(act.by.name, role, subject, content, MessageType.RESPONSE, Urgency.HIGH, new)
        for role in told
        if role in act.charter.roles and role != act.by.name
    ]


def _decider(old: Decision) -> str:
    """The role whose decision it was; who asked, where voters or the time decided."""
    decided_by = old.decided_by or ""
    return old.initiator_role if decided_by in (ELECTORATE, SYSTEM) else decided_by


def _was_vetoed(old: Decision, charter: Charter) -> bool:
    veto = charter.kind(old.decision_type).veto
    rejected = old.status == Status.REJECTED
    by_vote = old.votes.filter(voter_role__in=veto, vote=VoteChoice.REJECT).exists()
    return rejected and (old.decided_by in veto or by_vote)
