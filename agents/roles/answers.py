"""The shapes of answers and the sentences in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from agents import pages
from org import money
from org.actors import Actor
from org.acts import charter_of
from org.charter import Charter
from org.clock import database_clock
from org.enums import BOARD, Mode, Status, VoteChoice
from org.errors import Refused
from org.legible import quoted
from org.models import CharterVersion, Decision, Escalation
from org.queries import commitments
from org.queries import decisions as lookup
from org.queries import votes as ballots
from org.services import calls

Amount = Annotated[
    Decimal,
    PlainSerializer(money.number, return_type=int | float),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]


class Answer(BaseModel):
    """What every answer may carry."""

    acted_as: str = Field(description="The role this server acts for.")
    repeated_of: str | None = Field(default=None, description="Set when this is the answer of an earlier, equal call.")


class Action(BaseModel):
    """A call that can be sent as it is."""

    tool: str
    arguments: dict[str, Any]


class DecisionAnswer(Answer):
    """Where a decision stands."""

    say: str = Field(description="One sentence fit to repeat to the user.")
    ref: str | None
    decision_id: str | None
    status: str
    mode: str | None
    waiting_on: list[str]
    your_actions: list[Action]
    rationale: str
    basis: dict[str, Any]
    board_url: str | None = Field(description="The page on which the board decides it, while it waits for the board.")

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        """The fields that follow from where the decision stands now; a kind of answer with more of them adds its own.

        What is not among them tells what the call did, and stays as it was told.
        """
        return about(decision, by, charter)

    @classmethod
    def of(cls, decision: Decision, by: Actor, *, also: str = "", **done: Any) -> Self:
        """The answer about a decision as it stands. `also`: a sentence more; `done`: the fields on what was done."""
        fields = cls.standing(decision, by, charter_of(by))
        return cls(**fields | {"say": f"{fields['say']} {also}".rstrip()}, **done)


class ApprovedAnswer(DecisionAnswer):
    """A decision, and whether what was asked for may be done by it now."""

    approved: bool

    @classmethod
    def standing(cls, decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
        return super().standing(decision, by, charter) | {"approved": decision.holds(database_clock())}


def about(decision: Decision, by: Actor, charter: Charter) -> dict[str, Any]:
    """The fields of a `DecisionAnswer` for one decision, as seen by the acting role."""
    escalation = Escalation.objects.open_of(decision)
    waiting_on = decision.waiting_on
    commitment = commitments.told(decision)
    return {
        "acted_as": by.name,
        "say": f"{say(decision, charter, escalation, waiting_on)} {(commitment or {}).get('warning') or ''}".rstrip(),
        "ref": decision.ref,
        "decision_id": str(decision.pk),
        "status": decision.status,
        "mode": decision.mode,
        "waiting_on": waiting_on,
        "your_actions": [
            Action(tool=tool, arguments=dict(arguments)) for tool, arguments in _actions(decision, by, charter)
        ],
        "rationale": (decision.outcome or {}).get("rationale") or decision.ruling["says"],
        "basis": basis(decision, escalation) | ({"commitment": commitment} if commitment else {}),
        "board_url": board_url(escalation) if escalation else None,
    }


def refused(refusal: Refused, decision_id: str, by: Actor) -> dict[str, Any]:
    """The fields of a `DecisionAnswer` after a rule's no: why nothing was done, and where the decision stands."""
    calls.note_refusal(refusal, by=by, clock=database_clock)
    charter = charter_of(by)
    fields = about(lookup.readable(decision_id, by.name, charter), by, charter)
    return fields | {
        "say": str(refusal),
        "rationale": refusal.says,
        "basis": {"rule": refusal.rule, "says": refusal.says},
    }


def not_decided(refusal: Refused, by: Actor) -> dict[str, Any]:
    """The fields of a `DecisionAnswer` where a rule's no kept a decision from being made: there is none."""
    calls.note_refusal(refusal, by=by, clock=database_clock)
    facts = {name: money.number(fact) if isinstance(fact, Decimal) else fact for name, fact in refusal.facts.items()}
    return {
        "acted_as": by.name,
        "say": str(refusal),
        "ref": None,
        "decision_id": None,
        "status": "refused",
        "mode": None,
        "waiting_on": [],
        "your_actions": [],
        "rationale": refusal.says,
        "basis": {"rule": refusal.rule, "says": refusal.says, **facts},
        "board_url": None,
    }


def refreshed(output: type[BaseModel], answer: dict[str, Any], by: Actor) -> dict[str, Any]:
    """The answer of an earlier call, of the kind `output`; one about a decision with where that stands by now."""
    if not issubclass(output, DecisionAnswer) or not answer.get("decision_id"):
        return answer
    decision = Decision.objects.get(pk=answer["decision_id"])
    standing = output.standing(decision, by, CharterVersion.objects.in_force())
    return {**answer, **output.model_construct(**standing).model_dump(mode="json", exclude_unset=True)}


