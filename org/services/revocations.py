"""How an approval ends before its time: it holds no more, and what is unallocated of its budget goes back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from org import audit, events, money, outbox
from org.acts import Act
from org.changes import Change, state
from org.enums import Status
from org.errors import Refused
from org.models import Decision, Member
from org.models.decisions import MOVING
from org.services import budgets


def require_revocable(act: Act, matter: Decision) -> Decimal | None:
    """What is left to allocate of a locked decision's budget, in US dollars; None where it became none.

    Raises Refused where it is not approved, is revoked already, was not used in time, or is used up.
    """
    if matter.status != Status.APPROVED:
        raise Refused("not_approved", f"{matter.ref} is {matter.status}, not approved.", "Withdraw it, or leave it.")
    if matter.revoked_at is not None:
        raise Refused("revoked", f"{matter.ref} is revoked since {matter.revoked_at:%Y-%m-%d %H:%M} UTC.", "Leave it.")
    if not matter.holds(act.now):
        raise Refused("lapsed", f"{matter.ref} was not used in time and holds no more.", "Leave it.")
    left = budgets.unallocated_usd(matter)
    if not is_revocable(matter, left, act.now):
        raise Refused("used", f"{matter.ref} is used up, so there is nothing to revoke.", "Ask for what is to follow.")
    return left


def is_revocable(decision: Decision, left_usd: Decimal | None, now: datetime) -> bool:
    """Whether something of an approval is still to be used; `left_usd`: of its budget, None where it became none.

    A commitment is used by being made, and can be taken back all the same.
    """
    unused = decision.amount_usd is not None or decision.used_at is None
    return decision.holds(now) and unused and left_usd != 0


def revoke(act: Act, matter: Decision, left_usd: Decimal | None, reason: str, member: Member | None = None) -> None:
    """Make a locked approval useless from now on; the caller holds the ledger's lock and tells those concerned.

    `member`: who of the board does it; else a decision that overrides it is the reason, which the database asks for.
    What was allocated stays allocated; the initiative and the window it counted in stay used.
    """
    was = state(matter, *MOVING)
    matter.revoked_at, matter.revoked_by = act.now, member
    matter.save(update_fields=["revoked_at", "revoked_by"])
    if left_usd:
        budgets.take_back(act, matter)
    outbox.put(events.DECISIONS_COMPLETED, events.decision_payload(matter) | {"revoked": True}, act.now)
    returned = {"reason": reason, "returned_usd": money.number(left_usd)}
    audit.record(act, "decision.revoked", matter.ref, Change.since(was, matter), **returned)
