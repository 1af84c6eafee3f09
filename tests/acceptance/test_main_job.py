"""The main job, as a person's client does it: over stdio, through Celery, into PostgreSQL and back."""

from typing import Any

import pytest

from org.enums import Mode, Status
from org.models import Decision, Escalation, LedgerAccount
from tests.acceptance.conftest import Opens
from tests.clients.raw import RawClient, ToolResult
from tests.stack import wait_until


def approve(ceo: RawClient, budget: float, initiative: str, **more: Any) -> ToolResult:
    return ceo.call("approve_strategic_initiative", initiative=initiative, business_value="much", budget=budget, **more)


def test_a_ceo_approves_within_the_limit(ceo: RawClient) -> None:
    answer = approve(ceo, 750_000, "AI Research Lab")
    assert not answer.is_error
    told = answer.structured
    assert (told["approved"], told["status"], told["acted_as"]) == (True, "approved", "ceo")
    assert (told["limit_usd"], told["remaining_usd"], told["initiative_used_usd"]) == (1_000_000, 250_000, 750_000)
    assert (told["escalation_id"], told["waiting_on"], told["repeated_of"]) == (None, [], None)
    decision = Decision.objects.get(initiative_key="ai research lab")
    assert (told["ref"], told["decision_id"]) == (decision.ref, str(decision.pk))
    assert (decision.status, decision.amount_usd, decision.decided_by) == (Status.APPROVED, 750_000, "ceo")
    assert LedgerAccount.objects.get(decision=decision).balance_usd == 750_000


def test_what_is_over_the_limit_waits_for_the_board_and_is_not_called_rejected(ceo: RawClient) -> None:
    answer = approve(ceo, 5_000_000, "Regional Expansion")
    assert not answer.is_error
    told = answer.structured
    assert (told["approved"], told["status"], told["mode"], told["waiting_on"]) == (
        False,
        "escalated",
        "human",
        ["board"],
    )
    escalation = Escalation.objects.get(decision__initiative_key="regional expansion")
    assert told["escalation_id"] == escalation.ref
    assert (told["basis"]["rule"], told["basis"]["limit_usd"], told["basis"]["amount_usd"]) == (
        "over_limit",
        1_000_000,
        5_000_000,
    )
    assert "neither approved nor rejected yet" in told["say"]
    assert "$5,000,000" in told["say"]
    assert "reject" not in told["say"].replace("neither approved nor rejected yet", "")
    assert told["your_actions"] == [
        {"tool": "withdraw_decision", "arguments": {"decision_id": told["ref"], "reason": "…"}}
    ]


def test_two_halves_of_one_initiative_over_the_limit_escalate(ceo: RawClient) -> None:
    first = approve(ceo, 600_000, "Data Centre").structured
    second = approve(ceo, 600_000, "data  CENTRE\u200b").structured
    assert (first["status"], second["status"]) == ("approved", "escalated")
    assert (second["basis"]["rule"], second["basis"]["used_usd"], second["remaining_usd"]) == (
        "over_initiative",
        600_000,
        400_000,
    )


def test_more_than_is_approved_is_not_allocated_and_the_remainder_is_told(ceo: RawClient) -> None:
    source = approve(ceo, 100_000, "Robots").structured["ref"]
    given = ceo.call("allocate_budget", amount=60_000.5, department="Research", justification="x", decision_id=source)
    assert (given.structured["allocated"], given.structured["remaining_usd"]) == (True, 39_999.5)
    assert given.structured["tracking_id"].startswith("A-")
    over = ceo.call("allocate_budget", amount=40_000, department="Research", justification="x", decision_id=source)
    assert not over.is_error
    assert (over.structured["allocated"], over.structured["tracking_id"]) == (False, None)
    assert over.structured["remaining_usd"] == 39_999.5
    assert over.structured["basis"]["rule"] == "over_approved"
    assert "$39,999.50" in over.structured["say"]
    assert LedgerAccount.objects.get(decision__title="Robots").balance_usd == 39_999.5


