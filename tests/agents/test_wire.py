"""The stdio transport, as a client sees it: one real process at the other end of three pipes."""

import copy
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.wire import NumberLiteral
from agents.wire_lines import Lines, Refusal
from tests.clients.raw import MODERN_META, Noise, RawClient, RpcError, Silence

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.agents.wire_server"]
QUIET = {"PYTHONUNBUFFERED": ""}  # set, it would write the server's first print before the claim could catch it
ENV = os.environ | QUIET
CALL = b'{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"%s","arguments":%s}}'
PING = b'{"jsonrpc":"2.0","id":"ping","method":"ping"}'
HELLO = (
    b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"script","version":"1"}}}\n'
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
)


spares: deque[RawClient] = deque()  # booting while other tests run: importing the SDK is most of a test's time


def start(**env: str) -> RawClient:
    if env or not spares:
        return RawClient.start(COMMAND, QUIET | env, cwd=ROOT)
    spares.append(RawClient.start(COMMAND, QUIET, cwd=ROOT))
    return spares.popleft()


def started(**env: str) -> RawClient:
    client = start(**env)
    client.initialize()
    return client


def wait_for(condition: Any, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(scope="module", autouse=True)
def keep_spares() -> Iterator[None]:
    spares.extend(RawClient.start(COMMAND, QUIET, cwd=ROOT) for _ in range(3))
    yield
    while spares:
        spares.pop().kill()


@pytest.fixture(scope="module")
def modern_client() -> Iterator[RawClient]:
    with start() as client:
        client.modern = True
        yield client


@pytest.fixture(scope="module")
def client() -> Iterator[RawClient]:
    """Shared by the tests that leave the server as they found it."""
    with started() as client:
        yield client


def refused(client: RawClient, line: bytes) -> tuple[int, Any, str]:
    """Code, id and message of the one answer to this line; the next line is served."""
    client.send_line(line)
    answer = client.receive()
    assert_served(client)
    return answer["error"]["code"], answer["id"], answer["error"]["message"]


def assert_unanswered(client: RawClient, line: bytes) -> None:
    client.send_line(line)
    assert_served(client)


def assert_served(client: RawClient) -> None:
    client.send_line(PING)
    assert client.receive() == {"jsonrpc": "2.0", "id": "ping", "result": {}}


def echoed(client: RawClient, arguments: bytes) -> Any:
    client.send_line(CALL % (b'"echo"', b"echo", arguments))
    return client.wait("echo").structured


# Protocol versions


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-11-25"])  # `client` speaks 2025-06-18
def test_each_handshake_version_is_served(version: str) -> None:
    with start() as client:
        assert client.initialize(version)["protocolVersion"] == version
        assert client.call("echo", word="a").structured == {"word": "a"}


def test_the_version_without_handshake_is_served(modern_client: RawClient) -> None:
    assert modern_client.request("server/discover")["supportedVersions"] == ["2026-07-28"]
    assert modern_client.call("echo", word="a").structured == {"word": "a"}
    with pytest.raises(RpcError) as refusal:
        modern_client.initialize()
    assert refusal.value.code == -32022


# Lines that are refused


@pytest.mark.parametrize(
    ("line", "code", "id", "reason"),
    [
        (b"{", -32700, None, "character 1"),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping"', -32700, None, "character 39"),
        (b"\x00\x01", -32700, None, "Expecting value"),
        (b'{"jsonrpc":"2.0","id":7,"method":"\xff"}', -32700, None, "UTF-8 at byte 34"),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"\\ud800"}}', -32700, 7, "surrogate"),
        (b'{"jsonrpc":"2.0","id":"\\udfff","method":"ping"}', -32700, "\udfff", "surrogate"),
        (b"42", -32600, None, "object"),
        (b"null", -32600, None, "object"),
        (b"NaN", -32600, None, "object"),
        (b'[{"jsonrpc":"2.0","id":7,"method":"ping"}]', -32600, None, "batches"),
        (b"{}", -32600, None, "jsonrpc"),
        (b'{"jsonrpc":"2.0","id":7}', -32600, 7, "method is missing"),
        (b'{"jsonrpc":"1.0","id":7,"method":"ping"}', -32600, 7, "jsonrpc"),
        (b'{"id":"x","method":"ping"}', -32600, "x", "jsonrpc"),
        (b'{"jsonrpc":"2.0","id":7,"method":7}', -32600, 7, "method"),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}', -32600, 7, "params"),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":null}', -32600, 7, "params"),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}', -32600, 7, "both"),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, None, "id"),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None, "id"),
        (b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}', -32600, None, "id"),
        (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, None, "id"),
        (b'{"jsonrpc":"2.0","id":' + b"1" * 41 + b',"method":"ping"}', -32600, None, "id"),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","method":"pong"}', -32600, 7, '"method" is repeated'),
        (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":[{"id":1,"id":1}]}}', -32600, 7, '"id" is repeated'),
        (b'{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}', -32600, None, '"id" is repeated'),
    ],
)
def test_a_line_that_is_no_message_is_refused_with_the_reason(
    client: RawClient, line: bytes, code: int, id: Any, reason: str
) -> None:
    answered_code, answered_id, message = refused(client, line)
    assert (answered_code, answered_id) == (code, id)
    assert reason in message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"  \r",
        b'{"jsonrpc":"2.0","method":"notifications/nobody/knows"}',
        b'{"jsonrpc":"2.0","method":7}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","method":"a"}',
        b'{"jsonrpc":"2.0","id":7,"result":{}}',
        b'{"jsonrpc":"2.0","id":7,"result":7}',
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
        b'{"jsonrpc":"2.0","id":7,"error":"broken"}',
        b'{"jsonrpc":"2.0","id":true,"result":{}}',
    ],
)
def test_blank_lines_notifications_and_responses_are_never_answered(client: RawClient, line: bytes) -> None:
    assert_unanswered(client, line)


