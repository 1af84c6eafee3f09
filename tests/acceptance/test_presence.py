"""Who is there: each process says so from its first use on; an end that is said is told apart from a silence."""

from __future__ import annotations

import json
import signal
import time
import uuid
from typing import Any

import pytest
from django.db import Error as DatabaseError

from agents import receipts
from org.clock import database_clock
from org.enums import AgentState
from org.models import AgentStatus, OutboxEvent, Presence
from org.services import presences
from tests.acceptance.conftest import Opens, open_client
from tests.clients.raw import RawClient
from tests.people import shift_clock
from tests.stack import Organisation, wait_until

VERSION, HOST = "1.0", "here"


def processes(**of: Any) -> list[tuple[bool, str | None]]:
    """Whether each is still there and else how it ended, the oldest first."""
    rows = Presence.objects.filter(**of).order_by("started_at")
    return [(row.ended_at is None, row.ending) for row in rows]


def status(role: str) -> str | None:
    row = AgentStatus.objects.filter(role=role).first()
    return row.status if row else None


def changes(role: str) -> list[str]:
    rows = OutboxEvent.objects.filter(channel="agents:status", payload__role=role).order_by("id")
    return [row.payload["status"] for row in rows]


def use(client: RawClient) -> None:
    client.call("brief_me")


def test_a_server_that_is_used_is_there_until_its_client_goes(office: Organisation, client: Opens) -> None:
    cto = client("cto")
    use(cto)
    wait_until(lambda: status("cto") == AgentState.RUNNING, 5)
    assert processes(role="cto") == [(True, None)]
    cto.close()
    assert (status("cto"), processes(role="cto")) == (AgentState.STOPPED, [(False, "clean")])
    assert changes("cto") == ["running", "stopped"]


def test_a_signal_is_a_clean_end_too(client: Opens) -> None:
    cto = client("cto")
    use(cto)
    wait_until(lambda: status("cto") == AgentState.RUNNING, 5)
    cto.process.send_signal(signal.SIGTERM)
    cto.wait_for_exit()
    assert processes(role="cto") == [(False, "clean")]


def test_of_two_processes_the_last_one_counts(client: Opens) -> None:
    first, second = client("cto"), client("cto")
    for each in (first, second):
        use(each)
    wait_until(lambda: len(processes(role="cto")) == 2, 5)
    first.close()
    assert status("cto") == AgentState.RUNNING
    second.close()
    assert (status("cto"), changes("cto")) == (AgentState.STOPPED, ["running", "stopped"])


def test_a_probe_leaves_no_trace_and_ends_nothing(office: Organisation, client: Opens) -> None:
    cto = client("cto")
    use(cto)
    wait_until(lambda: status("cto") == AgentState.RUNNING, 5)
    with open_client(office, "cto") as probe:
        probe.initialize()
        probe.request("tools/list")
        probe.request("resources/list")
    assert processes(role="cto") == [(True, None)]
    assert status("cto") == AgentState.RUNNING


def test_a_client_that_stays_is_there_without_asking_for_anything(client: Opens) -> None:
    client("cto")
    time.sleep(5)
    assert processes() == []
    wait_until(lambda: processes(role="cto") == [(True, None)], 15)


@pytest.mark.cold
def test_a_killed_server_is_lost_once_it_was_silent_for_half_a_minute(office: Organisation, client: Opens) -> None:
    killed, other = client("cto"), client("cto")
    for each in (killed, other):
        use(each)
    wait_until(lambda: len(processes(role="cto")) == 2, 5)
    killed.kill()
    assert presences.lose_silent() == 0
    shift_clock(seconds=20)
    shifted = database_clock()
    wait_until(lambda: Presence.objects.filter(last_heartbeat__gt=shifted).exists(), 15, "the other's next heartbeat")
    shift_clock(seconds=11)
    assert presences.lose_silent() == 1
    assert sorted(processes(role="cto"), key=str) == [(False, "lost"), (True, None)]
    assert (status("cto"), changes("cto")) == (AgentState.RUNNING, ["running"]), "the other one is still there"


def beat(role: str, process: uuid.UUID) -> None:
    receipts.beat(role, process, VERSION, HOST, 1, {})


