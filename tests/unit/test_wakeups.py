"""What is said on Redis wakes whom it names; anybody can say anything there, and nothing of it ends who listens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.wakeups import CALLS_CHANNEL, WakeUps, mail_of
from org import events

CHANNELS = [
    CALLS_CHANNEL + "ceo",
    "messages:ceo",
    "messages:all",
    *events.DECISIONS,
    events.AGENTS_STATUS,
    events.CHANGES,
]
DEEP = b"[" * 100_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["changed", "ref", "decision_id", "x"]), inner),
)


def named(channel: str, said: bytes) -> list[str]:
    return list(WakeUps(["ceo"])._named(channel, said))


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "said",
    [b"", b"{", b"\xff\xfe", b"7", b"null", b'"text"', b"[1]", DEEP, b"1" * 5_000, b'{"changed": 7}',
     b'{"changed": {"a": 1}}', b'{"changed": [null, 3, ["x"]]}', b'{"ref": {"a": []}}'],
    ids=lambda said: said[:30].decode(errors="replace"),
)  # fmt: skip
def test_nonsense_names_nothing_that_anybody_waits_for(channel: str, said: bytes) -> None:
    assert all(isinstance(name, str) for name in named(channel, said))


@given(st.sampled_from(CHANNELS), JSON)
def test_any_json_is_survived(channel: str, value: Any) -> None:
    assert all(isinstance(name, str) for name in named(channel, json.dumps(value).encode()))


def test_mail_and_changes_name_who_waits_for_them() -> None:
    assert named("messages:all", b"{}") == [mail_of("ceo")]
    assert named(events.CHANGES, b'{"changed": ["D-7", "M-9"]}') == ["D-7", "M-9"]
