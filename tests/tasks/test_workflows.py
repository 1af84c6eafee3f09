"""Runs of workflows by the engine itself: opened, asked, computed, told, waited for, raised, gone back, ended."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection

from org import workflows
from org.clock import database_clock
from org.enums import ArtifactKind, BoardAnswer
from org.errors import InvalidInput, NotFound, Refused
from org.models import AuditRecord, Call, CharterVersion, Decision, DecisionVote, Message, Presence, Run, RunStep
from org.queries import runs as standing
from org.services import calls, messages, runs, steps, work
from org.services.work import Claimed
from org.workflows.checking import faults
from org.workflows.definition import (
    Approval,
    Compute,
    Draft,
    End,
    Is,
    Notice,
    Ref,
    Return,
    Step,
    Timer,
    Vote,
    Work,
    Workflow,
)
from org.workflows.fields import Decided, Flag, Made, Number, Text, Usd
from tasks import tools as worker
from tests.people import acting, answer, shift_clock, vote
from tests.roles.tools import use

pytestmark = pytest.mark.django_db

OK = {"ok": Flag(says="Whether it went well.")}


def ask(key: str, *after: str, role: str = "cto", asks: str = "Do {input.name}.", **more: Any) -> Work:
    return Work(key=key, title=f"The {key}", role=role, asks=asks, results=more.pop("results", OK), after=after, **more)


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ship a workflow of these steps, and start a run of it as the product manager."""

    def shipped(*given: Step, version: int = 1, **inputs: Any) -> Run:
        flow = Workflow(
            name="flow",
            version=version,
            title="Flow",
            purpose="For tests.",
            starters=("product_manager", "ceo"),
            inputs={"name": Text(says="A name."), "usd": Usd(says="An amount.", required=False)},
            steps=given,
        )
        assert faults(flow, CharterVersion.objects.in_force()) == []
        monkeypatch.setattr(workflows, "SHIPPED", (*workflows.SHIPPED, flow))
        by = acting("product_manager")
        return runs.start(name="flow", inputs={"name": "the thing", **inputs}, by=by, clock=database_clock)

    return shipped


def drive() -> int:
    """Let the engine do all that is due, as sweeper and workers do; how many jobs that took."""
    done = 0
    while True:
        steps.try_again(database_clock)
        steps.ask_for_due()
        jobs = Call.objects.filter(tool=worker.STEP, status="queued").values_list("role", flat=True)
        if not jobs:
            return done
        for role in sorted(set(jobs)):
            while claimed := _claim(role):
                assert calls.perform(claimed, worker._run, database_clock)
                done += 1


def _claim(role: str) -> calls.Claim | None:
    """The oldest job of the engine; calls of the tests' roles are under way on their own."""
    if not Call.objects.filter(tool=worker.STEP, status="queued", role=role).exists():
        return None
    return calls.claim([role], "test")


def claim(role: str, name: str | None = None, client: str = '{"pid": 1}') -> Claimed:
    found = work.claim(work=name, by=acting(role, client), clock=database_clock)
    assert found is not None, f"no work for the {role}"
    return found


def submit(role: str, held: Claimed, result: dict[str, Any]) -> RunStep:
    by = acting(role)
    return work.submit(work=held.row.ref, token=str(held.token), result=result, note="", by=by, clock=database_clock)


def do(role: str, **result: Any) -> RunStep:
    """Claim the role's oldest work and submit it."""
    held = claim(role)
    return work.submit(
        work=held.row.ref,
        token=str(held.token),
        result=result or {"ok": True},
        note="",
        by=acting(role),
        clock=database_clock,
    )


def where(run: Run) -> dict[str, str]:
    run.refresh_from_db()
    return standing.standing(run)


def why(run: Run) -> str:
    run.refresh_from_db()
    return " ".join(each.why for each in standing.blocked(run, CharterVersion.objects.in_force()))


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
    assert "do not poll" in why(run)
    answer(decision, BoardAnswer.APPROVE)
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


def test_work_that_is_late_goes_up_the_line_and_counts_all_the_same(ship: Any) -> None:
    run = ship(ask("a", role="senior_developer", hours=2))
    held = claim("senior_developer")
    shift_clock(hours=3)
    drive()
    row = RunStep.objects.get()
    assert (row.raised_to, row.status) == ("senior_architect", "held")
    assert Message.objects.filter(to_role="senior_architect", subject__contains="not done in time").exists()
    work.submit(
        work=row.ref,
        token=str(held.token),
        result={"ok": True},
        note="",
        by=acting("senior_developer"),
        clock=database_clock,
    )
    assert where(run) == {"a": "done"}


