"""Work for roles' agents: late, claimed again, held, given on when its process is gone, held to what it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from org.clock import database_clock
from org.enums import ArtifactKind
from org.errors import InvalidInput, NotFound, Refused
from org.models import Message, Presence, RunStep
from org.services import work
from org.workflows.recorded import Decided, Made
from tests.people import acting, shift_clock
from tests.roles.tools import use
from tests.tasks.flows import ask, claim, drive, seen, submit, where

pytestmark = pytest.mark.django_db


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


def test_work_of_a_process_that_is_gone_is_given_to_the_next_who_asks(ship: Any) -> None:
    ship(ask("a"))
    seen("cto", '{"pid": 2}')
    holder = seen("cto", '{"pid": 1}')
    claim("cto", client='{"pid": 1}')
    shift_clock(seconds=31)
    assert work.claim(work=None, by=acting("cto", '{"pid": 2}'), clock=database_clock) is None, "the holder is there"
    Presence.objects.filter(pk=holder).update(ended_at=database_clock(), ending="lost")
    taken = claim("cto", client='{"pid": 2}')
    assert taken.row.holder == {"pid": 2}


def test_work_that_was_just_claimed_is_not_abandoned_before_its_process_was_seen(ship: Any) -> None:
    ship(ask("a"))
    claim("cto", client='{"pid": 1}')
    shift_clock(seconds=29)
    assert work.claim(work=None, by=acting("cto", '{"pid": 2}'), clock=database_clock) is None
    shift_clock(seconds=2)
    assert claim("cto", client='{"pid": 2}')


def test_any_call_of_the_client_that_holds_work_renews_its_lease(ship: Any) -> None:
    ship(ask("a"))
    seen("cto")
    held = claim("cto", client='{"pid": 1}')
    shift_clock(hours=7)
    acting("cto", '{"pid": 1}')
    acting("cto", '{"pid": 2}')
    shift_clock(hours=7)
    assert work.claim(work=None, by=acting("cto", '{"pid": 2}'), clock=database_clock) is None
    assert RunStep.objects.get().lease_until > held.row.lease_until  # type: ignore[operator]


def test_work_is_the_roles_own(ship: Any) -> None:
    ship(ask("a"))
    with pytest.raises(Refused, match="is for the cto"):
        work.claim(work=RunStep.objects.get().ref, by=acting("chro"), clock=database_clock)
    with pytest.raises(NotFound, match="W-999"):
        work.claim(work="W-999", by=acting("chro"), clock=database_clock)
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
