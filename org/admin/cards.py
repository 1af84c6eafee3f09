"""What a member sees of an escalation, gathered once and shown as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from org import authority, money
from org.admin import consequences, histories, moments
from org.admin.consequences import Consequence
from org.admin.histories import Event
from org.admin.texts import Passage, passages, span, when, words
from org.charter import Charter
from org.enums import BOARD, SYSTEM, EscalationStatus, Status, Urgency
from org.legible import plain, quoted
from org.models import BoardVote, Decision, Escalation, Member, Run, RunStep
from org.queries import commitments
from org.queries import decisions as lookup
from org.queries import standing as standings
from org.queries.runs import definition_of
from org.services import board, escalations

NOUNS = {
    "strategic_initiative": "a strategic initiative",
    "budget_allocation": "a budget",
    "hiring": "hiring, counted for one year",
    "vendor_contract": "a vendor contract, counted for its whole term",
    "architecture": "an architecture decision",
    "technology_selection": "a choice of technology",
    "infrastructure_change": "a change of infrastructure",
    "deployment": "a deployment",
    "feature": "a feature",
    "release": "a release",
    "policy": "a policy",
    "other": "a matter of its own kind",
}

REASONS = ("business_value", "justification", "rationale", "reason", "why", "summary")
MOST_ALIKE = 5  # named on a card


@dataclass(frozen=True)
class Figure:
    """An amount with its name; `loud` where it stands in the way."""

    label: str
    value: str
    loud: bool = False


@dataclass(frozen=True)
class Card:
    """One escalation as one member sees it. `seen_hash` is what an answer given on this page answers."""

    escalation: Escalation
    decision: Decision
    seen_hash: str
    title: str
    amount: str
    sentence: str
    rule: str
    reason: str
    due: str
    is_overdue: bool
    figures: list[Figure]
    alike: list[tuple[Escalation, str]]
    runs: list[tuple[Run, str]]  # what waits for it
    context: list[Passage]
    history: list[Event]
    votes: list[tuple[BoardVote, str]]
    needed: int
    counted: int
    shortage: str
    mine: BoardVote | None
    is_open: bool
    may_answer: bool
    why_not: str
    approve: Consequence
    revise: Consequence | None
    reject: Consequence
    silence: str
    outcome: str
    treasury_is_short: bool


def of(escalation: Escalation, reader: Member, now: datetime) -> Card:
    """The card of an escalation for `reader`.

    The hash comes first: whatever changes while the rest is read makes the answer stale, never the other way round.
    """
    charter = moments.charter()
    seen_hash = board.shown_hash(escalation, charter, now)
    decision, is_open = escalation.decision, escalation.status == EscalationStatus.OPEN
    standing = standings.of(charter, [], decision.initiative_key, now)
    votes = list(escalation.votes.select_related("member").order_by("voted_at"))
    members = set(Member.board.on_the_board().values_list("pk", flat=True))
    needed = escalation.members_needed
    if is_open:
        needed = escalations.members_needed_now(charter, escalation, standing.initiative_usd)
    counted = escalations.counting(escalation, seen_hash).count()
    left = standing.treasury_left_usd
    is_short = is_open and authority.overdraws(charter, decision.decision_type, decision.amount_usd, left)
    mine = next((vote for vote in votes if vote.member_id == reader.pk), None)
    answered = mine is not None and mine.seen_hash == seen_hash
    on_board = reader.pk in members
    matter = consequences.Matter(
        decision=decision,
        asker=role_title(charter, decision.initiator_role),
        urgency=Urgency(escalation.urgency),
        deadline=when(escalation.deadline_at),
        final=when(decision.final_at) if decision.final_at else "",
        known_type=lookup.fits(decision, charter),
        treasury_is_short=is_short,
        becomes_budget=charter.kind(decision.decision_type).approves_budget,
        treasury_left_usd=left,
        approvals_missing=max(0, needed - counted),
        valid_days=charter.approval_valid_days,
    )
    is_told = escalation.ruling["says"].endswith((escalation.reason, quoted(escalation.reason)))
    return Card(
        escalation=escalation,
        decision=decision,
        seen_hash=seen_hash,
        title=plain(decision.title),
        amount=money.show(decision.amount_usd) if decision.amount_usd is not None else "",
        sentence=sentence(decision, charter),
        rule=plain(escalation.ruling["says"]),
        reason="" if is_told else plain(escalation.reason),
        due=due(escalation, now),
        is_overdue=is_open and escalation.deadline_at < now,
        figures=figures(escalation, decision, charter, standing.initiative_usd, left, is_short),
        runs=[
            (step.run, definition_of(step.run).title)
            for step in RunStep.objects.filter(decision=decision).select_related("run")
        ],
        alike=[(other, _called(other.decision)) for other in alike(escalation)] if is_open else [],
        context=context(decision),
        history=histories.of(decision, lambda name: role_title(charter, name)),
        votes=[(vote, histories.ANSWERED[vote.answer]) for vote in votes],
        needed=needed,
        counted=counted,
        shortage=shortage(needed, counted, members, votes, seen_hash) if is_open else "",
        mine=mine,
        is_open=is_open,
        may_answer=is_open and on_board and not answered,
        why_not=why_not(reader, on_board),
        approve=consequences.of_approving(matter),
        revise=None if decision.person_id else consequences.of_asking_for_revision(matter),
        reject=consequences.of_rejecting(matter),
        silence=consequences.of_silence(matter),
        outcome="" if is_open else histories.outcome(escalation, decision, now),
        treasury_is_short=is_short,
    )


def role_title(charter: Charter, name: str) -> str:
    if name in (BOARD, SYSTEM):
        return {BOARD: "The board", SYSTEM: "Echo"}[name]
    return charter.roles[name].title if name in charter.roles else words(name)


def sentence(decision: Decision, charter: Charter) -> str:
    noun = NOUNS.get(decision.decision_type, f"a matter of the kind {plain(decision.decision_type)}")
    asker = role_title(charter, decision.initiator_role)
    if decision.person is not None:  # an override
        return f"{who(decision)}, a member of the board, asks it to approve {noun} that the {asker} asked for."
    return f"The {asker} asks the board to approve {noun}."


def who(decision: Decision) -> str:
    """The member who put a decision before the board anew."""
    return plain(decision.person.get_username()) if decision.person else ""


def due(escalation: Escalation, now: datetime) -> str:
    """When the board is asked to answer, or when it was closed."""
    if escalation.closed_at is not None:
        return f"closed {when(escalation.closed_at)}"
    distance = span(escalation.deadline_at - now)
    return f"{distance} overdue" if escalation.deadline_at < now else f"answer due in {distance}"


def alike(escalation: Escalation) -> list[Escalation]:
    """Other open escalations of the same initiative, oldest first: perhaps the same request asked twice."""
    rows = Escalation.objects.filter(
        status=EscalationStatus.OPEN, decision__initiative_key=escalation.decision.initiative_key
    )
    return list(rows.exclude(pk=escalation.pk).select_related("decision").order_by("opened_at")[:MOST_ALIKE])


def _called(decision: Decision) -> str:
    amount = f", {money.show(decision.amount_usd)}" if decision.amount_usd is not None else ""
    return f"{plain(decision.title)}{amount}"


def figures(
    escalation: Escalation,
    decision: Decision,
    charter: Charter,
    initiative_usd: Decimal,
    treasury: Decimal | None,
    treasury_is_short: bool,
) -> list[Figure]:
    """The numbers the rule spoke of, and those an approval would change."""
    rows = []
    ruling = escalation.ruling
    if ruling.get("limit_usd") is not None:
        role = (
            ruling["judged_role"].upper()
            if len(ruling["judged_role"]) <= 4
            else role_title(charter, ruling["judged_role"])
        )
        rows.append(Figure(f"{role}’s limit", money.show(Decimal(str(ruling["limit_usd"])))))
    if decision.status == Status.APPROVED and decision.amount_usd is not None:
        rows.append(Figure("Initiative in all", money.show(initiative_usd)))  # this amount is in it
    elif decision.amount_usd is not None:
        rows.append(Figure("Initiative so far", money.show(initiative_usd)))
        rows.append(Figure("Initiative with this", money.show(initiative_usd + decision.amount_usd)))
    if ruling.get("window_used_usd") and ruling["rule"] == "over_window":
        used = money.show(Decimal(str(ruling["window_used_usd"])))
        rows.append(Figure(f"Decided by the role in {charter.window_days} days", used))
    if charter.kind(decision.decision_type).approves_budget:
        left = "no ceiling" if treasury is None else money.show(treasury)
        rows.append(Figure("Treasury left", left, loud=treasury_is_short))
    if decision.department_key and commitments.counts(decision):
        rows.append(_commitment(decision))
    if decision.confidence is not None:
        rows.append(Figure("Agent’s confidence", f"{decision.confidence:.0%}"))
    return rows


def _commitment(decision: Decision) -> Figure:
    """What its department has left of its allocation, with this amount once that is approved."""
    now = commitments.of(decision.department_key)
    left = now.remaining_usd - commitments.still_to_add_usd(decision)
    label = f"Allocation of {plain(now.department)} with this"
    return Figure(label, f"{money.show(-left)} over" if left < 0 else f"{money.show(left)} left", loud=left < 0)


def context(decision: Decision) -> list[Passage]:
    """Everything the agent wrote to support its request."""
    whole = decision.context if isinstance(decision.context, dict) else {"content": decision.context}
    content = whole.get("content")
    if isinstance(content, dict):
        content = dict(sorted(content.items(), key=lambda item: reading_order(*item)))
    parts = passages(content, () if isinstance(content, dict) else ("Why",))
    parts += passages(whole.get("evidence"), ("Evidence",))
    if decision.initiative != decision.title:
        parts.insert(0, Passage("Initiative", plain(decision.initiative)))
    return parts


def reading_order(key: str, value: Any) -> tuple[bool, int]:
    """The reasons first, then prose, lists and tables: PostgreSQL keeps no order of its own."""
    shape = 0 if isinstance(value, str) else 1 if isinstance(value, list) else 2
    return key not in REASONS, shape


def shortage(needed: int, counted: int, members: set[int], votes: list[BoardVote], seen_hash: str) -> str:
    """What to say when the members there are cannot approve, however they answer."""
    answered = {vote.member_id for vote in votes if vote.seen_hash == seen_hash}
    if counted + len(members - answered) >= needed:
        return ""
    return (
        f"{needed} members must approve, and too few active members are left who could. "
        "Until somebody who manages members adds one, this cannot be approved; it can be rejected."
    )


def why_not(reader: Member, on_board: bool) -> str:
    if on_board:
        return ""
    if reader.is_superuser:
        return "You manage members but are not one of the board, so you can read this and not answer it."
    return "Only active members of the board answer."
