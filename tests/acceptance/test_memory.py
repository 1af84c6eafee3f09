"""What one role writes down another finds, through clients of their own."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Opens
from tests.clients.raw import RpcError

KEY = "vendors/hosting eu"


def test_what_one_role_remembers_another_finds_and_revises(shared: Opens) -> None:
    cto, operations = shared("cto"), shared("operations_head")
    first = cto.call("remember", key=KEY, content="We are with Hetzner; it is cheap.", tags="hosting").structured
    assert (first["key"], first["revision"], first["created_by"]) == (KEY, 1, "cto")

    [match] = operations.call("recall", query="who hosts us? hetzner", kinds="memory").structured["matches"]
    assert (match["kind"], match["ref"], match["author"]) == ("memory", KEY, "cto")
    assert "Hetzner" in match["excerpt"]

    for asked in ({"tags": "hosting"}, {"key_prefix": "vendors/"}, {}):
        match = operations.call("recall", kinds="memory", **asked).structured["matches"][0]  # the newest
        assert (match["ref"], match["excerpt"]) == (KEY, "We are with Hetzner; it is cheap.")

    second = operations.call("remember", key=KEY, content="We left for OVH.", replaces=1).structured
    assert (second["revision"], second["created_by"], second["revised_by"]) == (2, "cto", "operations_head")
    late = cto.call("remember", key=KEY, content="Hetzner it stays.", replaces=1)
    assert late.is_error
    assert "revision 2 is the newest, by the operations_head" in late.text

    whole = cto.call("recall", id=KEY.upper()).structured["record"]
    assert (whole["content"], whole["revision"], whole["revised_by"]) == ("We left for OVH.", 2, "operations_head")


def test_a_memory_is_read_as_a_resource(shared: Opens) -> None:
    cto = shared("cto")
    cto.call("remember", key="people/on call", content="x", metadata={"source": "interview"})
    told = cto.request("resources/read", {"uri": "echo://memories/people/on%20call"})
    record = json.loads(told["contents"][0]["text"])
    assert (record["key"], record["metadata"]) == ("people/on call", {"source": "interview"})
    with pytest.raises(RpcError, match="Known: people/on call"):
        cto.request("resources/read", {"uri": "echo://memories/call/on"})


def test_why_it_was_decided_is_answered_with_how_it_ended(shared: Opens) -> None:
    cto = shared("cto")
    decided = cto.call(
        "propose_decision", decision_type="architecture", title="Leave Hetzner", context="Two outages in May."
    ).structured
    [match] = shared("ceo").call("recall", query="why did we drop Hetzner?", kinds="decision").structured["matches"]
    assert match["ref"] == decided["ref"]
    assert match["why"].startswith("Approved on 20")
    assert "by the Chief Technology Officer, rule" in match["why"]


def test_what_is_found_of_a_message_is_offered_and_not_read(shared: Opens) -> None:
    ceo, cto = shared("ceo"), shared("cto")
    ref = ceo.call("send_message", to="cto", subject="Zeppelins", content="Shall we?").structured["ref"]
    assert [row["ref"] for row in cto.call("recall", query="zeppelin").structured["matches"]] == [ref]
    assert "cto: offered" in ceo.call("wait_for", id=ref, timeout_seconds=0).structured["say"]
    assert cto.call("recall", id=ref).structured["record"]["state"] == "offered"
    assert ref in [row["ref"] for row in cto.call("read_inbox", unread_only=True).structured["messages"]]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"query": "x", "kinds": ["rumour"]}, "kinds"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 51}, "limit"),
        ({"query": "x", "kinds": ["message"], "tags": ["a"]}, "tags"),
        ({"query": "x", "colour": "red"}, "colour"),
        ({"id": "D-999999"}, "id"),
        ({"id": "M-999999"}, "id"),
        ({"id": "nothing of that name"}, "id"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_by_name(shared: Opens, arguments: dict[str, object], field: str) -> None:
    refusal = shared("cto").call("recall", **arguments)
    assert refusal.is_error
    assert refusal.text.startswith(f"{field}")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"key": "", "content": "x"}, "key"),
        ({"key": "x", "content": " "}, "content"),
        ({"key": "x", "content": "x" * 20_001}, "content"),
        ({"key": "x", "content": "x", "metadata": "text"}, "metadata"),
        ({"key": "x" * 256, "content": "x"}, "key"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(shared: Opens, arguments: dict[str, object], field: str) -> None:
    refusal = shared("cto").call("remember", **arguments)
    assert refusal.is_error
    assert refusal.text.startswith(f"{field}")
