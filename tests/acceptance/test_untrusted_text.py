"""What an agent wrote reaches another model with nothing hidden in it, wherever it is read."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Opens

HIDDEN = "\x1b[2J\u202e\u200b\U000e0049\U000e0047"
SHOWN = "[U+001B][2J[U+202E][U+200B][U+E0049][U+E0047]"


@pytest.fixture
def sent(shared: Opens) -> str:
    """The ref of a message and of nothing else that hides something."""
    ceo = shared("ceo")
    answer = ceo.call("send_message", to="cto", subject=f"Plans{HIDDEN}", content={f"key{HIDDEN}": f"text{HIDDEN}"})
    return str(answer.structured["ref"])


def test_messages_hide_nothing_from_the_model_that_reads_them(shared: Opens, sent: str) -> None:
    cto = shared("cto")
    resource = cto.request("resources/read", {"uri": "echo://inbox"})["contents"][0]["text"]
    brief, inbox = cto.call("brief_me"), cto.call("read_inbox")
    for told in (resource, brief.text, inbox.text, json.dumps(inbox.structured, ensure_ascii=False)):
        assert not set(HIDDEN) - set("[2J") & set(told)
    [row] = [row for row in inbox.structured["messages"] if row["ref"] == sent]
    assert row["subject"] == f"Plans{SHOWN}"
    assert row["content"] == {f"key{SHOWN}": f"text{SHOWN}"}


def test_decisions_and_memories_hide_nothing_either(shared: Opens) -> None:
    cto = shared("cto")
    cto.call("remember", key="hidden", content=f"zebra{HIDDEN}")
    ref = cto.call(
        "propose_decision", decision_type="architecture", title=f"Zebra{HIDDEN}", context=f"zebra{HIDDEN}"
    ).structured["ref"]
    ceo = shared("ceo")
    told = [
        ceo.call("recall", query="zebra").text,
        ceo.call("recall", id="hidden").text,
        ceo.call("get_decision", decision_id=ref).text,
        ceo.call("wait_for", id=ref, timeout_seconds=0).text,
        ceo.request("resources/read", {"uri": "echo://memories/hidden"})["contents"][0]["text"],
        ceo.request("resources/read", {"uri": f"echo://decisions/{ref}"})["contents"][0]["text"],
    ]
    for text in told:
        assert not set(HIDDEN) - set("[2J") & set(text), text
    assert f"Zebra{SHOWN}" in told[2]


def test_an_error_that_repeats_what_was_sent_hides_nothing(shared: Opens) -> None:
    refusal = shared("cto").call("get_decision", decision_id=f"D{HIDDEN}")
    assert refusal.is_error
    assert not set(HIDDEN) - set("[2J") & set(refusal.text)
