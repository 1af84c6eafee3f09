"""Clients repeat calls without being asked: what is the same is done once, what is meant anew is done again."""

from typing import Any

from org.models import Call, Decision, Message
from tests.acceptance.conftest import Opens
from tests.clients.raw import RawClient, ToolResult


def approve(ceo: RawClient, initiative: str, budget: float = 100, **more: Any) -> ToolResult:
    return ceo.call("approve_strategic_initiative", initiative=initiative, business_value="x", budget=budget, **more)


def decisions(title: str) -> int:
    return Decision.objects.filter(title=title).count()


def test_a_repeat_without_a_key_returns_the_first_answer(ceo: RawClient) -> None:
    first, second = (approve(ceo, "Once").structured for _ in range(2))
    assert first["repeated_of"] is None
    assert second["repeated_of"] == Call.objects.get(arguments__initiative="Once").ref
    assert {**second, "repeated_of": None} == first
    assert decisions("Once") == 1


def test_a_repeat_by_another_process_of_the_role_is_one_too(shared: Opens, ceo: RawClient, client_of: Opens) -> None:
    first = approve(ceo, "Twice started").structured
    again = approve(client_of("ceo"), "Twice started").structured
    assert (again["ref"], again["repeated_of"] is not None) == (first["ref"], True)


def test_ten_at_once_are_one(ceo: RawClient) -> None:
    arguments = {"initiative": "Impatience", "business_value": "x", "budget": 100}
    ids = [ceo.call_nowait("approve_strategic_initiative", **arguments) for _ in range(10)]
    answers = [ceo.wait(id).structured for id in ids]
    assert len({answer["ref"] for answer in answers}) == 1
    assert sum(answer["repeated_of"] is None for answer in answers) == 1
    assert decisions("Impatience") == 1


def test_a_fresh_key_does_it_again(ceo: RawClient) -> None:
    refs = {
        approve(ceo, "Again", **more).structured["ref"]
        for more in ({}, {"idempotency_key": "a"}, {"idempotency_key": "b"})
    }
    assert len(refs) == 3
    assert decisions("Again") == 3


def test_the_same_key_returns_the_first_answer(ceo: RawClient) -> None:
    first, second = (approve(ceo, "Keyed", idempotency_key="keyed").structured for _ in range(2))
    assert (second["ref"], second["repeated_of"] is not None) == (first["ref"], True)
    assert decisions("Keyed") == 1


def test_the_same_key_with_other_arguments_is_refused(ceo: RawClient) -> None:
    approve(ceo, "Reused", idempotency_key="reused")
    answer = approve(ceo, "Reused for something else", idempotency_key="reused")
    assert answer.is_error
    assert answer.text.startswith("idempotency_key: it already stands for other arguments (C-")
    assert "Nothing was done" in answer.text
    assert decisions("Reused for something else") == 0


def test_a_refused_call_is_judged_anew(ceo: RawClient) -> None:
    wanted = {"amount": 5, "department": "Later", "justification": "x"}
    source = approve(ceo, "Funds", 5_000_000).structured["ref"]
    refused = ceo.call("allocate_budget", **wanted, decision_id=source)
    assert refused.structured["allocated"] is False
    again = ceo.call("allocate_budget", **wanted, decision_id=source)
    assert again.structured["repeated_of"] is None
    assert Call.objects.filter(tool="allocate_budget").count() == 2


def test_what_was_unusable_is_judged_anew(shared: Opens, ceo: RawClient) -> None:
    newest = Decision.objects.order_by("-number").values_list("number", flat=True).first() or 0
    wanted = {"decision_id": f"D-{newest + 1}", "reason": "x"}
    assert ceo.call("withdraw_decision", **wanted).is_error
    made = approve(ceo, "Soon withdrawn", 5_000_000).structured["ref"]
    wanted["decision_id"] = made
    assert ceo.call("withdraw_decision", **wanted).structured["status"] == "withdrawn"


def test_spaces_and_defaults_spelled_out_make_no_other_call(ceo: RawClient) -> None:
    first = approve(ceo, "Spelled").structured
    second = approve(ceo, "  Spelled ", 100.0, confidential=False).structured
    assert (second["ref"], second["repeated_of"] is not None) == (first["ref"], True)


def test_a_message_sent_twice_arrives_once(ceo: RawClient) -> None:
    for _ in range(2):
        ceo.call("send_message", to="all", subject="Welcome", content="x")
    assert Message.objects.filter(subject="Welcome", to_role="cto").count() == 1


def test_another_role_asking_the_same_is_no_repeat(shared: Opens) -> None:
    asked = {"decision_type": "budget_allocation", "title": "Chairs", "context": "x", "amount_usd": 5}
    refs = {shared(role).call("propose_decision", **asked).structured["ref"] for role in ("ceo", "cto")}
    assert len(refs) == 2
