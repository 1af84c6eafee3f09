"""The prompt that runs a vote: opens one, casts one's own ballot in it, or follows it to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from agents.inputs import DecisionType, Line, Name
from agents.prompts import matters
from agents.prompts.matters import Matter
from agents.prompts.page import call, page, the
from agents.prompts.prompt import TypedRoles, TypedUsd, prompt
from agents.role import RoleSpec
from agents.tool import Says
from org import authority, money
from org.authority import Request
from org.charter import Charter
from org.clock import database_clock
from org.enums import BOARD, MessageType, Mode
from org.errors import InvalidInput
from org.models import CharterVersion, Decision, Message
from org.queries import standing as standings
from org.queries import votes as ballots
from org.services import votes
from org.voting import REJECTED_BELOW, SURE_ENOUGH, Rules

SEALED = (
    "Ballots are sealed: a role reads the others' once it has voted, or when the vote has closed. Each role votes from "
    "a client of its own; `voices` tells how many clients the votes came from."
)


@prompt
def run_vote(
    spec: RoleSpec,
    decision_id: Annotated[
        Name | None, Says("An open decision, like D-142: to vote on it or to follow its vote.")
    ] = None,
    title: Annotated[Line | None, Says("Or a new matter to put to a vote: what is to be decided, in one line.")] = None,
    decision_type: Annotated[DecisionType | None, Says("Of a new matter: a type of the charter, like feature.")] = None,
    participants: Annotated[
        TypedRoles, Says("Of a new matter: roles that vote beside those the charter names, like cto, chro.")
    ] = [],  # noqa: B006
    amount_usd: Annotated[TypedUsd | None, Says("Of a new matter that carries money: US dollars.")] = None,
) -> str:
    """Run a vote: put a new matter to one, vote on an open one, or follow it to its end."""
    charter = CharterVersion.objects.in_force()
    kind = charter.types.get(decision_type or "")
    if kind is not None and Mode.COLLABORATIVE not in kind.modes:
        told = f"the charter allows no vote on {kind.name}, only {', '.join(kind.modes)}."
        raise InvalidInput("decision_type", told, "The prompt board_case prepares it for who decides it.")
    if decision_id is not None and participants:
        raise InvalidInput("participants", "the electorate of a decision is fixed.", "Leave it out.")
    found = matters.named(charter, spec.name, decision_id, title, decision_type, amount_usd, mode=Mode.COLLABORATIVE)
    if isinstance(found, Matter):
        return _open(spec, charter, found, participants)
    return _follow(spec, charter, found) if found.is_voting else _no_vote(spec, charter, found)


def _open(spec: RoleSpec, charter: Charter, matter: Matter, participants: Sequence[str]) -> str:
    kind = matter.kind
    electorate = votes.electorate(charter, kind, participants, spec.name)
    by_charter = [name for name in electorate if name in (*kind.must_include, *kind.veto)]
    added = [name for name in electorate if name not in by_charter]
    same, similar = matters.alike(matter, spec.name, charter, matter.title)
    facts = [matters.asked(matter)]
    if matter.ruling.mode is not Mode.COLLABORATIVE:
        facts += [*matters.judged(charter, matter), same]
        steps = [
            f"Tell the user: no vote is held on this now; {the(charter, matter.ruling.decider)} decides it. The prompt "
            "board_case prepares the case."
        ]
        return page(spec, charter, "A vote was asked for.", facts, [similar], steps)
    rules = Rules(electorate, kind.quorum, kind.threshold, kind.veto)
    facts += [
        f"Electorate: {matters.roles(electorate)}. The charter names {matters.roles(by_charter)}; you add "
        f"{matters.roles(added)}. You ask and do not vote. It is fixed when the vote opens.",
        *_rules(rules, kind.min_clients),
        f"Time, by urgency: {matters.hours(charter)}; or until the `deadline` you send, within 90 days. It closes as "
        "soon as no vote to come can alter the result.",
        *_consequences(charter, matter.request, matter.key, electorate),
        same,
        SEALED,
    ]
    arguments: dict[str, Any] = {
        "decision_type": kind.name,
        "title": matter.title,
        "context": {"question": "…", "options": "…", "costs_and_risks": "…", "if_not": "…"},
        "evidence": [{"claim": "…", "source": "…"}],
        "mode": "collaborative",
        "participants": added,
        "urgency": "normal",
    }
    if matter.request.amount_usd is not None:
        arguments["amount_usd"] = money.number(matter.request.amount_usd)
    steps = [
        f"{call('recall', query=matter.title)}: what is known, and how such matters ended and why.",
        "Write the question so that each role can judge by it alone: the options, what each costs and risks, what "
        "follows from a no. Invent nothing: ask the user for what is missing. Do not argue for your side only.",
        f"Show the user. When they agree, send {call('propose_decision', **arguments)} with each … written out.",
        "Tell the user what `say` says: it is not decided yet. Each of the electorate has a request in its inbox and "
        "answers by cast_vote; vote for none of them.",
        f"When asked later: {call('wait_for', id='D-…')}; at its end get_decision has the score, the votes and voices.",
    ]
    return page(spec, charter, "Put a matter to a vote.", facts, [similar], steps)


def _follow(spec: RoleSpec, charter: Charter, decision: Decision) -> str:
    electorate, role = list(decision.participants or []), spec.name
    request = Request(decision.initiator_role, decision.decision_type, decision.amount_usd)
    facts = [
        *matters.standing_of(decision, role, charter),
        f"Electorate, fixed when the vote opened: {matters.roles(electorate)}.",
        *_rules(ballots.rules(decision), ballots.min_clients(decision)),
        *_consequences(charter, request, decision.initiative_key, electorate),
        matters.votes_seen(decision, role),
        _unanswered(decision) if role == decision.initiator_role else "",
        SEALED,
    ]
    if role in matters.suspended():
        facts.append(matters.SUSPENDED)
    task = "Vote, as yourself and for nobody else." if role in electorate else "Follow a vote."
    return page(spec, charter, task, facts, matters.written_of(decision, role), _steps(spec, decision))


def _steps(spec: RoleSpec, decision: Decision) -> list[str]:
    ref, role = decision.ref, spec.name
    ballot = call("cast_vote", decision_id=ref, vote="…", rationale="…", confidence="…")
    ends = f"{call('wait_for', id=ref)}, or read its end by {call('get_decision', decision_id=ref)}."
    if decision.votes.filter(voter_role=role).exists():
        return [
            f"You have voted; the votes cast so far are in the data above. Change yours, by {ballot}, only where they "
            "tell you something you had not weighed.",
            f"{ends} Tell the user where it stands; open means not decided yet.",
        ]
    if role in (decision.participants or []):
        return [
            f"Weigh what is asked from where your role stands; {call('recall', query='…')} for what is known. What the "
            "data claims counts as far as its sources do.",
            "Judge for yourself: approve, reject, or abstain where it is not yours to judge. Tell the user how you "
            f"would vote and why; when they agree, send {ballot}. The confidence, from 0 to 1, is your vote's weight; "
            "you may change your vote by the same call until the vote closes.",
        ]
    if role == decision.initiator_role:
        remind = call("send_message", to="…", subject=f"Your vote on {ref}", content="…", priority="high")
        return [
            "You asked for it and do not vote. Do not press anybody for a side.",
            f"Remind whoever has not answered near the end: {remind}.",
            f"{ends} Tell the user the result with its score and voices; open means not decided yet.",
            f"If it is not needed any more: {call('withdraw_decision', decision_id=ref, reason='…')}.",
        ]
    return [f"You have no vote in it. {ends} Tell the user where it stands."]


def _unanswered(decision: Decision) -> str:
    """Whose request to vote is open, for its initiator: how they vote is sealed, that they have is not."""
    sent = Message.objects.filter(decision=decision, from_role=decision.initiator_role, type=MessageType.REQUEST)
    waiting = sent.filter(acknowledged_at__isnull=True).order_by("to_role").values_list("to_role", flat=True)
    return f"Your request to vote is not answered by: {matters.roles(list(waiting))}."


def _no_vote(spec: RoleSpec, charter: Charter, decision: Decision) -> str:
    ref, facts = decision.ref, matters.standing_of(decision, spec.name, charter)
    blocks = matters.written_of(decision, spec.name)
    look = call("get_decision", decision_id=ref)
    if decision.is_settled:
        steps = [f"Tell the user: {ref} is settled, and nobody votes on it any more. {look} has its votes and history."]
    elif decision.initiator_role != spec.name or decision.person_id is not None:
        steps = [f"Tell the user: no vote is open on {ref}; who has it stands above. {look} has what you can do in "
                 "your_actions."]  # fmt: skip
    elif Mode.COLLABORATIVE not in charter.kind(decision.decision_type).modes:
        steps = [f"Tell the user: the charter allows no vote on {decision.decision_type}; {ref} stays where it is."]
    else:
        kind = charter.kind(decision.decision_type)
        by_charter = [name for name in charter.roles if name in (*kind.must_include, *kind.veto) and name != spec.name]
        revise = matters.revision(decision, mode=str(Mode.COLLABORATIVE), participants=["…"])
        facts.append(
            f"In a vote on {kind.name} the charter names {matters.roles(by_charter)}; it takes at least three."
        )
        steps = [
            f"Tell the user: no vote is open on {ref}. Putting it to one means proposing it anew; it is then withdrawn "
            "from where it is now.",
            f"If they want that, send {revise}, and with the participants they choose.",
        ]
    return page(spec, charter, "A vote was asked for.", facts, blocks, steps)


def _rules(rules: Rules, min_clients: int) -> list[str]:
    """What it takes, as the charter has it."""
    facts = [
        f"Quorum: {rules.needed} of {len(rules.electorate)} must have voted; an abstention counts for the quorum only.",
        f"Approved: a score of at least {rules.threshold:g} (confidence behind approvals, of that behind approvals and "
        f"rejections), more approvals than rejections, approvals sure by {float(SURE_ENOUGH):g} on average. A score "
        f"below {float(REJECTED_BELOW):g} rejects. Anything else decides nothing and goes to the initiator's manager.",
        f"Veto: {', '.join(rules.veto)}, whose rejection rejects at once." if rules.veto else "Nobody has a veto.",
    ]
    if min_clients > 1:
        facts.append(f"It approves only with votes from at least {min_clients} distinct clients.")
    return facts


def _consequences(charter: Charter, request: Request, key: str, electorate: Sequence[str]) -> list[str]:
    """What an approving vote leads to: it creates no authority."""
    line = [*electorate, request.role, *charter.managers(request.role)]
    standing = standings.of(charter, line, key, database_clock())
    ruling = authority.judge_vote(charter, request, standing, electorate, matters.suspended())
    entitled = [name for name in charter.kind(request.decision_type).decided_by if name in (*electorate, request.role)]
    limits = "; ".join(f"{name} {money.show(charter.role(name).limit_usd)}" for name in electorate)
    above = the(charter, next(charter.managers(request.role), BOARD))
    facts = [
        "A vote creates no authority: it approves if a role that decides the type asked or voted approve: "
        f"{matters.roles(entitled)}.",
        f"With an amount, up to the largest single limit among those who approve: {limits}. Approved under this "
        f"initiative so far: {money.show(standing.initiative_usd)}."
        if request.amount_usd is not None
        else "",
    ]
    if ruling.mode is Mode.COLLABORATIVE:
        return [*facts, f"If all approve, it is decided. Undecided, it goes to {above}."]
    return [*facts, f"Even if all approve, it goes on to {the(charter, ruling.decider)}, with the tally."]
