"""What people do about decisions of agents: withdraw one, take it to the board, revoke an approval, override an end.

Each is a deed of a member of the board, told to the roles concerned. None gives a role anything: what is to be approved
after all goes before the board, whose answer it then is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from org import authority, locking, money
from org.actors import Actor
from org.acts import Act, charter_of
from org.authority import Request, Rule
from org.changes import Change
from org.clock import Clock
from org.enums import BOARD, MessageType, Mode, Status, Urgency
from org.errors import Refused
from org.models import Decision, Escalation
from org.models.decisions import MOVING
from org.queries import standing as standings
from org.services import (
    board_only,
    budgets,
    escalations,
    handing_up,
    hashes,
    messages,
    proposals,
    revocations,
    settlement,
    sums,
)
from org.services.messages import Letter


@transaction.atomic
def withdraw(*, decision: Decision, reason: str, by: Actor, clock: Clock) -> Decision:
    """A member ends an unsettled decision: neither approved nor rejected. A window it used is not refunded.

    Raises as all here do: Refused for anybody but the board and where it is settled; InvalidInput without a reason.
    """
    reason = board_only.require_reason(reason)
    act, matter = _begin(decision, by, clock)
    settlement.require_undecided(act, matter)
    asked = matter.awaiting_role
    letters = settlement.settle(act, matter, Status.WITHDRAWN, decided_by=BOARD, rationale=reason)
    if asked != matter.initiator_role:
        content = {"status": "withdrawn", "reason": reason}
        letters += _tell(act, matter, f"{matter.ref} withdrawn: {matter.title}", content, asked)
    messages.post(act, letters)
    return matter


@transaction.atomic
def release(*, decision: Decision, reason: str, by: Actor, clock: Clock) -> Escalation:
    """A member takes an undecided matter from the role or the voters it waits for, and puts it before the board.

    Raises Refused where the board has it already.
    """
    reason = board_only.require_reason(reason)
    act, matter = _begin(decision, by, clock)
    settlement.require_undecided(act, matter)
    if matter.status == Status.ESCALATED:
        raise Refused("with_the_board", f"{matter.ref} is before the board already.", "Answer it there.")
    asked = matter.awaiting_role
    ruling = {**matter.ruling, "rule": Rule.RAISED, "says": "A member of the board takes it to the board."}
    handing_up.pass_up(act, matter, BOARD, reason, ruling=ruling)
    content = {"waiting_on": [BOARD], "reason": reason}
    subject = f"The board takes {matter.ref}: {matter.title}"
    messages.post(act, _tell(act, matter, subject, content, matter.initiator_role, asked, *(matter.participants or [])))
    return Escalation.objects.get(decision=matter, closed_at__isnull=True)


class Revoked(NamedTuple):
    """A revoked approval, and what of its budget went back, in US dollars; None where it was no budget."""

    decision: Decision
    returned_usd: Decimal | None


@transaction.atomic
def revoke(*, decision: Decision, reason: str, by: Actor, clock: Clock) -> Revoked:
    """A member makes an approval useless from now on. What is unallocated of its budget goes back to the treasury.

    What was allocated stays allocated; the initiative and the window it counted in stay used. Raises Refused where it
    is not approved, is revoked already, was not used in time, or is used up.
    """
    reason = board_only.require_reason(reason)
    act, matter = _begin(decision, by, clock)
    left = revocations.require_revocable(act, matter)
    revocations.revoke(act, matter, left, reason, by.person)
    returned = {"reason": reason, "returned_usd": money.number(left)}
    subject, content = f"{matter.ref} revoked: {matter.title}", {"status": "revoked", **returned}
    messages.post(act, _tell(act, matter, subject, content, *settlement.parties(matter)))
    return Revoked(matter, left)


@transaction.atomic
def override(*, decision: Decision, reason: str, by: Actor, clock: Clock) -> Escalation:
    """A member puts what ended without an approval that holds before the board anew, as a decision that names the old.

    The old one stays as it is. Who overrides has not answered yet: the board's members do, as ever. Raises Refused
    where it is undecided, where its approval holds, where another decision revises it, or an override of it waits.
    """
    reason = board_only.require_reason(reason)
    act, old = _begin(decision, by, clock)
    _require_ended(act, old)
    settlement.require_known_type(old, act.charter)
    asked = Request(old.initiator_role, old.decision_type, old.amount_usd, Mode.HUMAN)
    judged, standing = standings.judge(act.charter, asked, old.initiative_key, act.now)
    says = f"A member of the board overrides {old.ref}, which is {old.ended(act.now)}."
    recorded = authority.recorded(judged, standing)
    ruling = {**recorded, "rule": Rule.OVERRIDDEN, "says": says, "asked_mode": str(Mode.HUMAN)}
    new = Decision(
        decision_type=old.decision_type,
        initiator_role=old.initiator_role,
        mode=Mode.HUMAN,
        title=old.title,
        context=old.context,
        amount_usd=old.amount_usd,
        initiative=old.initiative,
        initiative_key=old.initiative_key,
        department_key=old.department_key,
        confidence=old.confidence,
        confidential=old.confidential,
        urgency=old.urgency,
        status=Status.PENDING,
        charter_version_id=act.charter.version,
        ruling=ruling,
        overrides=old,
        final_at=handing_up.final_at(act, act.charter.kind(old.decision_type)),
        created_at=act.now,
        **by.cause,
    )
    new.content_hash = hashes.content_hash(new)
    made = Change.made(new, *MOVING, "amount_usd", "participants")
    used = standing.initiative_usd
    opened = escalations.open_for(act, new, ruling=ruling, initiative_usd=used, reason=reason)
    proposals.announce(act, new, Change(None, {**made.after, "overrides": old.ref}))
    content = {"overrides": old.ref, "waiting_on": [BOARD], "reason": reason}
    subject = f"The board looks at {old.ref} anew, as {new.ref}: {new.title}"
    messages.post(act, _tell(act, new, subject, content, *settlement.parties(old)))
    return opened


def _begin(decision: Decision, by: Actor, clock: Clock) -> tuple[Act, Decision]:
    """A member's deed on a decision, which is locked, and so are the sums it is judged by."""
    locking.bound_waits()
    charter = charter_of(by)
    line, department = [decision.initiator_role], decision.department_key
    sums.hold(charter, decision.decision_type, decision.initiative_key, decision.amount_usd, line, department)
    if decision.amount_usd is not None:
        locking.hold([budgets.LEDGER_LOCK])  # a type that became budget once may not by the charter of today
    matter = Decision.objects.select_for_update().get(pk=decision.pk)
    board_only.require_member(by)
    settlement.require_in_force(charter)
    return Act(by, charter, clock()), matter


