"""Whether a role may decide: a pure judgement over the charter and sums of the record.

    admit(charter, request) -> TypeRow
    judge(charter, request, standing) -> Ruling

The caller sums `standing` under lock, in the transaction that records the decision.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from org import money, names
from org.charter import Charter, TypeRow
from org.enums import BOARD, ELECTORATE, Mode
from org.errors import InvalidInput, NotFound, Refused
from org.money import ZERO, number, show

LONGEST_KEY_BYTES = 1024  # a few characters stand for words; PostgreSQL indexes no longer key


class Rule(StrEnum):
    """The rule that settled who decides."""

    WITHIN_AUTHORITY = "within_authority"
    NOT_MY_TYPE = "not_my_type"
    OVER_LIMIT = "over_limit"
    OVER_INITIATIVE = "over_initiative"
    OVER_WINDOW = "over_window"
    FROZEN = "frozen"
    OVER_TREASURY = "over_treasury"
    LOW_CONFIDENCE = "low_confidence"
    ASKED_FOR_MORE = "asked_for_more"
    RAISED = "raised"
    VOTED = "voted"
    SILENCE = "silence"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True)
class Request:
    """What is asked: by which role, of which type, for how many US dollars (None where the type carries no money)."""

    role: str
    decision_type: str
    amount_usd: Decimal | None = None
    mode: Mode | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Standing:
    """Sums of the record, in US dollars.

    `initiative_usd`: approved under the same initiative, by anyone, ever. `window_usd`: what each role has decided
    within the charter's window. `treasury_left_usd`: what the board's treasury still covers; None: no treasury is set.
    `frozen`: why nobody but the board may approve an amount, in a sentence; empty: spending is not frozen.
    """

    initiative_usd: Decimal = ZERO
    window_usd: Mapping[str, Decimal] | None = None
    treasury_left_usd: Decimal | None = None
    frozen: str = ""

    def window(self, role: str) -> Decimal:
        return (self.window_usd or {}).get(role, ZERO)


@dataclass(frozen=True)
class Bound:
    """How far one role's authority reaches for one request, and the first rule that stops it (None: covered).

    Amounts are US dollars and None where the type carries no money.
    """

    role: str
    stopped_by: Rule | None
    limit_usd: Decimal | None
    used_usd: Decimal
    remaining_usd: Decimal | None
    says: str


@dataclass(frozen=True)
class Ruling:
    """Who decides and why. `decider`: a role, `electorate` or `board`; `bound`: that of the role whose rule spoke."""

    mode: Mode
    decider: str
    rule: Rule
    bound: Bound

    @property
    def alone(self) -> bool:
        return self.mode is Mode.AUTONOMOUS

    @property
    def says(self) -> str:
        """The reason as one sentence."""
        return f"A {self.mode} decision was asked for." if self.rule is Rule.ASKED_FOR_MORE else self.bound.says


def admit(charter: Charter, request: Request) -> TypeRow:
    """The type of a request that can be judged at all, whoever then decides it.

    Raises Refused for a role the charter does not know; InvalidInput for an unknown type, an amount where none belongs
    or none where one must be, or a mode the charter does not allow for the type.
    """
    require_role(charter, request.role)
    kind = charter.types.get(request.decision_type)
    if kind is None:
        raise NotFound("decision_type", request.decision_type, list(charter.types), "Use one of these.")
    if kind.money and request.amount_usd is None:
        raise InvalidInput("amount_usd", f"{kind.name} carries money, so an amount is required.", f"Send {money.FORM}.")
    if not kind.money and request.amount_usd is not None:
        raise InvalidInput("amount_usd", f"{kind.name} carries no money.", "Leave it out, or use a type that does.")
    if request.mode is not None and request.mode not in kind.modes:
        raise InvalidInput(
            "mode",
            f"the charter allows {', '.join(kind.modes)} for {kind.name}.",
            "Use one of these, or leave it out.",
        )
    return kind


def require_role(charter: Charter, role: str) -> None:
    """Authority is the charter's to give: a role it does not know has none."""
    if role not in charter.roles:
        raise Refused(
            "unknown_role",
            f"Charter {charter.version} has no role {role}, so it decides and asks for nothing.",
            "Ask the board for a charter that has the role.",
        )


def initiative_key(name: str) -> str:
    """What amounts add up under: the name, however it is spelled. Raises InvalidInput for one that cannot be kept."""
    key = names.normalize(name)
    if not key:
        raise InvalidInput("initiative", "a name needs at least one visible character.")
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise InvalidInput("initiative", "the name is too long.", "Shorten it and call again.")
    return key


