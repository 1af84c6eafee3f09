"""The Chief Executive Officer's room."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from agents.inputs import Confidence, Content, Flag, Line, Name, Text, UrgencyWord, Usd, listed
from agents.role import RoleSpec
from agents.roles.answers import Amount, Answer, ApprovedAnswer, DecisionAnswer, board_page, not_decided, refused
from agents.roles.shared import EVERY_ROLE
from agents.tool import Says, tool
from org import money
from org.actors import Actor
from org.acts import charter_of
from org.authority import Request
from org.charter import Charter
from org.clock import database_clock
from org.enums import Effect, Urgency
from org.errors import Refused
from org.models import Decision, Escalation
from org.queries import decisions as lookup
from org.queries import health
from org.queries import standing as standings
from org.services import budgets, calls, decisions, overrides, proposals

Metric = Literal["decisions", "votes", "messages", "workflows", "agents", "budget"]
Metrics = Annotated[list[Metric], BeforeValidator(listed)]


class InitiativeAnswer(ApprovedAnswer):
    """A strategic initiative, decided or on its way to the board."""

    limit_usd: Amount = Field(description="Of one initiative, decided alone.")
    remaining_usd: Amount = Field(description="Left to decide alone, of the limit and the 30 days.")
    initiative_used_usd: Amount = Field(description="What counts under this initiative so far.")
    escalation_id: str | None

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        request, now = Request(by.name, decision.decision_type), database_clock()
        ruling, sums = standings.judge(charter, request, decision.initiative_key, now)
        escalation = Escalation.objects.open_of(decision)
        return super().standing(decision, by, charter) | {
            "limit_usd": charter.role(by.name).limit_usd,
            "remaining_usd": ruling.bound.remaining_usd or money.ZERO,
            "initiative_used_usd": sums.initiative_usd,
            "escalation_id": escalation.ref if escalation else None,
        }


@tool(Effect.CREATES, offers=board_page)
def approve_strategic_initiative(
    by: Actor,
    initiative: Annotated[Line, Says("Its name; amounts under one name add up.")],
    business_value: Annotated[Content, Says("What it is worth and why: text or an object.")],
    budget: Annotated[Usd, Says("US dollars, like 750000.")],
    department: Annotated[Name | None, Says("Who will spend it.")] = None,
    confidence: Annotated[Confidence | None, Says("0 to 1.")] = None,
    revises: Annotated[Name | None, Says("What it replaces.")] = None,
    confidential: Annotated[Flag, Says("Only for those concerned.")] = False,
) -> InitiativeAnswer:
    """CEO: approve a NEW strategic initiative. Within your limit it is decided at once, above by the board."""
    decision = proposals.propose(
        decision_type="strategic_initiative",
        title=initiative,
        context={"business_value": business_value, "department": department},
        amount_usd=budget,
        initiative=initiative,
        confidence=confidence,
        revises=revises or "",
        confidential=confidential,
        by=by,
        clock=database_clock,
    )
    return InitiativeAnswer.of(decision, by)


class AllocationAnswer(Answer):
    """Approved budget given to a department, or why not."""

    say: str
    allocated: bool
    tracking_id: str | None
    remaining_usd: Amount = Field(description="Approved and not allocated yet.")
    basis: dict[str, Any]


@tool(Effect.CREATES)
def allocate_budget(
    by: Actor,
    amount: Annotated[Usd, Says("US dollars, more than 0.")],
    department: Annotated[Line, Says("Who may spend it.")],
    justification: Annotated[Content, Says("Why: text or an object.")],
    decision_id: Annotated[Name | None, Says("Draw on this approved decision only.")] = None,
) -> AllocationAnswer:
    """CEO: give approved budget to a department. It draws on what is approved and not allocated yet."""
    source = lookup.readable(decision_id, by.name, charter_of(by)) if decision_id else None
    try:
        allocation, left = budgets.allocate(
            amount_usd=amount,
            department=department,
            justification=justification,
            decision=source,
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        calls.note_refusal(refusal, by=by, clock=database_clock)
        left = refusal.facts["remaining_usd"]
        basis = {"rule": refusal.rule, "amount_usd": money.number(amount), "remaining_usd": money.number(left)}
        return AllocationAnswer(
            acted_as=by.name, say=str(refusal), allocated=False, tracking_id=None, remaining_usd=left, basis=basis
        )
    return AllocationAnswer(
        acted_as=by.name,
        say=f"{money.show(amount)} goes to {allocation.department} ({allocation.ref}); {money.show(left)} is left.",
        allocated=True,
        tracking_id=allocation.ref,
        remaining_usd=left,
        basis={"rule": "within_approved", "amount_usd": money.number(amount), "remaining_usd": money.number(left)},
    )


class EscalatedAnswer(DecisionAnswer):
    """A decision that waits for people."""

    escalation_id: str | None
    human_approval_required: bool
    deadline: str | None

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        escalation = Escalation.objects.open_of(decision)
        return super().standing(decision, by, charter) | {
            "escalation_id": escalation.ref if escalation else None,
            "human_approval_required": escalation is not None,
            "deadline": escalation.deadline_at.isoformat() if escalation else None,
        }


@tool(Effect.SETS, offers=board_page)
def escalate_to_board(
    by: Actor,
    decision_id: Annotated[Name, Says("Ref or id.")],
    urgency: Annotated[UrgencyWord, Says("How soon the board should answer.")] = "normal",
) -> EscalatedAnswer:
    """CEO: put an unsettled decision before the human board. Doing it twice is doing it once."""
    try:
        raised = decisions.escalate(
            decision=decision_id,
            reason=f"The {by.name.upper()} asks the board.",
            urgency=Urgency(urgency),
            to_board=True,
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        fields = refused(refusal, decision_id, by)
        return EscalatedAnswer(**fields, escalation_id=None, human_approval_required=False, deadline=None)
    return EscalatedAnswer.of(raised.decision, by, also=raised.says)


class OverrideAnswer(ApprovedAnswer):
    """A decision in the place of another, or why not."""

    overrides: str | None


@tool(Effect.CREATES, offers=board_page)
def override_decision(
    by: Actor,
    decision_id: Annotated[Name, Says("Ref or id.")],
    approve: Annotated[Flag, Says("true: approve it after all; false: end its approval.")],
    reason: Annotated[Text, Says("Why; those concerned read it.")],
) -> OverrideAnswer:
    """CEO: override a settled decision by a new one, within your authority; beyond it, by the board."""
    charter = charter_of(by)
    old = lookup.readable(decision_id, by.name, charter)
    try:
        decision = proposals.propose(
            **overrides.arguments(old, charter, reason),
            rejects="" if approve else reason,
            by=by,
            clock=database_clock,
        )
    except Refused as refusal:
        return OverrideAnswer(**not_decided(refusal, by), approved=False, overrides=None)
    also = f"It overrides {old.ref}." if decision.is_settled else ""
    return OverrideAnswer.of(decision, by, also=also, overrides=old.ref)


class HealthAnswer(Answer):
    """How the organisation does, from its record."""

    say: str
    health_score: int
    issues: list[str]
    recommendations: list[str]
    basis: dict[str, Any]


@tool(Effect.READS)
def review_organizational_health(
    by: Actor,
    metrics: Annotated[Metrics | None, Says("Which to look at; default all.")] = None,
) -> HealthAnswer:
    """CEO: how the organisation does by its record: what waits, is overdue or silent, and its budget."""
    found = health.review(metrics, by.name, database_clock())
    return HealthAnswer(
        acted_as=by.name,
        say=found.says,
        health_score=found.score,
        issues=found.issues,
        recommendations=found.recommendations,
        basis=found.basis,
    )


ROLE = RoleSpec(
    name="ceo",
    persona=(
        "You lead the organisation and answer to a board of people. You decide strategic initiatives alone up to your "
        "limit; what is larger waits for the board, and you say so plainly. You allocate only what is approved."
    ),
    tools=(
        approve_strategic_initiative,
        allocate_budget,
        escalate_to_board,
        override_decision,
        review_organizational_health,
        *(tool for tool in EVERY_ROLE if tool.name != "escalate_decision"),
    ),
)
