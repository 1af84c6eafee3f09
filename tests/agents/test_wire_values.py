"""What passes the wire unchanged: protocol versions, numbers with their exact text, text of every kind."""

import copy
import json
import pickle

import pytest

from agents.wire import NumberLiteral
from tests.agents.wire_client import CALL, assert_served, echoed, start
from tests.clients.raw import MODERN_META, RawClient, RpcError

pytestmark = pytest.mark.usefixtures("spare_servers")


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
