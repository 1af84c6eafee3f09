"""What became of something a role waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from org import refs
from org.clock import database_clock
from org.enums import BOARD, Status
from org.errors import NotFound
from org.legible import quoted
from org.models import Call as StoredCall
from org.models import CharterVersion, Decision, Escalation, Message, Run, RunStep
from org.queries import decisions, runs

USE = (
    "Use a ref: C-7 a call, D-142 a decision, E-17 one before the board, M-903 a message you sent or received, "
    "R-3 a run, W-7 work of one."
)


@dataclass(frozen=True)
class Progress:
    """`settled`: nothing more will happen to it. `next_check_at`: when to ask again, where a person has it."""

    ref: str
    settled: bool
    state: str
    says: str
    waiting_on: list[str] = field(default_factory=list)
    next_check_at: datetime | None = None
    result: Any = None


def of(role: str, text: str) -> Progress:
    """The progress of a call of this role, a message it sent or received, a decision it may read, a run or its work."""
    if refs.message_number(text) is not None:
        return _message(role, text)
    if refs.number(text, "R") is not None:
        return _run(runs.named(text, "id"))
    if refs.number(text, "W") is not None:
        return _step(text)
    key = refs.uuid_of(text)
    if refs.number(text, "C") is not None or (key and StoredCall.objects.filter(pk=key).exists()):
        return _call(role, text)
    if refs.number(text, "D") is not None or refs.number(text, "E") is not None or key is not None:
        return _decision(role, text)
    raise NotFound("id", text, [], USE)


def _call(role: str, text: str) -> Progress:
    number, key = refs.number(text, "C"), refs.uuid_of(text)
    mine = StoredCall.objects.filter(role=role)
    call = mine.filter(number=number).first() if number is not None else mine.filter(pk=key).first() if key else None
    if call is None:
        newest = mine.order_by("-created_at").values_list("number", flat=True)[:3]
        raise NotFound("id", text, [f"C-{n}" for n in newest], USE)
    if call.finished_at is None:
        return Progress(call.ref, False, call.status, f"{call.ref} ({call.tool}) is {call.status}.", ["worker"])
    result = call.result or {}
    says = result.get("error") or f"{call.ref} ({call.tool}) is {call.status}."
    return Progress(call.ref, True, call.status, says, result=result.get("answer"))


def _run(run: Run) -> Progress:
    stuck = runs.blocked(run, CharterVersion.objects.in_force())
    says = " ".join(each.why for each in stuck) or run.outcome
    waiting = list(dict.fromkeys(name for each in stuck for name in each.waiting_on))
    due = min((each.at for each in stuck if each.at), default=None)
    return Progress(run.ref, run.finished_at is not None, run.status, f"{run.ref}: {says}", waiting, due)


def _step(text: str) -> Progress:
    row = RunStep.objects.select_related("run", "decision").filter(number=refs.number(text, "W") or 0).first()
    if row is None:
        newest = RunStep.objects.order_by("-number").values_list("number", flat=True)[:3]
        raise NotFound("id", text, [f"W-{n}" for n in newest], USE)
    if row.finished_at is not None:
        return Progress(row.ref, True, row.status, f"{row.ref} ({row.key} of {row.run.ref}) is {row.status}.")
    found = runs.blocked_at(row, CharterVersion.objects.in_force())
    return Progress(row.ref, False, row.status, found.why, list(found.waiting_on), found.at)


def _decision(role: str, text: str) -> Progress:
    charter = CharterVersion.objects.in_force()
    decision = decisions.readable(text, role, charter, "id")
    if decision.is_settled:
        now = database_clock()
        if decision.status == Status.APPROVED and not decision.holds(now):
            return Progress(
                decision.ref, True, decision.status, f"{decision.ref} is {decision.ended(now)}; it holds no more."
            )
        decided_by = charter.title(decision.decided_by or "")
        says = f"{decision.ref} is {decision.status} by the {decided_by}: {decisions.reason(decision)}"
        return Progress(decision.ref, True, decision.status, says)
    if decision.status == Status.ESCALATED:
        return _with_the_board(decision)
    waiting = decision.waiting_on
    if waiting == [role]:
        return Progress(decision.ref, False, decision.status, f"{decision.ref} waits on you.", waiting)
    who = " and ".join(f"the {charter.title(name)}" for name in waiting)
    return Progress(decision.ref, False, decision.status, f"{decision.ref} waits on {who}.", waiting)


def _with_the_board(decision: Decision) -> Progress:
    escalation = Escalation.objects.open_of(decision)
    due = escalation.deadline_at if escalation else None
    ref = escalation.ref if escalation else decision.ref
    says = (
        f"{decision.ref} is with the board as {ref}. "
        f"A person decides in their own time: do not poll; the answer comes to your inbox."
    )
    return Progress(decision.ref, False, decision.status, says, [BOARD], due)


def _message(role: str, text: str) -> Progress:
    number = refs.message_number(text) or 0
    rows = list(Message.objects.filter(from_role=role, number=number).order_by("to_role"))
    if not rows:
        return _received(role, text, number)
    open_rows = [row for row in rows if not row.is_over]
    states = ", ".join(f"{row.to_role}: {_shown_state(row)}" for row in rows)
    waiting = [row.to_role for row in open_rows]
    people = " A person reads it in their own time: do not poll." if waiting == [BOARD] else ""
    says = f"{rows[0].ref} — {states}.{people}"
    return Progress(rows[0].ref, not open_rows, _state(rows), says, waiting)


def _state(rows: Sequence[Message]) -> str:
    """Of all deliveries of a message: acknowledged only where everybody acknowledged it."""
    states = {row.state for row in rows}
    if len(states) == 1:
        return states.pop()
    if not all(row.is_over for row in rows):
        return "open"
    return "expired" if "expired" in states else "settled"


def _received(role: str, text: str, number: int) -> Progress:
    """The role's own copy of a message somebody sent it; what became of the others is the sender's to know."""
    row = Message.objects.filter(to_role=role, number=number).first()
    if row is None:
        newest = Message.objects.filter(from_role=role).order_by("-created_at").values_list("number", flat=True)[:3]
        raise NotFound("id", text, [f"M-{n}" for n in newest], USE)
    says = f"{row.ref} from {row.from_role} to you is {_shown_state(row)}."
    return Progress(row.ref, row.is_over, row.state, says, [] if row.is_over else [role])


def _shown_state(row: Message) -> str:
    if row.settled:
        return "settled by what others did, acknowledged by nobody"
    return f"{row.state} ({quoted(row.acknowledge_note)})" if row.acknowledge_note else row.state
