"""The calls that mend what the CHRO's tools find: who is to be asked, and who decides a conflict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from agents.methods.team_health import Finding, Kind
from org.actors import Actor
from org.acts import charter_of
from org.charter import Charter
from org.enums import BOARD, Mode
from org.models import Artifact, Decision
from org.queries import decisions as lookup
from org.queries.conflicts import Routes
from org.queries.performance import Record
from org.queries.recall import texts_of
from org.services.conflicts import Case, thread_of

MOST_STATEMENTS = 3  # of each party, the newest
LONGEST_STATEMENT = 4_000  # characters; recall {id} shows the whole

Call = tuple[str, dict[str, Any]]


class Statement(BaseModel):
    """What a party answered."""

    party: str
    ref: str
    said: str


def statements(case: Case) -> list[Statement]:
    """The newest answers of each party."""
    return [
        Statement(party=party, ref=row.ref, said="\n".join(texts_of(row.content))[:LONGEST_STATEMENT])
        for party, rows in case.statements.items()
        for row in rows[:MOST_STATEMENTS]
    ]


def next_calls(case: Case, decision: Decision | None, routes: Routes, by: Actor) -> list[Call]:
    """What to do about a conflict next: wait for who is silent; then have others vote on it, or a manager decide it."""
    if decision is not None and decision.is_settled:
        return [("get_decision", {"decision_id": decision.ref})]
    waiting: list[Call] = [("wait_for", {"id": case.asked[role]}) for role in case.silent]
    if decision is not None:
        return [*waiting, *_about(case, decision, by)]
    return [*waiting, *_votes(case, routes), *_escalations(case, routes, by)]


def _about(case: Case, decision: Decision, by: Actor) -> Iterator[Call]:
    """An open decision is ended where it is: by its vote, or one step further up."""
    if decision.is_voting:
        yield "wait_for", {"id": decision.ref}
    elif by.name in lookup.concerned(decision, charter_of(by)):
        yield "escalate_decision", {"decision_id": decision.ref, "reason": _title(case)}
    else:
        yield (
            "send_message",
            {
                "to": decision.initiator_role,
                "subject": f"Please escalate {decision.ref}",
                "content": {"case": case.first.ref, "call": f"escalate_decision {{decision_id: {decision.ref}}}"},
                "thread_id": thread_of(case.first),
            },
        )


def _votes(case: Case, routes: Routes) -> Iterator[Call]:
    if routes.vote_type:
        yield (
            "propose_decision",
            {
                "decision_type": routes.vote_type,
                "title": _title(case),
                "context": _context(case),
                "mode": str(Mode.COLLABORATIVE),
                "participants": routes.voters,
            },
        )


def _escalations(case: Case, routes: Routes, by: Actor) -> Iterator[Call]:
    """The nearest manager of all parties is asked; where there is none, the board."""
    if routes.manager:
        yield "send_message", {"to": routes.manager, "subject": _title(case), "content": _context(case)}
    else:
        kinds = [kind for kind in charter_of(by).types.values() if not kind.money and Mode.HUMAN in kind.modes]
        mine = [kind.name for kind in kinds if by.name in kind.decided_by] or [kind.name for kind in kinds]
        for name in mine[:1]:
            yield (
                "propose_decision",
                {"decision_type": name, "title": _title(case), "context": _context(case), "mode": str(Mode.HUMAN)},
            )


def _title(case: Case) -> str:
    return f"Settle {case.first.ref}: {case.first.name}"[:255]


def _context(case: Case) -> dict[str, Any]:
    heard = {party: [row.ref for row in rows[:MOST_STATEMENTS]] for party, rows in case.statements.items()}
    return {"case": case.first.ref, **case.first.content["given"], "statements": heard}


def recommendation(
    finding: Finding, known: Mapping[str, Record], undecided: Sequence[Artifact], charter: Charter, by: Actor
) -> str:
    """The call that mends what was found of a team."""
    match finding.kind:
        case Kind.OVERDUE if finding.role == by.name:
            return f"read_inbox {{needs_action: true}}, and answer {known[finding.role].first_overdue} first."
        case Kind.OVERDUE:
            return _ask(finding.role, f"Please answer {known[finding.role].first_overdue}")
        case Kind.SLOW if finding.role == by.name:
            return "read_inbox {needs_action: true}, more often."
        case Kind.SLOW:
            return f"conduct_performance_review {{role: {finding.role}}} shows where the time goes."
        case Kind.UNEVEN:
            above = charter.role(finding.role).reports_to
            if above == BOARD:
                return f"Ask the board for a charter in which others decide more of what the {finding.role} does."
            return _ask(above, f"Share out what the {finding.role} has to do")
        case Kind.CONFLICTS:
            given = undecided[0].content["given"]
            shown = json.dumps({"parties": given["parties"], "issue": given["issue"]}, ensure_ascii=False)
            return f"resolve_conflict {shown}"


def _ask(role: str, subject: str) -> str:
    return f"send_message {{to: {role}, subject: '{subject}', content: '…'}}."