def test_the_message_may_be_spaced_and_end_in_a_carriage_return(client: RawClient) -> None:
    client.send_line(b' \t{ "jsonrpc" : "2.0" , "id" : "spaced" , "method" : "ping" } \r')
    assert client.answer("spaced")["result"] == {}


def nested(arrays: int) -> bytes:
    return b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":' + b"[" * arrays + b"]" * arrays + b"}}"


def test_64_levels_are_served_and_65_refused(client: RawClient) -> None:
    client.send_line(nested(62))
    assert client.answer(7)["result"] == {}
    assert refused(client, nested(63)) == (-32600, 7, "Invalid Request: nested deeper than 64 levels")


def test_nesting_beyond_the_parser_is_refused_with_the_id(client: RawClient) -> None:
    assert refused(client, nested(200_000)) == (-32600, 7, "Invalid Request: nested deeper than 64 levels")
    assert refused(client, b"[" * 100_000)[:2] == (-32600, None)


def test_many_brackets_side_by_side_are_not_deep(client: RawClient) -> None:
    assert echoed(client, b'{"a":[' + b"[]," * 500 + b"[]]}") == {"a": [[]] * 501}


def test_a_line_over_two_mebibytes_is_skipped_and_the_next_one_served(client: RawClient) -> None:
    line = b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"' + b"x" * 5_000_000 + b'"}}'
    assert refused(client, line) == (
        -32600,
        7,
        "Invalid Request: the line is longer than 2097152 bytes and was skipped",
    )
    assert refused(client, b'"' + b"x" * 3_000_000)[:2] == (-32600, None)


def test_the_limit_counts_the_bytes_before_the_newline() -> None:
    lines = Lines(limit=10)
    lines.feed(b"x" * 10)
    assert lines.next() is None
    lines.feed(b"\n" + b"x" * 11 + b"\nnext\n")
    assert lines.next() == b"x" * 10
    with pytest.raises(Refusal, match="longer than 10 bytes"):
        lines.next()
    assert lines.next() == b"next"


