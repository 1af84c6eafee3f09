"""The board's page is offered to the person, on clients that can open one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from org.enums import BoardAnswer
from org.models import Decision
from tests.clients.raw import RawClient, Silence
from tests.people import answer, propose, shift_clock
from tests.stack import Organisation

URL_ELICITATION = {"elicitation": {"url": {}}}
MODERN_META = {"io.modelcontextprotocol/clientCapabilities": URL_ELICITATION}


def waiting_decision(client: RawClient) -> str:
    answer = client.call("propose_decision", decision_type="other", title="Move the office", context="It is too small.")
    return str(answer.structured["ref"])


@pytest.fixture
def old_client(organisation: Organisation) -> Iterator[RawClient]:
    with RawClient.start(organisation.client_command("ceo"), organisation.env, timeout=60) as client:
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
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True, timeout=60) as client:
        call = {"name": "escalate_to_board", "arguments": {"decision_id": waiting_decision(client)}}
        first = client.request("tools/call", call | {"_meta": MODERN_META})
        assert first["resultType"] == "input_required"
        [(name, asked)] = first["inputRequests"].items()
        assert asked["params"]["mode"] == "url"
        reaction = {"inputResponses": {name: {"action": "accept"}}, "requestState": first["requestState"]}
        again = client.request("tools/call", call | {"_meta": MODERN_META} | reaction)
        assert again["structuredContent"]["human_approval_required"] is True


def test_an_initiative_that_goes_to_the_board_offers_its_page_and_is_made_once_however_late_the_person_reacts(
    organisation: Organisation,
) -> None:
    arguments = {"initiative": "Moon", "business_value": "x", "budget": 5_000_000}
    call = {"name": "approve_strategic_initiative", "arguments": arguments}
    call["_meta"] = {"io.modelcontextprotocol/clientCapabilities": URL_ELICITATION}
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True, timeout=60) as client:
        first = client.request("tools/call", call)
        [(name, asked)] = first["inputRequests"].items()
        shift_clock(minutes=11)
        reaction = {"inputResponses": {name: {"action": "accept"}}, "requestState": first["requestState"]}
        told = client.request("tools/call", call | reaction)["structuredContent"]
    assert (told["status"], told["board_url"]) == ("escalated", asked["params"]["url"])
    assert Decision.objects.filter(title="Moon").count() == 1


def test_an_initiative_that_is_decided_at_once_offers_no_page(old_client: RawClient) -> None:
    arguments = {"initiative": "Lab", "business_value": "x", "budget": 1_000}
    assert old_client.call("approve_strategic_initiative", **arguments).structured["board_url"] is None
    with pytest.raises(Silence):
        old_client.receive(0.5)


@pytest.mark.parametrize("state", ["C-99999", "D-1", "nothing", "00000000-0000-4000-8000-000000000000"])
def test_a_state_nobody_was_given_is_refused(organisation: Organisation, state: str) -> None:
    call = {"name": "escalate_to_board", "arguments": {"decision_id": "D-1"}, "requestState": state}
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True, timeout=60) as client:
        told = client.request("tools/call", call)
    assert told["isError"]
    assert "nothing is called" in told["content"][0]["text"]


def test_no_page_is_offered_for_what_the_board_has_answered(organisation: Organisation) -> None:
    with RawClient.start(organisation.client_command("ceo"), organisation.env, modern=True, timeout=60) as client:
        decision = propose("cto", 600_000, "budget_allocation")
        call = {"name": "escalate_to_board", "arguments": {"decision_id": decision.ref, "idempotency_key": "answered"}}
        assert not client.request("tools/call", call).get("isError")
        answer(decision, BoardAnswer.APPROVE)
        again = client.request("tools/call", call | {"_meta": MODERN_META})
        told = again["structuredContent"]
        assert told["repeated_of"] is not None
        assert (told["status"], told["human_approval_required"], told["board_url"]) == ("approved", False, None)
