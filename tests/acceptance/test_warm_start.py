"""Servers forked from a process that has everything imported: to their clients they are servers like any other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psutil
import pytest

from agents.registry import NAMES
from org.models import Call
from tests.acceptance.conftest import open_client
from tests.clients.raw import RawClient
from tests.stack import Organisation, Process, wait_until
from tests.warm import WarmStart

pytestmark = pytest.mark.cold  # this module has forkservers of its own


@pytest.fixture(scope="module")
def forkservers(warm_organisation: WarmStart, organisation: Organisation) -> Iterator[Callable[[], Process]]:
    """The one that serves, or another where a test has ended it."""
    started: list[Process] = []
    socket = warm_organisation.home.agents_socket

    def find() -> Process:
        if not started or started[-1].process.poll() is not None:
            socket.unlink(missing_ok=True)  # that of one that was killed
            started.append(organisation.start("forkserver", "manage.py", "forkserver"))
            wait_until(socket.exists, 30, started[-1].output())
        return started[-1]

    yield find
    for process in started:
        process.stop()


@pytest.fixture
def forkserver(forkservers: Callable[[], Process]) -> Iterator[Process]:
    process = forkservers()
    yield process
    process.send(signal.SIGCONT)
    wait_until(lambda: process.process.poll() is not None or not forks(process), 10, "the servers to end")


def forks(forkserver: Process) -> list[psutil.Process]:
    children = psutil.Process(forkserver.pid).children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_each_of_nine_clients_at_once_has_a_server_of_its_own(forkserver: Process, organisation: Organisation) -> None:
    with ExitStack() as stack:
        clients = {role: stack.enter_context(open_client(organisation, role)) for role in NAMES}
        for role, client in clients.items():
            assert client.initialize()["serverInfo"]["name"] == f"echo-{role}"
        assert len(forks(forkserver)) == len(NAMES)
        assert [clients[role].call("brief_me").structured["acted_as"] for role in NAMES] == list(NAMES)
        for client in clients.values():
            assert client.close() == 0
    wait_until(lambda: not forks(forkserver), 10, "the servers to end with their clients")


def test_a_call_knows_the_client_behind_the_fork(forkserver: Process, organisation: Organisation) -> None:
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
        ceo.call("propose_decision", decision_type="policy", title="Who asks", context="x")
    assert Call.objects.latest("created_at").client["pid"] == os.getpid()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_with_the_status_of_any_other(
    forkserver: Process, organisation: Organisation, number: signal.Signals
) -> None:
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
        [fork] = forks(forkserver)
        ceo.process.send_signal(number)
        assert ceo.process.wait(10) == 128 + number
        wait_until(lambda: has_ended(fork), 5, "the fork to end")


def test_a_client_that_kills_what_it_started_leaves_no_server_behind(
    forkserver: Process, organisation: Organisation
) -> None:
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
        [fork] = forks(forkserver)
        ceo.process.kill()
        wait_until(lambda: has_ended(fork), 10, "the fork to end")


def test_a_server_outlives_the_process_it_was_forked_from(forkserver: Process, organisation: Organisation) -> None:
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
        [fork] = forks(forkserver)
        forkserver.kill()
        assert ceo.call("brief_me").structured["acted_as"] == "ceo"
        ceo.close()
        wait_until(lambda: has_ended(fork), 10, "the fork to end")


def answers_without_a_fork(organisation: Organisation, forkserver: Process, **env: str) -> None:
    command = organisation.client_command("ceo")
    with RawClient.start(command, organisation.env | env, timeout=60) as ceo:
        ceo.initialize()
        assert ceo.call("brief_me").structured["acted_as"] == "ceo"
        assert not psutil.Process(forkserver.pid).children()


def test_a_client_with_other_settings_serves_itself(forkserver: Process, organisation: Organisation) -> None:
    answers_without_a_fork(organisation, forkserver, ECHO_PUBLIC_URL="https://echo.example")


def test_a_client_does_not_wait_for_a_process_that_hangs(forkserver: Process, organisation: Organisation) -> None:
    forkserver.send(signal.SIGSTOP)
    answers_without_a_fork(organisation, forkserver)
    forkserver.send(signal.SIGCONT)
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
        assert len(forks(forkserver)) == 1


def test_an_unknown_role_is_told_the_known_ones(forkserver: Process, organisation: Organisation) -> None:
    with open_client(organisation, "nobody") as client:
        assert client.process.wait(20) == 1
        wait_until(lambda: "there is no role 'nobody'" in client.stderr, 5, "the sentence")


def test_while_nobody_comes_it_sleeps(forkserver: Process, organisation: Organisation) -> None:
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
    wait_until(lambda: not forks(forkserver), 10, "the fork to end")
    process = psutil.Process(forkserver.pid)
    before = process.num_ctx_switches()
    time.sleep(1)
    after = process.num_ctx_switches()
    assert sum(after) - sum(before) < 10
    assert process.status() == psutil.STATUS_SLEEPING


def test_a_client_ends_while_the_process_it_was_forked_from_hangs(
    forkserver: Process, organisation: Organisation
) -> None:
    with open_client(organisation, "ceo") as ceo:
        ceo.initialize()
        forkserver.send(signal.SIGSTOP)
        assert ceo.close() == 0


def test_asking_for_help_is_not_asking_for_a_role(forkserver: Process, organisation: Organisation) -> None:
    asked = organisation.start("help", "manage.py", "mcp_agent", "--help")
    assert asked.process.wait(30) == 0
    assert not forks(forkserver)
