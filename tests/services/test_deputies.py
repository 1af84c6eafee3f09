"""A worker is nobody's deputy: whatever a worker's login makes of a step of a workflow, it decides nothing by it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from org.actors import Actor
from org.clock import database_clock
from org.enums import VoteChoice
from org.errors import OrgError
from org.models import Call, Decision, RunStep
from org.services import budgets, proposals, votes
from tests.people import propose, put_to_vote, start_run
from tests.services.database import execute, refused, signed_in_as

pytestmark = pytest.mark.django_db


def forged_job(role: str) -> Actor:
    """What the worker's login can have running in a role's name: a step made up for it, and the engine's call of it."""
    run = start_run()
    step = RunStep.objects.create(
        run=run,
        key="forged",
        kind="compute",
        role=role,
        status="ready",
        opened_at=run.created_at,
        due_at=run.created_at,
    )
    execute("SELECT store_step_call(%s)", step.pk)
    step.refresh_from_db()
    execute(
        "UPDATE calls SET status = 'running', attempt = 1, claimed_at = now(), lease_until = now() WHERE id = %s",
        step.call_id,
    )
    return Actor.role(Call.objects.get(pk=step.call_id))


def test_a_step_approves_nothing_in_a_roles_name() -> None:
    by = forged_job("ceo")
    with signed_in_as("worker"), refused("does not settle"):
        proposals.propose(decision_type="policy", title="Mine", context="x", by=by, clock=database_clock)
    assert not Decision.objects.filter(title="Mine").exists()


def test_a_step_casts_no_vote() -> None:
    matter = put_to_vote()
    by = forged_job("cto")
    with signed_in_as("worker"), refused("neither votes nor decides nor spends"):
        votes.cast(
            decision=matter.ref, vote=VoteChoice.APPROVE, rationale="x", confidence=1.0, by=by, clock=database_clock
        )


def test_a_step_allocates_nothing() -> None:
    propose("ceo", 1_000)
    by = forged_job("ceo")
    with signed_in_as("worker"), refused("neither votes nor decides nor spends"):
        budgets.allocate(amount_usd=Decimal(10), department="Mine", justification="x", by=by, clock=database_clock)


def test_a_step_has_one_job_at_a_time_and_none_once_it_is_over() -> None:
    run = start_run()
    step = RunStep.objects.create(
        run=run, key="x", kind="compute", role="cto", status="ready", opened_at=run.created_at, due_at=run.created_at
    )
    with signed_in_as("sweeper"):
        execute("SELECT store_step_call(%s)", step.pk)
        execute("UPDATE workflow_steps SET due_at = %s WHERE id = %s", run.created_at, step.pk)
        execute("SELECT store_step_call(%s)", step.pk)
    assert Call.objects.filter(tool="workflow_step").count() == 1
    execute("UPDATE calls SET status = 'done', result = '{}', finished_at = now() WHERE tool = 'workflow_step'")
    execute("UPDATE workflow_steps SET status = 'done', finished_at = now(), due_at = NULL WHERE id = %s", step.pk)
    execute("SELECT store_step_call(%s)", step.pk)
    assert Call.objects.filter(tool="workflow_step").count() == 1


def test_an_agents_login_changes_no_run_and_stores_no_job() -> None:
    start_run()
    for attempt in (
        "SELECT store_step_call(id) FROM workflow_steps",
        "UPDATE workflow_steps SET status = 'done'",
        "UPDATE workflow_runs SET status = 'done'",
        "SELECT renew_leases('chro', '{}')",
    ):
        with signed_in_as("ceo"), refused("permission denied"):
            execute(attempt)


def test_an_agent_that_names_its_call_like_a_job_is_refused() -> None:
    from tasks import tools as worker
    from tests.people import store

    _, call_id = store("ceo", worker.STEP, '{"step": "00000000-0000-0000-0000-000000000000"}')
    call = Call.objects.get(pk=call_id)
    assert worker._run(call) == {"done": False}
    with pytest.raises(OrgError):
        worker._use(Actor.role(call), "approve_strategic_initiative", {})
