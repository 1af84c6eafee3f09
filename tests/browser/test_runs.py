"""A member looks at a run in a real browser, at a desk and on a phone, and leaves out a step nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from org.clock import database_clock
from org.models import Run, RunStep
from org.services import runs, work
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import acting, board_member

pytestmark = pytest.mark.browser

PLAN = {"period": "the first quarter", "goal": "Twice as many teams every week.", "budget_usd": 2_000_000}


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_a_member_sees_why_a_run_is_not_further_and_leaves_out_a_step(
    visit: Any, size: tuple[int, int], scheme: str
) -> None:
    board_member("ada")
    run = runs.start(name="strategic_planning", inputs=PLAN, by=acting("ceo"), clock=database_clock)
    held = work.claim(work=None, by=acting("ceo"), clock=database_clock)
    assert held
    health = {"summary": "Sales hold; support is short of people.", "weaknesses": ["Answers take a day."]}
    work.submit(
        work=held.row.ref, token=str(held.token), result=health, note="", by=acting("ceo"), clock=database_clock
    )
    ada = visit(size, scheme)
    ada.sign_in("ada")
    ada.page.get_by_role("link", name="Runs", exact=True).first.click()
    ada.page.get_by_role("link", name=run.ref).click()
    ada.page.get_by_role("heading", name="Where it stands").wait_for()
    ada.shoot(f"run-{size[0]}-{scheme}")
    assert not ada.is_too_wide
    silent = RunStep.objects.get(run=run, key="proposal_of_chro")
    ada.page.get_by_label("Reason").fill("The post is vacant until May.")
    ada.page.get_by_role("button", name=f"Leave out {silent.ref}").click()
    ada.page.get_by_text(f"{silent.ref} is left out.").wait_for()
    assert RunStep.objects.get(pk=silent.pk).status == "skipped"
    assert Run.objects.get(pk=run.pk).status == "running"
    assert not ada.is_too_wide
    assert ada.complaints == []
