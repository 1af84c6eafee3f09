"""Forty days by the clock, with a sweeper that is killed, stays away and is started anew."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer, EscalationStatus, Mode, Status, Urgency
from org.errors import Refused
from org.models import AuditRecord, Decision, Escalation, Message
from org.queries import standing, trail
from org.services import budgets, decisions, interventions, stops
from tests.people import acting, amend_charter, answer, board_member, lift_stop, propose, put_to_vote, vote
from tests.services.database import execute
from tests.stack import Organisation, Process, Servers, wait_until

AWAY = range(30, 34)  # the days on which nobody sweeps
KILLED = (3, 4, 5, 10, 17, 25, 34)  # in the middle of what fell due


class Sweepers:
    """The sweeper, as one process after the other."""

    def __init__(self, running: Organisation) -> None:
        self._running = running
        self.process: Process | None = None

    def start(self) -> None:
        self.process = self._running.start_sweeper()

    def kill(self) -> None:
        """Without a chance to finish."""
        assert self.process is not None
        self.process.send(signal.SIGKILL)
        self.process.process.wait()
        self.process = None


@pytest.fixture
def sweepers(servers: Servers, committed: str) -> Iterator[Sweepers]:
    running = Organisation(servers, committed, redis_url=servers.redis_url())
    yield Sweepers(running)
    running.stop()


def set_day(day: int) -> None:
    execute("UPDATE clock_offset SET shift = make_interval(days => %s)", day)


def nothing_is_due() -> bool:
    now = database_clock()
    late = Decision.objects.filter(due_at__lte=now) | Decision.objects.filter(
        final_at__lte=now, completed_at__isnull=True
    )
    waiting = Escalation.objects.filter(status=EscalationStatus.OPEN, deadline_at__lte=now)
    return not late.exists() and not waiting.exists()


def again(decision: Decision) -> Decision:
    return Decision.objects.get(pk=decision.pk)


def resolve(decision: Decision, by: str, approve: bool) -> None:
    decisions.resolve(decision=decision.ref, approve=approve, rationale="x", by=acting(by), clock=database_clock)


def allocate(amount: int, source: Decision) -> None:
    budgets.allocate(
        amount_usd=Decimal(amount),
        department="R&D",
        justification="x",
        decision=source,
        by=acting("ceo"),
        clock=database_clock,
    )


def test_forty_days_leave_every_decision_in_the_right_state(sweepers: Sweepers) -> None:
    ada = Actor.member(board_member("ada"))
    by_ada = {"reason": "the board says so", "by": ada, "clock": database_clock}
    amend_charter("[types.policy]\n", "[types.policy]\nfinal_days = 10\n")

    silent = propose("senior_developer", None, "architecture")
    never_voted, voted = put_to_vote(), put_to_vote()
    before_the_board, answered = propose("ceo", 5_000_000), propose("ceo", 6_000_000)
    final = propose("cto", None, "policy")
    final_vote = put_to_vote("chro", None, "policy", ("ceo", "cto", "operations_head"))
    of_suspended = propose("senior_developer", None, "architecture")
    revoked = propose("ceo", 900_000)
    rejected = propose("cto", 600_000, "budget_allocation")
    then: dict[str, Decision] = {}

    for day in range(41):
        set_day(day)
        if day in KILLED and sweepers.process:
            time.sleep(0.1 * KILLED.index(day))  # at another point of its round each time
            sweepers.kill()
        if sweepers.process is None and day not in AWAY:
            sweepers.start()
        if day == 30:
            sweepers.kill()
        if day not in AWAY:
            wait_until(nothing_is_due, 30, f"all of day {day} done")
        match day:
            case 1:
                for role in ("cto", "chro", "operations_head"):
                    vote(voted, role, confidence=1)
                stops.suspend(role="senior_architect", **by_ada)
                resolve(rejected, "ceo", approve=False)
            case 4:  # past the suspended role, which said nothing
                assert again(of_suspended).waiting_on == ["cto"]
                resolve(of_suspended, "cto", approve=True)
            case 6:
                allocate(100_000, revoked)
                interventions.revoke(decision=revoked, **by_ada)
                then["overriding"] = interventions.override(decision=again(rejected), **by_ada).decision
            case 12:
                then["voted_in_a_freeze"] = put_to_vote("ceo", 1_000, "strategic_initiative")
                then["asked_before_a_freeze"] = propose("cto", 700_000, "budget_allocation")
                stops.freeze(**by_ada)
            case 13:
                for role in ("cto", "chro", "operations_head"):
                    vote(then["voted_in_a_freeze"], role, confidence=1)
                resolve(then["asked_before_a_freeze"], "ceo", approve=True)
                then["asked_in_a_freeze"] = propose("ceo", 2_000)
            case 15:
                answer(answered, BoardAnswer.APPROVE)
            case 20:
                lift_stop(**by_ada)
                lift_stop("senior_architect", **by_ada)
                then["after_the_freeze"] = propose("ceo", 3_000)
            case 26:
                answer(then["overriding"], BoardAnswer.APPROVE)
                answer(then["asked_in_a_freeze"], BoardAnswer.REJECT)
    sweepers.kill()

    for decided, status, by in (
        (voted, Status.APPROVED, "ceo"),
        (answered, Status.APPROVED, "board"),
        (of_suspended, Status.APPROVED, "cto"),
        (revoked, Status.APPROVED, "ceo"),
        (rejected, Status.REJECTED, "ceo"),
        (then["overriding"], Status.APPROVED, "board"),
        (then["asked_in_a_freeze"], Status.REJECTED, "board"),
        (then["after_the_freeze"], Status.APPROVED, "ceo"),
        (final, Status.EXPIRED, "system"),
        (final_vote, Status.EXPIRED, "system"),
    ):
        left = again(decided)
        assert (left.status, left.decided_by, left.waiting_on) == (status, by, []), decided
        assert AuditRecord.objects.filter(subject=decided.ref, action="decision.settled").count() == 1
    waiting = [silent, never_voted, before_the_board, then["voted_in_a_freeze"], then["asked_before_a_freeze"]]
    for matter in map(again, waiting):
        assert (matter.status, matter.mode, matter.waiting_on) == (Status.ESCALATED, Mode.HUMAN, ["board"]), matter
    assert Decision.objects.filter(completed_at__isnull=True).count() == len(waiting)

    assert again(revoked).revoked_at is not None
    with pytest.raises(Refused, match="is revoked since"):
        allocate(1, again(revoked))
    assert standing.budget().allocated_usd == 100_000
    assert standing.budget().unallocated_usd == 6_000_000 + 600_000 + 3_000

    silence_decided_nothing()
    each_reminder_came_once()
    assert 32 <= Escalation.objects.get(decision=before_the_board).reminders <= 36  # a day each but for the days away
    with trail.snapshot() as database:
        assert trail.verify(database).fault is None


def silence_decided_nothing() -> None:
    """What time settled by itself is expired, and neither approved nor rejected."""
    settled = AuditRecord.objects.filter(action="decision.settled", timer__isnull=False)
    assert set(settled.values_list("data__status", flat=True)) == {str(Status.EXPIRED)}
    assert settled.count() == 2


def each_reminder_came_once() -> None:
    rising = [str(urgency) for urgency in Urgency]
    for matter in Escalation.objects.select_related("decision"):
        told = AuditRecord.objects.filter(action="escalation.reminded", subject=matter.ref).order_by("id")
        assert [row.data["reminder"] for row in told] == list(range(1, matter.reminders + 1)), matter
        urgencies = [rising.index(row.data["urgency"]) for row in told]
        assert urgencies == sorted(urgencies), matter
        letters = Message.objects.filter(decision=matter.decision, subject__startswith=f"{matter.ref} is not answered")
        assert letters.count() == matter.reminders, matter
        if matter.closed_at is not None:
            assert not told.filter(at__gt=matter.closed_at).exists(), matter
