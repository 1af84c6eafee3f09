"""Random workflows through random failures, held to a model of a few lines, which finds what is broken on purpose."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from org import workflows
from org.clock import database_clock
from org.errors import OrgError, Refused
from org.models import AuditRecord, Call, CharterVersion, Message, Run, RunStep
from org.queries import runs as standing
from org.services import calls, steps, work
from org.workflows.checking import faults
from org.workflows.definition import Notice, Return, Step, Timer, Work, Workflow
from org.workflows.fields import Flag
from org.workflows.references import Is
from tasks import tools as worker
from tests.people import acting, shift_clock, store
from tests.tasks.flows import seen

OK = {"ok": Flag(says="Whether it went well.")}
KEYS = "abcdefgh"


@st.composite
def flows(draw: st.DrawFn) -> Workflow:
    """Two to six steps of a graph, each after some before it; some only when the step before went well; a way back."""
    made: list[Step] = []
    count = draw(st.integers(2, 6))
    goes_back_at = draw(st.integers(0, count))
    for key in KEYS[:count]:
        before = [step.key for step in made]
        after = tuple(sorted(draw(st.sets(st.sampled_from(before), max_size=2)))) if before else ()
        works = [step.key for step in made if isinstance(step, Work) and step.key in after]
        when = Is(f"{works[0]}.ok", draw(st.booleans())) if works and draw(st.booleans()) else None
        kind = draw(st.sampled_from(["work", "work", "work", "timer", "notice"]))
        common: dict[str, Any] = {"key": key, "title": key, "after": after, "when": when}
        match kind:
            case "timer":
                made.append(Timer(hours=1, **common))
            case "notice":
                made.append(Notice(to="cto", subject=key, content={}, **common))
            case _:
                made.append(Work(role="cto", asks=key, results=OK, **common))
        if isinstance(made[-1], Work) and len(made) > goes_back_at and not any(step.key == "z" for step in made):
            made.append(Return(key="z", title="z", after=(key,), when=Is(f"{key}.ok", False), to=key, times=2))
    return Workflow(name="random", version=1, title="R", purpose="p", starters=("ceo",), inputs={}, steps=tuple(made))


def model(flow: Workflow, results: dict[str, list[bool]]) -> dict[str, str]:
    """How each step that begins must end, where in its n-th round it gives the n-th of its results, or True."""
    ended: dict[str, str] = {}
    gave: dict[str, bool] = {}
    again: tuple[str, ...] = ()
    rounds, at = 0, 0
    while at < len(flow.steps):
        step, at = flow.steps[at], at + 1
        before = [ended.get(key) for key in step.after]
        if rounds and step.key in ended and step.key not in again:
            continue  # it is not done anew
        if None in before or "failed" in before:
            continue  # it does not begin
        if before and set(before) == {"skipped"}:
            ended[step.key] = "skipped"
        elif isinstance(step, Return):
            holds = ended[step.to] == "done" and gave[step.to] is False
            ended[step.key] = "failed" if holds and rounds == step.times else "done"
            if holds and rounds < step.times:
                again = flow.between(step.to, step.key)
                rounds, at = rounds + 1, [each.key for each in flow.steps].index(step.to)
        elif step.when and gave.get(step.when.ref.step) is not step.when.value:
            ended[step.key] = "skipped"
        else:
            ended[step.key] = "done"
        gave.pop(step.key, None)
        if isinstance(step, Work) and ended[step.key] == "done":
            gave[step.key] = nth(results[step.key], rounds if step.key in again else 0)
    return ended


def nth(results: list[bool], count: int) -> bool:
    return results[count] if count < len(results) else True


class Company(RuleBasedStateMachine):
    """A run under workers that die or come back too late, and two clients of one agent, of which one is always slow.

    What it knows of the calls is who may finish them (`running`), of the work whose token counts (`tokens`, `held`).
    """

    broken: ClassVar[Callable[[pytest.MonkeyPatch], None] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.claims: list[calls.Claim] = []
        self.running: dict[uuid.UUID, int] = {}  # the attempt whose worker counts
        self.tokens: list[tuple[str, str]] = []  # work and token, as clients remember them
        self.newest: dict[str, str] = {}
        self.held: dict[str, tuple[int, int]] = {}  # whose, and until when
        self.hours = 0
        self.deaths = 0

    @initialize(flow=flows(), results=st.lists(st.lists(st.booleans(), max_size=3), min_size=8, max_size=8))
    def ask(self, flow: Workflow, results: list[list[bool]]) -> None:
        assert faults(flow, CharterVersion.objects.in_force()) == []
        works = [step.key for step in flow.steps if isinstance(step, Work)]
        self.flow, self.results = flow, dict(zip(works, results, strict=False))
        self.patch.setattr(workflows, "SHIPPED", (flow,))
        self.patch.setattr(calls, "GRACE_SECONDS", 0)
        seen("cto", '{"pid": 1}')
        seen("cto", '{"pid": 2}')
        if Company.broken:
            Company.broken(self.patch)
        self.ask_again()

    @rule()
    def ask_again(self) -> None:
        """The client does not know whether its call came through, and repeats it."""
        store("ceo", "start_workflow", '{"name": "random", "input": {}}', effect="creates", key="once")

    @rule()
    def sweep(self) -> None:
        shift_clock(hours=1)
        self.hours += 1
        calls.free_dead(database_clock)
        self.running.clear()
        steps.try_again(database_clock)
        steps.ask_for_due()

    @rule()
    def take(self) -> None:
        claimed = calls.claim(["ceo", "cto", "product_manager"], "test")
        if claimed:
            self.claims.append(claimed)
            self.running[claimed.call_id] = claimed.attempt

    @precondition(lambda self: self.claims)
    @rule(at=st.integers(0, 9))
    def finish(self, at: int) -> None:
        """A worker does what it took, or did not notice that another took it since."""
        claimed = self.claims.pop(at % len(self.claims))
        counts = self.running.pop(claimed.call_id, None) == claimed.attempt
        if not counts and Call.objects.filter(pk=claimed.call_id, status="running").exists():
            self.running[claimed.call_id] = Call.objects.get(pk=claimed.call_id).attempt
        assert calls.perform(claimed, worker._run, database_clock) is counts, "one who may not finished it"

    @rule()
    def do_all(self) -> None:
        """A worker that is well."""
        self.take()
        while self.claims:
            self.finish(0)
            self.take()

    @precondition(lambda self: self.claims and self.deaths < 6)
    @rule(at=st.integers(0, 9))
    def die(self, at: int) -> None:
        """A worker does what it took, and dies before it is committed."""
        claimed = self.claims.pop(at % len(self.claims))
        self.deaths += 1
        point = transaction.savepoint()
        calls.perform(claimed, worker._run, database_clock)
        transaction.savepoint_rollback(point)

    @rule(client=st.sampled_from([1, 2]))
    def claim_work(self, client: int) -> None:
        try:
            held = work.claim(work=None, by=acting("cto", f'{{"pid": {client}}}'), clock=database_clock)
        except Refused:
            return
        if held is not None:
            ref, token = held.row.ref, str(held.token)
            whose, until = self.held.get(ref, (client, 0))
            assert whose == client or until <= self.hours, "it was held by another"
            self.held[ref], self.newest[ref] = (client, self.hours + 8), token
            self.tokens.append((ref, token))

    @precondition(lambda self: self.tokens)
    @rule(at=st.integers(0, 9))
    def submit_work(self, at: int) -> None:
        """A client submits what it claimed, however long ago that was, and as often as it likes."""
        ref, token = self.tokens[at % len(self.tokens)]
        row = RunStep.objects.get(number=int(ref[2:]))
        counts = self.newest[ref] == token and row.status == "held"
        ok = {"ok": nth(self.results[row.key], row.round)}
        try:
            work.submit(work=ref, token=token, result=ok, note="", by=acting("cto"), clock=database_clock)
        except OrgError:
            assert not counts
        else:
            assert counts, "an old token was taken"

    @invariant()
    def one_run_and_each_step_once(self) -> None:
        assert Run.objects.count() <= 1, "it was started twice"
        over = AuditRecord.objects.filter(action="step.changed", data__after__status="done")
        subjects = list(over.values_list("subject", flat=True))
        assert len(subjects) == len(set(subjects)), "a step was done twice"
        told = RunStep.objects.filter(kind="notice", message__isnull=False).count()
        assert Message.objects.filter(subject__in=KEYS).count() == told, "a message was sent twice"

    def teardown(self) -> None:
        try:
            if hasattr(self, "flow") and sys.exc_info()[0] is None:
                self.come_to_the_end()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def come_to_the_end(self) -> None:
        """Without more failures all ends as the model says."""
        for _ in range(60):
            self.ask_again()
            self.sweep()
            self.do_all()
            self.claim_work(1)
            if self.tokens:
                self.submit_work(len(self.tokens) - 1)
            self.one_run_and_each_step_once()
            run = Run.objects.first()
            if run and (run.finished_at or is_stuck(run)):
                break
        else:
            raise AssertionError(f"it never came to its end: {run and standing.standing(run)}")
        assert standing.standing(run) == model(self.flow, self.results)


def is_stuck(run: Run) -> bool:
    """Whether all that is open of it waits for a person."""
    return set(run.steps.filter(finished_at__isnull=True).values_list("status", flat=True)) == {"failed"}


FEW = settings(
    phases=[Phase.generate],  # shrinking takes minutes; a failing company tells its steps as it is
    database=None,
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.django_db
def test_random_workflows_end_as_the_model_says_each_step_once() -> None:
    run_state_machine_as_test(Company, settings=FEW)  # type: ignore[no-untyped-call]


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Whoever took a call may finish it, whoever has it now."""
    patch.setattr(
        calls, "LOCK", calls.LOCK.replace("lock_call(%s, %s)", "(SELECT * FROM calls WHERE id = %s AND %s > 0)")
    )


