"""A vote as its electorate's clients hold it, over stdio."""

from __future__ import annotations

import pytest

from org.models import Decision
from tests.acceptance.conftest import Opens

VOTERS = ("cto", "chro", "operations_head")


@pytest.fixture
def asked(shared: Opens) -> str:
    told = shared("ceo").call(
        "propose_decision",
        decision_type="policy",
        title="Four-day week",
        context="A trial of three months",
        mode="collaborative",
        participants=["cto", "operations_head"],
        idempotency_key=f"vote {Decision.objects.count()}",
    )
    assert not told.is_error, told.text
    assert told.structured["mode"] == "collaborative"
    assert sorted(told.structured["waiting_on"]) == sorted(VOTERS)
    assert "put to a vote until" in told.structured["say"]
    return str(told.structured["ref"])


def test_an_electorate_is_asked_votes_sealed_and_all_read_the_outcome(shared: Opens, asked: str) -> None:
    cto = shared("cto")
    [due] = [row for row in cto.call("brief_me").structured["votes_due"] if row["ref"] == asked]
    assert due["title"] == "Four-day week"
    [letter] = [m for m in cto.call("read_inbox").structured["messages"] if m["content"].get("decision") == asked]
    order = letter["content"]["answer_with"]
    cast = cto.call(order["tool"], **order["arguments"], vote="approve", confidence=0.9, rationale="It worked at home")
    assert not cast.is_error, cast.text
    assert (cast.structured["recorded"], cast.structured["status"]) == (True, "pending")
    assert cast.structured["consensus_score"] is None
    assert cast.structured["voices"]["clients"] == 1

    chro = shared("chro")
    assert chro.call("get_decision", decision_id=asked).structured["votes"] == []
    chro.call("cast_vote", decision_id=asked, vote="reject", confidence=0.6, rationale="Too early")
    seen = chro.call("get_decision", decision_id=asked).structured
    assert [vote["role"] for vote in seen["votes"]] == ["cto", "chro"]
    assert seen["waiting_on"] == ["operations_head"]

    last = shared("operations_head").call(
        "cast_vote", decision_id=asked, vote="approve", confidence=0.9, rationale="Customers will not notice"
    )
    assert (last.structured["status"], last.structured["consensus_score"]) == ("approved", pytest.approx(0.75))
    assert "is approved by vote" in last.structured["say"]
    outcome = shared("ceo").call("get_decision", decision_id=asked).structured["outcome"]
    assert (outcome["tally"]["approvals"], outcome["tally"]["rejections"]) == (2, 1)
    assert outcome["voices"]["clients"] == 1, "the process of this test started all three"
    told = [m for m in cto.call("read_inbox").structured["messages"] if m["content"].get("status") == "approved"]
    assert [m["content"]["decision"] for m in told] == [asked]


def test_who_has_no_vote_is_told_so_and_nothing_is_recorded(shared: Opens, asked: str) -> None:
    for role, why in (("ceo", "the initiator does not vote"), ("test_lead", "its electorate is")):
        told = shared(role).call("cast_vote", decision_id=asked, vote="approve", confidence=1, rationale="Me too")
        assert not told.is_error
        assert (told.structured["recorded"], told.structured["basis"]["rule"]) == (False, "not_in_electorate")
        assert why in told.structured["say"]
        assert "Nothing was done" in told.structured["say"]


def test_an_electorate_too_small_is_refused_with_who_could_vote(shared: Opens) -> None:
    told = shared("ceo").call(
        "propose_decision", decision_type="policy", title="x", context="y", mode="collaborative", participants="cto"
    )
    assert told.is_error
    assert "participants" in told.text
    assert "operations_head" in told.text