def test_the_rest_of_a_long_line_is_neither_kept_nor_served() -> None:
    lines = Lines(limit=10)
    lines.feed(b"x" * 11)
    assert lines.is_ready()
    with pytest.raises(Refusal):
        lines.next()
    for _ in range(3):
        lines.feed(b"x" * 11)
        assert lines.next() is None
    lines.feed(b"\nlast")
    lines.end()
    assert [lines.next(), lines.next()] == [b"last", None]


def test_an_id_still_in_flight_is_refused_and_free_again_after_the_answer(client: RawClient) -> None:
    sleep = CALL % (b"7", b"sleep", b'{"seconds":0.2}')
    client.send_line(sleep)
    client.send_line(sleep)
    assert "still in flight" in client.answer(7)["error"]["message"]
    client.send_line(sleep.replace(b'"id":7', b'"id":"7"'))  # another id: JSON-RPC compares types too
    assert client.wait(7).text == client.wait("7").text == "done"
    client.send_line(sleep)
    assert client.wait(7).text == "done"


# Numbers and text


def test_a_fraction_reaches_the_tool_with_its_exact_text(client: RawClient) -> None:
    literals = b'{"a":1.10,"b":[1E+2,-0.0],"c":{"d":0.1000000000000000055511151231257827021181583404541015625}}'
    assert echoed(client, literals) == {
        "a": "NumberLiteral 1.10",
        "b": ["NumberLiteral 1E+2", "NumberLiteral -0.0"],
        "c": {"d": "NumberLiteral 0.1000000000000000055511151231257827021181583404541015625"},
    }


def test_numbers_that_are_none_reach_the_tool_by_name(client: RawClient) -> None:
    assert echoed(client, b'{"a":NaN,"b":Infinity,"c":-Infinity,"d":1e999}') == {
        "a": "NumberLiteral NaN",
        "b": "NumberLiteral Infinity",
        "c": "NumberLiteral -Infinity",
        "d": "NumberLiteral 1e999",
    }


def test_integers_of_40_digits_are_exact_and_longer_ones_literal(client: RawClient) -> None:
    forty, more = b"9" * 40, b"9" * 5000
    assert echoed(client, b'{"a":%s,"b":-%s,"c":%s,"d":true}' % (forty, forty, more)) == {
        "a": f"int {forty.decode()}",
        "b": f"int -{forty.decode()}",
        "c": f"NumberLiteral {more.decode()}",
        "d": True,
    }


def test_number_literals_survive_in_the_modern_era(modern_client: RawClient) -> None:
    params = {"name": "echo", "arguments": {"usd": "AMOUNT"}, "_meta": MODERN_META}
    message = json.dumps({"jsonrpc": "2.0", "id": "usd", "method": "tools/call", "params": params})
    modern_client.send_line(message.replace('"AMOUNT"', "12.30").encode())
    assert modern_client.wait("usd").structured == {"usd": "NumberLiteral 12.30"}


def test_a_number_literal_is_copied_and_pickled_whole() -> None:
    literal = NumberLiteral("1.10")
    assert copy.deepcopy(literal).literal == pickle.loads(pickle.dumps(literal)).literal == "1.10"
    assert literal == 1.1


def test_what_is_written_is_strict_json(client: RawClient) -> None:
    client.send_line(CALL % (b'"nan"', b"not_a_number", b'{"a":1.5,"b":NaN,"c":1e999}'))
    assert client.wait("nan").structured == {"number": None, "echoed": {"a": 1.5, "b": None, "c": None}}


@pytest.mark.parametrize("tool", ["surrogate", "surrogate_error"])
def test_an_answer_that_json_cannot_carry_is_an_internal_error(client: RawClient, tool: str) -> None:
    with pytest.raises(RpcError) as error:
        client.call(tool)
    assert error.value.code == -32603
    assert_served(client)


def test_text_of_every_plane_and_line_separators_pass_unchanged(client: RawClient) -> None:
    text = "é\u2028\u0085\x1f\n🦉\U0010ffff"
    assert client.call("echo", text=text).structured == {"text": text}


# Noise


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


