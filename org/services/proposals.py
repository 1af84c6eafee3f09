"""Proposing a decision: judged under lock, then decided, put to a vote, handed up or put before the board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from org import audit, authority, events, money, outbox
from org.actors import Actor
from org.authority import Request, Ruling, Standing
from org.charter import Charter
from org.clock import Clock
from org.enums import BOARD, Mode, Status, Urgency
from org.errors import InvalidInput, Refused
from org.models import CharterVersion, Decision
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.services import escalations, handing_up, hashes, messages, settlement, sums, votes
from org.services.messages import Letter

LONGEST_DEADLINE = timedelta(days=90)


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
    participants: Sequence[str] = (),
    deadline: datetime | None = None,
    by: Actor,
    clock: Clock,
) -> Decision:
    """Ask for a decision. It is decided at once where the role may, else voted on, handed up the line or to the board.

    `participants` vote with the charter's electorate. A vote, or the role it is handed up to, has until `deadline`
    (default: the charter's, by urgency); the board has the charter's, whatever was asked.

    Raises InvalidInput for an unknown type, an amount where none belongs or none where one must be, a mode the
    charter does not allow for the type, too small an electorate, a deadline in the past or more than 90 days away, or
    a `revises` that is not the role's own unsettled decision.
    """
    charter = CharterVersion.objects.in_force()
    request = Request(by.name, decision_type, amount_usd, mode, confidence)
    kind = authority.admit(charter, request)
    name = initiative or title
    key = authority.initiative_key(name)

    sums.hold(charter, decision_type, key, amount_usd, [by.name, *charter.managers(by.name)])
    replaced = _revised(revises, by, charter) if revises else None
    now = clock()
    _require_ahead(deadline, now)
    ruling, standing = standings.judge(charter, request, key, now)
    voting = ruling.mode is Mode.COLLABORATIVE
    if participants and not voting:
        raise InvalidInput(
            "participants",
            f"this is a {ruling.mode} decision, and nobody votes on it.",
            "Leave it out, or ask for mode collaborative.",
        )
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
        participants=votes.electorate(charter, kind, participants, by.name) if voting else None,
        created_at=now,
        **by.cause,
    )
    if not ruling.alone and ruling.decider != BOARD:
        decision.due_at = deadline or handing_up.due(decision, charter, now)
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
    if ruling.mode is not Mode.COLLABORATIVE:
        decision.awaiting_role = ruling.decider
    decision.save(force_insert=True)
    _proposed(decision, by, now)
    if ruling.mode is Mode.COLLABORATIVE:
        votes.announce(decision, now)
        return votes.requests(decision, by)
    return [handing_up.request_letter(decision, ruling.decider, ruling.says, by.name)]


def _require_ahead(asked: datetime | None, now: datetime) -> None:
    if asked is not None and not now < asked <= now + LONGEST_DEADLINE:
        raise InvalidInput(
            "deadline",
            f"it must lie ahead, within {LONGEST_DEADLINE.days} days.",
            f"It is now {now.isoformat()}; leave it out for the charter's.",
        )


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


def _revised(text: str, by: Actor, charter: Charter) -> Decision:
    try:
        matter = Decision.objects.select_for_update().get(pk=lookup.readable(text, by.name, charter, "revises").pk)
        settlement.require_unsettled(matter)
    except Refused as refusal:
        raise InvalidInput("revises", refusal.says, "Propose it anew without revises.") from refusal
    if matter.initiator_role != by.name:
        raise InvalidInput(
            "revises", f"{matter.ref} is {matter.initiator_role}'s; a role revises only its own.", "Leave revises out."
        )
    return matter