def bound(charter: Charter, role: str, request: Request, standing: Standing) -> Bound:
    """How far `role` reaches for `request`: its type, its single limit on the initiative's total, its window.

    An amount is held to the limits whatever the charter in force says of the type's money.
    """
    kind = charter.kind(request.decision_type)
    title = charter.title(role)
    if not _about_money(charter, request):
        if role in kind.decided_by:
            return Bound(role, None, None, ZERO, None, f"The {title} decides {kind.name} alone.")
        return Bound(role, Rule.NOT_MY_TYPE, None, ZERO, None, f"The {title} does not decide {kind.name} alone.")

    if role not in kind.decided_by:
        says = f"The {title} does not decide {kind.name} alone, whatever the amount."
        return Bound(role, Rule.NOT_MY_TYPE, ZERO, standing.initiative_usd, ZERO, says)
    return _within_limits(charter, role, request, standing)


def _within_limits(charter: Charter, role: str, request: Request, standing: Standing) -> Bound:
    """How far a role's single limit and its window reach for an amount, whatever its type."""
    title, limit = charter.title(role), charter.role(role).limit_usd
    used, amount = standing.initiative_usd, request.amount_usd or ZERO
    window_limit, window_used = charter.window_limit_usd(role), standing.window(role)
    room, window_room = limit - used, window_limit - window_used
    remaining = max(ZERO, min(room, window_room))
    if amount > limit:
        says = f"{show(amount)} is over the {title}'s limit of {show(limit)}."
        return Bound(role, Rule.OVER_LIMIT, limit, used, remaining, says)
    if amount > room:
        says = (
            f"{show(amount)} on top of {show(used)} already approved for this initiative "
            f"is over the {title}'s limit of {show(limit)}."
        )
        return Bound(role, Rule.OVER_INITIATIVE, limit, used, remaining, says)
    if amount > window_room:
        says = (
            f"{show(amount)} on top of {show(window_used)} decided in {charter.window_days} days "
            f"is over the {title}'s total of {show(window_limit)}."
        )
        return Bound(role, Rule.OVER_WINDOW, window_limit, window_used, remaining, says)
    says = f"{show(used + amount)} is within the {title}'s limit of {show(limit)}."
    return Bound(role, None, limit, used, remaining, says)


def judge(charter: Charter, request: Request, standing: Standing, *, handed_up: bool = False) -> Ruling:
    """Who decides `request`. The caller's mode and confidence can only make it stricter, never looser.

    `handed_up`: the role decides what came up the line to it, which is all that a hierarchical decision asks for.
    """
    own = bound(charter, request.role, request, standing)
    kind = charter.kind(request.decision_type)
    wanted = request.mode or Mode.AUTONOMOUS
    loosest = min(kind.modes, key=lambda mode: mode.strictness)
    asked = max(wanted, loosest, key=lambda mode: mode.strictness)
    if handed_up and asked is not Mode.HUMAN:
        asked = Mode.AUTONOMOUS

    if stopped := _stopped(charter, request, standing, own):
        return stopped
    if asked is Mode.HUMAN:
        return Ruling(Mode.HUMAN, BOARD, Rule.ASKED_FOR_MORE, own)
    if asked is Mode.COLLABORATIVE:
        return Ruling(Mode.COLLABORATIVE, ELECTORATE, Rule.ASKED_FOR_MORE, own)
    if own.stopped_by:
        return _handed_up(charter, request, standing, own.stopped_by, own)
    if asked is not Mode.AUTONOMOUS:
        return _handed_up(charter, request, standing, Rule.ASKED_FOR_MORE, own)
    threshold = charter.role(request.role).confidence
    if request.confidence is not None and request.confidence < threshold:
        says = f"A confidence of {request.confidence:g} is below the {threshold:g} this role needs to decide alone."
        low = Bound(request.role, Rule.LOW_CONFIDENCE, own.limit_usd, own.used_usd, own.remaining_usd, says)
        manager = next(charter.managers(request.role), BOARD)  # whether or not it covers: it can still say no
        return Ruling(Mode.HUMAN if manager == BOARD else Mode.HIERARCHICAL, manager, Rule.LOW_CONFIDENCE, low)
    return Ruling(Mode.AUTONOMOUS, request.role, Rule.WITHIN_AUTHORITY, own)


def says_no(charter: Charter, ruling: Ruling, role: str, old: str = "") -> Ruling:
    """A role's no that ends the matter, whatever a yes takes: by its veto, or to what one below approved (`old`)."""
    why = f"is above who approved {old}, and ends it" if old else "has a veto, and says no"
    bound = replace(ruling.bound, stopped_by=None, says=f"The {charter.title(role)} {why}.")
    return Ruling(Mode.AUTONOMOUS, role, Rule.OVERRIDDEN if old else Rule.WITHIN_AUTHORITY, bound)


