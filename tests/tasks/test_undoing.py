"""Runs that end before their time: what their steps did is undone, the last first, as far as the steps say how."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import BoardAnswer
from org.errors import Refused
from org.models import AuditRecord, Decision, Message, Run, RunStep
from org.services import run_interventions, runs
from org.workflows.definition import Approval, Compute, End, Notice, Return, Step, Work
from org.workflows.fields import Number
from org.workflows.references import Is
from tests.people import acting, answer, board_member, publish_charter, shift_clock
from tests.tasks.flows import OK, ask, claim, do, drive, where, why

pytestmark = pytest.mark.django_db


def undo(key: str, role: str = "cto", asks: str = "Take it back.") -> Work:
    return Work(key=key, title=f"Undo {key}", role=role, asks=asks, results=OK)


def cancel(run: Run) -> Run:
    return run_interventions.cancel(run=run, reason="No more.", by=Actor.member(board_member()), clock=database_clock)


def computes(key: str, *after: str, vital: bool = False, undo: Step | None = None, answers: Any = 4) -> Compute:
    """A step that fails where `answers` is no answer to a questionnaire."""
    return Compute(
        key=key,
        title=key,
        role="uiux_engineer",
        tool="analyze_usability",
        arguments={"sus_responses": [[answers, 2] * 5] * 5},
        results={"sus_score": Number(says="The score.")},
        after=after,
        vital=vital,
        undo=undo,
    )


def test_a_cancelled_run_undoes_what_was_done_the_last_first_and_one_at_a_time(ship: Any) -> None:
    run = ship(
        ask("first", undo=undo("undo_first", asks="Take back {first.ok} of {input.name}.")),
        ask("second", "first"),
        ask("third", "second", undo=undo("undo_third", "chro")),
        ask("fourth", "third", undo=undo("undo_fourth")),
    )
    for _ in range(3):
        do("cto")
    run = cancel(run)
    assert (run.status, run.ends_as, run.outcome) == ("undoing", "cancelled", "The board ended it: No more.")
    assert (
        where(run) | {"first": "done"}
        == where(run)
        == {
            "first": "done",
            "second": "done",
            "third": "done",
            "fourth": "cancelled",
            "undo_third": "waiting",
        }
    )
    assert "waits to be claimed by the Chief Human Resources Officer" in why(run)
    do("chro")
    assert RunStep.objects.get(key="undo_first").given["asks"] == "Take back yes of the thing."
    do("cto")
    assert (where(run)["undo_first"], run.status) == ("done", "cancelled")
    assert not RunStep.objects.filter(key="undo_fourth").exists()
    ended = AuditRecord.objects.filter(subject=run.ref, action__startswith="run.").order_by("id")
    assert [row.action for row in ended] == ["run.started", "run.undoing", "run.ended"]


def test_a_run_that_did_nothing_to_undo_is_over_at_once(ship: Any) -> None:
    run = ship(ask("first"), ask("second", "first", undo=undo("undo_second")))
    do("cto")
    assert cancel(run).status == "cancelled"


def test_what_was_done_twice_is_undone_twice(ship: Any) -> None:
    run = ship(
        ask("a", undo=undo("undo_a")),
        Return(key="back", title="back", after=("a",), when=Is("a.ok", False), to="a", times=1),
        ask("b", "back"),
    )
    do("cto", ok=False)
    do("cto")
    cancel(run)
    do("cto")
    do("cto")
    assert list(RunStep.objects.filter(key="undo_a").order_by("number").values_list("round", "status")) == [
        (1, "done"),
        (0, "done"),
    ]
    assert where(run)["undo_a"] == "done"
    assert run.status == "cancelled"


def test_an_end_that_undoes_ends_the_run_as_done(ship: Any) -> None:
    run = ship(
        ask("a", undo=undo("undo_a")),
        End(key="stop", title="stop", after=("a",), when=Is("a.ok", False), says="It was not to be.", undoes=True),
        ask("b", "stop"),
    )
    do("cto", ok=False)
    assert where(run) == {"a": "done", "stop": "done", "undo_a": "waiting"}
    do("cto")
    where(run)
    assert (run.status, run.outcome) == ("done", "It was not to be.")


def test_a_vital_step_that_fails_undoes_the_run_and_one_that_is_not_waits_for_a_person(ship: Any) -> None:
    run = ship(ask("a", undo=undo("undo_a")), computes("b", "a", vital=True, answers=9))
    do("cto")
    drive()
    assert where(run) == {"a": "done", "b": "cancelled", "undo_a": "waiting"}
    assert (run.status, run.ends_as) == ("undoing", "failed")
    assert "failed: " in run.outcome
    do("cto")
    where(run)
    assert run.status == "failed"
    assert Message.objects.filter(to_role="product_manager", subject__contains="is failed").exists()


def test_a_way_back_gone_too_often_tells_who_started_the_run(ship: Any) -> None:
    ship(
        ask("a"),
        Return(key="back", title="back", after=("a",), when=Is("a.ok", False), to="a", times=1),
        ask("b", "back"),
    )
    do("cto", ok=False)
    do("cto", ok=False)
    assert Message.objects.filter(to_role="product_manager", subject__contains="waits for a person").count() == 1


def test_workers_undo_by_computing_and_by_notices_and_a_deadline_still_goes_up(ship: Any) -> None:
    told = Notice(key="tell", title="tell", to="all", subject="{input.name} is off", content={})
    run = ship(
        ask("a", undo=undo("undo_a", "senior_developer")),
        ask("b", "a", undo=told),
        ask("c", "b", undo=computes("undo_c")),
        ask("d", "c"),
    )
    for _ in range(3):
        do("cto")
    cancel(run)
    drive()
    assert where(run)["undo_c"] == "done"
    assert Message.objects.filter(subject="the thing is off").exists()
    shift_clock(hours=9)
    drive()
    assert RunStep.objects.get(key="undo_a").raised_to == "senior_architect"


def test_an_undoing_that_fails_waits_for_a_person_who_may_go_on_without_it(ship: Any) -> None:
    run = ship(ask("a", undo=undo("undo_a")), ask("b", "a", undo=computes("undo_b", answers=9)), ask("c", "b"))
    do("cto")
    do("cto")
    cancel(run)
    drive()
    assert where(run)["undo_b"] == "failed"
    assert "waits for a person" in why(run)
    row = RunStep.objects.get(key="undo_b")
    run_interventions.skip(step=row, reason="By hand.", by=Actor.member(board_member()), clock=database_clock)
    do("cto")
    where(run)
    assert run.status == "cancelled"


def test_a_run_that_is_being_undone_can_be_ended_at_once(ship: Any) -> None:
    run = ship(ask("a", undo=undo("undo_a")), ask("b", "a"))
    do("cto")
    cancel(run)
    held = claim("cto")
    run = cancel(run)
    assert (run.status, where(run)["undo_a"]) == ("cancelled", "cancelled")
    assert held.row.run_id == run.pk


def test_a_run_is_not_undone_without_an_end_to_come(ship: Any) -> None:
    run = ship(ask("a"))
    with pytest.raises(IntegrityError, match="workflow_runs_undone_to_an_end"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(status="undoing")
    connection.check_constraints()


def test_the_card_of_a_decision_lists_the_steps_no_agent_touched(ship: Any) -> None:
    run = ship(
        ask("a"),
        ask("b"),
        computes("c"),
        ask("d", when=Is("input.name", "another")),
        Approval(key="go", title="Go", type="other", asks="Go?", context={"x": 1}, after=("a", "b", "c", "d")),
        ask("e", "go"),
    )
    row = RunStep.objects.get(key="b")
    run_interventions.skip(step=row, reason="Not this time.", by=Actor.member(board_member()), clock=database_clock)
    do("cto")
    drive()
    decision = Decision.objects.get()
    assert decision.context["content"] == {
        "x": 1,
        "steps_no_agent_touched": [
            "The b: The board goes on without it: Not this time.",
            "c: computed by a worker",
        ],
    }
    answer(decision, BoardAnswer.APPROVE)
    drive()
    assert where(run)["e"] == "waiting"


def test_the_charter_says_who_starts_a_workflow() -> None:
    publish_charter(SHIPPED.read_text() + '\n[starters]\nhiring = ["cto"]\nstrategic_planning = []\n')
    given = {"position": "Tester", "department": "Engineering", "reason": "Bugs.", "salary_usd": 90_000}
    for role, name, why_not in (
        ("chro", "hiring", "Human Resources Officer does not start hiring; cto may"),
        ("ceo", "strategic_planning", "nobody may"),
    ):
        with pytest.raises(Refused, match=why_not):
            runs.start(name=name, inputs=given, by=acting(role), clock=database_clock)
    run = runs.start(name="hiring", inputs=given, by=acting("cto"), clock=database_clock)
    assert run.starter_role == "cto"


def test_a_workflow_that_cannot_run_under_the_charter_is_not_started() -> None:
    publish_charter(SHIPPED.read_text().replace("[types.hiring]", "[types.employing]"))
    with pytest.raises(Refused, match="cannot run under the charter: plan: hiring is no type"):
        runs.start(name="hiring", inputs={}, by=acting("chro"), clock=database_clock)
