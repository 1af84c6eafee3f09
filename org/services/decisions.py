"""Decisions of roles: proposing, resolving what was handed up, raising, withdrawing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from org import admission, audit, authority, events, money, names, outbox
from org.actors import Actor
from org.authority import Request, Rule, Ruling, Standing
from org.charter import Charter
from org.clock import Clock
from org.enums import BOARD, Mode, Status, Urgency
from org.errors import InvalidInput, Refused
from org.models import CharterVersion, Decision
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.services import escalations, handing_up, hashes, messages, settlement, sums
from org.services.messages import Letter

LONGEST_KEY_BYTES = 1024  # a few characters stand for words; PostgreSQL indexes no longer key


@transaction.atomic
def propose(
    *,
    decision_type: str,
    title: str,
    context: Any,
    amount_usd: Decimal | None = None,
    initiative: str = "",
    confidence: float | None = None,
    mode: Mode | None = None,
    revises: str = "",
    confidential: bool = False,
    evidence: Sequence[Any] = (),
    urgency: Urgency = Urgency.NORMAL,
    by: Actor,
    clock: Clock,
) -> Decision:
    """Ask for a decision. It is decided at once where the role may, else handed up the line or to the board.

    Raises InvalidInput for an unknown type, an amount where none belongs or none where one must be, a mode the
    charter does not allow for the type, or a `revises` that is not the role's own unsettled decision.
    """
    charter = CharterVersion.objects.in_force()
    request = Request(by.name, decision_type, amount_usd, mode, confidence)
    admission.require_possible(charter, request)
    name = initiative or title
    key = names.normalize(name)
    if not key:
        raise InvalidInput("initiative", "a name needs at least one visible character.")
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise InvalidInput("initiative", "the name is too long.", "Shorten it and call again.")

    line = [by.name, *charter.managers(by.name)]
    sums.hold(charter, decision_type, key, amount_usd, line)
    replaced = _revised(revises, by, charter) if revises else None
    now = clock()
    standing = standings.of(charter, line, key, now) if charter.kind(decision_type).money else Standing()
    ruling = authority.judge(charter, request, standing)
    decision = Decision(
        decision_type=decision_type,
        initiator_role=by.name,
        mode=ruling.mode,
        title=title,
        context={"content": context, "evidence": list(evidence)},
        amount_usd=amount_usd,
        initiative=name,
        initiative_key=key,
        confidence=confidence,
        confidential=confidential,
        urgency=urgency,
        status=Status.PENDING,
        charter_version_id=charter.version,
        ruling={**authority.recorded(ruling, standing), "asked_mode": str(mode) if mode else None},
        revises=replaced,
        created_at=now,
        **by.cause,
    )
    decision.content_hash = hashes.content_hash(decision)
    letters = _place(decision, ruling, standing, charter, by, now)
    if replaced is not None:
        letters += settlement.settle(
            replaced,
            Status.WITHDRAWN,
            decided_by=by.name,
            rationale=f"Revised by {decision.ref}.",
            charter=charter,
            by=by,
            now=now,
        )
    messages.post(letters, by=by, charter=charter, now=now)
    return decision


@transaction.atomic
def resolve(*, decision: str, approve: bool, rationale: str, by: Actor, clock: Clock) -> Decision:
    """Decide what was handed up to the acting role, within its own authority; beyond it, it goes further up.

    Raises Refused when the decision does not wait for this role.
    """
    charter = CharterVersion.objects.in_force()
    seen = lookup.readable(decision, by.name, charter)
    line = [by.name, *charter.managers(by.name)]
    sums.hold(charter, seen.decision_type, seen.initiative_key, seen.amount_usd, line)
    matter = _locked(seen)
    now = clock()
    answered = Status.APPROVED if approve else Status.REJECTED
    if (matter.mode, matter.decided_by, matter.status) == (Mode.HIERARCHICAL, by.name, answered):
        return matter  # said again: it stands as it was said
    settlement.require_unsettled(matter)
    if matter.awaiting_role != by.name:
        waiting = " and ".join(matter.waiting_on) or "nobody"
        raise Refused("not_waiting_on_you", f"{matter.ref} waits on {waiting}, not on {by.name}.", "Leave it to them.")
    if matter.initiator_role == by.name:
        raise Refused(
            "own_request",
            f"{matter.ref} came back to you for revision.",
            f"Propose a new decision with revises {matter.ref}.",
        )
    if not approve:
        letters = settlement.settle(
            matter, Status.REJECTED, decided_by=by.name, rationale=rationale, charter=charter, by=by, now=now
        )
    else:
        admission.require_role(charter, by.name)
        settlement.require_known_type(matter, charter)
        letters = handing_up.approve_or_pass_on(matter, rationale, charter, by, now)
    messages.post(letters, by=by, charter=charter, now=now)
    return matter


@transaction.atomic
def escalate(
    *, decision: str, reason: str, urgency: Urgency = Urgency.NORMAL, to_board: bool = False, by: Actor, clock: Clock
) -> tuple[Decision, str]:
    """Raise an unsettled decision one step up the line, or straight to the board; returns it and who has it now.

    The initiator, the role it waits on and anybody above the initiator may raise it. What the board has stays there:
    raising it again is the same. `urgency` makes it more urgent, never less.
    """
    charter = CharterVersion.objects.in_force()
    seen = lookup.readable(decision, by.name, charter)
    sums.hold(charter, seen.decision_type, seen.initiative_key, seen.amount_usd, [by.name])
    matter = _locked(seen)
    now = clock()
    settlement.require_unsettled(matter)
    if by.name not in lookup.concerned(matter, charter):
        raise Refused(
            "not_concerned",
            f"{matter.ref} is {matter.initiator_role}'s; only that role, those above it and who has it may raise it.",
            "Write to one of them by send_message.",
        )
    if matter.status == Status.ESCALATED:
        return matter, BOARD
    matter.urgency = Urgency(matter.urgency).or_more(urgency)
    standing = standings.of(charter, [by.name], matter.initiative_key, now)
    holder = matter.awaiting_role or by.name
    if holder not in charter.roles:  # an older charter's: from here the initiator's line leads on
        holder = matter.initiator_role
    above = next(charter.managers(holder), BOARD)
    if to_board or above == BOARD or matter.mode == Mode.HUMAN:  # what the board sent back stays the board's
        ruling = {**matter.ruling, "rule": Rule.RAISED, "says": reason}
        messages.settle_requests(matter, by=by, now=now)
        escalations.open_for(
            matter,
            ruling=ruling,
            initiative_usd=standing.initiative_usd,
            reason=reason,
            charter=charter,
            by=by,
            now=now,
        )
        return matter, BOARD
    letter = handing_up.hand_up(matter, above, reason, by=by, now=now)
    messages.post([letter], by=by, charter=charter, now=now)
    return matter, above


@transaction.atomic
def withdraw(*, decision: str, reason: str, by: Actor, clock: Clock) -> Decision:
    """The initiator takes back its unsettled decision. A window it used is not refunded."""
    charter = CharterVersion.objects.in_force()
    seen = lookup.readable(decision, by.name, charter)
    matter = _locked(seen)
    now = clock()
    if matter.status == Status.WITHDRAWN and matter.initiator_role == by.name:
        return matter
    settlement.require_unsettled(matter)
    if matter.initiator_role != by.name:
        raise Refused(
            "not_yours",
            f"{matter.ref} is {matter.initiator_role}'s; only its initiator withdraws it.",
            "Ask that role.",
        )
    waited_on = matter.awaiting_role
    letters = settlement.settle(
        matter, Status.WITHDRAWN, decided_by=by.name, rationale=reason, charter=charter, by=by, now=now
    )
    if waited_on and waited_on != by.name:
        content = {"decision": matter.ref, "status": "withdrawn", "reason": reason}
        letters.append(Letter(by.name, waited_on, f"{matter.ref} withdrawn: {matter.title}", content, decision=matter))
    messages.post(letters, by=by, charter=charter, now=now)
    return matter


def _place(
    decision: Decision, ruling: Ruling, standing: Standing, charter: Charter, by: Actor, now: datetime
) -> list[Letter]:
    """Store a new decision where its ruling puts it; returns the letters this sends."""
    if ruling.alone:
        letters = settlement.settle(
            decision, Status.APPROVED, decided_by=by.name, rationale=ruling.says, charter=charter, by=by, now=now
        )
        _proposed(decision, by, now)
        return letters
    if ruling.decider == BOARD:
        escalations.open_for(
            decision,
            ruling=decision.ruling,
            initiative_usd=standing.initiative_usd,
            reason="",
            charter=charter,
            by=by,
            now=now,
        )
        _proposed(decision, by, now)
        return []
    decision.awaiting_role = ruling.decider
    decision.save(force_insert=True)
    _proposed(decision, by, now)
    return [handing_up.request_letter(decision, ruling.decider, ruling.says, by)]


def _proposed(decision: Decision, by: Actor, now: datetime) -> None:
    outbox.put(events.DECISIONS_NEW, events.decision_payload(decision), now)
    audit.record(
        by,
        "decision.proposed",
        decision.ref,
        now,
        type=decision.decision_type,
        title=decision.title,
        amount_usd=money.number(decision.amount_usd),
        mode=str(decision.mode),
        urgency=str(decision.urgency),
        status=str(decision.status),
        charter_version=decision.charter_version_id,
        content_hash=decision.content_hash,
        rule=decision.ruling["rule"],
    )


def _locked(seen: Decision) -> Decision:
    """The decision read earlier, as it is now. Its sums are locked before it."""
    return Decision.objects.select_for_update().get(pk=seen.pk)


def _revised(text: str, by: Actor, charter: Charter) -> Decision:
    try:
        matter = _locked(lookup.readable(text, by.name, charter, "revises"))
        settlement.require_unsettled(matter)
    except Refused as refusal:
        raise InvalidInput("revises", refusal.says, "Propose it anew without revises.") from refusal
    if matter.initiator_role != by.name:
        raise InvalidInput(
            "revises", f"{matter.ref} is {matter.initiator_role}'s; a role revises only its own.", "Leave revises out."
        )
    return matter
