"""A rule's no is a normal answer: it says why, that nothing was done, and where the decision stands."""

from tests.acceptance.conftest import Opens


def test_a_decision_that_waits_on_another_is_not_resolved(shared: Opens) -> None:
    ref = (
        shared("cto")
        .call("propose_decision", decision_type="vendor_contract", title="Rack lease", context="x", amount_usd=600_000)
        .structured["ref"]
    )
    answer = shared("chro").call("resolve_decision", decision_id=ref, approve=True, rationale="fine")
    assert not answer.is_error
    assert answer.structured["status"] == "pending"
    assert answer.structured["basis"]["rule"] == "not_waiting_on_you"
    assert "waits on ceo" in answer.structured["say"]
    assert "Nothing was done" in answer.structured["say"]


def test_what_is_settled_is_not_raised_and_not_withdrawn(shared: Opens) -> None:
    ceo = shared("ceo")
    ref = ceo.call("propose_decision", decision_type="policy", title="Four days", context="x").structured["ref"]
    board = ceo.call("escalate_to_board", decision_id=ref)
    assert (board.structured["human_approval_required"], board.structured["escalation_id"]) == (False, None)
    gone = ceo.call("withdraw_decision", decision_id=ref, reason="changed my mind")
    for answer in (board, gone):
        assert answer.structured["status"] == "approved"
        assert "settles only once" in answer.structured["say"]
