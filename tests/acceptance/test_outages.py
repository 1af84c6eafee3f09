"""Without Redis, and after PostgreSQL's connections were cut: slower perhaps, never wrong."""

import sys
import time

import pytest

from org.enums import CallStatus
from org.models import Call, Decision, OutboxEvent
from tests.acceptance.conftest import open_client
from tests.clients.raw import RawClient, RpcError
from tests.conftest import use_database
from tests.cuts import CuttingProxy
from tests.stack import ROOT, Organisation, Servers, wait_until

MOST_SECONDS = 60
NOWHERE = "unix:///nonexistent/valkey.sock?db=0"


def approve(ceo: RawClient, initiative: str) -> str:
    answer = ceo.call("approve_strategic_initiative", initiative=initiative, business_value="x", budget=1_000)
    return answer.text if answer.is_error else str(answer.structured["status"])


def test_without_redis_calls_are_answered_and_what_is_told_waits(servers: Servers, committed: str) -> None:
    office = Organisation(servers, committed, redis_url=NOWHERE)
    try:
        office.start_worker("ceo", threads=2, awaited=False)
        office.start_sweeper()
        with open_client(office, "ceo") as ceo:
            ceo.initialize()
            wait_until(lambda: approve(ceo, f"Warm up {time.monotonic()}") == "approved", MOST_SECONDS, "the worker")
            done = Decision.objects.count()
            began = time.monotonic()
            for number in range(5):
                assert approve(ceo, f"Lab {number}") == "approved"
            assert time.monotonic() - began < 15
        assert Decision.objects.count() == done + 5
        assert not Call.objects.filter(status__in=[CallStatus.QUEUED, CallStatus.RUNNING]).exists()
        assert OutboxEvent.objects.exists()
        assert not OutboxEvent.objects.filter(published_at__isnull=False).exists()
    finally:
        office.stop()


def test_after_a_cut_of_every_connection_calls_work_again_and_nothing_is_doubled(
    servers: Servers, organisation: Organisation, ceo: RawClient
) -> None:
    for number in range(2):
        assert approve(ceo, f"Before {number}") == "approved"
        use_database(organisation.database)  # the cut is for Echo's connections, not for this test's own
        servers.run_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = '{organisation.database}' AND pid <> pg_backend_pid()"
        )
        after = f"After {number}"
        wait_until(lambda title=after: approve(ceo, title) == "approved", 20, "a call after the cut")
        wait_until(lambda: not ceo.call("brief_me").is_error, 20, "a brief after the cut")
    assert Decision.objects.filter(title__regex="^(Before|After) ").count() == 4


def test_a_database_that_is_away_is_said_and_nothing_was_done(servers: Servers) -> None:
    office = Organisation(servers, "nowhere", database_url=servers.database_url("no_such_database"))
    with open_client(office, "ceo") as ceo:
        assert ceo.initialize()["serverInfo"]["name"] == "echo-ceo"
        said = approve(ceo, "Nowhere")
        assert "PostgreSQL is not reachable" in said
        assert "Nothing was done" in said
        assert ceo.request("tools/list")["tools"]


def test_twenty_calls_in_flight_over_four_workers_fit_exactly_what_fits(
    organisation: Organisation, ceo: RawClient
) -> None:
    """All for one initiative, each with a key of its own; the limit holds three."""
    calls = 20
    others = [organisation.start_worker("ceo") for _ in range(3)]
    requests = [
        ceo.call_nowait(
            "approve_strategic_initiative",
            initiative="Rush",
            business_value="x",
            budget=300_000,
            idempotency_key=f"rush {n}",
        )
        for n in range(calls)
    ]
    answers = [ceo.wait(request).structured for request in requests]
    assert sorted(answer["status"] for answer in answers) == ["approved"] * 3 + ["escalated"] * (calls - 3)
    assert not Call.objects.filter(status=CallStatus.FAILED).exists()
    assert len(set(Call.objects.filter(role="ceo").values_list("worker", flat=True)) - {""}) > 1
    for worker in others:
        worker.stop()


def test_why_the_stack_cannot_start_reaches_the_model() -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "mcp_agent", "ceo"]
    with RawClient.start(command, {"ECHO_HOME": "/dev/null/x", "ECHO_ENV_FILE": ""}, timeout=60) as client:
        client.initialize()
        answer = client.call("brief_me")
    assert "Traceback" not in client.stderr
    assert answer.is_error
    assert "/dev/null/x" in answer.text
    assert "Set ECHO_HOME" in answer.text
    assert "Nothing was done" in answer.text


def test_while_postgresql_is_away_a_look_says_nothing_of_earlier_calls(servers: Servers, committed: str) -> None:
    proxy = CuttingProxy(servers.home.sockets)
    office = Organisation(servers, committed, database_url=f"postgresql://echo@/{committed}?host={proxy.folder}")
    try:
        office.start_worker("ceo")
        with open_client(office, "ceo") as ceo:
            ceo.initialize()
            assert approve(ceo, "Lab") == "approved"
            proxy.close()
            servers.run_sql(
                f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{committed}'"
            )
            for tool, arguments in (("wait_for", {"id": "C-1"}), ("brief_me", {})):
                said = ceo.call(tool, **arguments)
                assert said.is_error
                assert "what became of earlier calls is not known from this" in said.text
            asked = {"ref": {"type": "ref/prompt", "name": "briefing"}, "argument": {"name": "focus", "value": ""}}
            looks = [
                ceo.request_nowait("resources/read", {"uri": "echo://inbox"}),
                ceo.request_nowait("prompts/get", {"name": "briefing"}),
                ceo.request_nowait("completion/complete", asked),
            ]
            for look in looks:
                with pytest.raises(RpcError, match="nothing could be read"):
                    ceo.result(look)
            assert ceo.request("prompts/list")["prompts"]
            assert "Nothing was done" in approve(ceo, "Other")
        assert ceo.stderr.count("PostgreSQL is away") == 1, "an outage is one line"
        assert not any(noise in ceo.stderr for noise in ("Traceback", "psycopg.pool"))
    finally:
        office.stop()
    use_database(committed)
    assert Decision.objects.count() == 1


@pytest.mark.timeout(180)
def test_a_postgresql_that_hangs_is_said_in_time_and_what_nobody_waits_for_is_not_done_later(
    servers: Servers, committed: str
) -> None:
    proxy = CuttingProxy(servers.home.sockets)
    office = Organisation(servers, committed, database_url=f"postgresql://echo@/{committed}?host={proxy.folder}")
    try:
        with open_client(office, "ceo") as ceo:
            ceo.initialize()
            assert "No worker" in approve(ceo, "Before")
            with proxy.silence():
                deciding = ceo.call_nowait(
                    "approve_strategic_initiative", initiative="Hung", business_value="x", budget=1000
                )
                reading = ceo.call_nowait("brief_me")
                told = ceo.wait(deciding, timeout=50)
                assert told.is_error
                assert "is not known" in told.text
                assert "wait_for" in told.text
                assert "could be read" in ceo.wait(reading, timeout=50).text
            wait_until(lambda: not ceo.call("brief_me").is_error, 30, "a brief after the silence")
            office.start_worker("ceo")
            wait_until(lambda: approve(ceo, "After") == "approved", 30, "a decision after the silence")
    finally:
        office.stop()
        proxy.close()
    use_database(committed)
    assert not Decision.objects.filter(title="Hung").exists()
