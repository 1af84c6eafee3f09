"""How serving ends: at the end of input, by a signal, or when nobody reads us."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.agents.wire_client import CALL, COMMAND, ENV, HELLO, PING, ROOT, assert_served, start, started, wait_for
from tests.clients.raw import Noise

SOON = 10  # seconds, on a busy machine; the tools that are cut short take thirty

pytestmark = pytest.mark.usefixtures("spare_servers")


def test_a_reader_that_stays_away_ends_the_server() -> None:
    client = started(WIRE_STALL="0.3")
    client.pause_reading()
    for _ in range(3):
        client.call_nowait("big", characters=200_000)
    assert client.process.wait(4) == 141
    with pytest.raises(Noise):  # a torn line: the rest of an answer was never taken
        client.wait_for_exit()
    assert "read nothing for 0.3 seconds" in client.stderr and "lifespan left" in client.stderr


def test_a_client_that_closes_our_output_ends_the_server() -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=ENV, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdin and process.stderr
    process.stdin.write(HELLO)
    assert b'"id":0' in os.read(reading, 65536)
    assert os.get_blocking(writing), "who shares the pipe with us, as a shell its terminal, still blocks on it"
    os.close(writing)
    os.close(reading)
    process.stdin.write(PING + b"\n")
    assert process.wait(4) == 141
    assert b"lifespan left" in process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_an_idle_server_cleanly(number: signal.Signals) -> None:
    with started() as client:
        client.call_nowait("sleep", seconds=30)
        assert_served(client)
        before = time.monotonic()
        client.process.send_signal(number)
        assert client.wait_for_exit() == 128 + number
        assert time.monotonic() - before < SOON
        assert "sleep cancelled" in client.stderr and "lifespan left" in client.stderr


def test_a_signal_ends_a_server_that_is_still_starting() -> None:
    with start(WIRE_SLOW_START="30") as client:
        wait_for(lambda: "lifespan entering" in client.stderr)
        client.process.send_signal(signal.SIGTERM)
        before = time.monotonic()
        assert client.wait_for_exit() == 143
        assert time.monotonic() - before < SOON


def test_a_signal_ends_a_server_whose_tool_does_not_yield() -> None:
    with started() as thread_blocked, started() as loop_blocked:
        thread_blocked.call_nowait("block", seconds=30)
        loop_blocked.call_nowait("stick", seconds=30)
        time.sleep(0.2)
        before = time.monotonic()
        for client in thread_blocked, loop_blocked:
            client.process.send_signal(signal.SIGTERM)
        assert thread_blocked.wait_for_exit() == loop_blocked.wait_for_exit() == 143
        assert 1.0 < time.monotonic() - before < SOON


def test_the_end_of_input_ends_an_idle_server_at_once() -> None:
    with started() as client:
        assert_served(client)
        before = time.monotonic()
        assert client.close() == 0
        assert time.monotonic() - before < 0.9  # the linger is a second
        assert "ended its input" in client.stderr and "lifespan left" in client.stderr


def test_a_call_that_outlasts_the_linger_is_cancelled_and_told_so() -> None:
    with started() as client:
        id = client.call_nowait("sleep", seconds=30)
        before = time.monotonic()
        assert client.close() == 0
        assert 0.9 < time.monotonic() - before < SOON
        assert client.answer(id)["error"]["code"] == -32000
        assert "sleep cancelled" in client.stderr and "lifespan left" in client.stderr


def test_a_signal_during_the_linger_ends_it() -> None:
    with started() as client:
        client.call_nowait("sleep", seconds=30)
        assert client.process.stdin
        client.process.stdin.close()
        wait_for(lambda: "ended its input" in client.stderr)
        client.process.send_signal(signal.SIGTERM)
        before = time.monotonic()
        assert client.wait_for_exit() == 143
        assert time.monotonic() - before < 0.9  # the linger is a second


SCRIPT = HELLO + CALL % (b"1", b"sleep", b'{"seconds":0.2}') + b"\n" + CALL % (b"2", b"echo", b'{"usd":1.0}')


def assert_script_answered(output: bytes) -> None:
    answers = {answer["id"]: answer["result"] for answer in map(json.loads, output.splitlines())}
    assert sorted(answers) == [0, 1, 2]
    assert answers[2]["structuredContent"] == {"usd": "NumberLiteral 1.0"}


def test_a_script_is_answered_to_its_last_line_without_newline_and_with_calls_in_flight_at_its_end() -> None:
    with start() as client:
        assert client.process.stdin
        client.process.stdin.write(SCRIPT)
        assert client.close() == 0
        assert client.answer(0)["result"]["protocolVersion"] == "2025-06-18"
        assert client.wait(1).text == "done"
        assert client.wait(2).structured == {"usd": "NumberLiteral 1.0"}


def test_files_serve_as_input_and_output(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(SCRIPT)
    with (tmp_path / "in").open("rb") as script, (tmp_path / "out").open("wb") as output:
        subprocess.run(COMMAND, cwd=ROOT, env=ENV, stdin=script, stdout=output, timeout=30, check=True)
    assert_script_answered((tmp_path / "out").read_bytes())


def test_sockets_serve_as_input_and_output_as_under_node() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(COMMAND, cwd=ROOT, env=ENV, stdin=theirs.fileno(), stdout=theirs.fileno())
        ours.sendall(SCRIPT)
        ours.shutdown(socket.SHUT_WR)
        output = b"".join(iter(lambda: ours.recv(65536), b""))
        assert process.wait(30) == 0
    assert_script_answered(output)