def judge_vote(
    charter: Charter,
    request: Request,
    standing: Standing,
    approving: Sequence[str],
    suspended: Collection[str] = (),
) -> Ruling:
    """Who decides what a vote approves: an approving role that could spend as much, or somebody up the line.

    A vote creates no authority: the type's right is that of a role that approved or of the initiator, and the amount
    stays within the furthest reach among those who approved, in whose window it counts. Who is suspended lends neither.
    """
    kind, money = charter.kind(request.decision_type), _about_money(charter, request)
    approving = [role for role in approving if role not in suspended]
    entitled = [role for role in (*approving, request.role) if role in kind.decided_by and role not in suspended]
    own = bound(charter, request.role, request, standing)
    if stopped := _stopped(charter, request, standing, own):
        return stopped
    if not (entitled and approving):
        says = f"Nobody who approved{' and is not suspended' if suspended else ''} decides {kind.name}."
        none = Bound(request.role, Rule.NOT_MY_TYPE, own.limit_usd, own.used_usd, ZERO if money else None, says)
        return _handed_up(charter, request, standing, Rule.NOT_MY_TYPE, none)
    if not money:
        says = f"The {charter.title(entitled[0])} decides {kind.name}."
        return Ruling(Mode.COLLABORATIVE, entitled[0], Rule.VOTED, Bound(entitled[0], None, None, ZERO, None, says))
    reaches = [_within_limits(charter, role, request, standing) for role in approving]
    best = max(reaches, key=lambda reach: (reach.stopped_by is None, reach.limit_usd or ZERO))
    if best.stopped_by is None:
        return Ruling(Mode.COLLABORATIVE, best.role, Rule.VOTED, best)
    return _handed_up(charter, request, standing, best.stopped_by, best)


def _about_money(charter: Charter, request: Request) -> bool:
    return request.amount_usd is not None or charter.kind(request.decision_type).money


def _stopped(charter: Charter, request: Request, standing: Standing, own: Bound) -> Ruling | None:
    """What only the board can let pass, whatever the roles' limits are."""
    if standing.frozen and request.amount_usd is not None:
        frozen = Bound(request.role, Rule.FROZEN, own.limit_usd, own.used_usd, own.remaining_usd, standing.frozen)
        return Ruling(Mode.HUMAN, BOARD, Rule.FROZEN, frozen)
    return _over_treasury(charter, request, standing, own)


def _over_treasury(charter: Charter, request: Request, standing: Standing, own: Bound) -> Ruling | None:
    """What is over the treasury goes to the board, which set it."""
    amount, left = request.amount_usd or ZERO, standing.treasury_left_usd
    if left is None or not overdraws(charter, request.decision_type, amount, left):
        return None
    says = f"{show(amount)} is more than the {show(left)} left in the treasury the board set."
    over = Bound(request.role, Rule.OVER_TREASURY, own.limit_usd, own.used_usd, own.remaining_usd, says)
    return Ruling(Mode.HUMAN, BOARD, Rule.OVER_TREASURY, over)


def overdraws(charter: Charter, decision_type: str, amount_usd: Decimal | None, left_usd: Decimal | None) -> bool:
    """Whether an approval becomes more budget than the board's treasury has left; None: no treasury is set."""
    return charter.kind(decision_type).approves_budget and left_usd is not None and (amount_usd or ZERO) > left_usd


def members_needed(charter: Charter, amount_usd: Decimal | None, initiative_usd: Decimal, members: int) -> int:
    """How many of the board's members must approve: two from the charter's threshold on the initiative's total, in US
    dollars, if there are two. `initiative_usd`: what is approved already, without `amount_usd`.
    """
    if amount_usd is None or members < 2:
        return 1
    return 2 if initiative_usd + amount_usd >= charter.two_members_from_usd else 1


def recorded(ruling: Ruling, standing: Standing) -> dict[str, Any]:
    """A ruling as plain JSON, as records keep it: the rule with its numbers, in US dollars."""
    return {
        "rule": str(ruling.rule),
        "says": ruling.says,
        "limit_usd": number(ruling.bound.limit_usd),
        "used_usd": number(standing.initiative_usd),
        "remaining_usd": number(ruling.bound.remaining_usd),
        "window_used_usd": number(standing.window(ruling.bound.role)),
        "judged_role": ruling.bound.role,
    }


def _handed_up(charter: Charter, request: Request, standing: Standing, rule: Rule, why: Bound) -> Ruling:
    """Up the reporting line to the first role that covers the request; past the last one, the board."""
    for manager in charter.managers(request.role):
        if bound(charter, manager, request, standing).stopped_by is None:
            return Ruling(Mode.HIERARCHICAL, manager, rule, why)
    return Ruling(Mode.HUMAN, BOARD, rule, why)
