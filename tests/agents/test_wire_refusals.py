"""Lines that are no message: refused with the reason, and none keeps the next one from being served."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.wire_lines import Lines, Refusal
from tests.agents.wire_client import CALL, assert_served, echoed, refused
from tests.clients.raw import RawClient

pytestmark = pytest.mark.usefixtures("spare_servers")


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
    client.send_line(line)
    assert_served(client)


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