def test_a_request_goes_up_is_resolved_and_its_answer_is_read(shared: Opens) -> None:
    cto, ceo = shared("cto"), shared("ceo")
    asked = cto.call(
        "propose_decision",
        decision_type="budget_allocation",
        title="GPU cluster",
        context="training",
        amount_usd=750_000,
    ).structured
    assert (asked["status"], asked["mode"], asked["waiting_on"]) == ("pending", "hierarchical", ["ceo"])
    assert "not decided yet" in asked["say"]

    letters = ceo.call("read_inbox", needs_action=True).structured
    [letter] = [letter for letter in letters["messages"] if letter["content"].get("decision") == asked["ref"]]
    assert (letter["from"], letter["type"], letter["content"]["amount_usd"]) == ("cto", "request", 750_000)

    order = letter["content"]["answer_with"]
    resolved = ceo.call(order["tool"], **order["arguments"], approve=True, rationale="We need it").structured
    assert (resolved["status"], resolved["acted_as"], resolved["your_actions"]) == ("approved", "ceo", [])

    waited = cto.call("wait_for", id=asked["ref"], timeout_seconds=20).structured
    assert (waited["settled"], waited["state"]) == (True, "approved")
    told = cto.call("read_inbox").structured["messages"]
    [reply] = [letter for letter in told if letter["content"].get("decision") == asked["ref"]]
    assert (reply["from"], reply["content"]["status"], reply["content"]["rationale"]) == (
        "ceo",
        "approved",
        "We need it",
    )
    whole = cto.call("get_decision", decision_id=asked["ref"]).structured
    assert [event["action"] for event in whole["history"]] == ["decision.proposed", "decision.settled"]
    assert Decision.objects.get(pk=asked["decision_id"]).mode == Mode.HIERARCHICAL


def test_waiting_for_the_board_returns_at_once_and_says_do_not_poll(ceo: RawClient) -> None:
    ref = approve(ceo, 5_000_000, "Second Headquarters").structured["ref"]
    told = ceo.wait(ceo.call_nowait("wait_for", id=ref, timeout_seconds=50), timeout=20).structured
    assert (told["settled"], told["state"], told["waiting_on"]) == (False, "escalated", ["board"])
    assert "do not poll" in told["say"]
    assert told["next_check_at"] is not None


def test_the_ceo_puts_a_pending_decision_before_the_board_once(shared: Opens) -> None:
    ref = (
        shared("cto")
        .call("propose_decision", decision_type="budget_allocation", title="Quantum", context="x", amount_usd=600_000)
        .structured["ref"]
    )
    first, second = (shared("ceo").call("escalate_to_board", decision_id=ref, urgency="high") for _ in range(2))
    assert first.structured["escalation_id"] == second.structured["escalation_id"]
    assert first.structured["human_approval_required"] is True
    assert first.structured["board_url"].endswith("/change/")
    assert Escalation.objects.filter(decision__title="Quantum").count() == 1


def test_checking_authority_changes_nothing(ceo: RawClient) -> None:
    before = Decision.objects.count()
    for amount, alone, decider in ((1_000_000, True, "ceo"), (1_000_001, False, "board")):
        told = ceo.call(
            "check_authority", decision_type="strategic_initiative", amount_usd=amount, initiative="Moon"
        ).structured
        assert (told["would_decide_alone"], told["decided_by"]) == (alone, decider)
    assert Decision.objects.count() == before


def test_a_message_is_sent_read_and_answered(shared: Opens) -> None:
    ceo, chro = shared("ceo"), shared("chro")
    sent = ceo.call("send_message", to="chro", subject="Plans", content={"when": "tomorrow"}).structured
    assert [delivery["state"] for delivery in sent["deliveries"]] == ["stored"]
    [received] = chro.call("read_inbox").structured["messages"]
    assert (received["ref"], received["from"], received["content"]) == (sent["ref"], "ceo", {"when": "tomorrow"})
    wait_until(lambda: ceo.call("wait_for", id=sent["ref"], timeout_seconds=0).structured["state"] == "read")
    chro.call("send_message", to="ceo", subject="Re: Plans", content="Good", reply_to=sent["ref"], type="response")
    assert ceo.call("wait_for", id=sent["ref"], timeout_seconds=20).structured["state"] == "acknowledged"


@pytest.mark.parametrize("role", ["cto", "senior_developer"])
def test_no_other_role_has_the_ceos_tools(shared: Opens, role: str) -> None:
    answer = shared(role).call("approve_strategic_initiative", initiative="Coup", business_value="x", budget=1)
    assert answer.is_error
    assert f"the {role} has no tool 'approve_strategic_initiative'" in answer.text
    assert not Decision.objects.filter(title="Coup").exists()
