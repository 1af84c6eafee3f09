"""What roles do with decisions that wait: resolve what was handed up, raise, withdraw."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction

from org.actors import Actor
from org.acts import Act, charter_of
from org.authority import Rule, require_role
from org.clock import Clock
from org.enums import BOARD, Mode, Status, Urgency
from org.errors import Refused
from org.legible import quoted
from org.models import Decision
from org.queries import decisions as lookup
from org.services import escalations, handing_up, messages, settlement, sums
from org.services.messages import Letter


@transaction.atomic
def resolve(*, decision: str, approve: bool, rationale: str, by: Actor, clock: Clock) -> Decision:
    """Decide what was handed up to the acting role, within its own authority; beyond it, it goes further up.

    Raises Refused when the decision does not wait for this role, or is over what its department has been allocated
    where the charter requires budget.
    """
    charter = charter_of(by)
    seen = lookup.readable(decision, by.name, charter)
    line = [by.name, *charter.managers(by.name)]
    sums.hold(charter, seen.decision_type, seen.initiative_key, seen.amount_usd, line, seen.department_key)
    matter = _locked(seen)
    act = Act(by, charter, clock())
    answered = Status.APPROVED if approve else Status.REJECTED
    if (matter.mode, matter.decided_by, matter.status) == (Mode.HIERARCHICAL, by.name, answered):
        return matter  # said again: it stands as it was said
    settlement.require_undecided(act, matter)
    if matter.awaiting_role != by.name:
        waiting = " and ".join(matter.waiting_on) or "nobody"
        says = f"{matter.ref} waits on {waiting}, not on {by.name}."
        raise Refused("not_waiting_on_you", says, lookup.aside(matter, by.name))
    if matter.initiator_role == by.name:
        raise Refused(
            "own_request",
            f"{matter.ref} came back to you for revision.",
            f"Propose a new decision with revises {matter.ref}.",
        )
    if not approve:
        letters = settlement.settle(act, matter, Status.REJECTED, decided_by=by.name, rationale=rationale)
    else:
        require_role(charter, by.name)
        settlement.require_known_type(matter, charter)
        letters = handing_up.approve_or_pass_on(act, matter, rationale)
    messages.post(act, letters)
    return matter


class Raised(NamedTuple):
    """A decision that was raised and who has it now. `says`: what became of its urgency, where the board had it."""

    decision: Decision
    to: str
    says: str = ""


@transaction.atomic
def escalate(
    *, decision: str, reason: str, urgency: Urgency = Urgency.NORMAL, to_board: bool = False, by: Actor, clock: Clock
) -> Raised:
    """Raise an unsettled decision one step up the line, or straight to the board.

    The initiator, the role it waits on and anybody above the initiator may raise it. What the board has stays there:
    raising it again is the same. `urgency` makes it more urgent, never less, there too.
    """
    charter = charter_of(by)
    seen = lookup.readable(decision, by.name, charter)
    sums.hold(charter, seen.decision_type, seen.initiative_key, seen.amount_usd, [by.name])
    matter = _locked(seen)
    act = Act(by, charter, clock())
    settlement.require_undecided(act, matter)
    if by.name not in lookup.concerned(matter, charter):
        raise Refused(
            "not_concerned",
            f"{matter.ref} is {matter.initiator_role}'s; only that role, those above it and who has it may raise it.",
            "Write to one of them by send_message.",
        )
    if matter.status == Status.ESCALATED:
        return Raised(matter, BOARD, escalations.raise_urgency(act, matter, urgency, reason))
    holder = matter.awaiting_role or by.name
    if holder not in charter.roles:  # an older charter's: from here the initiator's line leads on
        holder = matter.initiator_role
    above = next(charter.managers(holder), BOARD)
    if to_board or matter.mode == Mode.HUMAN:  # what the board sent back stays the board's
        above = BOARD
    says = f"The {charter.title(by.name)} raised it: {quoted(reason)}"
    ruling = {**matter.ruling, "rule": Rule.RAISED, "says": says}
    letters = handing_up.pass_up(act, matter, above, reason, ruling=ruling, urgency=urgency)
    messages.post(act, letters)
    return Raised(matter, above)


@transaction.atomic
def withdraw(*, decision: str, reason: str, by: Actor, clock: Clock) -> Decision:
    """The initiator takes back its unsettled decision. A window it used is not refunded."""
    charter = charter_of(by)
    seen = lookup.readable(decision, by.name, charter)
    matter = _locked(seen)
    act = Act(by, charter, clock())
    if matter.status == Status.WITHDRAWN and matter.initiator_role == by.name:
        return matter
    settlement.require_undecided(act, matter)
    settlement.require_own(matter, by)
    if matter.initiator_role != by.name:
        raise Refused(
            "not_yours",
            f"{matter.ref} is {matter.initiator_role}'s; only its initiator withdraws it.",
            "Ask that role.",
        )
    waited_on = matter.awaiting_role
    letters = settlement.settle(act, matter, Status.WITHDRAWN, decided_by=by.name, rationale=reason)
    if waited_on and waited_on != by.name:
        content = {"decision": matter.ref, "status": "withdrawn", "reason": reason}
        letters.append(Letter(by.name, waited_on, f"{matter.ref} withdrawn: {matter.title}", content, decision=matter))
    messages.post(act, letters)
    return matter


def _locked(seen: Decision) -> Decision:
    """The decision read earlier, as it is now. Its sums are locked before it."""
    return Decision.objects.select_for_update().get(pk=seen.pk)
