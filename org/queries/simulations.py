"""Recorded decisions against another charter: what would have ended otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from org import money
from org.authority import Request, Rule
from org.charter import Charter
from org.enums import BOARD, ELECTORATE, BoardAnswer, Mode, Status, StopKind, VoteChoice
from org.models import AuditRecord, Decision, DecisionVote, LedgerEntry, Stop
from org.models.budgets import TREASURY
from org.money import ZERO
from org.queries import stops
from org.replays import WAITING, Answer, Approval, Ceiling, Entry, Freeze, Matter, Outcome, Replay

IN_WINDOWS = (Mode.AUTONOMOUS, Mode.COLLABORATIVE, Mode.HIERARCHICAL)
ON_THE_WAY = ("decision.outgrown", "decision.handed_up", "decision.escalated", "board.answered")

Watch = Callable[[Iterable[Matter], int], Iterable[Matter]]


@dataclass(frozen=True)
class Change:
    """A decision that would have ended otherwise."""

    matter: Matter
    now: Outcome

    @property
    def then(self) -> Outcome:
        return self.matter.outcome


@dataclass(frozen=True)
class Simulation:
    """All that a charter would have changed. `judged`: how many decisions were tried."""

    judged: int
    changes: tuple[Change, ...]

    @property
    def no_longer_alone(self) -> list[Change]:
        """What a role approved and would not have approved."""
        return [each for each in self.changes if each.then.is_a_roles_approval and not each.now.is_a_roles_approval]

    @property
    def newly_alone(self) -> list[Change]:
        """What no role approved and a role would have."""
        return [each for each in self.changes if each.now.is_a_roles_approval and not each.then.is_a_roles_approval]


def total_usd(changes: Iterable[Change]) -> Decimal:
    return sum((change.matter.request.amount_usd or ZERO for change in changes), ZERO)


def simulate(
    charter: Charter, since: datetime, until: datetime, watch: Watch = lambda matters, count: matters
) -> Simulation:
    """Try `charter` on every decision proposed since then, from the sums as the record stood at that time.

    `until`: now; what would expire later is still open.

    `watch` is handed the matters as they are judged, and how many there are, to show progress by.
    """
    matters = list(_matters(since))
    replay = Replay(charter, _opening(charter, since), until)
    for _ in watch(replay.run(matters, _others(since)), len(matters)):
        pass
    outcomes = replay.outcomes
    changes = [Change(each, outcomes[each.ref]) for each in matters if outcomes[each.ref] != each.outcome]
    return Simulation(len(matters), tuple(changes))


def _matters(since: datetime) -> Iterator[Matter]:
    answers, approving = _answers(since), _approving(since)
    rows = Decision.objects.filter(created_at__gte=since).select_related("revises", "revised_by").defer("context")
    for row in rows.order_by("created_at", "number").iterator(1000):
        yield Matter(
            ref=row.ref,
            at=row.created_at,
            request=Request(row.initiator_role, row.decision_type, row.amount_usd, _asked(row), row.confidence),
            initiative_key=row.initiative_key,
            outcome=_outcome(row),
            answers=(*answers[row.ref], *_last_answer(row, approving[row.pk])),
            revises=row.revises.ref if row.revises is not None else "",
        )


def _asked(row: Decision) -> Mode | None:
    """The mode the caller asked for. Decisions of older releases tell it only where it was what counted."""
    asked = row.ruling.get("asked_mode", row.mode if row.ruling["rule"] == Rule.ASKED_FOR_MORE else None)
    return Mode(asked) if asked else None


def _outcome(row: Decision) -> Outcome:
    if row.is_settled:
        return Outcome(row.status, row.decided_by or BOARD, row.ruling["rule"], row.ruling["says"])
    who = ELECTORATE if row.is_voting else next(iter(row.waiting_on), BOARD)
    return Outcome(WAITING, who, row.ruling["rule"], row.ruling["says"])


def _answers(since: datetime) -> dict[str, list[Answer]]:
    """What was answered on the way, by the decision's ref: raised, outgrown by the role that approved, sent back."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    rows = AuditRecord.objects.filter(action__in=ON_THE_WAY, at__gte=since).order_by("pk")
    outgrown: set[tuple[str, datetime]] = set()
    for action, ref, at, actor, data in rows.values_list("action", "subject", "at", "actor", "data"):
        if action == "decision.outgrown":
            outgrown.add((ref, at))
            answers[ref].append(Answer(at, Status.APPROVED, actor))
        elif action == "decision.handed_up" and (ref, at) not in outgrown:
            answers[ref].append(Answer(at, Status.ESCALATED, data["to"]))
        elif action == "decision.escalated" and data["rule"] in (Rule.RAISED, Rule.VOTED, Rule.SILENCE):
            answers[ref].append(Answer(at, Status.ESCALATED, BOARD))
        elif action == "board.answered" and data["answer"] == BoardAnswer.REQUEST_REVISION:
            answers[data["decision"]].append(Answer(at, Status.PENDING, BOARD))
    return answers


