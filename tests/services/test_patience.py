"""Nothing that an agent's login holds open keeps Echo waiting: it is looked past, and its session is ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from org.clock import database_clock
from org.models import AgentStatus, Presence
from org.services import memories, presences, transactions
from tasks import sweeper
from tests.people import acting
from tests.services.database import execute
from tests.services.test_logins import as_login
from tests.stack import Servers

pytestmark = pytest.mark.usefixtures("committed")
BEAT = "SELECT beat(gen_random_uuid(), %s, '1', 'here', 1)"


@pytest.fixture
def agent(servers: Servers) -> Iterator[psycopg.Connection[Any]]:
    """A session of the CTO's login, with SQL of its own."""
    session = psycopg.connect(**as_login(servers, connection.settings_dict["NAME"], "cto"))
    yield session
    session.close()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LONGEST_SECONDS", 0.2)


def fall_silent(*roles: str) -> None:
    for role in roles:
        execute(BEAT, role)
    execute("UPDATE presences SET last_heartbeat = last_heartbeat - interval '1 hour'")


def test_a_role_whose_row_is_held_is_looked_past_and_lost_the_next_time(agent: psycopg.Connection[Any]) -> None:
    fall_silent("ceo", "cto")
    agent.execute("SELECT beat(gen_random_uuid(), 'cto', '1', 'there', 2)")  # and does not commit
    began = time.monotonic()
    assert presences.lose_silent() == 1
    assert time.monotonic() - began < 5
    assert AgentStatus.objects.get(role="ceo").status == "error"
    agent.rollback()
    assert presences.lose_silent() == 1
    assert not Presence.objects.filter(ended_at=None).exists()


@pytest.mark.usefixtures("patience")
def test_a_transaction_of_an_agent_that_goes_on_is_ended(agent: psycopg.Connection[Any]) -> None:
    agent.execute("SET idle_in_transaction_session_timeout = 0")
    agent.commit()
    agent.execute(BEAT, ["cto"])
    time.sleep(0.4)
    assert transactions.end_long() == 1
    with pytest.raises(psycopg.OperationalError):
        agent.execute("SELECT 1")


@pytest.mark.usefixtures("patience")
def test_an_agent_that_asks_for_too_much_is_ended_too(agent: psycopg.Connection[Any]) -> None:
    agent.autocommit = True
    agent.execute("SET statement_timeout = 0")
    agent.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
    time.sleep(0.4)
    assert transactions.end_long() == 1
    agent.pgconn.get_result()
    with pytest.raises(psycopg.OperationalError):
        agent.execute("SELECT 1")


@pytest.mark.usefixtures("patience")
def test_nobody_else_is_ended_and_no_agent_that_only_listens(agent: psycopg.Connection[Any]) -> None:
    agent.autocommit = True
    agent.execute("SELECT 1")
    execute("BEGIN")
    time.sleep(0.4)
    assert transactions.end_long() == 0
    execute("ROLLBACK")
    assert agent.execute("SELECT 1").fetchone() == (1,)


def test_an_agents_login_begins_with_little_patience(agent: psycopg.Connection[Any]) -> None:
    shown = [agent.execute(f"SHOW {name}").fetchone() for name in ("statement_timeout", "idle_in_transaction_session_timeout")]  # fmt: skip  # noqa: E501
    assert shown == [("20s",), ("10s",)]


def test_a_step_of_the_sweeper_that_fails_is_told_and_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    done, told = [], []

    def poisoned() -> None:
        raise ValueError("a row nobody can read")

    def last() -> None:
        done.append(1)

    monkeypatch.setattr(sweeper, "STEPS", (poisoned, last))
    monkeypatch.setattr(sweeper.logger, "exception", lambda says, *about: told.append(says % about))
    sweeper.sweep()
    assert done == [1]
    assert told == ["poisoned could not be done"]


def test_an_agent_is_told_no_score_by_which_it_could_tell_what_others_wrote(agent: psycopg.Connection[Any]) -> None:
    for word in ("hetzner", "outage", "plans"):
        memories.remember(key=word, content=f"{word} " * 3, by=acting("ceo"), clock=database_clock)
    rows = agent.execute(
        "SELECT record, score FROM recall('cto', 'hetzner outage', ARRAY['memory'], '{}', '', NULL, NULL, 0, 9)"
    ).fetchall()
    assert [score for _, score in rows] == [0, 0]


def test_the_processes_of_a_role_are_bounded_and_those_there_are_go_on(agent: psycopg.Connection[Any]) -> None:
    execute(BEAT, "cto")
    execute(
        "INSERT INTO presences (id, kind, role, queues, version, host, pid, started_at, last_heartbeat, ended_at,"
        " ending)"
        " SELECT gen_random_uuid(), 'agent', 'cto', '{}', '1', 'here', 1, now(), now(), now(), 'clean'"
        " FROM generate_series(1, 10000)"
    )
    agent.autocommit = True
    with pytest.raises(psycopg.errors.RaiseException, match="the cto has had 10000 processes in the last days"):
        agent.execute(BEAT, ["cto"])
    [known] = Presence.objects.filter(role="cto", ended_at=None)
    agent.execute("SELECT beat(%s, 'cto', '1', 'here', 1)", [known.pk])
