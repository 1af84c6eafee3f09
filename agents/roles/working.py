"""Long work over days, agents and people: started, asked about, claimed and submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from agents.inputs import Facts, Name, Note
from agents.roles.answers import Answer
from agents.tool import Says, tool
from org import workflows
from org.actors import Actor
from org.acts import charter_of
from org.clock import database_clock
from org.enums import BOARD, Effect, RunStatus
from org.errors import NotFound
from org.legible import quoted
from org.models import CharterVersion
from org.queries import run_steps
from org.queries import runs as standing
from org.services import runs
from org.services import work as working
from org.workflows import fields


class Started(Answer):
    """A run, or, where no input was sent, what the workflow takes."""

    say: str
    run_id: str | None
    ref: str | None
    input_schema: dict[str, Any] | None = None
    example: dict[str, Any] | None = None


@tool(Effect.CREATES)
def start_workflow(
    by: Actor,
    name: Annotated[Name, Says("feature_development, incident_response, strategic_planning, hiring.")],
    input: Annotated[Facts | None, Says("Without it: what it takes.")] = None,
) -> Started:
    """Start long work that agents and people do step by step, each told when it is their turn."""
    if input is None:
        flow = workflows.newest(name.lower().replace(" ", "_"))
        if flow is None:
            raise NotFound("name", name, workflows.names(), "Use one of these.")
        return Started(
            acted_as=by.name,
            say=f"{flow.title}: {flow.purpose} Nothing was started; send `input` as in the example.",
            run_id=None,
            ref=None,
            input_schema=fields.schema(flow.inputs),
            example=fields.example(flow.inputs),
        )
    run = runs.start(name=name, inputs=input, by=by, clock=database_clock)
    waits = " ".join(each.why for each in standing.blocked(run, charter_of(by)))
    return Started(acted_as=by.name, say=f"{run.ref} is under way. {waits}", run_id=str(run.pk), ref=run.ref)


class RunAnswer(Answer):
    """Where a run stands, and why it is not further."""

    say: str
    ref: str
    status: str
    steps: list[dict[str, Any]]
    waiting_on: list[str]
    why: str
    since: str | None
    next_automatic: dict[str, Any] | None
    graph: str


@tool(Effect.READS)
def get_workflow(by: Actor, run_id: Annotated[Name, Says("A run's ref, like R-12.")]) -> RunAnswer:
    """Where a run stands: whom it waits for, why, since when, what comes by itself."""
    charter = CharterVersion.objects.in_force()
    run = standing.named(run_id)
    flow, rows = standing.definition_of(run), standing.newest_rows(run)
    stuck = standing.blocked(run, charter)
    why = " ".join(each.why for each in stuck) or quoted(run.outcome)
    waiting_on = list(dict.fromkeys(name for each in stuck for name in each.waiting_on))
    if run.status == RunStatus.PAUSED:  # nothing of it happens by itself
        why, waiting_on = f"A person paused it, and lets it go on. {why}", [BOARD]
        stuck = [replace(each, at=None) for each in stuck]
    elif BOARD in waiting_on:
        why += " A person decides: do not poll."
    due = min((each for each in stuck if each.at), key=lambda each: each.at, default=None)  # type: ignore[arg-type,return-value]
    return RunAnswer(
        acted_as=by.name,
        say=f"{run.ref} {flow.title} {quoted(standing.subject(run))} is {run.status}. {why}",
        ref=run.ref,
        status=run.status,
        steps=[
            {
                "key": step.key,
                "kind": step.kind,
                "role": getattr(step, "role", None),
                "status": rows[step.key].status if step.key in rows else "not begun",
                **({"ref": rows[step.key].ref} if step.key in rows else {}),
            }
            for step in (*flow.steps, *(step for step in flow.undoing if step.key in rows))
        ],
        waiting_on=waiting_on,
        why=why,
        since=stuck[0].since.isoformat() if stuck else None,
        next_automatic={"what": due.next, "at": due.at.isoformat()} if due and due.at else None,
        graph=standing.graph(run),
    )


class WorkAnswer(Answer):
    """Work you hold now; `work_id` is null where there is none."""

    say: str
    work_id: str | None
    ref: str | None = None
    run: str | None = None
    step: str | None = None
    instructions: str | None = None
    uses: list[str] = []
    context: dict[str, Any] | None = None
    draft: dict[str, Any] | None = None
    result_schema: dict[str, Any] | None = None
    example: dict[str, Any] | None = None
    lease_token: str | None = None
    lease_until: str | None = None


@tool(Effect.SETS)
def claim_work(by: Actor, work_id: Annotated[Name | None, Says("Like W-7; default the oldest.")] = None) -> WorkAnswer:
    """Take work of a workflow that waits for you; do it by your tools, then submit_work."""
    claimed = working.claim(work=work_id, by=by, clock=database_clock)
    if claimed is None:
        return WorkAnswer(acted_as=by.name, say="No work waits for you.", work_id=None)
    row, step = claimed.row, claimed.step
    run = row.run
    assert row.lease_until
    failed = _undrafted(row.draft or {})
    return WorkAnswer(
        acted_as=by.name,
        say=f"{row.ref} is {'still ' if claimed.again else ''}yours: {step.title}. Submit it with the token; any call "
        f"of yours keeps it for 8 hours more.{failed}",
        work_id=str(row.pk),
        ref=row.ref,
        run=run.ref,
        step=row.key,
        instructions=row.given["asks"],
        uses=row.given["uses"],
        context={"input": run.inputs, **run_steps.known(run)},
        draft=None if failed else row.draft,
        result_schema=fields.schema(step.results),
        example=fields.example(step.results),
        lease_token=str(claimed.token),
        lease_until=row.lease_until.isoformat(),
    )


def _undrafted(draft: Mapping[str, Any]) -> str:
    """What is said where nothing could be drafted; the step keeps what its tool said of it."""
    if "missing" not in draft:
        return ""
    why = f"because {draft['tool']} cannot work with what the run knows so far"
    return f" No draft could be prepared, {why}; do it by yourself."


class Submitted(Answer):
    """What became of what was submitted."""

    say: str
    accepted: bool
    next: str


@tool(Effect.SETS)
def submit_work(
    by: Actor,
    work_id: Annotated[Name, Says("What claim_work gave.")],
    lease_token: Annotated[Name, Says("From claim_work.")],
    result: Annotated[Facts, Says("As in result_schema.")],
    note: Annotated[Note, Says("For the others.")] = "",
) -> Submitted:
    """Submit the work you claimed; the run goes on from it."""
    row = working.submit(work=work_id, token=lease_token, result=result, note=note, by=by, clock=database_clock)
    run = row.run
    stuck = standing.blocked(run, charter_of(by))
    then = " ".join(each.why for each in stuck) or run.outcome
    return Submitted(acted_as=by.name, say=f"{row.ref} is done. {then}", accepted=True, next=then)
