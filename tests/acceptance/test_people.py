"""What the CHRO hires, reviews and resolves, through a client of its own: by the worker's and the server's logins."""

from __future__ import annotations

from tests.acceptance.conftest import Opens


def test_a_hire_is_committed_and_read_again_by_others(shared: Opens) -> None:
    chro, ceo = shared("chro"), shared("ceo")
    hire = {"position": "Engineer", "department": "Greenhouse", "justification": "x", "annual_salary": 100_000}
    told = chro.call("approve_hiring_request", **hire).structured
    assert (told["approved"], told["budget_impact"]["committed_usd"]) == (True, 100_000)
    again = chro.call("approve_hiring_request", **hire).structured
    assert again["repeated_of"] and again["budget_impact"] == told["budget_impact"]
    larger = chro.call("approve_hiring_request", **{**hire, "headcount": 4}).structured
    read = ceo.call("get_decision", decision_id=larger["ref"]).structured
    assert read["basis"]["commitment"]["committed_before_usd"] == 100_000
    assert "over what “greenhouse” has been allocated" in read["say"]


def test_reviews_and_conflicts_are_answered_from_the_record(shared: Opens) -> None:
    chro, cto = shared("chro"), shared("cto")
    told = chro.call("resolve_conflict", parties=["cto", "test_lead"], issue="Who mends the build?").structured
    asked = cto.call("read_inbox", thread_id=told["basis"]["thread_id"]).structured["messages"][0]
    cto.call("send_message", to="chro", subject="Re", content="I do.", reply_to=asked["ref"])
    told = chro.call("resolve_conflict", parties=["cto", "test_lead"], issue="Who mends the build?").structured
    assert (told["waiting_on"], told["statements"][0]["said"]) == (["test_lead"], "I do.")
    review = chro.call("conduct_performance_review", role="cto").structured
    assert review["basis"]["figures"]["answered"] >= 1
    assert 0 <= chro.call("review_team_health").structured["health_score"] <= 100
