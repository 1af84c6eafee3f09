"""What a charter would have made of recorded decisions: the same requests and answers, judged anew in their order.

The sums are those there would have been: what would have been approved counts, what would have waited does not.
Spending is frozen when it was. An answer of the record is given again by the one who gave it, where the matter would be
with that role, below it, or with the board that answered; no other answer is invented.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from org.authority import Request, Standing, admit, judge, judge_vote
from org.charter import Charter
from org.enums import BOARD, ELECTORATE, SYSTEM, Mode, Status
from org.errors import InvalidInput, OrgError
from org.money import ZERO

WAITING, REFUSED = "waiting", "refused"
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """Where a matter stands. `status`: a settled one's, `waiting` or `refused`; `who` settled it or has it.

    `rule` and `says` tell why and do not make outcomes differ.
    """

    status: str
    who: str
    rule: str = field(default="", compare=False)
    says: str = field(default="", compare=False)

    @property
    def is_a_roles_approval(self) -> bool:
        return self.status == Status.APPROVED and self.who != BOARD

    def __str__(self) -> str:
        who = "the board" if self.who == BOARD else self.who
        return {WAITING: f"waits for {who}", REFUSED: "refused"}.get(self.status, f"{self.status} by {who}")


@dataclass(frozen=True)
class Answer:
    """What was said to a waiting matter: `who` approved, rejected or withdrew it, it was raised to `who` (escalated),
    or the board sent it back to its initiator (pending). `approving`: whose approvals counted, of a vote.
    """

    at: datetime
    status: Status
    who: str
    approving: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matter:
    """A recorded decision: what was asked, what was answered, where it stands. `revises`: the ref of an earlier one."""

    ref: str
    at: datetime
    request: Request
    initiative_key: str
    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    revises: str = ""


@dataclass(frozen=True)
class Ceiling:
    """The board set the treasury: budget is approved up to this many US dollars in all; None: without a bound."""

    at: datetime
    amount_usd: Decimal | None


@dataclass(frozen=True)
class Approval:
    """An approval to count, US dollars. `role`: whose window it counts in (None: nobody's); `budget`: it became one.

    A negative amount is budget that a person revoked.
    """

    at: datetime
    amount_usd: Decimal
    initiative_key: str
    role: str | None
    budget: bool


@dataclass(frozen=True)
class Freeze:
    """A member froze spending, or thawed it. `says`: why only the board approves an amount then; empty: thawed."""

    at: datetime
    says: str


Entry = Approval | Ceiling | Freeze
Event = Matter | Answer | Entry


class Books:
    """The sums, and whether spending is frozen, as they stand at one moment; entries come in the order of time."""

    def __init__(self, charter: Charter) -> None:
        self._days = timedelta(days=charter.window_days)
        self._initiatives: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._windows: dict[str, deque[tuple[datetime, Decimal]]] = defaultdict(deque)
        self._window_sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._approved = ZERO
        self._ceiling: Decimal | None = None
        self._frozen = ""

    def enter(self, entry: Entry) -> None:
        match entry:
            case Approval():
                self.count(entry)
            case Ceiling():
                self._bound(entry)
            case Freeze():
                self._frozen = entry.says

    def count(self, approval: Approval) -> None:
        self._initiatives[approval.initiative_key] += approval.amount_usd
        if approval.budget:
            self._approved += approval.amount_usd
        if approval.role is not None:
            self._windows[approval.role].append((approval.at, approval.amount_usd))
            self._window_sums[approval.role] += approval.amount_usd

    def _bound(self, ceiling: Ceiling) -> None:
        """A treasury below what is approved already is refused, and the former one stays."""
        if ceiling.amount_usd is None or ceiling.amount_usd >= self._approved:
            self._ceiling = ceiling.amount_usd

    def standing(self, roles: Iterable[str], initiative_key: str, now: datetime) -> Standing:
        return Standing(
            initiative_usd=self._initiatives[initiative_key],
            window_usd={role: self._window(role, now) for role in roles},
            treasury_left_usd=None if self._ceiling is None else self._ceiling - self._approved,
            frozen=self._frozen,
        )

    def _window(self, role: str, now: datetime) -> Decimal:
        entries = self._windows[role]
        while entries and entries[0][0] <= now - self._days:
            self._window_sums[role] -= entries.popleft()[1]
        return self._window_sums[role]


class Replay:
    """One charter tried on recorded matters, as they would stand at the moment `until`. `outcomes` holds, by ref, what
    would have become of each so far.
    """

    def __init__(self, charter: Charter, opening: Iterable[Entry] = (), until: datetime = END_OF_TIME) -> None:
        self._charter, self._until = charter, until
        self._books = Books(charter)
        self.outcomes: dict[str, Outcome] = {}
        for entry in opening:
            self._books.enter(entry)

    def run(self, matters: Iterable[Matter], others: Iterable[Entry] = ()) -> Iterator[Matter]:
        """Judge all matters anew; each is given back once it is judged, in the order of time."""
        known = {matter.ref: matter for matter in matters}
        events: list[tuple[Event, str]] = [(entry, "") for entry in others]
        for matter in known.values():
            events.append((matter, ""))
            events += [(answer, matter.ref) for answer in (*matter.answers, *self._ends(matter))]
        for event, ref in sorted(events, key=lambda each: each[0].at):
            if isinstance(event, Matter):
                self.outcomes[event.ref] = self._propose(event)
                yield event
            elif isinstance(event, Answer):
                self.outcomes[ref] = self._answer(known[ref], event)
            else:
                self._books.enter(event)

    def _ends(self, matter: Matter) -> Iterator[Answer]:
        """When the matter would expire by this charter, if it waited until then."""
        days = self._charter.kind(matter.request.decision_type).final_days
        if days and (final := matter.at + timedelta(days=days)) <= self._until:
            yield Answer(final, Status.EXPIRED, SYSTEM)

    def _propose(self, matter: Matter) -> Outcome:
        request = matter.request
        earlier = self.outcomes.get(matter.revises)
        try:
            admit(self._charter, request)
            if earlier is not None and earlier.status != WAITING:
                raise InvalidInput("revises", f"{matter.revises} would be {earlier}.", "Propose it anew.")
        except OrgError as refusal:
            return Outcome(REFUSED, request.role, getattr(refusal, "rule", ""), str(refusal))
        if earlier is not None:
            self.outcomes[matter.revises] = Outcome(Status.WITHDRAWN, request.role, says=f"Revised by {matter.ref}.")
        ruling = judge(self._charter, request, self._standing(matter, request, matter.at))
        if ruling.alone:
            self._count(matter, matter.at, request.role)
            return Outcome(Status.APPROVED, request.role, ruling.rule, ruling.says)
        return Outcome(WAITING, ruling.decider, ruling.rule, ruling.says)

    def _answer(self, matter: Matter, answer: Answer) -> Outcome:
        before = self.outcomes[matter.ref]
        if before.status != WAITING:
            return before
        given = replace(before, status=answer.status, who=answer.who)
        if answer.status in (Status.WITHDRAWN, Status.EXPIRED):
            return given  # whoever has it
        if before.who == ELECTORATE:
            return self._close_vote(matter, before, given, answer)
        if not self._reaches(matter, before.who, answer.who):
            return before
        match answer.status:
            case Status.REJECTED:
                return given
            case Status.ESCALATED:
                return replace(before, who=answer.who)
            case Status.PENDING:
                return replace(before, who=matter.request.role)
        request = replace(matter.request, role=answer.who, mode=None, confidence=None)
        standing = self._standing(matter, request, answer.at)
        if answer.who == BOARD:
            budget = self._charter.kind(request.decision_type).approves_budget
            left = standing.treasury_left_usd
            if budget and left is not None and (request.amount_usd or ZERO) > left:
                return before
            self._count(matter, answer.at, None)
            return given
        ruling = judge(self._charter, request, standing, handed_up=True)
        if ruling.alone:
            self._count(matter, answer.at, answer.who)
            return given
        return Outcome(WAITING, ruling.decider, ruling.rule, ruling.says)

    def _close_vote(self, matter: Matter, before: Outcome, given: Outcome, answer: Answer) -> Outcome:
        """Ballots are not counted anew: a vote comes to what it came to, and what it approved needs authority again."""
        if answer.status == Status.ESCALATED:
            return replace(before, who=answer.who)
        if answer.status != Status.APPROVED:
            return given
        line = [*answer.approving, matter.request.role, *self._charter.managers(matter.request.role)]
        standing = self._books.standing(line, matter.initiative_key, answer.at)
        ruling = judge_vote(self._charter, matter.request, standing, answer.approving)
        if ruling.mode is not Mode.COLLABORATIVE:
            return Outcome(WAITING, ruling.decider, ruling.rule, ruling.says)
        self._count(matter, answer.at, ruling.decider)
        return replace(given, who=ruling.decider)

    def _reaches(self, matter: Matter, holder: str, role: str) -> bool:
        """Whether a matter that `holder` has can be raised to `role`, or is with it."""
        line = [matter.request.role, *self._charter.managers(matter.request.role), BOARD]
        return holder in line and role in line[line.index(holder) :]

    def _standing(self, matter: Matter, request: Request, now: datetime) -> Standing:
        if not self._charter.kind(request.decision_type).money:
            return Standing()
        line = [] if request.role == BOARD else [request.role, *self._charter.managers(request.role)]
        return self._books.standing(line, matter.initiative_key, now)

    def _count(self, matter: Matter, at: datetime, role: str | None) -> None:
        amount = matter.request.amount_usd
        if amount is not None:
            budget = self._charter.kind(matter.request.decision_type).approves_budget
            self._books.count(Approval(at, amount, matter.initiative_key, role, budget))
