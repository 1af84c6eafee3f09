"""Codes and passwords tried by many at the same moment, over connections of their own."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from axes.models import AccessAttempt

from org.models import Member
from org.services.factors import APP, RECOVERY
from org.services.sign_ins import Busy, Visit
from tests import authenticator
from tests.people import PASSWORD, board_member, racers
from tests.services.test_factors import tries as tries_code
from tests.services.test_sign_ins import HERE, quick_passwords, told, tries  # noqa: F401
from tests.stack import Servers


@pytest.mark.parametrize("makes", [lambda ada, codes: authenticator.next_code(ada), lambda ada, codes: codes[0]])
def test_of_many_at_once_one_uses_a_code(committed: str, makes: Callable[[Member, list[str]], str]) -> None:
    ada = board_member()
    shown = makes(ada, authenticator.enrol(ada))
    with racers(6) as crowd:
        results = crowd.race([lambda: tries_code(ada, shown)] * 6)
    assert len([result for result in results if result in (APP, RECOVERY)]) == 1, results


@pytest.mark.parametrize("by_address", [False, True])
def test_of_many_guesses_at_once_no_more_are_tried_than_lock(committed: str, by_address: bool) -> None:
    board_member("ada")
    with racers(25) as crowd:
        guesses = [
            lambda n=n: tries(f"name{n}" if by_address else "ada", visit=HERE if by_address else Visit(f"192.0.2.{n}"))
            for n in range(25)
        ]
        crowd.race(guesses)
    tried = 20 if by_address else 5
    assert sum(AccessAttempt.objects.values_list("failures_since_start", flat=True)) == tried
    assert len(told("sign_in.failed")) == tried
    assert len(told("sign_in.locked")) == 1


def test_who_comes_while_others_try_the_same_name_is_told_to_wait(servers: Servers, committed: str) -> None:
    board_member("ada")
    with psycopg.connect(servers.database_url(committed)) as other:
        other.execute("SELECT take_turns(ARRAY[bucket('name ada')])")
        with pytest.raises(Busy, match="in a moment"):
            tries("ada", PASSWORD)
    assert tries("ada", PASSWORD) == "in"
    assert not AccessAttempt.objects.exists()