def _tell(act: Act, about: Decision, subject: str, content: dict[str, Any], *roles: str | None) -> list[Letter]:
    """A letter from the board to each of these roles that there is."""
    content = {"decision": about.ref, **content}
    told = [role for role in dict.fromkeys(roles) if role in act.charter.roles]
    return [Letter(BOARD, role, subject, content, MessageType.RESPONSE, Urgency.HIGH, about) for role in told if role]


def _require_ended(act: Act, old: Decision) -> None:
    if not old.is_settled:
        raise Refused("not_settled", f"{old.ref} is not decided yet.", "Take it to the board, or withdraw it.")
    if old.holds(act.now):
        raise Refused("approved", f"{old.ref} is approved.", "Revoke it, if it must not be used.")
    revised = Decision.objects.filter(revises=old).first()
    if revised is not None:
        raise Refused("revised", f"{old.ref} is revised by {revised.ref}.", "Look at that one.")
    for anew in Decision.objects.filter(overrides=old):
        if not anew.is_settled:
            raise Refused(
                "overridden", f"{old.ref} is before the board anew already, as {anew.ref}.", "Answer it there."
            )
        if anew.holds(act.now):
            raise Refused(
                "overridden", f"{old.ref} was overridden by {anew.ref}, which is approved.", "Revoke that first."
            )
