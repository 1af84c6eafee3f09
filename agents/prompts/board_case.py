"""The prompt that prepares a case for the board, or for whoever decides it on the way there."""

from __future__ import annotations

from typing import Annotated, Any

from agents.inputs import DecisionType, Line, Name
from agents.prompts import matters
from agents.prompts.matters import Matter
from agents.prompts.page import call, page, the
from agents.prompts.prompt import TypedUsd, prompt
from agents.role import RoleSpec
from agents.tool import Says
from org import authority, money
from org.charter import Charter
from org.enums import BOARD, ELECTORATE, Mode, Status
from org.models import CharterVersion, Decision, Escalation
from org.queries import decisions as lookup

CASE = (
    "what is decided and why now; what it costs, what that covers and for how long; the alternatives and why not; what "
    "can go wrong and how it would be noticed; what follows from a no"
)
INVENT_NOTHING = "Invent nothing: ask the user for what is missing, and name what stays unknown."
TELL = "Tell the user what `say` says. Pending and escalated mean not yet: do not poll, the answer comes to your inbox."


@prompt
def board_case(
    spec: RoleSpec,
    decision_id: Annotated[Name | None, Says("An open decision to make the case for, like D-142.")] = None,
    title: Annotated[Line | None, Says("Or a new matter: what is to be decided, in one line.")] = None,
    decision_type: Annotated[DecisionType | None, Says("Of a new matter: a type of the charter, like hiring.")] = None,
    amount_usd: Annotated[TypedUsd | None, Says("Of a new matter that carries money: US dollars.")] = None,
) -> str:
    """Prepare a case for the board, or for those who decide it on the way up: of an open decision or a new matter."""
    charter = CharterVersion.objects.in_force()
    found = matters.named(charter, spec.name, decision_id, title, decision_type, amount_usd)
    return _of_new(spec, charter, found) if isinstance(found, Matter) else _of_decision(spec, charter, found)


def _task(spec: RoleSpec, charter: Charter) -> str:
    if charter.role(spec.name).reports_to == BOARD:
        return "Prepare a case for the board: people, who decide by what is put before them and by nothing else."
    line = matters.way_up(charter, spec.name)
    return (
        f"Prepare a case for those above you: it goes up your line, {line}, to the first who covers it. The board is "
        "not yours to call."
    )


def _of_new(spec: RoleSpec, charter: Charter, matter: Matter) -> str:
    same, similar = matters.alike(matter, spec.name, charter, matter.title)
    facts = [
        matters.asked(matter),
        *matters.judged(charter, matter),
        same,
        *([] if matter.ruling.alone else _board_facts(charter, matter)),
        matters.SUSPENDED if spec.name in matters.suspended() else "",
    ]
    arguments: dict[str, Any] = {
        "decision_type": matter.kind.name,
        "title": matter.title,
        "context": {"why": "…", "cost": "…", "alternatives": "…", "risks": "…", "if_not": "…"},
        "evidence": [{"claim": "…", "source": "…"}],
        "urgency": "normal",
    }
    if matter.request.amount_usd is not None:
        arguments["amount_usd"] = money.number(matter.request.amount_usd)
    steps = [
        f"{call('recall', query=matter.title)}: what is known, and how such matters ended and why.",
        f"Write the case: {CASE}. {INVENT_NOTHING}",
        _where_it_goes(spec, charter, matter),
        f"Show the user the case. When they agree, send {call('propose_decision', **arguments)} with each … written "
        "out, and with your confidence where you can state one.",
        TELL,
    ]
    return page(spec, charter, _task(spec, charter), facts, [similar], steps)


def _where_it_goes(spec: RoleSpec, charter: Charter, matter: Matter) -> str:
    """What proposing it will do, for the model to tell the user beforehand."""
    ruling = matter.ruling
    if ruling.alone:
        stricter = Mode.HUMAN if charter.role(spec.name).reports_to == BOARD else Mode.HIERARCHICAL
        above = next(charter.managers(spec.name), BOARD)
        anyway = (
            f" Only if they want {the(charter, above)} to decide it all the same, add mode {stricter}."
            if stricter in matter.kind.modes
            else ""
        )
        return f"Tell the user: you decide this alone, so proposing it approves it at once.{anyway}"
    if ruling.decider == ELECTORATE:
        return "Tell the user: the charter puts this type to a vote first. The prompt run_vote prepares one."
    if ruling.decider == BOARD:
        return "Tell the user: no role covers this, so proposing it puts it before the board at once."
    line = f"Tell the user: {the(charter, ruling.decider)} gets it and decides by resolve_decision"
    return f"{line}; what that role does not answer in time goes one step further up, at the end to the board."


def _of_decision(spec: RoleSpec, charter: Charter, decision: Decision) -> str:
    facts = matters.standing_of(decision, spec.name, charter)
    blocks = matters.written_of(decision, spec.name)
    if decision.is_settled:
        return page(spec, charter, "A case for the board was asked for.", facts, blocks, _steps_when_settled(decision))
    matter = matters.of(decision, charter)
    if lookup.fits(decision, charter):
        facts += matters.judged(charter, matter)
    same, similar = matters.alike(matter, spec.name, charter, decision.initiative, but=decision)
    facts += [same, _before_the_board(decision), *_board_facts(charter, matter)]
    facts += [matters.SUSPENDED] if spec.name in matters.suspended() else []
    task = (
        f"Help the case of {decision.ref} as far as your role may: {the(charter, decision.initiator_role)} asks for it."
    )
    steps = _steps_when_open(spec, charter, decision)
    return page(
        spec, charter, _task(spec, charter) if _is_mine(spec, decision) else task, facts, [*blocks, similar], steps
    )


