"""A role overrides what a role below it decided: by a new decision that names the old, which stays as it was decided.

To approve what was not approved takes the authority any approval takes. To end an approval takes none but being above
who gave it; what is unallocated of its budget goes back. What the board decided, be it about what stood in the place of
the old one, is overridden by the board alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from org import locking
from org.actors import Actor
from org.acts import Act
from org.charter import Charter
from org.enums import BOARD, ELECTORATE, SYSTEM, MessageType, Mode, Status, Urgency, VoteChoice
from org.errors import Refused
from org.models import Decision
from org.queries import decisions as lookup
from org.services import revocations, settlement
from org.services.budgets import LEDGER_LOCK
from org.services.messages import Letter


def arguments(old: Decision, charter: Charter, reason: str) -> dict[str, Any]:
    """What a decision that overrides this one asks for: the same, under its initiative and for its department.

    What a role with a veto has rejected is asked of the board, whoever overrides it. Raises Refused where the charter
    knows its type no more, or as one that carries money where it has none, or the other way round.
    """
    settlement.require_known_type(old, charter)
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


def require_overridable(act: Act, old: Decision, *, approve: bool, mode: Mode | None) -> None:
    """Raises Refused where a locked decision is not for the acting role to override, or is as it would be already.

    `mode`: how it is asked for; what was vetoed is asked of the board.
    """
    if not old.is_settled:
        says = f"{old.ref} is not decided yet, so there is nothing to override."
        raise Refused("not_settled", says, f"Use {_instead(old, act.by, approve)}.")
    family = _family(old)
    newer = next((each for each in family[1:] if not each.is_settled or each.holds(act.now)), None)
    if newer is not None:
        says = f"{newer.ref} stands in the place of {old.ref} by now."
        raise Refused("newer", says, f"Look at it by get_decision {{decision_id: {newer.ref}}}.")
    decided = next((each for each in family if _is_the_boards(each)), None)
    if decided is not None or _decider(old) == act.by.name:
        whose = f"the board's, by {decided.ref}" if decided not in (None, old) else "the board's"
        raise Refused(
            "the_boards",
            f"{old.ref} is {whose if decided else 'your own'}; only the board overrides it.",
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
    if mode != Mode.HUMAN and _was_vetoed(old, act.charter):
        says = f"{old.ref} was vetoed; only the board overrides that."
        raise Refused("vetoed", says, "Ask a member of the board to put it before the board anew.")


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
    if not new.is_settled:
        subject = f"{old.ref} is asked for anew as {new.ref}, which waits for {', '.join(new.waiting_on)}: {old.title}"
    told = dict.fromkeys(settlement.parties(old))
    return [
        Letter(act.by.name, role, subject, content, MessageType.RESPONSE, Urgency.HIGH, new)
        for role in told
        if role in act.charter.roles and role != act.by.name
    ]


def _instead(old: Decision, by: Actor, approve: bool) -> str:
    """The call that moves what is not decided yet."""
    if old.status == Status.ESCALATED:
        return f"wait_for {{id: {old.ref}}}"
    if old.awaiting_role != by.name:
        return f"escalate_to_board {{decision_id: {old.ref}}}"
    if old.initiator_role == by.name:
        return f"propose_decision {{revises: {old.ref}, …}}"
    return f"resolve_decision {{decision_id: {old.ref}, approve: {str(approve).lower()}, rationale: …}}"


def _family(old: Decision) -> Sequence[Decision]:
    """A decision and all that was asked for in its place, in turn too."""
    found = [old]
    for each in found:  # it grows by the next
        found += Decision.objects.filter(Q(revises=each) | Q(overrides=each)).order_by("number")
    return found


def _is_the_boards(decision: Decision) -> bool:
    """Whether a person has put, decided or ended it."""
    return decision.decided_by == BOARD or decision.person_id is not None or decision.revoked_by_id is not None


def _decider(old: Decision) -> str:
    """The role whose decision it was; who asked, where voters or the time decided."""
    decided_by = old.decided_by or ""
    return old.initiator_role if decided_by in (ELECTORATE, SYSTEM) else decided_by


def _was_vetoed(old: Decision, charter: Charter) -> bool:
    veto = charter.kind(old.decision_type).veto
    rejected = old.status == Status.REJECTED
    by_vote = old.votes.filter(voter_role__in=veto, vote=VoteChoice.REJECT).exists()
    return rejected and (old.decided_by in veto or by_vote)