def no_row_count_check(patch: pytest.MonkeyPatch) -> None:
    """That no row was locked is not noticed."""
    lock = calls._lock
    patch.setattr(calls, "_lock", lambda claimed: lock(claimed) or _any(claimed))


def _any(claimed: calls.Claim) -> Call:
    call = Call.objects.get(pk=claimed.call_id)
    call.charter = CharterVersion.objects.in_force()
    return call


def no_lease_check(patch: pytest.MonkeyPatch) -> None:
    """What another client holds is given out again."""
    patch.setattr(work, "_abandoned", lambda by, act: work.Q(status="held"))


def no_token_check(patch: pytest.MonkeyPatch) -> None:
    """Any token counts."""
    patch.setattr(work, "_digest", lambda token: bytes(32))


def no_sweeper(patch: pytest.MonkeyPatch) -> None:
    """What a dead worker had is not put back."""
    patch.setattr(calls, "free_dead", lambda clock: [])


def no_uniqueness(patch: pytest.MonkeyPatch) -> None:
    """A repeated call is a second one."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE calls DROP CONSTRAINT calls_one_per_key")
        cursor.execute("SELECT pg_get_functiondef('store_call'::regproc)")
        text = cursor.fetchone()[0]
        known = "c.role = v_role AND c.idempotency_key = p_key"
        assert known in text
        cursor.execute(text.replace(known, "false").replace("%", "%%"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (no_fence, "one who may not finished it|Cannot update rows from calls"),  # the second is the database's own no
        (no_row_count_check, "one who may not finished it|Cannot update rows from calls"),
        (no_lease_check, "it was held by another"),
        (no_token_check, "an old token was taken"),
        (no_sweeper, "may not finished|never came to its end"),
        (no_uniqueness, "it was started twice"),
    ],
)
def test_what_is_broken_on_purpose_is_found(
    broken: Callable[[pytest.MonkeyPatch], None], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Company, "broken", staticmethod(broken))
    with pytest.raises((AssertionError, ProgrammingError), match=found):
        run_state_machine_as_test(Company, settings=settings(FEW, max_examples=200))  # type: ignore[no-untyped-call]