def test_work_that_was_claimed_again_is_not_taken_from_an_old_token(ship: Any) -> None:
    run = ship(ask("a"))
    old = claim("cto", client='{"pid": 1}')
    shift_clock(hours=2)
    new = claim("cto", client='{"pid": 2}')
    with pytest.raises(Refused, match="newer token"):
        submit("cto", old, {"ok": True})
    submit("cto", new, {"ok": True})
    assert where(run) == {"a": "done"}


def test_what_another_client_holds_is_not_given_out_again_while_its_lease_lasts(ship: Any) -> None:
    ship(ask("a"))
    held = claim("cto", client='{"pid": 1}')
    assert work.claim(work=None, by=acting("cto", '{"pid": 2}'), clock=database_clock) is None
    with pytest.raises(Refused, match="held by another client"):
        work.claim(work=held.row.ref, by=acting("cto", '{"pid": 2}'), clock=database_clock)
    assert claim("cto", client='{"pid": 1}').row.pk == held.row.pk


def seen(role: str) -> str:
    """A process of the role's agents says that it is there; its id."""
    process = str(uuid.uuid4())
    with connection.cursor() as cursor:
        cursor.execute("SELECT beat(%s, %s, '1', 'here', 7)", [process, role])
    return process


def test_work_of_a_process_that_is_gone_is_given_to_the_next_who_asks(ship: Any) -> None:
    ship(ask("a"))
    holder = seen("cto")
    claim("cto", client='{"pid": 1}')
    shift_clock(seconds=31)
    seen("cto")
    assert work.claim(work=None, by=acting("cto", '{"pid": 2}'), clock=database_clock) is None, "the holder is there"
    Presence.objects.filter(pk=holder).update(ended_at=database_clock(), ending="lost")
    taken = claim("cto", client='{"pid": 2}')
    assert taken.row.holder == {"pid": 2}


def test_any_call_of_the_client_that_holds_work_renews_its_lease(ship: Any) -> None:
    ship(ask("a"))
    seen("cto")
    held = claim("cto", client='{"pid": 1}')
    shift_clock(minutes=50)
    acting("cto", '{"pid": 1}')
    acting("cto", '{"pid": 2}')
    shift_clock(minutes=50)
    assert work.claim(work=None, by=acting("cto", '{"pid": 2}'), clock=database_clock) is None
    assert RunStep.objects.get().lease_until > held.row.lease_until  # type: ignore[operator]


def test_work_is_the_roles_own(ship: Any) -> None:
    ship(ask("a"))
    with pytest.raises(NotFound, match="W-"):
        work.claim(work=RunStep.objects.get().ref, by=acting("chro"), clock=database_clock)
    assert work.claim(work=None, by=acting("chro"), clock=database_clock) is None


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        ({}, "result.ok: is missing"),
        ({"ok": "yes"}, "result.ok: must be true or false"),
        ({"ok": True, "more": 1}, "result.more: is not one of its fields"),
    ],
)
def test_a_result_that_is_not_as_asked_for_is_refused_by_name(ship: Any, result: dict[str, Any], fault: str) -> None:
    run = ship(ask("a"))
    held = claim("cto")
    with pytest.raises(InvalidInput, match=fault):
        submit("cto", held, result)
    assert where(run) == {"a": "held"}


def test_a_result_is_held_to_the_record(ship: Any) -> None:
    results = {
        "feature": Made(says="A feature.", kind=ArtifactKind.FEATURE),
        "decision": Decided(says="A policy.", type="policy"),
    }
    ship(ask("a", results=results))
    feature = use(
        "product_manager",
        "define_feature",
        name="Dark mode",
        user_stories=["As a reader, I want dark pages, so that my eyes rest."],
        business_value="More reading at night.",
    )
    policy = use("ceo", "propose_decision", decision_type="policy", title="Dark pages", context="They rest the eyes.")
    hire = use("ceo", "propose_decision", decision_type="hiring", title="One", context="x", amount_usd=9)
    held = claim("cto")
    for result, fault in (
        ({"feature": "F-99999", "decision": policy["ref"]}, "result.feature: nothing is called"),
        ({"feature": feature["ref"], "decision": hire["ref"]}, "result.decision: D-.* is of type hiring, not policy"),
        ({"feature": "D-1", "decision": policy["ref"]}, "result.feature: must be a ref like F-12"),
    ):
        with pytest.raises(InvalidInput, match=fault):
            submit("cto", held, result)
    right = {"feature": feature["ref"], "decision": policy["ref"]}
    submit("cto", held, right)


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
    assert "is not acknowledged" in why(run)
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
    drive()
    row = RunStep.objects.get()
    assert row.draft and row.draft["tool"] == "plan_implementation"
    assert where(run) == {"plan": "waiting"}
    assert not AuditRecord.objects.filter(action="artifact.made").exists()
    shift_clock(hours=5)
    drive()
    assert RunStep.objects.get().raised_to == "senior_architect"


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