def test_a_role_whose_last_process_fell_silent_is_in_error_until_one_is_back(committed: str) -> None:
    process = uuid.uuid4()
    beat("cto", process)
    seen = AgentStatus.objects.get(role="cto").last_heartbeat
    shift_clock(seconds=31)
    assert presences.lose_silent() == 1
    assert processes(role="cto") == [(False, "lost")]
    assert (status("cto"), changes("cto")) == (AgentState.ERROR, ["running", "error"])
    assert AgentStatus.objects.get(role="cto").last_heartbeat == seen, "last seen is when it was"
    beat("cto", process)  # a laptop that slept
    assert processes(role="cto") == [(True, None)]
    assert changes("cto") == ["running", "error", "running"]


def test_who_ended_as_it_should_is_not_lost_later(committed: str) -> None:
    process = uuid.uuid4()
    beat("cto", process)
    receipts.leave("cto", process)
    receipts.leave("cto", process)
    shift_clock(seconds=60)
    assert presences.lose_silent() == 0
    assert changes("cto") == ["running", "stopped"]


def test_nobody_beats_or_ends_as_anothers_process(committed: str) -> None:
    process = uuid.uuid4()
    beat("cto", process)
    with pytest.raises(DatabaseError, match="another's"):
        beat("ceo", process)
    receipts.leave("ceo", process)
    assert processes(role="cto") == [(True, None)]
    assert processes(role="ceo") == []


def test_each_heartbeat_is_told_on_the_bus(committed: str) -> None:
    process = uuid.uuid4()
    beat("cto", process)
    beat("cto", process)
    told = [row.payload for row in OutboxEvent.objects.filter(channel="agents:heartbeat").order_by("id")]
    assert [each["process"] for each in told] == [str(process)] * 2
    assert set(told[0]) == {"role", "process", "version", "last_heartbeat"}


def test_what_ended_long_ago_is_forgotten(committed: str) -> None:
    ended, there = uuid.uuid4(), uuid.uuid4()
    beat("cto", ended)
    receipts.leave("cto", ended)
    shift_clock(days=8)
    beat("cto", there)
    assert presences.forget_ended(database_clock) == 1
    assert [row.pk for row in Presence.objects.all()] == [there]


def test_a_worker_is_there_for_its_queues(office: Organisation) -> None:
    worker, other = office.start_worker("ceo", "cto"), office.start_worker("cto")
    wait_until(lambda: len(processes(kind="worker")) == 2, 10)
    assert sorted(sorted(row.queues) for row in Presence.objects.all()) == [["ceo", "cto"], ["cto"]]
    worker.stop()
    wait_until(lambda: sorted(processes(kind="worker"), key=str) == [(False, "clean"), (True, None)], 10)
    other.kill()
    shift_clock(seconds=31)
    assert presences.lose_silent() == 1
    assert sorted(processes(kind="worker"), key=str) == [(False, "clean"), (False, "lost")]


def test_the_status_resource_tells_who_is_there(office: Organisation, client: Opens) -> None:
    office.start_worker("cto")
    cto, chro = client("cto"), client("chro")
    use(chro)
    chro.close()
    use(cto)
    wait_until(lambda: status("cto") == AgentState.RUNNING, 5)
    wait_until(lambda: Presence.objects.filter(kind="worker").exists(), 10)
    [shown] = cto.request("resources/read", {"uri": "echo://status"})["contents"]
    told = json.loads(shown["text"])
    roles = {row["role"]: row for row in told["roles"]}
    assert (roles["cto"]["status"], roles["cto"]["processes"], roles["cto"]["workers"]) == ("running", 1, 1)
    assert (roles["chro"]["status"], roles["chro"]["processes"], roles["chro"]["workers"]) == ("stopped", 0, 0)
    assert roles["chro"]["last_seen_at"] and roles["ceo"]["last_seen_at"] is None
    assert told["spending_frozen"] is None


def test_whoever_follows_the_status_hears_of_changes_and_of_no_heartbeat(office: Organisation, client: Opens) -> None:
    office.start_sweeper()
    cto = client("cto")
    use(cto)
    wait_until(lambda: status("cto") == AgentState.RUNNING, 5)
    cto.request("resources/subscribe", {"uri": "echo://status"})
    time.sleep(11)  # a heartbeat of its own
    assert cto.notifications == []
    chro = client("chro")
    use(chro)
    assert cto.receive_notification("notifications/resources/updated", 10)["uri"] == "echo://status"
