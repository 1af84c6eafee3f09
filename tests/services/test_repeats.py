"""Storing a call: which repeat is the same call, and which is a new one."""

import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection

from org import audit
from org.actors import Actor
from org.acts import Act
from org.changes import Change
from org.clock import database_clock
from org.enums import CallStatus
from org.errors import Refused
from org.models import Call, Login
from org.services import calls
from tests.people import racers, shift_clock, store
from tests.services.database import execute, refused

ARGUMENTS = '{"budget": 750000, "initiative": "AI lab"}'
Tool = Callable[[Call], object]


def changes(call: Call) -> object:
    audit.record(Act.begin(Actor.role(call), database_clock), "something.done", "D-0", Change(None, {}))
    return {}


def refuses(call: Call) -> object:
    raise Refused("rule", "No.", "Leave it.")


def breaks(call: Call) -> object:
    raise ZeroDivisionError


def looks(call: Call) -> object:
    return {}


def run(tool: Tool) -> None:
    """A worker takes the waiting call."""
    claimed = calls.claim(["ceo"], "worker")
    assert claimed
    try:
        calls.perform(claimed, tool, database_clock)
    except ZeroDivisionError:
        calls.fail(claimed, "broke", database_clock)


def again(
    *, effect: str = "creates", key: str | None = None, arguments: str = ARGUMENTS, role: str = "ceo"
) -> tuple[str, uuid.UUID]:
    return store(role, "approve_strategic_initiative", arguments, effect=effect, key=key)


@pytest.mark.django_db
class TestWithoutAKey:
    def test_a_repeat_of_a_waiting_call_is_that_call(self) -> None:
        _, first = again()
        assert again() == ("repeated", first)

    def test_a_repeat_of_a_running_call_is_that_call(self) -> None:
        _, first = again()
        calls.claim(["ceo"], "worker")
        assert again() == ("repeated", first)

    def test_a_repeat_of_a_call_that_changed_something_is_that_call(self) -> None:
        _, first = again()
        run(changes)
        assert again() == ("repeated", first)

    @pytest.mark.parametrize("tool", [refuses, breaks, looks])
    def test_a_call_that_changed_nothing_is_judged_anew(self, tool: Tool) -> None:
        _, first = again()
        run(tool)
        outcome, second = again()
        assert (outcome, second != first) == ("stored", True)

    def test_a_call_taken_back_is_no_first_call(self) -> None:
        _, first = again()
        with connection.cursor() as cursor:
            cursor.execute("SELECT cancel_call(%s, 'ceo')", [first])
        assert again()[0] == "stored"

    def test_after_ten_minutes_the_same_is_new(self) -> None:
        again()
        run(changes)
        shift_clock(minutes=11)
        assert again()[0] == "stored"

    def test_the_order_and_spacing_of_arguments_do_not_matter(self) -> None:
        _, first = again()
        assert again(arguments='{ "initiative":"AI lab","budget":750000 }') == ("repeated", first)

    def test_other_arguments_roles_or_tools_are_other_calls(self) -> None:
        again()
        assert again(arguments='{"budget": 750001, "initiative": "AI lab"}')[0] == "stored"
        assert again(role="cto")[0] == "stored"
        assert store("ceo", "allocate_budget", ARGUMENTS, effect="creates")[0] == "stored"

    def test_what_merely_sets_is_done_each_time(self) -> None:
        """A vote for A, then B, then A ends at A."""
        _, first = again(effect="sets")
        run(changes)
        outcome, second = again(effect="sets")
        assert (outcome, second != first) == ("stored", True)


@pytest.mark.django_db
class TestWithAKey:
    def test_a_fresh_key_does_it_again_on_purpose(self) -> None:
        _, first = again()
        run(changes)
        outcome, second = again(key="once more")
        assert (outcome, second != first) == ("stored", True)

    @pytest.mark.parametrize("effect", ["creates", "sets"])
    def test_the_same_key_is_the_same_call(self, effect: str) -> None:
        _, first = again(key="k", effect=effect)
        run(changes)
        assert again(key="k", effect=effect) == ("repeated", first)

    def test_the_same_key_for_other_arguments_is_a_conflict(self) -> None:
        _, first = again(key="k")
        assert again(key="k", arguments="{}") == ("conflict", first)
        run(refuses)
        assert again(key="k", arguments="{}") == ("conflict", first)

    def test_a_key_is_its_roles_own(self) -> None:
        again(key="k")
        assert again(key="k", role="cto", arguments="{}")[0] == "stored"

    def test_a_key_whose_call_changed_nothing_passes_on(self) -> None:
        _, first = again(key="k")
        run(refuses)
        outcome, second = again(key="k")
        assert (outcome, second != first) == ("stored", True)
        assert again(key="k") == ("repeated", second)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "effect"), [(None, "sets"), ("ceo", "reads"), ("ceo", "whatever")])
def test_a_call_needs_a_role_and_an_effect(role: str | None, effect: str) -> None:
    with refused("needs a role"):
        execute("SELECT store_call(%s, %s, 'x', %s, '{}', NULL, '{}')", uuid.uuid4(), role, effect)


@pytest.mark.django_db
def test_a_login_of_a_role_acts_for_that_role_whatever_it_asks() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        Login.objects.create(login=cursor.fetchone()[0], role="test_lead")
    _, call_id = store("ceo", "approve_strategic_initiative", ARGUMENTS)
    assert Call.objects.get(pk=call_id).role == "test_lead"


def test_ten_identical_calls_at_once_are_one_call(committed: str) -> None:
    with racers(10) as crowd:
        for number in range(20):
            arguments = f'{{"initiative": "Lab {number}"}}'
            outcomes = crowd.race([lambda arguments=arguments: again(arguments=arguments)] * 10)
            assert sorted(outcome[0] for outcome in outcomes if isinstance(outcome, tuple)) == ["repeated"] * 9 + [
                "stored"
            ]
            assert len({outcome[1] for outcome in outcomes if isinstance(outcome, tuple)}) == 1
    assert Call.objects.filter(status=CallStatus.QUEUED).count() == 20


def test_ten_calls_under_one_key_at_once_are_one_call(committed: str) -> None:
    with racers(10) as crowd:
        for number in range(20):
            key = f"key {number}"
            deeds = [lambda key=key, n=n: again(key=key, arguments=f'{{"n": {n % 2}}}') for n in range(10)]
            found = [outcome[0] for outcome in crowd.race(deeds) if isinstance(outcome, tuple)]
            assert sorted(found) == ["conflict"] * 5 + ["repeated"] * 4 + ["stored"]
    assert Call.objects.count() == 20


def forestall(id: uuid.UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT forestall_call(%s, 'ceo', 'allocate_budget')", [id])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_call_that_arrives_after_it_was_given_up_is_not_stored() -> None:
    late = uuid.uuid4()
    assert forestall(late)
    with refused("calls_pkey", IntegrityError):
        execute("SELECT * FROM store_call(%s, 'ceo', 't', 'sets', '{}', NULL, '{}')", late)
    assert Call.objects.get(pk=late).status == CallStatus.CANCELLED


@pytest.mark.django_db
def test_a_stored_call_that_is_given_up_is_taken_back_unless_a_worker_has_it() -> None:
    waiting, taken = uuid.uuid4(), uuid.uuid4()
    for id in (waiting, taken):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM store_call(%s, 'ceo', %s, 'sets', '{}', NULL, '{}')", [id, str(id)])
    Call.objects.filter(pk=taken).update(status=CallStatus.RUNNING, attempt=1, lease_until=database_clock())
    assert forestall(waiting)
    assert not forestall(taken)
