"""Runs of workflows by the engine itself: opened, asked, computed, told, waited for, raised, gone back, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from org.clock import database_clock
from org.enums import BoardAnswer
from org.errors import InvalidInput, NotFound, Refused
from org.models import AuditRecord, Call, CharterVersion, Decision, DecisionVote, Message, Run, RunStep
from org.queries import runs as standing
from org.services import messages, runs, steps
from org.workflows.definition import Approval, Compute, Draft, End, Notice, Return, Timer, Vote
from org.workflows.fields import Number
from org.workflows.references import Is, Ref
from tasks import tools as worker
from tests.people import acting, answer, shift_clock, vote
from tests.roles.tools import use
from tests.tasks.flows import ask, claim, do, drive, submit, where, why

pytestmark = pytest.mark.django_db


def test_a_run_goes_from_work_to_work_and_is_done_when_all_is_done(ship: Any) -> None:
    run = ship(ask("first"), ask("second", "first", role="chro", asks="After {first.ok}."))
    assert where(run) == {"first": "waiting"}
    assert "waits to be claimed by the Chief Technology Officer" in why(run)
    do("cto")
    assert where(run) == {"first": "done", "second": "waiting"}
    assert RunStep.objects.get(key="second").given["asks"] == "After yes."
    do("chro")
    assert where(run) == {"first": "done", "second": "done"}
    assert (run.status, run.outcome) == ("done", "All its steps are done.")
    assert Message.objects.filter(to_role="product_manager", subject__startswith=f"{run.ref} Flow is done").exists()


def test_each_step_leaves_its_trace_once(ship: Any) -> None:
    run = ship(ask("first"))
    do("cto")
    ref = RunStep.objects.get(run=run).ref
    told = list(AuditRecord.objects.filter(subject__in=[run.ref, ref]).order_by("id").values_list("action", "actor"))
    assert told == [
        ("run.started", "product_manager"),
        ("step.opened", "product_manager"),
        ("step.changed", "cto"),
        ("step.changed", "cto"),
        ("run.ended", "cto"),
    ]


def test_branches_run_side_by_side_and_are_joined(ship: Any) -> None:
    run = ship(ask("a"), ask("b", "a", role="chro"), ask("c", "a", role="ceo"), ask("d", "b", "c"))
    do("cto")
    assert where(run) == {"a": "done", "b": "waiting", "c": "waiting"}
    do("chro")
    assert "d" not in where(run)
    do("ceo")
    assert where(run)["d"] == "waiting"


def test_what_does_not_hold_is_skipped_and_all_that_comes_after_it_alone(ship: Any) -> None:
    run = ship(
        ask("a"),
        ask("no", "a", when=Is("a.ok", False)),
        ask("after_no", "no"),
        ask("both", "a", "no", role="chro"),
    )
    do("cto")
    assert where(run) == {"a": "done", "no": "skipped", "after_no": "skipped", "both": "waiting"}


def test_a_way_back_is_gone_while_it_holds_and_then_waits_for_a_person(ship: Any) -> None:
    back = Return(key="back", title="Back", after=("review",), when=Is("review.ok", False), to="design", times=2)
    run = ship(
        ask("design", asks="Again? {review.ok}"), ask("review", "design", role="chro"), back, ask("last", "back")
    )
    for _ in range(3):
        do("cto")
        do("chro", ok=False)
    assert where(run) == {"design": "done", "review": "done", "back": "failed"}
    assert [row.given["asks"] for row in RunStep.objects.filter(key="design").order_by("round")] == [
        "Again? -",
        "Again? no",
        "Again? no",
    ]
    assert "went back 2 times" in why(run)


def test_a_way_back_is_passed_once_it_does_not_hold(ship: Any) -> None:
    back = Return(key="back", title="Back", after=("a",), when=Is("a.ok", False), to="a", times=2)
    run = ship(ask("a"), back, ask("last", "back"))
    do("cto", ok=False)
    do("cto", ok=True)
    assert where(run) == {"a": "done", "back": "done", "last": "waiting"}
    assert RunStep.objects.filter(key="a").count() == 2


def test_what_stands_beside_a_way_back_is_done_anew_with_it_and_its_old_round_is_cancelled(ship: Any) -> None:
    run = ship(
        ask("a"),
        ask("slow", "a"),
        ask("review", "a", role="chro"),
        Return(key="back", title="Back", after=("review",), when=Is("review.ok", False), to="a", times=2),
        ask("beside", "a", when=Is("a.ok", True)),
        ask("end", "back", "slow", "beside"),
    )
    do("cto", ok=False)
    held = claim("cto")
    assert held.row.key == "slow"
    assert where(run)["beside"] == "skipped"
    do("chro", ok=False)
    assert {row.key: row.status for row in RunStep.objects.filter(round=1)} == {"a": "waiting"}
    assert RunStep.objects.get(key="slow").status == "cancelled"
    assert Message.objects.filter(to_role="cto", subject=f"{held.row.ref} is not needed any more").exists()
    with pytest.raises(InvalidInput, match="is cancelled"):
        submit("cto", held, {"ok": True})
    do("cto")
    assert where(run) == {"a": "done", "slow": "waiting", "review": "waiting", "back": "done", "beside": "waiting"}


def test_a_step_that_is_skipped_in_its_newest_round_gives_nothing(ship: Any) -> None:
    run = ship(
        ask("a"),
        ask("b", "a", when=Is("a.ok", False)),
        Return(key="back", title="Back", after=("b",), when=Is("b.ok", False), to="a", times=2),
        ask("end", "back", "a", asks="{b.ok}"),
    )
    do("cto", ok=False)
    do("cto", ok=False)
    do("cto")
    assert where(run) == {"a": "done", "b": "skipped", "back": "skipped", "end": "waiting"}
    assert RunStep.objects.get(key="end").given["asks"] == "-"


def test_an_end_ends_the_run_and_cancels_what_is_open(ship: Any) -> None:
    end = End(key="end", title="End", after=("a",), when=Is("a.ok", False), says="No: {input.name}.")
    run = ship(ask("a"), ask("beside", role="chro"), end, ask("last", "a", "end"))
    do("cto", ok=False)
    assert where(run) == {"a": "done", "beside": "cancelled", "end": "done"}
    assert (run.status, run.outcome) == ("done", "No: the thing.")
    assert Message.objects.filter(to_role="chro", subject__endswith="is done").exists()
    with pytest.raises(NotFound):
        claim("chro", RunStep.objects.get(key="last").ref if RunStep.objects.filter(key="last").exists() else "W-999")


def test_a_vote_is_asked_for_by_who_started_the_run_and_its_end_moves_it_on(ship: Any) -> None:
    run = ship(
        Vote(
            key="vote",
            title="Vote",
            type="feature",
            asks="Do {input.name}?",
            context={},
            participants=("cto", "ceo", "chro"),
        ),
        ask("after", "vote", asks="{vote.decision} {vote.approved} {vote.status}"),
    )
    assert where(run) == {"vote": "ready"}
    drive()
    assert where(run) == {"vote": "waiting"}, why(run)
    decision = Decision.objects.get()
    assert (decision.initiator_role, decision.mode, decision.title) == (
        "product_manager",
        "collaborative",
        "Do the thing?",
    )
    assert decision.ref in why(run)
    for role in decision.participants or []:
        if not Decision.objects.get(pk=decision.pk).is_settled:
            vote(decision, role)
    drive()
    assert where(run) == {"vote": "done", "after": "waiting"}
    assert RunStep.objects.get(key="after").given["asks"] == f"{decision.ref} yes approved"


def test_the_board_is_asked_and_its_answer_moves_the_run_on(ship: Any) -> None:
    run = ship(
        Approval(
            key="board",
            title="Board",
            type="strategic_initiative",
            asks="Pay for {input.name}",
            context={"why": "it pays"},
            amount_usd=Ref("input.usd"),
        ),
        ask("after", "board"),
        usd=5_000_000,
    )
    drive()
    decision = Decision.objects.get()
    assert (decision.mode, decision.status, int(decision.amount_usd or 0)) == ("human", "escalated", 5_000_000)
    assert why(run) == f"{decision.ref} waits for the board."
    answer(decision, BoardAnswer.APPROVE)
    assert why(run) == f"{decision.ref} is approved; a worker goes on with {RunStep.objects.get().ref}."
    drive()
    assert where(run) == {"board": "done", "after": "waiting"}


def test_deadlines_alone_decide_vote_and_spend_nothing(ship: Any) -> None:
    run = ship(ask("budget", role="ceo", asks="Decide on {input.usd} US dollars.", hours=8), usd=900_000)
    for _ in range(5):
        shift_clock(hours=9)
        drive()
    assert where(run) == {"budget": "waiting"}
    assert "a person says how it goes on" in why(run)
    assert not Decision.objects.exists() and not DecisionVote.objects.exists()


def test_a_notice_is_sent_once_and_the_run_goes_on(ship: Any) -> None:
    run = ship(
        Notice(key="tell", title="Tell", to="all", subject="{input.name}", content={"n": Ref("input.name")}),
        ask("after", "tell", asks="{tell.message}"),
    )
    drive()
    drive()
    [number] = set(Message.objects.filter(subject="the thing").values_list("number", flat=True))
    assert where(run) == {"tell": "done", "after": "waiting"}
    assert RunStep.objects.get(key="after").given["asks"] == f"M-{number}"


def test_a_page_waits_to_be_acknowledged_and_is_raised_when_it_is_not(ship: Any) -> None:
    page = Notice(key="page", title="Page", to="operations_head", subject="Fire", content={}, ack_hours=0.25)
    run = ship(page, ask("after", "page"))
    drive()
    assert why(run).endswith("is not acknowledged by the Operations Head.")
    shift_clock(minutes=20)
    drive()
    assert RunStep.objects.get(key="page").raised_to == "ceo"
    mail = Message.objects.get(subject="Fire")
    messages.acknowledge(message=mail.ref, note="on it", by=acting("operations_head"), clock=database_clock)
    drive()
    assert where(run) == {"page": "done", "after": "waiting"}


def test_a_timer_waits_its_time_and_costs_nothing_meanwhile(ship: Any) -> None:
    run = ship(Timer(key="month", title="A month", hours=24 * 30), ask("after", "month"))
    before = Call.objects.count()
    for _ in range(29):
        shift_clock(days=1)
        drive()
    assert (where(run), Call.objects.count()) == ({"month": "waiting"}, before)
    shift_clock(days=1, minutes=1)
    drive()
    assert where(run) == {"month": "done", "after": "waiting"}


def test_a_worker_computes_by_a_roles_tool_and_gives_what_it_found(ship: Any) -> None:
    run = ship(
        Compute(
            key="score",
            title="Score",
            role="uiux_engineer",
            tool="analyze_usability",
            arguments={"sus_responses": [[4, 2] * 5] * 5},
            results={"sus_score": Number(says="The score.")},
        ),
        ask("after", "score", asks="{score.sus_score}"),
    )
    drive()
    assert where(run) == {"score": "done", "after": "waiting"}, why(run)
    assert RunStep.objects.get(key="after").given["asks"] == "75"


def test_a_tool_that_decides_is_never_run_for_a_role(ship: Any) -> None:
    run = ship(
        Compute(
            key="spend",
            title="Spend",
            role="ceo",
            tool="approve_strategic_initiative",
            arguments={"title": "Mine", "budget_usd": 1},
        )
    )
    drive()
    assert where(run) == {"spend": "failed"}
    assert "no tool that computes" in why(run)
    assert not Decision.objects.exists()


def test_a_draft_is_attached_and_is_never_the_roles_own_work(ship: Any) -> None:
    draft = Draft("plan_implementation", {"tasks": [{"id": "a", "hours": 3}]})
    results = {"hours": Number(says="Hours.", most=100)}
    run = ship(ask("plan", role="senior_developer", draft=draft, results=results, hours=4))
    [before] = standing.blocked(run, CharterVersion.objects.in_force())
    assert before.at == RunStep.objects.get().opened_at + timedelta(hours=4)
    drive()
    row = RunStep.objects.get()
    [after] = standing.blocked(run, CharterVersion.objects.in_force())
    assert (after.next, after.at) == (f"{row.ref} goes to senior_architect", before.at)
    assert row.draft and row.draft["tool"] == "plan_implementation"
    assert where(run) == {"plan": "waiting"}
    assert not AuditRecord.objects.filter(action="artifact.made").exists()
    shift_clock(hours=5)
    drive()
    assert RunStep.objects.get().raised_to == "senior_architect"


def test_work_whose_draft_failed_says_to_do_it_oneself_and_the_step_keeps_why(ship: Any) -> None:
    draft = Draft("plan_implementation", {"feature": "nothing like it", "tasks": [{"id": "a"}]})
    ship(ask("plan", role="senior_developer", draft=draft, results={"hours": Number(says="Hours.", most=100)}))
    drive()
    told = use("senior_developer", "claim_work")
    assert told["draft"] is None
    assert "No draft could be prepared, because plan_implementation cannot work with what the run" in told["say"]
    assert told["say"].endswith("do it by yourself.")
    row = RunStep.objects.get()
    assert row.draft and "nothing is called 'nothing like it'" in row.draft["missing"]


def test_a_decision_that_cannot_be_asked_for_waits_for_a_person_and_says_why(ship: Any) -> None:
    who = ("cto", "operations_head")
    vote = Vote(
        key="vote", title="Vote", type="hiring", asks="?", context={}, amount_usd=Ref("input.usd"), participants=who
    )
    run = ship(vote, ask("x", "vote"))
    drive()
    assert where(run) == {"vote": "failed"}
    assert "hiring carries money, so an amount is required" in why(run)
    assert Message.objects.filter(to_role="product_manager", subject__contains="waits for a person").exists()


def test_a_run_is_begun_by_who_may_and_with_what_it_takes(ship: Any) -> None:
    ship(ask("a"))
    for by, inputs, fault in (
        ("chro", {"name": "x"}, "does not start flow"),
        ("ceo", {}, "input.name: is missing"),
        ("ceo", {"name": 3}, "input.name: must be a text"),
        ("ceo", {"name": "x", "usd": -5}, "input.usd: .* is negative"),
    ):
        with pytest.raises((InvalidInput, Refused), match=fault):
            runs.start(name="flow", inputs=inputs, by=acting(by), clock=database_clock)
    with pytest.raises(NotFound, match="feature_development"):
        runs.start(name="nothing", inputs={}, by=acting("ceo"), clock=database_clock)
    assert Run.objects.count() == 1


def test_an_old_run_ends_on_the_version_it_began_with(ship: Any) -> None:
    old = ship(ask("a"), version=1)
    new = ship(ask("b"), version=2)
    assert (where(old), where(new)) == ({"a": "waiting"}, {"b": "waiting"})
    do("cto")
    assert (where(old), old.status) == ({"a": "done"}, "done")


def test_a_forged_job_does_nothing(ship: Any) -> None:
    run = ship(ask("a"))
    row = RunStep.objects.get()
    forged = acting("cto").call
    assert forged
    forged.arguments = {"step": str(row.pk)}
    assert steps.do_due(call=forged, use=worker._use, clock=database_clock) == {"done": False}
    assert where(run) == {"a": "waiting"}


def test_a_run_and_its_work_can_be_waited_for(ship: Any) -> None:
    run = ship(ask("a"))
    row = RunStep.objects.get()
    waits = use("cto", "wait_for", id=row.ref, timeout_seconds=0)
    assert (waits["settled"], waits["waiting_on"]) == (False, ["cto"])
    assert use("ceo", "wait_for", id=run.ref, timeout_seconds=0)["waiting_on"] == ["cto"]
    do("cto")
    assert use("ceo", "wait_for", id=row.ref, timeout_seconds=0)["state"] == "done"
    assert use("ceo", "wait_for", id=run.ref, timeout_seconds=0)["settled"] is True


def test_work_stands_in_the_brief_of_its_role(ship: Any) -> None:
    run = ship(ask("a"))
    brief = use("cto", "brief_me")
    assert {
        "ref": RunStep.objects.get().ref,
        "run": run.ref,
        "step": "a",
        "status": "waiting",
        "do": "claim_work",
    } in brief["work"]
    assert use("product_manager", "brief_me")["runs"] == [{"ref": run.ref, "name": "flow", "status": "running"}]
