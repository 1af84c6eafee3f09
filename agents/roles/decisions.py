"""The decision tools of every role. Messages and waiting are in `correspondence`, the brief in `briefing`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel

from agents.inputs import (
    Confidence,
    Content,
    DecisionType,
    Evidence,
    Flag,
    Line,
    Moment,
    Name,
    Roles,
    Text,
    UrgencyWord,
    Usd,
)
from agents.roles.answers import Amount, Answer, DecisionAnswer, about, not_decided, refused
from agents.tool import Says, tool
from org.actors import Actor
from org.acts import charter_of
from org.authority import Request, admit, initiative_key
from org.charter import Charter
from org.clock import database_clock
from org.enums import BOARD, Effect, Mode, Status, Urgency, VoteChoice
from org.errors import InvalidInput, Refused
from org.models import CharterVersion, Decision
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.queries import stops
from org.queries import votes as ballots
from org.services import decisions, proposals, votes

ModeWord = Literal["autonomous", "collaborative", "hierarchical", "human"]
VoteWord = Literal["approve", "reject", "abstain"]


JUDGED_BY = {  # the types that a tool judges by the record, and whose it is
    "deployment": ("cto", "approve_deployment"),
    "infrastructure_change": ("operations_head", "approve_infrastructure_change"),
    "release": ("test_lead", "approve_release_quality"),
}
_BY_MANY = (Mode.COLLABORATIVE, Mode.HUMAN)


def require_judged(decision_type: str, mode: Mode | None, by: Actor) -> None:
    """Raises InvalidInput where one head would decide what a tool judges by the record, without its conditions."""
    if decision_type not in JUDGED_BY or mode in _BY_MANY:
        return
    role, name = JUDGED_BY[decision_type]
    title = charter_of(by).title(role)
    ask = f"Call {name}" if by.name == role else f"Ask the {title} by send_message {{to: {role}}} to call {name}"
    raise InvalidInput(
        "decision_type",
        f"{decision_type} is judged by the {title}'s {name}, whose conditions this would pass by.",
        f"{ask}, or propose it in mode collaborative or human.",
    )


@tool(Effect.CREATES)
def propose_decision(
    by: Actor,
    decision_type: Annotated[DecisionType, Says("Like hiring, policy, other.")],
    title: Annotated[Line, Says("One line.")],
    context: Annotated[Content, Says("Why: text or an object.")],
    amount_usd: Annotated[Usd | None, Says("US dollars.")] = None,
    initiative: Annotated[Line | None, Says("What it counts towards; default the title.")] = None,
    department: Annotated[Line | None, Says("Whose allocation it binds.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1; a low one goes up.")] = None,
    mode: Annotated[ModeWord | None, Says("Only a stricter one.")] = None,
    participants: Annotated[Roles, Says("Who votes too.")] = [],  # noqa: B006
    deadline: Annotated[Moment | None, Says("How long others have.")] = None,
    evidence: Annotated[Evidence, Says("Facts, each with its source.")] = [],  # noqa: B006
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
    urgency: Annotated[UrgencyWord, Says("How soon.")] = "normal",
    confidential: Annotated[Flag, Says("Only for those concerned.")] = False,
) -> DecisionAnswer:
    """Propose a decision; the charter says who decides: you, a vote, who is above you, or the board."""
    require_judged(decision_type, Mode(mode) if mode else None, by)
    try:
        decision = proposals.propose(
            decision_type=decision_type,
            title=title,
            context=context,
            amount_usd=amount_usd,
            initiative=initiative or "",
            department=department or "",
            confidence=confidence,
            mode=Mode(mode) if mode else None,
            participants=participants,
            deadline=deadline,
            evidence=evidence,
            revises=revises or "",
            urgency=Urgency(urgency),
            confidential=confidential,
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        return DecisionAnswer(**not_decided(refusal, by))
    return DecisionAnswer(**about(decision, by, charter_of(by)))


class VoteAnswer(DecisionAnswer):
    """A recorded vote and how far the vote has come; the score is told when it closes."""

    recorded: bool
    consensus_score: float | None
    voices: dict[str, Any]

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        voices = ballots.voices(decision).shown
        return super().standing(decision, by, charter) | {
            "consensus_score": decision.consensus_score,
            "voices": voices,
        }


@tool(Effect.SETS)
def cast_vote(
    by: Actor,
    decision_id: Annotated[Name, Says("Ref or id.")],
    vote: Annotated[VoteWord, Says("abstain: for the quorum.")],
    rationale: Annotated[Text, Says("Why.")],
    confidence: Annotated[Confidence, Says("0 to 1: its weight.")],
    evidence: Annotated[Evidence, Says("Facts, each with its source.")] = [],  # noqa: B006
) -> VoteAnswer:
    """Vote on a decision; you may change it until the vote closes."""
    try:
        decision = votes.cast(
            decision=decision_id,
            vote=VoteChoice(vote),
            rationale=rationale,
            confidence=confidence,
            evidence=evidence,
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        return VoteAnswer(**refused(refusal, decision_id, by), recorded=False, consensus_score=None, voices={})
    return VoteAnswer.of(decision, by, recorded=True)


@tool(Effect.SETS)
def resolve_decision(
    by: Actor,
    decision_id: Annotated[Name, Says("Ref or id.")],
    approve: Annotated[Flag, Says("true to approve, false to reject.")],
    rationale: Annotated[Text, Says("Why; the initiator reads it.")],
) -> DecisionAnswer:
    """Decide what was handed up to you; beyond your authority it goes further up."""
    try:
        decision = decisions.resolve(
            decision=decision_id, approve=approve, rationale=rationale, by=by, clock=database_clock
        )
    except Refused as refusal:
        return DecisionAnswer(**refused(refusal, decision_id, by))
    return DecisionAnswer(**about(decision, by, charter_of(by)))


class RaisedAnswer(DecisionAnswer):
    """A decision and who has it now."""

    escalated_to: str | None

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        board = BOARD if decision.status == Status.ESCALATED else None
        return super().standing(decision, by, charter) | {"escalated_to": board or decision.awaiting_role}


@tool(Effect.SETS)
def escalate_decision(
    by: Actor,
    decision_id: Annotated[Name, Says("Ref or id.")],
    reason: Annotated[Text, Says("Why.")],
    urgency: Annotated[UrgencyWord, Says("How soon.")] = "normal",
) -> RaisedAnswer:
    """Raise an unsettled decision one step up; past the CEO to the board."""
    try:
        raised = decisions.escalate(
            decision=decision_id, reason=reason, urgency=Urgency(urgency), by=by, clock=database_clock
        )
    except Refused as refusal:
        return RaisedAnswer(**refused(refusal, decision_id, by), escalated_to=None)
    return RaisedAnswer.of(raised.decision, by, also=raised.says)


@tool(Effect.SETS)
def withdraw_decision(
    by: Actor,
    decision_id: Annotated[Name, Says("Ref or id.")],
    reason: Annotated[Text, Says("Why it is not needed any more.")],
) -> DecisionAnswer:
    """Take back a decision you proposed, while it is unsettled."""
    try:
        decision = decisions.withdraw(decision=decision_id, reason=reason, by=by, clock=database_clock)
    except Refused as refusal:
        return DecisionAnswer(**refused(refusal, decision_id, by))
    return DecisionAnswer(**about(decision, by, charter_of(by)))


class WholeDecision(DecisionAnswer):
    """A decision with everything the record holds of it."""

    type: str
    title: str
    context: Any
    amount_usd: Amount | None
    initiator: str
    participants: list[str]
    votes: list[dict[str, Any]]
    consensus_score: float | None
    escalations: list[dict[str, Any]]
    outcome: dict[str, Any] | None
    charter_version: int
    history: list[dict[str, Any]]
    created_at: str
    settled_at: str | None


@tool(Effect.READS)
def get_decision(by: Actor, decision_id: Annotated[Name, Says("Ref like D-142 or E-17, or the id.")]) -> WholeDecision:
    """One decision whole: where it stands, its votes, outcome and history."""
    charter = CharterVersion.objects.in_force()
    decision = lookup.readable(decision_id, by.name, charter)
    return WholeDecision(
        **about(decision, by, charter),
        type=decision.decision_type,
        title=decision.title,
        context=decision.context,
        amount_usd=decision.amount_usd,
        initiator=decision.initiator_role,
        participants=decision.participants or [],
        votes=lookup.votes(decision, by.name),
        consensus_score=decision.consensus_score,
        escalations=lookup.escalations(decision),
        outcome=decision.outcome,
        charter_version=decision.charter_version_id,
        history=lookup.history(decision),
        created_at=decision.created_at.isoformat(),
        settled_at=decision.completed_at.isoformat() if decision.completed_at else None,
    )


class SimilarInitiative(BaseModel):
    initiative: str
    approved_usd: Amount


class AuthorityAnswer(Answer):
    """What would happen, without anything happening."""

    say: str
    would_decide_alone: bool
    decided_by: str
    rule: str
    limit_usd: Amount | None
    used_usd: Amount
    remaining_usd: Amount | None
    similar_initiatives: list[SimilarInitiative]


@tool(Effect.READS)
def check_authority(
    by: Actor,
    decision_type: Annotated[DecisionType, Says("Like strategic_initiative.")],
    amount_usd: Annotated[Usd | None, Says("US dollars.")] = None,
    initiative: Annotated[Line | None, Says("What it counts towards.")] = None,
) -> AuthorityAnswer:
    """Who would decide this, and by which rule; changes nothing."""
    charter = CharterVersion.objects.in_force()
    request = Request(by.name, decision_type, amount_usd)
    admit(charter, request)
    key = initiative_key(initiative) if initiative else ""
    ruling, _ = standings.judge(charter, request, key, database_clock())
    suspension = stops.suspension(by.name)
    suspended = stops.says_suspended(charter.title(by.name), suspension) if suspension else ""
    return AuthorityAnswer(
        acted_as=by.name,
        say=" ".join(filter(None, (suspended, ruling.says))),
        would_decide_alone=ruling.alone and not suspended,
        decided_by=BOARD if suspended else ruling.decider,  # whose members lift a suspension
        rule="suspended" if suspended else ruling.rule,
        limit_usd=ruling.bound.limit_usd,
        used_usd=ruling.bound.used_usd,
        remaining_usd=ruling.bound.remaining_usd,
        similar_initiatives=[
            SimilarInitiative(initiative=name, approved_usd=total)
            for name, total in (standings.similar_initiatives(initiative) if initiative else [])
        ],
    )
