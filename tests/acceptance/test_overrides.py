"""An override by the logins of the organisation: a client asks, the worker writes, those concerned read."""

from __future__ import annotations

from typing import Any

from org.models import Decision, LedgerAccount
from tests.acceptance.conftest import Opens


def inbox(opens: Opens, role: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = opens(role).call("read_inbox").structured["messages"]
    return messages


def test_an_approval_ends_and_its_budget_goes_back(shared: Opens) -> None:
    given = shared("cto").call(
        "propose_decision", decision_type="budget_allocation", title="Robot arms", context="x", amount_usd=300_000
    )
    assert given.structured["status"] == "approved"
    told = shared("ceo").call(
        "override_decision", decision_id=given.structured["ref"], approve=False, reason="We rent them."
    )
    assert not told.is_error, told
    assert (told.structured["status"], told.structured["overrides"]) == ("rejected", given.structured["ref"])
    old = Decision.objects.get(pk=given.structured["decision_id"])
    assert (old.status, old.revoked_by, old.revoked_at is None) == ("approved", None, False)
    assert LedgerAccount.objects.get(name=f"decision:{old.pk}").balance_usd == 0
    [letter] = [each for each in inbox(shared, "cto") if old.ref in each["subject"]]
    assert letter["content"]["reason"] == "We rent them."
    again = shared("cto").call("get_decision", decision_id=old.ref).structured
    assert "revoked" in again["say"]


def test_what_was_turned_down_is_approved_after_all(shared: Opens) -> None:
    asked = shared("senior_developer").call(
        "propose_decision", decision_type="vendor_contract", title="Laser lease", context="x", amount_usd=90_000,
        department="Production",
    )  # fmt: skip
    ref = asked.structured["ref"]
    decider = asked.structured["waiting_on"][0]
    shared(decider).call("resolve_decision", decision_id=ref, approve=False, rationale="Not now.")
    told = shared("ceo").call("override_decision", decision_id=ref, approve=True, reason="A client waits for it.")
    assert (told.structured["approved"], told.structured["overrides"]) == (True, ref)
    assert Decision.objects.get(number=int(ref[2:])).status == "rejected"


def test_no_other_role_has_it(shared: Opens) -> None:
    assert shared("cto").call("override_decision", decision_id="D-1", approve=True, reason="x").is_error
