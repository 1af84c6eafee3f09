"""Arguments that cannot be meant are refused by name, and nothing is stored for them."""

import itertools
import json
from typing import Any

import pytest

from org.models import AuditRecord, Call, Decision, LedgerEntry, Message
from tests.acceptance.conftest import Opens
from tests.clients.raw import RawClient, RpcError, ToolResult

_ids = itertools.count(1_000_000)  # beside those the client counts
GOOD = {"initiative": "Moon base", "business_value": "cheese", "budget": 1}


def everything_stored() -> list[int]:
    return [model.objects.count() for model in (Call, Decision, AuditRecord, LedgerEntry, Message)]


def call_with(client: RawClient, tool: str, arguments: str) -> ToolResult:
    """Call with arguments spelled exactly so: not everything JSON can say survives Python's own."""
    id = next(_ids)
    line = f'{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}'
    client.send_line(line.encode())
    return client.wait(id)


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ("-5", "budget: -5 is negative"),
        ('"1e9"', "budget: '1e9' (a string) is not an amount"),
        ('"750000"', "budget: '750000' (a string) is not an amount"),
        ("1e9", "budget: 1e9 is written with an exponent"),
        ("7.5E5", "budget: 7.5E5 is written with an exponent"),
        ("NaN", "budget: NaN is not an amount"),
        ("Infinity", "budget: Infinity is not an amount"),
        ("1" + "0" * 30, "is too large"),
        ("1" + "0" * 300, "is too large"),
        ("1000000000000", "is too large"),
        ("true", "budget: true is not an amount"),
        ("null", "budget: null is not an amount"),
        ("0.001", "budget: 0.001 has more than two decimals"),
        ("1000000.000000000000001", "has more than two decimals"),
        ("[750000]", "is not an amount"),
    ],
)
def test_an_amount_that_is_none_is_refused_by_name(ceo: RawClient, budget: str, says: str) -> None:
    before = everything_stored()
    arguments = f'{{"initiative":"Moon base","business_value":"cheese","budget":{budget}}}'
    answer = call_with(ceo, "approve_strategic_initiative", arguments)
    assert answer.is_error
    assert answer.text.startswith("budget: ")
    assert says in answer.text
    assert "a plain number of US dollars with at most two decimals" in answer.text
    assert "Nothing was done" in answer.text
    assert everything_stored() == before


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (without("budget"), ["budget: is required", "US dollars"]),
        (without("initiative"), ["initiative: is required"]),
        ({}, ["initiative", "business_value", "budget"]),
        (GOOD | {"amount": 5}, ["amount: is not an argument of approve_strategic_initiative", "Known: initiative"]),
        (GOOD | {"budgett": 5}, ["budgett", "Did you mean budget?"]),
        (GOOD | {"mode": "autonomous"}, ["mode", "is not an argument"]),
        (GOOD | {"as_role": "board"}, ["as_role", "is not an argument"]),
        (GOOD | {"confidence": 2}, ["confidence", "0 to 1"]),
        (GOOD | {"initiative": ""}, ["initiative"]),
        (GOOD | {"initiative": "x" * 256}, ["initiative", "255"]),
        (GOOD | {"business_value": {"a": "\x00"}}, ["business_value", "NUL"]),
        (GOOD | {"business_value": {"a": 2**60}}, ["business_value", "whole number beyond"]),
        (GOOD | {"confidential": "yes"}, ["confidential", "true or false"]),
    ],
    ids=str,
)
def test_unknown_missing_and_misshapen_arguments_are_named(
    ceo: RawClient, arguments: dict[str, Any], says: list[str]
) -> None:
    before = everything_stored()
    answer = call_with(ceo, "approve_strategic_initiative", json.dumps(arguments))
    assert answer.is_error
    assert [word for word in says if word not in answer.text] == []
    assert not answer.text.startswith("initiative, "), "each field stands before its own rule only"
    assert "Nothing was done" in answer.text
    assert everything_stored() == before


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        (
            "propose_decision",
            {"decision_type": "policy", "title": "x", "context": "x", "amount_usd": 1},
            "carries no money",
        ),
        ("propose_decision", {"decision_type": "hiring", "title": "x", "context": "x"}, "an amount is required"),
        ("propose_decision", {"decision_type": "coup", "title": "x", "context": "x"}, "strategic_initiative"),
        ("send_message", {"to": "cfo", "subject": "x", "content": "x"}, "chro"),
        ("send_message", {"to": "ceo", "subject": "x", "content": "x"}, "cannot write to itself"),
        ("withdraw_decision", {"decision_id": "D-999999", "reason": "x"}, "nothing is called 'D-999999'"),
        ("acknowledge_message", {"message_id": "M-999999"}, "nothing is called 'M-999999'"),
        ("escalate_to_board", {"decision_id": "the lab"}, "Use a ref like D-142"),
        ("allocate_budget", {"amount": 0, "department": "R&D", "justification": "x"}, "more than $0"),
        ("send_message", {"to": "cto", "subject": "x", "content": "x", "thread_id": "t" * 80}, "64 characters"),
        ("approve_strategic_initiative", GOOD | {"initiative": "\ufdfa" * 255}, "too long"),
    ],
)
def test_what_the_organisation_cannot_use_leaves_only_its_refusal(
    ceo: RawClient, tool: str, arguments: dict[str, Any], says: str
) -> None:
    kept = [Decision.objects.count(), Message.objects.count(), LedgerEntry.objects.count()]
    answer = ceo.call(tool, **arguments)
    assert answer.is_error
    assert says in answer.text
    assert [Decision.objects.count(), Message.objects.count(), LedgerEntry.objects.count()] == kept
    record = AuditRecord.objects.order_by("-id")[0]
    assert (record.action, record.actor, record.data["tool"]) == ("call.refused", "ceo", tool)


def test_an_unknown_tool_is_answered_with_those_there_are(shared: Opens) -> None:
    answer = shared("cto").call("aprove_everything")
    assert answer.is_error
    assert "has no tool 'aprove_everything'" in answer.text
    assert "propose_decision" in answer.text


@pytest.mark.parametrize(
    ("arguments", "kind"), [("[]", "a list"), ('"budget"', "a string"), ("5", "a number"), ("true", "a truth value")]
)
def test_arguments_that_are_no_object_are_refused_by_name(ceo: RawClient, arguments: str, kind: str) -> None:
    before = everything_stored()
    with pytest.raises(RpcError) as fault:
        call_with(ceo, "approve_strategic_initiative", arguments)
    assert fault.value.code == -32602
    assert f"arguments: they are {kind}, not an object of names and values. Nothing was done." in str(fault.value)
    assert everything_stored() == before


def test_a_call_sent_as_a_notification_is_dropped_without_a_word(ceo: RawClient) -> None:
    before, told = everything_stored(), len(ceo.stderr)
    for arguments in ([], "budget", 5, GOOD):
        ceo.notify("tools/call", {"name": "approve_strategic_initiative", "arguments": arguments})
    ceo.request("ping")
    assert (everything_stored(), ceo.stderr[told:]) == (before, "")