# Many at once


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


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_an_idle_server_cleanly(number: signal.Signals) -> None:
    with started() as client:
        client.call_nowait("sleep", seconds=30)
        assert_served(client)
        before = time.monotonic()
        client.process.send_signal(number)
        assert client.wait_for_exit() == 128 + number
        assert time.monotonic() - before < 0.5
        assert "sleep cancelled" in client.stderr and "lifespan left" in client.stderr


def test_a_signal_ends_a_server_that_is_still_starting() -> None:
    with start(WIRE_SLOW_START="30") as client:
        wait_for(lambda: "lifespan entering" in client.stderr)
        client.process.send_signal(signal.SIGTERM)
        before = time.monotonic()
        assert client.wait_for_exit() == 143
        assert time.monotonic() - before < 0.5


def test_a_signal_ends_a_server_whose_tool_does_not_yield() -> None:
    with started() as thread_blocked, started() as loop_blocked:
        thread_blocked.call_nowait("block", seconds=30)
        loop_blocked.call_nowait("stick", seconds=30)
        time.sleep(0.2)
        before = time.monotonic()
        for client in thread_blocked, loop_blocked:
            client.process.send_signal(signal.SIGTERM)
        assert thread_blocked.wait_for_exit() == loop_blocked.wait_for_exit() == 143
        assert 1.0 < time.monotonic() - before < 2.0


def test_the_end_of_input_ends_an_idle_server_at_once() -> None:
    with started() as client:
        assert_served(client)
        before = time.monotonic()
        assert client.close() == 0
        assert time.monotonic() - before < 0.5
        assert "eof seen" in client.stderr and "lifespan left" in client.stderr


def test_a_call_that_outlasts_the_linger_is_cancelled_and_told_so() -> None:
    with started() as client:
        id = client.call_nowait("sleep", seconds=30)
        before = time.monotonic()
        assert client.close() == 0
        assert 0.9 < time.monotonic() - before < 1.5
        assert client.answer(id)["error"]["code"] == -32000
        assert "sleep cancelled" in client.stderr and "lifespan left" in client.stderr


def test_a_signal_during_the_linger_ends_it() -> None:
    with started() as client:
        client.call_nowait("sleep", seconds=30)
        assert client.process.stdin
        client.process.stdin.close()
        wait_for(lambda: "eof seen" in client.stderr)
        client.process.send_signal(signal.SIGTERM)
        before = time.monotonic()
        assert client.wait_for_exit() == 143
        assert time.monotonic() - before < 0.5


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
        subprocess.run(COMMAND, cwd=ROOT, env=ENV, stdin=script, stdout=output, timeout=10, check=True)
    assert_script_answered((tmp_path / "out").read_bytes())


def test_sockets_serve_as_input_and_output_as_under_node() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(COMMAND, cwd=ROOT, env=ENV, stdin=theirs.fileno(), stdout=theirs.fileno())
        ours.sendall(SCRIPT)
        ours.shutdown(socket.SHUT_WR)
        output = b"".join(iter(lambda: ours.recv(65536), b""))
        assert process.wait(10) == 0
    assert_script_answered(output)


# Anything at all

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | json_values,
        "id": st.integers() | st.text() | json_values,
        "method": st.sampled_from(["ping", "tools/list", "tools/call", "initialize", "server/discover"]) | json_values,
        "params": st.fixed_dictionaries({}, optional={"name": st.just("echo"), "arguments": json_values}) | json_values,
        "result": json_values,
        "error": json_values,
    },
)
lines = st.binary(max_size=200) | (json_values | envelopes).map(lambda value: json.dumps(value).encode())


@given(lines)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_keeps_the_next_one_from_being_served(client: RawClient, line: bytes) -> None:
    client.send_line(line)
    client.send_line(b'{"jsonrpc":"2.0","id":"after the fuzz","method":"ping"}')
    while (answer := client.receive())["id"] != "after the fuzz":
        assert "result" in answer or answer["error"]["code"] in range(-32768, -31999) or answer["error"]["code"] == 0
    assert answer["result"] == {}
