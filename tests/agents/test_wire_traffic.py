"""Many calls at once, large answers, slow readers, and prints that stay off the wire."""

import subprocess
import sys
import threading
import time

import pytest

from tests.agents.wire_client import CALL, ROOT, assert_served, started, wait_for
from tests.clients.raw import RawClient, Silence

pytestmark = pytest.mark.usefixtures("spare_servers")


def test_prints_children_and_logging_stay_off_the_wire() -> None:
    with started() as client:
        assert client.call("noise").text == repr(""), "a tool reading stdin sees its end"
        client.close()  # raises Noise if anything else came, at exit too
        for phrase in (
            "printed before the claim",
            "printed before serving",
            "printed while serving",
            "written without a newline",
            "echoed by a child",
            "written to fd 1",
            "logged",
        ):
            assert phrase in client.stderr


def test_claiming_imports_nothing_outside_the_standard_library_and_twice_is_once() -> None:
    script = (
        "import sys; from agents import wire; wire_1 = wire.claim(); assert wire.claim() is wire_1\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(name for name in foreign if not name.startswith(('__', '_virtualenv', 'sitecustomize'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "mcp" not in done.stderr and "pydantic" not in done.stderr and "anyio" not in done.stderr


def test_200_concurrent_calls_take_as_long_as_one(client: RawClient) -> None:
    before = time.monotonic()
    ids = [client.call_nowait("sleep", seconds=0.3) for _ in range(200)]
    assert all(client.wait(id).text == "done" for id in ids)
    assert time.monotonic() - before < 1.5


def test_more_calls_than_are_allowed_in_flight_are_all_answered(client: RawClient) -> None:
    writing = threading.Thread(
        target=client.send_line,
        args=(b"\n".join(CALL % (b"%d" % n, b"sleep", b'{"seconds":0.1}') for n in range(-1500, 0)),),
    )
    writing.start()
    assert all(client.wait(n, timeout=20).text == "done" for n in range(-1500, 0))
    writing.join()


def test_a_cancelled_call_is_cancelled_unanswered_and_frees_its_id(client: RawClient) -> None:
    seen = client.stderr.count("sleep cancelled")
    id = client.call_nowait("sleep", seconds=30)
    assert_served(client)
    client.notify("notifications/cancelled", {"requestId": id})
    wait_for(lambda: client.stderr.count("sleep cancelled") == seen + 1)
    with pytest.raises(Silence):
        client.answer(id, timeout=0.1)
    client.send_line(CALL % (b"%d" % id, b"sleep", b'{"seconds":0}'))
    assert client.wait(id).text == "done"


def test_a_large_answer_arrives_whole(client: RawClient) -> None:
    assert client.call("big", characters=3_000_000).text == "é" * 3_000_000


def test_a_slow_reader_gets_everything_in_whole_lines(client: RawClient) -> None:
    client.pause_reading()
    ids = [client.call_nowait("big", characters=200_000) for _ in range(50)]
    time.sleep(0.3)
    client.resume_reading()
    assert all(len(client.wait(id).text) == 200_000 for id in ids)