def _approving(since: datetime) -> dict[Any, list[str]]:
    """Whose approvals counted in each vote that approved, by the decision's key: no role's that was suspended then."""
    closed = OuterRef("decision__completed_at")
    suspended = Stop.objects.filter(
        Q(lifted_at__isnull=True) | Q(lifted_at__gt=closed),
        kind=StopKind.ROLE,
        role=OuterRef("voter_role"),
        stopped_at__lt=closed,
    )
    counted = DecisionVote.objects.filter(
        ~Exists(suspended),
        vote=VoteChoice.APPROVE,
        decision__created_at__gte=since,
        decision__mode=Mode.COLLABORATIVE,
        decision__status=Status.APPROVED,
    )
    approving: dict[Any, list[str]] = defaultdict(list)
    for key, role in counted.order_by("voter_role").values_list("decision_id", "voter_role"):
        approving[key].append(role)
    return approving


def _last_answer(row: Decision, approving: Sequence[str]) -> Iterator[Answer]:
    """How a matter that waited was settled; what was decided as it was asked had no answer."""
    if row.completed_at is None or row.mode == Mode.AUTONOMOUS or row.status == Status.EXPIRED:
        return  # when a matter expires is the charter's to say
    revised = getattr(row, "revised_by", None)
    if revised is None or revised.created_at != row.completed_at:  # else the revision itself takes it back
        yield Answer(row.completed_at, Status(row.status), row.decided_by or BOARD, tuple(approving))


def _approvals() -> QuerySet[Any]:
    rows = Decision.objects.filter(status=Status.APPROVED, amount_usd__isnull=False).defer("context")
    return rows.annotate(becomes=F("budget__name"))  # of what is budget, its account


def _opening(charter: Charter, since: datetime) -> Iterator[Entry]:
    """How it stood at the beginning: initiatives, windows, the treasury with what was drawn on it, a freeze."""
    before = _approvals().filter(completed_at__lt=since)
    touched = Decision.objects.filter(created_at__gte=since).values("initiative_key")
    sums = before.filter(initiative_key__in=touched).values_list("initiative_key").annotate(total=Sum("amount_usd"))
    for key, total in sums.order_by():
        yield Approval(since, total, key, None, False)
    in_windows = before.filter(completed_at__gt=since - timedelta(days=charter.window_days), mode__in=IN_WINDOWS)
    for row in in_windows.order_by("completed_at"):
        yield replace(_approval(row), initiative_key="", budget=False)  # these are summed already
    drawn = LedgerEntry.objects.filter(source=TREASURY, decision__isnull=False, created_at__lt=since)
    yield Approval(since, drawn.aggregate(total=Sum("amount_usd"))["total"] or ZERO, "", None, True)
    for entry in _returned().filter(created_at__lt=since):
        yield Approval(since, -entry.amount_usd, "", None, True)
    last = AuditRecord.objects.filter(action="treasury.set", at__lt=since).order_by("-at").first()
    if last is not None:
        yield _ceiling(last.at, last.data["amount_usd"])
    yield from (freeze for freeze in _freezes() if freeze.at < since)


def _others(since: datetime) -> Iterator[Entry]:
    """What else counted meanwhile: the treasury as it was set, freezes, what was revoked, answers to earlier asks."""
    for entry in _returned().filter(created_at__gte=since):
        yield Approval(entry.created_at, -entry.amount_usd, "", None, True)
    for at, data in AuditRecord.objects.filter(action="treasury.set", at__gte=since).values_list("at", "data"):
        yield _ceiling(at, data["amount_usd"])
    yield from (freeze for freeze in _freezes() if freeze.at >= since)
    earlier = _approvals().filter(created_at__lt=since, completed_at__gte=since)
    for row in earlier.order_by("completed_at"):
        yield _approval(row)


def _freezes() -> Iterator[Freeze]:
    """Every time spending was frozen and thawed, in the order of time: there is one freeze at a time."""
    rows = Stop.objects.filter(kind=StopKind.SPENDING).order_by("stopped_at")
    for member, at, reason, lifted_at in rows.values_list("person__username", "stopped_at", "reason", "lifted_at"):
        yield Freeze(at, stops.says_only_the_board(stops.Standing(str(member), at, reason)))
        if lifted_at is not None:
            yield Freeze(lifted_at, "")


def _returned() -> QuerySet[LedgerEntry]:
    """Budget that was revoked before it was allocated."""
    return LedgerEntry.objects.filter(target=TREASURY, decision__isnull=False)


def _approval(row: Any) -> Approval:
    """An approval with an amount, as the record has it."""
    role = row.decided_by if row.mode in IN_WINDOWS else None
    return Approval(row.completed_at, row.amount_usd or ZERO, row.initiative_key, role, row.becomes is not None)


def _ceiling(at: datetime, amount_usd: float | None) -> Ceiling:
    return Ceiling(at, None if amount_usd is None else money.parse(amount_usd))
