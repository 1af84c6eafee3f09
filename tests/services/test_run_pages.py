"""A run's page, and what a member of the board does there: each button calls the service, each refusal says why."""

from __future__ import annotations

from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from org import workflows
from org.actors import Actor
from org.admin.references import with_links
from org.clock import database_clock
from org.errors import InvalidInput, Refused
from org.models import AuditRecord, Message, Run, RunStep
from org.services import run_interventions, runs, work
from org.workflows.drawing import mermaid
from org.workflows.picture import svg
from tests.people import acting, board_member, propose
from tests.services.boardroom import Visitor

pytestmark = pytest.mark.django_db

HIRE = {"position": "Tester", "department": "QA", "reason": "<script>alert(1)</script>", "salary_usd": 90_000}


@pytest.fixture
def run() -> Run:
    return runs.start(name="hiring", inputs=HIRE, by=acting("chro"), clock=database_clock)


def page_of(run: Run) -> str:
    return reverse("admin:org_run_change", args=[run.pk])


def given(**more: Any) -> dict[str, Any]:
    return {"reason": "because", "by": Actor.member(board_member()), "clock": database_clock, **more}


def test_the_page_tells_whom_a_run_waits_for_and_draws_it(run: Run) -> None:
    visitor = Visitor(board_member())
    page = visitor.get(page_of(run)).content.decode()
    assert "waits to be claimed by the Chief Human Resources Officer" in page
    assert "<svg" in page and "Plan the position" in page
    assert "<script>alert(1)</script>" not in page
    listed = visitor.get(reverse("admin:org_run_changelist")).content.decode()
    assert run.ref in listed and "Chief Human Resources Officer" in listed


def test_a_member_ends_a_run_from_its_page_and_who_had_a_part_is_told(run: Run) -> None:
    visitor = Visitor(board_member())
    visitor.post(page_of(run), {"deed": "cancel", "reason": "No money."})
    run.refresh_from_db()
    assert (run.status, run.outcome) == ("cancelled", "The board ended it: No money.")
    assert RunStep.objects.get(run=run).status == "cancelled"
    assert Message.objects.filter(to_role="chro", subject__endswith="is cancelled").exists()
    assert AuditRecord.objects.get(action="run.ended").actor.startswith("person:")


def test_only_members_of_the_board_step_in_and_never_without_a_reason(run: Run) -> None:
    with pytest.raises(Refused, match="Board"):
        run_interventions.pause(run=run, reason="x", by=acting("ceo"), clock=database_clock)
    with pytest.raises(InvalidInput, match="empty"):
        run_interventions.pause(run=run, **given(reason=" "))


def test_a_paused_run_begins_nothing_and_goes_on_where_it_was(run: Run) -> None:
    run_interventions.pause(run=run, **given())
    held = work.claim(work=None, by=acting("chro"), clock=database_clock)
    assert held is None
    run_interventions.resume(run=run, **given())
    assert work.claim(work=None, by=acting("chro"), clock=database_clock)
    with pytest.raises(Refused, match="is running"):
        run_interventions.resume(run=run, **given())


def test_released_work_is_taken_from_its_token(run: Run) -> None:
    held = work.claim(work=None, by=acting("chro", '{"pid": 1}'), clock=database_clock)
    assert held
    run_interventions.release(step=held.row, **given())
    with pytest.raises(Refused, match="not claimed"):
        work.submit(
            work=held.row.ref, token=str(held.token), result={}, note="", by=acting("chro"), clock=database_clock
        )
    assert work.claim(work=None, by=acting("chro", '{"pid": 2}'), clock=database_clock)
    assert Message.objects.filter(to_role="chro", content__says="The board released it: because").exists()


def test_what_nobody_holds_cannot_be_released(run: Run) -> None:
    with pytest.raises(Refused, match="held by nobody"):
        run_interventions.release(step=RunStep.objects.get(run=run), **given())


def test_a_step_is_left_out_and_the_run_goes_on(run: Run) -> None:
    step = RunStep.objects.get(run=run)
    run_interventions.skip(step=step, **given())
    step.refresh_from_db()
    assert (step.status, step.fault) == ("skipped", "The board goes on without it: because")
    run.refresh_from_db()
    assert run.status == "done"  # all that came after it alone is skipped as well
    with pytest.raises(Refused, match="is done"):
        run_interventions.skip(step=step, **given())


@pytest.mark.parametrize("flow", workflows.SHIPPED, ids=lambda each: each.name)
def test_every_workflow_is_drawn(flow: Any) -> None:
    standing = {step.key: status for step, status in zip(flow.steps, ("done", "failed", "held"), strict=False)}
    picture = ElementTree.fromstring(svg(flow, standing))
    titles = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert sorted(map(str, titles)) == sorted(step.title for step in (*flow.steps, *flow.undoing))
    chart = mermaid(flow, standing)
    assert chart.startswith("flowchart TD") and ":::done" in chart and "classDef failed" in chart


def test_the_command_lists_shows_and_draws(run: Run, settings: Any) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = "given"  # nothing is started

    def told(*words: str) -> str:
        out = StringIO()
        call_command("workflow", *words, stdout=out)
        return out.getvalue()

    assert "feature_development 1:" in told("list") and f"{run.ref}  hiring" in told("list")
    assert "Tester" in told("list") and "Started by chro, ceo" in told("list")
    assert "waits to be claimed" in told("show", run.ref)
    assert told("draw", "hiring").startswith("flowchart TD")
    assert ":::waiting" in told("draw", run.ref)
    with pytest.raises(CommandError, match="nothing is called"):
        told("show", "R-99999")
    with pytest.raises(CommandError, match="draw hiring draws it"):
        told("show", "hiring")


def test_the_list_says_what_each_run_is_for_and_whom_it_waits_for(run: Run) -> None:
    page = Visitor(board_member()).read(reverse("admin:org_run_changelist"))
    assert "Tester" in page and "Chief Human Resources Officer" in page


def test_refs_in_what_a_step_gave_lead_to_their_records_and_other_words_stay_words(run: Run) -> None:
    member = Visitor(board_member())
    decision = propose("cto", None, "architecture")
    assert with_links(f"{decision.ref} <b>, D-99999999999999999999") == (
        f'<a href="/admin/ref/{decision.ref}/">{decision.ref}</a> &lt;b&gt;, D-99999999999999999999'
    )
    for ref, record in ((decision.ref, decision), (run.ref, run), (RunStep.objects.get(run=run).ref, run)):
        where = reverse(f"admin:org_{record._meta.model_name}_change", args=[record.pk])
        assert member.get(reverse("admin:ref", args=[ref])).headers["Location"] == where
    for ref in ("D-999999999", "X-1", "D", "D-x"):
        assert member.get(reverse("admin:ref", args=[ref])).status_code == 404


def test_a_drawing_says_when_the_run_goes_which_way() -> None:
    flow = workflows.newest("hiring")
    assert flow
    assert 'approval -->|"if approval is not approved"| not_approved' in mermaid(flow, {})
    assert 'not_approved -->|"otherwise"| profile' in mermaid(flow, {})
    assert "if interviews.chosen is empty" in svg(flow, {})
