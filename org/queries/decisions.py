"""Looking decisions up and telling what became of them."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.db.models import Q

from org import money, refs
from org.charter import Charter
from org.enums import BOARD, Mode, Status
from org.errors import NotFound
from org.legible import quoted
from org.models import Decision

OPEN = (Status.PENDING, Status.ESCALATED)


def find(text: str, field: str = "decision_id") -> Decision:
    """The decision named by id or ref, or by the ref of one of its escalations. NotFound names the newest ones."""
    number, escalation, key = refs.number(text, "D"), refs.number(text, "E"), refs.uuid_of(text)
    decision = None
    if key is not None:
        decision = Decision.objects.filter(pk=key).first()
    elif number is not None:
        decision = Decision.objects.filter(number=number).first()
    elif escalation is not None:
        decision = Decision.objects.filter(escalations__number=escalation).first()
    if decision is None:
        newest = (
            Decision.objects.filter(confidential=False).order_by("-created_at").values_list("number", flat=True)[:3]
        )
        raise NotFound(field, text, [f"D-{n}" for n in newest], "Use a ref like D-142 or the decision's id.")
    return decision


def readable(text: str, role: str, charter: Charter, field: str = "decision_id") -> Decision:
    """The decision named, if the role may read it; to others a confidential one is as if it were not there."""
    decision = find(text, field)
    if decision.confidential and role not in readers(decision, charter):
        raise NotFound(field, text, [], "Use a ref like D-142 or the decision's id.")
    return decision


def aside(decision: Decision, role: str) -> str:
    """What a role can do about a decision that is for others: say what it thinks to who has it, and see what comes."""
    if decision.awaiting_role == role and decision.initiator_role != role:
        return f"resolve_decision {{decision_id: {decision.ref}, approve, rationale}} decides it."
    outcome = f"wait_for {{id: {decision.ref}}} tells the outcome."
    whom = next((name for name in decision.waiting_on if name not in (BOARD, role)), "")
    return f"send_message {{to: {whom}, subject, content}} tells what you think; {outcome}" if whom else outcome


def concerned(decision: Decision, charter: Charter) -> set[str]:
    """The roles that may raise a decision: its initiator, who has it now, and those above the initiator."""
    return {decision.initiator_role, decision.awaiting_role or "", *charter.managers(decision.initiator_role)} - {""}


def readers(decision: Decision, charter: Charter) -> set[str]:
    """The roles that may read a confidential decision: those concerned and its electorate."""
    return concerned(decision, charter) | set(decision.participants or [])


def readable_by(role: str, charter: Charter) -> Q:
    """What a role may read, as a filter: the same as `readers`."""
    below = [name for name in charter.roles if role in charter.managers(name)]
    return (
        Q(confidential=False)
        | Q(initiator_role__in=[role, *below])
        | Q(awaiting_role=role)
        | Q(participants__contains=[role])
    )


def of_initiative(key: str, role: str, charter: Charter, most: int) -> list[Decision]:
    """Open decisions under an initiative that a role may read, oldest first: perhaps the same request asked twice."""
    rows = Decision.objects.filter(readable_by(role, charter), status__in=OPEN, initiative_key=key)
    return list(rows.order_by("created_at")[:most])


def fits(decision: Decision, charter: Charter) -> bool:
    """Whether the charter knows the decision's type, with an amount where the decision has one and only there."""
    kind = charter.types.get(decision.decision_type)
    return kind is not None and kind.money == (decision.amount_usd is not None)


def reason(decision: Decision) -> str:
    """Why a decision ended as it did: Echo's sentence on the rule, or what who ended it said, in quotation marks."""
    said = (decision.outcome or {}).get("rationale")
    if not said:
        return str(decision.ruling["says"])
    alone = decision.mode == Mode.AUTONOMOUS and decision.status == Status.APPROVED
    by_vote = decision.mode == Mode.COLLABORATIVE and decision.status != Status.WITHDRAWN
    return str(said) if alone or by_vote or decision.status == Status.EXPIRED else quoted(said)


def revision(decision: Decision) -> dict[str, Any]:
    """The arguments of propose_decision that replace a decision by a better one; what is to be said anew is `…`."""
    arguments: dict[str, Any] = {
        "decision_type": decision.decision_type,
        "title": decision.title,
        "context": "…",
        "revises": decision.ref,
    }
    if decision.amount_usd is not None:
        arguments |= {"amount_usd": money.number(decision.amount_usd), "initiative": decision.initiative}
    if decision.department_key:
        arguments["department"] = decision.department_key
    if decision.confidential:
        arguments["confidential"] = True
    return arguments


def votes(decision: Decision, role: str) -> list[dict[str, Any]]:
    """The votes of an electorate; sealed while the vote is open, but to a role that has voted."""
    if decision.is_voting and not decision.votes.filter(voter_role=role).exists():
        return []
    return [
        {"role": vote.voter_role, "vote": vote.vote, "confidence": vote.confidence, "rationale": vote.rationale}
        for vote in decision.votes.order_by("voted_at")
    ]


def escalations(decision: Decision) -> list[dict[str, Any]]:
    """The decision's times before the board, with the members' answers."""
    return [
        {
            "ref": escalation.ref,
            "status": escalation.status,
            "urgency": escalation.urgency,
            "rule": escalation.ruling["rule"],
            "opened_at": escalation.opened_at.isoformat(),
            "deadline_at": escalation.deadline_at.isoformat(),
            "members_needed": escalation.members_needed,
            "answers": [
                {
                    "member": member,
                    "answer": answer,
                    "note": note,
                    "at": at.isoformat(),
                }
                for member, answer, note, at in escalation.votes.order_by("voted_at").values_list(
                    "member__username", "answer", "note", "voted_at"
                )
            ],
        }
        for escalation in decision.escalations.order_by("opened_at")
    ]


def history(decision: Decision) -> list[dict[str, Any]]:
    """What happened to the decision, oldest first, from the audit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT done_at, done_by, done, details FROM decision_history(%s)", [decision.number])
        rows = cursor.fetchall()
    return [
        {"at": at.isoformat(), "actor": actor, "action": action, **_told(json.loads(data))}
        for at, actor, action, data in rows
    ]


def _told(data: dict[str, Any]) -> dict[str, Any]:
    told = ("status", "rule", "to", "reason", "rationale", "escalation", "decided_by", "result", "says")
    return {key: data[key] for key in told if data.get(key)}
