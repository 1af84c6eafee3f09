"""Failures are counted by name and by address, wherever they were typed; five and twenty lock for fifteen minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from org.clock import database_clock
from org.models import AuditRecord, Member
from org.services import sign_ins
from org.services.sign_ins import Locked, Visit
from tests import authenticator
from tests.people import FIRST_VERSION, PASSWORD, board_member, shift_clock

pytestmark = pytest.mark.django_db

HERE, THERE = Visit("192.0.2.1"), Visit("198.51.100.7")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def tries(name: str, password: str = "a wrong password", visit: Visit = HERE) -> str:
    """`in`, `wrong` or `locked`."""
    try:
        found = sign_ins.try_password(name=name, password=password, visit=visit, clock=database_clock)
    except Locked:
        return "locked"
    return "in" if found else "wrong"


def fails(name: str, times: int, visit: Visit = HERE) -> list[str]:
    return [tries(name, visit=visit) for _ in range(times)]


def told(action: str) -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(action=action).order_by("id"))


def test_the_fifth_failure_locks_the_name_everywhere_also_for_the_right_password() -> None:
    board_member("ada")
    assert fails("ada", 5) == ["wrong"] * 4 + ["locked"]
    assert tries("ada", PASSWORD, THERE) == "locked"


@pytest.mark.parametrize("days", [40, -40])
def test_the_count_goes_by_the_organisations_clock_however_far_this_machines_is_off(days: int) -> None:
    board_member("ada")
    shift_clock(days=days)
    assert fails("ada", 5) == ["wrong"] * 4 + ["locked"]
    shift_clock(minutes=16)
    assert tries("ada", PASSWORD) == "in"


def test_who_shares_the_address_of_a_locked_name_comes_in() -> None:
    board_member("ada"), board_member("grace")
    fails("ada", 5)
    assert tries("ada", PASSWORD) == "locked"
    assert [tries("grace"), tries("grace", PASSWORD)] == ["wrong", "in"]


def test_an_address_that_tries_name_after_name_is_locked_over_all_names() -> None:
    board_member("ada"), board_member("grace")
    guesses = [tries(name) for _ in range(4) for name in ("ada", "alan", "kurt", "emmy", "nobody")]
    assert guesses == ["wrong"] * 19 + ["locked"]
    assert tries("grace", PASSWORD) == "locked"
    assert tries("grace", PASSWORD, THERE) == "in"
    shift_clock(minutes=15, seconds=2)
    assert tries("grace", PASSWORD) == "in"


def test_a_lock_ends_after_fifteen_minutes_and_knocking_does_not_prolong_it() -> None:
    board_member("ada")
    fails("ada", 5)
    shift_clock(minutes=14)
    assert fails("ada", 3) == ["locked"] * 3
    shift_clock(minutes=1, seconds=2)
    assert tries("ada", PASSWORD) == "in"


def test_the_refusal_says_when_to_try_again() -> None:
    board_member("ada")
    fails("ada", 5)
    with pytest.raises(Locked) as refusal:
        sign_ins.try_password(name="ada", password=PASSWORD, visit=HERE, clock=database_clock)
    assert timedelta(minutes=14) < refusal.value.ends_at - database_clock() <= timedelta(minutes=15)
    when = f"Try again after {refusal.value.ends_at:%H:%M} UTC, in 15 min"
    assert f"{when}; an operator, or who manages members, releases it sooner." in str(refusal.value)
    shift_clock(minutes=14, seconds=30)
    with pytest.raises(Locked, match="UTC, in 1 min;"):
        sign_ins.try_password(name="ada", password=PASSWORD, visit=HERE, clock=database_clock)


def test_unknown_names_are_refused_locked_and_worked_on_as_known_ones() -> None:
    board_member("ada")
    work = []
    for name, visit in (("ada", HERE), ("nobody", THERE)):
        with CaptureQueriesContext(connection) as queries:
            assert fails(name, 6, visit) == ["wrong"] * 4 + ["locked"] * 2
        work.append([query["sql"].split()[0] for query in queries])
    assert work[0] == work[1]


def test_signing_in_forgets_the_names_failures_and_not_what_the_address_tried_elsewhere() -> None:
    ada, _ = board_member("ada"), board_member("mallory")
    fails("ada", 3)
    mallory = Member.objects.get(username="mallory")
    for _ in range(3):  # one's own right password buys no guesses at another's
        assert tries("mallory", PASSWORD) == "in"
        sign_ins.note_sign_in(member=mallory, factor="", visit=HERE, clock=database_clock)
    assert fails("ada", 2) == ["wrong", "locked"]
    sign_ins.release(name="ada", clock=database_clock)
    fails("ada", 4, THERE)
    sign_ins.note_sign_in(member=ada, factor="", visit=HERE, clock=database_clock)
    assert fails("ada", 4, THERE) == ["wrong"] * 4


def test_the_right_password_alone_buys_no_guesses_at_the_code() -> None:
    ada = board_member("ada")
    authenticator.enrol(ada)
    for guess in range(5):
        assert tries("ada", PASSWORD) == "in"
        authenticator.half_a_minute_passes(ada)
        try:
            assert sign_ins.try_code(member=ada, typed=f"{guess:06d}", visit=HERE, clock=database_clock) == ""
        except Locked:
            break
    assert guess == 4
    assert tries("ada", PASSWORD) == "locked"


def test_inactive_people_are_told_what_strangers_are_told() -> None:
    Member.objects.filter(pk=board_member("ada").pk).update(is_active=False)
    assert tries("ada", PASSWORD) == "wrong"


def test_the_audit_tells_of_failures_the_lock_and_the_release_and_of_no_password() -> None:
    ada = board_member("ada")
    fails("ada", 5)
    tries("stranger", "opensesame99", THERE)
    assert sign_ins.release(name="ada", clock=database_clock) == 5
    assert [(row.actor, row.subject) for row in told("sign_in.failed")] == [("person:ada", "ada")] * 5 + [
        ("system", "stranger")
    ]
    where = {"step": "password", "purpose": "sign in", "address": "192.0.2.1", "charter": FIRST_VERSION}
    assert told("sign_in.failed")[0].data == where
    assert told("sign_in.failed")[0].person_id == ada.pk
    assert told("sign_in.locked")[0].data["address"] == "192.0.2.1"
    released = told("sign_in.released")[0]
    assert (released.timer, released.data["failures"]) == ("sign_ins", 5)
    everything = str(list(AuditRecord.objects.values_list("data", "subject"))) + str(
        list(AccessAttempt.objects.values())
    )
    assert "wrong password" not in everything and "opensesame99" not in everything


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=150))
def test_whatever_is_typed_as_a_name_is_bounded_in_the_audit(name: str) -> None:
    AccessAttempt.objects.all().delete()
    tries(name)
    subject = AuditRecord.objects.latest("id").subject
    assert len(subject) <= sign_ins.LONGEST_NAME
    assert subject == name[: sign_ins.LONGEST_NAME] or subject == "what cannot be a name"


def test_what_is_typed_with_spaces_is_no_name_and_is_not_repeated() -> None:
    tries("my long secret passphrase")
    assert "passphrase" not in told("sign_in.failed")[0].subject


STEPS = st.lists(st.tuples(st.sampled_from([*"abcdef"]), st.sampled_from([HERE, THERE])), max_size=45)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_no_order_of_failures_gets_one_more_try_under_a_name_or_from_an_address(steps: Sequence[Any]) -> None:
    AccessAttempt.objects.all().delete()
    names: dict[Any, int] = {}
    for name, visit in steps:
        shut = names.get(name, 0) >= 5 or names.get(visit, 0) >= 20
        outcome = tries(name, visit=visit)
        if shut:
            assert outcome == "locked"
            continue
        names[name], names[visit] = names.get(name, 0) + 1, names.get(visit, 0) + 1
        assert outcome == ("locked" if names[name] == 5 or names[visit] == 20 else "wrong")


def test_locks_are_listed_and_released_by_name_and_by_address() -> None:
    for name in ("ada", "alan", "kurt", "emmy"):
        fails(name, 5)
    shut = {(lock.by, lock.value) for lock in sign_ins.locks(database_clock())}
    assert {("name", "ada"), ("name", "emmy"), ("address", "192.0.2.1")} < shut
    assert sign_ins.release(name="ada", clock=database_clock) == 5
    assert "address" not in {lock.by for lock in sign_ins.locks(database_clock())}
    assert sign_ins.release(address="192.0.2.1", clock=database_clock) == 15
    assert sign_ins.locks(database_clock()) == []
