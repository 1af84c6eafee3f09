"""The board's page is offered to the person, on clients that can open one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from org.enums import BoardAnswer
from tests.clients.raw import RawClient
from tests.people import answer, propose
from tests.stack import Organisation

URL_ELICITATION = {"elicitation": {"url": {}}}


MODERN_META = {"io.modelcontextprotocol/clientCapabilities": URL_ELICITATION}


def waiting_decision(client: RawClient) -> str:
    answer = client.call("propose_decision", decision_type="other", title="Move the office", context="It is too small.")
    return str(answer.structured["ref"])


@pytest.fixture
def old_client(organisation: Organisation) -> Iterator[RawClient]:
    with RawClient.start(organisation.client_command("ceo"), organisation.env) as client:
        client.initialize("2025-11-25", capabilities=URL_ELICITATION)
        yield client


def test_an_older_client_is_asked_beside_the_answer(old_client: RawClient) -> None:
    answer = old_client.call("escalate_to_board", decision_id=waiting_decision(old_client))
    assert not answer.is_error, answer.text
    asked = old_client.receive()
    assert asked["method"] == "elicitation/create"
    assert asked["params"]["url"] == answer.structured["board_url"]


def test_a_client_that_cannot_open_pages_is_only_told(client_of: Callable[[str], RawClient]) -> None:
    client = client_of("ceo")
    answer = client.call("escalate_to_board", decision_id=waiting_decision(client))
    assert answer.structured["board_url"].startswith("http://")


def test_a_newest_client_repeats_its_call_after_the_person_reacted(organisation: Organisation) -> None:
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True) as client:
        call = {"name": "escalate_to_board", "arguments": {"decision_id": waiting_decision(client)}}
        first = client.request("tools/call", call | {"_meta": MODERN_META})
        assert first["resultType"] == "input_required"
        [(name, asked)] = first["inputRequests"].items()
        assert asked["params"]["mode"] == "url"
        accepted = {"_meta": MODERN_META, "inputResponses": {name: {"action": "accept"}}}
        again = client.request("tools/call", call | accepted)
        assert again["structuredContent"]["human_approval_required"] is True


def test_no_page_is_offered_for_what_the_board_has_answered(organisation: Organisation) -> None:
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True) as client:
        decision = propose("cto", 600_000, "budget_allocation")
        call = {"name": "escalate_to_board", "arguments": {"decision_id": decision.ref, "idempotency_key": "answered"}}
        assert not client.request("tools/call", call).get("isError")
        answer(decision, BoardAnswer.APPROVE)
        again = client.request("tools/call", call | {"_meta": MODERN_META})
        told = again["structuredContent"]
        assert told["repeated_of"] is not None
        assert (told["status"], told["human_approval_required"], told["board_url"]) == ("approved", False, None)
