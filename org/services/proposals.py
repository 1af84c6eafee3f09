"""Proposing a decision: judged under lock, then decided, put to a vote, handed up or put before the board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from org import audit, authority, events, money, outbox
from org.actors import Actor
from org.acts import Act, charter_of
from org.authority import Request, Ruling, Standing
from org.changes import Change
from org.charter import Charter
from org.clock import Clock
from org.enums import BOARD, Mode, Status, Urgency
from org.errors import InvalidInput, Refused
from org.models import Decision
from org.models.decisions import MOVING
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.services import commitments, escalations, handing_up, hashes, messages, settlement, sums, votes
from org.services import overrides as overriding
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
    rejects: str = "",
    department: str = "",
    overrides: str = "",
    by: Actor,
    clock: Clock,
) -> Decision:
    """Ask for a decision. It is decided at once where the role may, else voted on, handed up the line or to the board.

    `rejects`: why the role itself says no to what it puts on record; whoever else decides it reads that, and nobody
    does where the role has a veto.
    `department`: whose allocation a commitment is judged against. `overrides`: the settled decision, of a role below,
    in whose place this one stands (`overrides.arguments`); with `rejects` it ends that one's approval.

    `participants` vote with the charter's electorate. A vote, or the role it is handed up to, has until `deadline`
    (default: the charter's, by urgency); the board has the charter's, whatever was asked.

    Raises InvalidInput for an unknown type, an amount where none belongs or none where one must be, a mode the
    charter does not allow for the type, too small an electorate, a deadline in the past or more than 90 days away, or
    a `revises` that is not the role's own unsettled decision, or a department the type does not take or needs;
    Refused for a commitment over its department's allocation where the charter requires budget.
    """
    charter = charter_of(by)
    request = Request(by.name, decision_type, amount_usd, mode, confidence)
    kind = authority.admit(charter, request)
    name = initiative or title
    key = authority.initiative_key(name)
    department_key = commitments.department_key(kind, department)

    line = [by.name, *charter.managers(by.name)]
    sums.hold(charter, decision_type, key, amount_usd, line, department_key)
    old = overriding.locked(overrides, by, charter) if overrides else None
    replaced = _revised(revises, by, charter) if revises else None
    act = Act(by, charter, clock())
    if old is not None:
        overriding.require_overridable(act, old, approve=not rejects, mode=mode)
    if replaced is not None:
        _require_revisable(act, replaced)
    _require_ahead(deadline, act.now)
    ruling, standing = standings.judge(charter, request, key, act.now)
    if old is not None and rejects:
        ruling = authority.says_no(charter, ruling, by.name, old.ref)
    if rejects and by.name in kind.veto:
        ruling = authority.says_no(charter, ruling, by.name)
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
        context={"content": context, "evidence": list(evidence), **({"against": rejects} if rejects else {})},
        amount_usd=amount_usd,
        initiative=name,
        initiative_key=key,
        department_key=department_key,
        confidence=confidence,
        confidential=confidential,
        urgency=urgency,
        status=Status.PENDING,
        charter_version_id=charter.version,
        ruling={**authority.recorded(ruling, standing), "asked_mode": str(mode) if mode else None},
        revises=replaced,
        overrides=old,
        participants=votes.electorate(charter, kind, participants, by.name) if voting else None,
        created_at=act.now,
        **by.cause,
    )
    if not ruling.alone:
        decision.final_at = handing_up.final_at(act, kind)
    if not ruling.alone and ruling.decider != BOARD:
        decision.due_at = handing_up.due(act, decision, deadline)
        decision.awaiting_role = None if voting else ruling.decider
    decision.content_hash = hashes.content_hash(decision)
    letters = _place(act, decision, ruling, standing, rejects)
    if replaced is not None:
        revised = f"Revised by {decision.ref}."
        letters += settlement.settle(act, replaced, Status.WITHDRAWN, decided_by=by.name, rationale=revised)
    if old is not None:
        letters += overriding.conclude(act, old, decision, rejects)
    messages.post(act, letters)
    return decision


def _place(act: Act, decision: Decision, ruling: Ruling, standing: Standing, rejects: str) -> list[Letter]:
    """Store a new decision where its ruling puts it; returns the letters this sends."""
    asked = Change.made(decision, *MOVING, "amount_usd", "participants")
    told = partial(announce, act, decision, asked)
    if ruling.alone:
        status = Status.REJECTED if rejects else Status.APPROVED
        return settlement.settle(
            act,
            decision,
            status,
            decided_by=act.by.name,
            rationale=rejects or ruling.says,
            announce=told,
        )
    if ruling.decider == BOARD:
        used = standing.initiative_usd
        escalations.open_for(act, decision, ruling=decision.ruling, initiative_usd=used, reason="", announce=told)
        return []
    decision.save(force_insert=True)
    told()
    if decision.is_voting:
        votes.announce(act, decision)
        return votes.requests(act, decision)
    if decision.awaiting_role:
        return [handing_up.request_letter(decision, ruling.decider, ruling.says, act.by.name)]
    return []


def _require_ahead(asked: datetime | None, now: datetime) -> None:
    if asked is not None and not now < asked <= now + LONGEST_DEADLINE:
        raise InvalidInput(
            "deadline",
            f"it must lie ahead, within {LONGEST_DEADLINE.days} days.",
            f"It is now {now.isoformat()}; leave it out for the charter's.",
        )


def announce(act: Act, decision: Decision, asked: Change) -> None:
    """Tell the bus and the audit of a new decision, as it was asked."""
    outbox.put(events.DECISIONS_NEW, events.decision_payload(decision), act.now)
    audit.record(
        act,
        "decision.proposed",
        decision.ref,
        asked,
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
    return Decision.objects.select_for_update().get(pk=lookup.readable(text, by.name, charter, "revises").pk)


def _require_revisable(act: Act, matter: Decision) -> None:
    try:
        settlement.require_undecided(act, matter)
        settlement.require_own(matter, act.by)
    except Refused as refusal:
        raise InvalidInput("revises", refusal.says, "Propose it anew without revises.") from refusal
    if matter.initiator_role != act.by.name:
        raise InvalidInput(
            "revises", f"{matter.ref} is {matter.initiator_role}'s; a role revises only its own.", "Leave revises out."
        )