def board_page(answer: DecisionAnswer) -> str | None:
    """The page to offer to the person at the client: the board's, on a decision that waits for it."""
    return answer.board_url


def board_url(escalation: Escalation) -> str:
    """Where a board member answers it, after signing in."""
    return f"{pages.address()}/admin/org/escalation/{escalation.pk}/change/"


def basis(decision: Decision, escalation: Escalation | None = None) -> dict[str, Any]:
    """The rule a decision was judged by, with its numbers: what remained then is what remained before this decision."""
    outcome = decision.outcome or {}
    ruling = dict(outcome.get("ruling") or (escalation.ruling if escalation else decision.ruling))
    if vote := {name: outcome[name] for name in ("tally", "voices") if name in outcome} or ballots.closed(decision):
        ruling["vote"] = vote
    ruling["remaining_before_usd"] = ruling.pop("remaining_usd", None)
    return {**ruling, "amount_usd": money.number(decision.amount_usd), "charter_version": decision.charter_version_id}


def _voted(decision: Decision) -> str:
    """How the vote went that a matter was handed up after; nothing where there was none."""
    return ballots.says(decision.outcome or ballots.closed(decision)) if decision.mode != Mode.COLLABORATIVE else ""


def say(decision: Decision, charter: Charter, escalation: Escalation | None, waiting_on: Sequence[str]) -> str:
    """One sentence on where a decision stands; what waits is never called rejected."""
    amount = f", {money.show(decision.amount_usd)}" if decision.amount_usd is not None else ""
    what = f"{quoted(decision.title)}{amount} ({decision.ref})"
    why = decision.ruling["says"]
    if decision.status == Status.ESCALATED:
        if escalation is None:
            return f"{what} waits for the board; it is neither approved nor rejected yet."
        due = f"{escalation.deadline_at:%Y-%m-%d %H:%M} UTC"
        return (
            f"{what} waits for the board as {escalation.ref}, which is asked to answer by {due}; "
            f"it is neither approved nor rejected yet. {escalation.ruling['says'] or why} {_voted(decision)}".rstrip()
        )
    if decision.is_voting:
        missing = ", ".join(waiting_on)
        until = f" until {decision.due_at:%Y-%m-%d %H:%M} UTC" if decision.due_at else ""
        return f"{what} is put to a vote{until}; it is not decided yet. Votes are missing from {missing}."
    if decision.status == Status.PENDING:
        if decision.awaiting_role == decision.initiator_role:
            return f"{what}: the board asks for a revision; it is neither approved nor rejected."
        waiting = charter.title(decision.awaiting_role or "")
        return f"{what} waits for the {waiting}; it is not decided yet. {_voted(decision) or why}"
    reason = lookup.reason(decision)
    if decision.revoked_at is not None:
        return f"{what} was approved and is revoked since {decision.revoked_at:%Y-%m-%d %H:%M} UTC; it is of no use."
    if decision.status == Status.APPROVED and decision.used_at is None and not decision.holds(database_clock()):
        until = f"{decision.expires_at:%Y-%m-%d %H:%M} UTC"
        return f"{what} was approved until {until} and was not used in time; it holds no more."
    if decision.status == Status.EXPIRED:
        return f"{what} has expired. {reason}"
    if decision.mode == Mode.COLLABORATIVE and decision.status != Status.WITHDRAWN:
        return f"{what} is {decision.status} by vote. {reason}"
    if decision.mode == Mode.AUTONOMOUS:
        return f"{what} is {decision.status}. {reason}"
    by = charter.title(decision.decided_by or "")
    return f"{what} is {decision.status} by the {by}: {reason} {_voted(decision)}".rstrip()


def _actions(decision: Decision, by: Actor, charter: Charter) -> list[tuple[str, Mapping[str, Any]]]:
    """What the acting role can do about a decision now, ready to send."""
    mine = decision.initiator_role == by.name and decision.person_id is None
    actions: list[tuple[str, Mapping[str, Any]]] = []
    if decision.is_settled:
        return actions
    here = {"decision_id": decision.ref}
    fits = lookup.fits(decision, charter)
    if decision.is_voting and by.name in decision.waiting_on:  # whoever has voted is not told to vote otherwise
        actions += [
            ("cast_vote", here | {"vote": word, "rationale": "…", "confidence": 0.5}) for word in VoteChoice.values
        ]
    if decision.awaiting_role == by.name and not mine:
        if fits:
            actions.append(("resolve_decision", here | {"approve": True, "rationale": "…"}))
        actions.append(("resolve_decision", here | {"approve": False, "rationale": "…"}))
    if decision.awaiting_role == by.name and mine and fits:
        actions.append(("propose_decision", lookup.revision(decision)))
    if decision.status == Status.PENDING and by.name in lookup.concerned(decision, charter):
        if charter.role(by.name).reports_to == BOARD:
            actions.append(("escalate_to_board", here | {"urgency": "normal"}))
        else:
            actions.append(("escalate_decision", here | {"reason": "…"}))
    if mine:
        actions.append(("withdraw_decision", here | {"reason": "…"}))
    return actions
