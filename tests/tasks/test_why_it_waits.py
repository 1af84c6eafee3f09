"""Forty ways in which a run does not move, and what is answered to "why is it not moving?" in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import BoardAnswer
from org.models import Call, Decision, Presence, Run
from org.services import run_interventions, steps, stops
from org.workflows.definition import Approval, Compute, Draft, Is, Notice, Return, Settled, Step, Timer, Vote
from org.workflows.fields import Number
from org.workflows.recorded import Decided
from org.workflows.references import Ref
from tasks import tools as worker
from tests.people import answer, board_member, shift_clock, vote
from tests.roles.tools import use
from tests.tasks.flows import ask, claim, do, drive, submit

pytestmark = pytest.mark.django_db

VOTE = Vote(key="vote", title="v", type="feature", asks="V?", context={}, participants=("cto", "ceo", "chro"))
BOARD = Approval(key="go", title="b", type="other", asks="B?", context={})
PAGE = Notice(key="page", title="p", to="cto", subject="Page", content={}, ack_hours=1)
BACK = Return(key="back", title="Once more", after=("a",), when=Is("a.ok", False), to="a", times=1)
ASKED = Decided(says="The budget.", type="strategic_initiative", approved=False)
WAITS_FOR = (
    ask("a", role="ceo", results={"decision": ASKED}),
    Settled(key="b", title="b", after=("a",), of=Ref("a.decision")),
)


def computes(answers: int = 4) -> Compute:
    arguments = {"sus_responses": [[answers, 2] * 5] * 5}
    results = {"sus_score": Number(says="The score.")}
    return Compute(
        key="score", title="s", role="uiux_engineer", tool="analyze_usability", arguments=arguments, results=results
    )


def ada() -> dict[str, Any]:
    return {"reason": "because", "by": Actor.member(board_member()), "clock": database_clock}


def passes(hours: float) -> Callable[[Run], None]:
    def passed(_: Run) -> None:
        shift_clock(hours=hours)
        drive()

    return passed


def driven(_: Run) -> None:
    drive()


def nothing(_: Run) -> None:
    pass


def claimed(_: Run) -> None:
    claim("cto")


def late_though_claimed(_: Run) -> None:
    claim("cto")
    shift_clock(hours=9)
    drive()


def voted(_: Run) -> None:
    drive()
    vote(Decision.objects.get(), "cto")


def voted_by_all(_: Run) -> None:
    drive()
    for role in Decision.objects.get().participants or []:
        if not Decision.objects.get().is_settled:
            vote(Decision.objects.get(), role)


def withdrawn(_: Run) -> None:
    drive()
    answer(Decision.objects.get(), BoardAnswer.APPROVE)


def asked_the_board(_: Run) -> None:
    asks = {"initiative": "Robots", "budget": 9_000_000, "business_value": "x"}
    submit("ceo", claim("ceo"), {"decision": use("ceo", "approve_strategic_initiative", **asks)["ref"]})
    drive()


def answered_by_the_board(run: Run) -> None:
    asked_the_board(run)
    answer(Decision.objects.get(), BoardAnswer.APPROVE)


def suspended(role: str) -> Callable[[Run], None]:
    def suspend(_: Run) -> None:
        stops.suspend(role=role, **ada())

    return suspend


def broken(times: int) -> Callable[[Run], None]:
    def broke(_: Run) -> None:
        for time in range(times):
            Call.objects.filter(tool=worker.STEP, status="queued").update(
                status="failed", finished_at=database_clock(), result={"error": "It broke."}
            )
            steps.try_again(database_clock)
            shift_clock(minutes=5)
            if time < times - 1:
                steps.ask_for_due()

    return broke


def paused(run: Run) -> None:
    run_interventions.pause(run=run, **ada())


def undone(run: Run) -> None:
    do("cto")
    run_interventions.cancel(run=run, **ada())


def ended(run: Run) -> None:
    run_interventions.cancel(run=run, **ada())


def done_by(*roles: str) -> Callable[[Run], None]:
    def did(_: Run) -> None:
        for role in roles:
            do(role)

    return did


def sent_back_too_often(_: Run) -> None:
    do("cto", ok=False)
    do("cto", ok=False)


def released(_: Run) -> None:
    row = claim("cto").row
    run_interventions.release(step=row, **ada())


def worker_is_there(_: Run) -> None:
    now = database_clock()
    Presence.objects.create(
        id="0" * 32,
        kind="worker",
        queues=["uiux_engineer"],
        version="1",
        host="h",
        pid=1,
        started_at=now,
        last_heartbeat=now,
    )


Case = tuple[str, tuple[Step, ...], Callable[[Run], None], list[str], str, str | None]
LONG = Timer(key="t", title="t", hours=24 * 30)
CTO, NEXT_CEO = "waits to be claimed by the Chief Technology Officer", "goes to ceo"
DRAFTED = ask("a", role="senior_developer", draft=Draft("plan_implementation", {"tasks": []}), hours=4)
UNDONE = (ask("a", undo=ask("undo_a", role="chro")), ask("b", "a"))
FAILS_UNDONE = (ask("a", undo=computes(9)), ask("b", "a"))
CASES: tuple[Case, ...] = (
    ("work nobody claimed", (ask("a"),), nothing, ["cto"], CTO, NEXT_CEO),
    ("work that was claimed", (ask("a"),), claimed, ["cto"], "is claimed by the Chief Technology Officer", NEXT_CEO),
    ("claimed work that was released", (ask("a"),), released, ["cto"], CTO, NEXT_CEO),
    (
        "work raised to the manager",
        (ask("a"),),
        passes(9),
        ["ceo"],
        "claimed by the Chief Executive Officer",
        "goes to board",
    ),
    ("claimed work raised to the manager", (ask("a"),), late_though_claimed, ["ceo"], "is claimed by", "goes to board"),
    ("work raised to the board", (ask("a", role="ceo"),), passes(9), ["board"], "a person says how it goes on", None),
    (
        "a developer's late work",
        (ask("a", role="senior_developer"),),
        passes(9),
        ["senior_architect"],
        "Architect",
        "goes to cto",
    ),
    ("work of a suspended role", (ask("a"),), suspended("cto"), ["board"], "which is suspended", NEXT_CEO),
    (
        "work with a draft under way",
        (DRAFTED,),
        nothing,
        ["senior_developer"],
        "waits to be claimed",
        "goes to senior_architect",
    ),
    ("work with a draft", (DRAFTED,), driven, ["senior_developer"], "waits to be claimed", "goes to senior_architect"),
    (
        "two works side by side",
        (ask("a"), ask("b", role="chro")),
        nothing,
        ["cto", "chro"],
        "Human Resources",
        "goes to",
    ),
    (
        "a join of which one side is done",
        (ask("a"), ask("b", role="chro"), ask("c", "a", "b")),
        done_by("cto"),
        ["chro"],
        "Human",
        NEXT_CEO,
    ),
    ("the work after another", (ask("a"), ask("b", "a", role="chro")), done_by("cto"), ["chro"], "Human", NEXT_CEO),
    (
        "work that was sent back",
        (ask("a"), BACK, ask("b", "back")),
        lambda _: do("cto", ok=False),
        ["cto"],
        CTO,
        NEXT_CEO,
    ),
    (
        "a way back gone too often",
        (ask("a"), BACK, ask("b", "back")),
        sent_back_too_often,
        ["board"],
        "went back 1 times",
        None,
    ),
    (
        "a vote to be asked for",
        (VOTE,),
        nothing,
        ["worker"],
        "a worker of the queue product_manager",
        "a worker does it",
    ),
    (
        "a vote in which nobody has voted",
        (VOTE,),
        driven,
        ["ceo", "cto", "chro"],
        r"D-\d+ waits for",
        "the deadline of D-",
    ),
    (
        "a vote in which one has voted",
        (VOTE,),
        voted,
        ["ceo", "chro"],
        r"D-\d+ waits for the Chief Executive",
        "the deadline of D-",
    ),
    ("a vote that is over", (VOTE,), voted_by_all, ["worker"], r"D-\d+ is approved; a worker goes on", None),
    (
        "a vote of a suspended role's run",
        (VOTE,),
        suspended("product_manager"),
        ["board"],
        "which is suspended",
        "it is tried again",
    ),
    (
        "an approval to be asked for",
        (BOARD,),
        nothing,
        ["worker"],
        "a worker of the queue product_manager",
        "a worker does it",
    ),
    (
        "an approval before the board",
        (BOARD,),
        driven,
        ["board"],
        "A person decides: do not poll",
        "the board is reminded",
    ),
    (
        "an approval the board is late with",
        (BOARD,),
        lambda run: (driven(run), passes(200)(run))[0],
        ["board"],
        "A person decides",
        None,
    ),
    ("an approval the board gave", (BOARD,), withdrawn, ["worker"], "is approved; a worker goes on", None),
    (
        "a role's own decision before the board",
        WAITS_FOR,
        asked_the_board,
        ["board"],
        "A person decides: do not poll",
        "the board is reminded",
    ),
    (
        "a role's own decision, answered",
        WAITS_FOR,
        answered_by_the_board,
        ["worker"],
        "is approved; a worker goes on",
        None,
    ),
    ("a notice to be sent", (PAGE,), nothing, ["worker"], "waits for a worker", "a worker does it"),
    (
        "a page nobody acknowledged",
        (PAGE,),
        driven,
        ["cto"],
        r"M-\d+ is not acknowledged by the Chief Technology",
        "is raised",
    ),
    (
        "a page that was raised",
        (PAGE,),
        lambda run: (driven(run), passes(2)(run))[0],
        ["ceo"],
        "not acknowledged by the Chief Executive",
        "is raised",
    ),
    (
        "a page raised to the board",
        (PAGE,),
        lambda run: (driven(run), passes(2)(run), passes(2)(run))[0],
        ["board"],
        "not acknowledged by the board",
        None,
    ),
    ("a timer", (LONG,), nothing, ["time"], "waits until", "it goes on"),
    (
        "a computation, and no worker there",
        (computes(),),
        nothing,
        ["worker"],
        "None is there: an operator starts one",
        "a worker does it",
    ),
    (
        "a computation, and a worker there",
        (computes(),),
        worker_is_there,
        ["worker"],
        "waits for a worker of the queue uiux_engineer.$",
        "a worker does it",
    ),
    (
        "a computation that broke once",
        (computes(),),
        broken(1),
        ["worker"],
        "broke 1 times, and is tried again",
        "a worker does it",
    ),
    (
        "a computation that broke for good",
        (computes(),),
        broken(4),
        ["board"],
        "waits for a person: It broke 4 times",
        None,
    ),
    ("a computation that cannot be", (computes(9),), driven, ["board"], "waits for a person: sus_responses", None),
    (
        "a computation of a suspended role",
        (computes(),),
        suspended("uiux_engineer"),
        ["board"],
        "which is suspended",
        "it is tried again",
    ),
    ("a run a person paused", (ask("a"),), paused, ["board"], "A person paused it, and lets it go on", None),
    ("a run that is being undone", UNDONE, undone, ["chro"], "Human Resources", NEXT_CEO),
    (
        "a run whose undoing failed",
        FAILS_UNDONE,
        lambda run: (undone(run), driven(run))[0],
        ["board"],
        "waits for a person",
        None,
    ),
    ("a run that was ended", (ask("a"),), ended, [], "The board ended it: because", None),
    ("a run that is done", (ask("a"),), done_by("cto"), [], "All its steps are done", None),
)


def test_there_are_forty() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_keeps_a_run_is_told_with_whom_it_waits_for_and_what_comes_by_itself(ship: Any, case: Case) -> None:
    _, given, happens, waiting_on, why, then = case
    run = ship(*given)
    happens(run)
    told = use("ceo", "get_workflow", run_id=run.ref)
    assert told["waiting_on"] == waiting_on, told["why"]
    assert re.search(why, told["why"]), told["why"]
    if then is None:
        assert told["next_automatic"] is None
    else:
        assert then in told["next_automatic"]["what"]
    assert "stale" not in told["say"]