def _is_mine(spec: RoleSpec, decision: Decision) -> bool:
    return decision.initiator_role == spec.name and decision.person_id is None


def _steps_when_settled(decision: Decision) -> list[str]:
    return [
        f"Tell the user: {decision.ref} is settled and stays so; nothing of it goes before the board again by a role. "
        "A member of the board can put it there anew on its page.",
        f"If the matter is still wanted: {call('get_decision', decision_id=decision.ref)} tells how it ended. Answer "
        "those reasons in a new case; the prompt board_case with title and decision_type prepares it.",
    ]


def _steps_when_open(spec: RoleSpec, charter: Charter, decision: Decision) -> list[str]:
    ref, mine = decision.ref, _is_mine(spec, decision)
    weigh = f"Weigh the case in the data above: {CASE}. Note what is missing, and {call('recall', query='…')} for it."
    revise = (
        f"What is missing is added by a new decision alone; {ref} is then withdrawn. {INVENT_NOTHING} When the user "
        f"agrees, send {matters.revision(decision)}."
    )
    if decision.awaiting_role == decision.initiator_role and not mine:
        return [
            f"Tell the user: the board asks {the(charter, decision.initiator_role)} for a revision; leave it to them."
        ]
    if decision.awaiting_role == decision.initiator_role:
        return [f"The board asks you for a revision; its note is in the data above. {weigh}", revise, TELL]
    tell = f"If the case is complete, change nothing. Tell the user who has it and until when. {TELL}"
    if decision.status == Status.ESCALATED:
        help_it = "" if mine else _advise(charter, decision)
        hurry = f"If it is needed sooner: {_raise(spec, ref, 'high')}. It makes it more urgent, never less."
        return [weigh, revise if mine else help_it, hurry if _may_raise(spec, charter, decision) else "", tell]
    if not _may_raise(spec, charter, decision):
        return [weigh, _advise(charter, decision), tell]
    to = _next(spec, charter, decision)
    raised = f"When the case is complete and the user wants it: {_raise(spec, ref)}. It then goes to {to}."
    return [weigh, revise if mine else _advise(charter, decision), _own_answer(spec, decision), raised, TELL]


def _may_raise(spec: RoleSpec, charter: Charter, decision: Decision) -> bool:
    return spec.name in lookup.concerned(decision, charter)


def _own_answer(spec: RoleSpec, decision: Decision) -> str:
    if decision.awaiting_role != spec.name:
        return ""
    answer = call("resolve_decision", decision_id=decision.ref, approve=True, rationale="…")
    return f"It waits on you: {answer}, or with false, decides it within your own limit; raise only what is not yours."


def _raise(spec: RoleSpec, ref: str, urgency: str = "normal") -> str:
    """The call by which this role takes a decision further up."""
    if spec.tool("escalate_to_board"):
        return call("escalate_to_board", decision_id=ref, urgency=urgency)
    return call("escalate_decision", decision_id=ref, reason="…", urgency=urgency)


def _next(spec: RoleSpec, charter: Charter, decision: Decision) -> str:
    """Who has a pending decision once this role raises it."""
    if spec.tool("escalate_to_board") or decision.mode == Mode.HUMAN:
        return the(charter, BOARD)
    return the(charter, next(charter.managers(decision.awaiting_role or spec.name), BOARD))


def _advise(charter: Charter, decision: Decision) -> str:
    to = decision.initiator_role
    if to not in charter.roles or decision.person_id is not None:
        return ""
    return (
        f"Only {the(charter, to)} revises it. Write them what is missing: "
        f"{call('send_message', to=to, subject=f'The case for {decision.ref}', content='…')}."
    )


def _before_the_board(decision: Decision) -> str:
    escalation = Escalation.objects.open_of(decision)
    if escalation is None:
        return ""
    return (
        f"Before the board as {escalation.ref} since {escalation.opened_at:%Y-%m-%d}, urgency {escalation.urgency}, "
        f"answer asked by {escalation.deadline_at:%Y-%m-%d %H:%M} UTC; members who must approve: "
        f"{escalation.members_needed}."
    )


def _board_facts(charter: Charter, matter: Matter) -> list[str]:
    """What the board is shown of a matter, how many of it must agree, and how long it has."""
    amount, before = matter.request.amount_usd, matter.standing.initiative_usd
    shown = "title, type and amount, who asks, the rule and reason that brought it there"
    if amount is not None:
        shown += ", the limit, the initiative's total so far and with this"
        shown += ", what is left in the treasury" if matter.kind.approves_budget else ""
    facts = [
        f"The board is shown {shown}; your confidence; the whole context and evidence, the votes and what happened. "
        "It answers exactly that: what is proposed is never edited, only revised by a new decision.",
        f"The board is asked to answer within, by urgency: {matters.hours(charter)}. Its silence neither approves nor "
        "rejects.",
    ]
    if authority.members_needed(charter, amount, before, members=2) > 1:
        facts.append("Two members must approve so large a total, where the board has two.")
    return facts
