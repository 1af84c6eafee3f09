"""Which changes of what runs the operations head approves, and what holds the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from org.clock import database_clock
from org.enums import ArtifactKind, Status, VoteChoice
from org.errors import InvalidInput, NotFound
from org.models import Artifact, AuditRecord, Decision
from org.queries import gates
from tests.people import amend_charter, vote
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
BACK = "Switch back to the old primary.\nCheck that writes arrive."


def declare(title: str = "Checkout is down", severity: str = "critical", **given: Any) -> dict[str, Any]:
    wanted = {"services": ["checkout"], "impact": "Nobody can pay.", **given}
    return use("operations_head", "declare_incident", title=title, severity=severity, **wanted)


def ahead(hours: float = 10, lasts: float = 2) -> dict[str, str]:
    begins = database_clock() + timedelta(hours=hours)
    return {"from": begins.isoformat(), "to": (begins + timedelta(hours=lasts)).isoformat()}


def change(what: str = "Upgrade PostgreSQL", risk: str = "medium", **given: Any) -> dict[str, Any]:
    wanted = {"environments": ["Production"], "rollback_plan": BACK, **given}
    return use("operations_head", "approve_infrastructure_change", change=what, risk=risk, **wanted)


def unmet(told: dict[str, Any]) -> list[str]:
    return [each["name"] for each in told["conditions"] if not each["met"]]


def test_a_change_whose_conditions_are_met_is_approved_as_a_decision() -> None:
    told = change()
    decision = Decision.objects.get()
    assert (told["approved"], told["ref"], unmet(told)) == (True, decision.ref, [])
    assert (decision.decision_type, decision.status, decision.title) == (
        "infrastructure_change",
        Status.APPROVED,
        "Upgrade PostgreSQL",
    )
    kept = Artifact.objects.of(ArtifactKind.INFRASTRUCTURE_CHANGE).get()
    assert (told["change_id"], kept.decision) == (kept.ref, decision)
    assert (kept.content["found"]["environments"], kept.content["found"]["window"]) == (["production"], None)
    assert kept.content["given"]["rollback_plan"] == BACK
    assert told["basis"]["production"] == ["production"]


def test_a_deployment_finds_the_window_and_the_way_back_of_an_approved_change() -> None:
    told = change(risk="sev2", window=ahead(), environments=["Production", "staging"])
    now = database_clock()
    assert {name: row.ref for name, row in gates.windows(now).items()} == dict.fromkeys(
        ("production", "staging"), told["change_id"]
    )
    assert gates.rollbacks(["production"], now)["production"].startswith("Switch back")


@pytest.mark.parametrize("plan", ["none", "revert", "n/a", []])
def test_without_a_way_back_nothing_is_decided_and_the_no_is_noted(plan: Any) -> None:
    told = change(rollback_plan=plan)
    assert (told["approved"], told["status"]) == (False, "refused")
    assert (told["change_id"], told["ref"], told["decision_id"]) == (None, None, None)
    assert unmet(told) == ["rollback"]
    assert "Nothing was done. Say in rollback_plan what is done" in told["say"]
    assert not Decision.objects.exists()
    assert not Artifact.objects.exists()
    assert AuditRecord.objects.filter(action="call.refused").count() == 1


def test_a_risky_change_in_production_needs_a_window_and_steps() -> None:
    told = change(risk="high", rollback_plan="Restore the last snapshot")
    assert unmet(told) == ["rollback", "window"]
    [window] = [each["needed"] for each in told["conditions"] if each["name"] == "window"]
    assert (window["tool"], window["role"]) == ("approve_infrastructure_change", "operations_head")
    assert window["arguments"]["window"] == {"from": "…", "to": "…"}
    assert change(risk="high", environments="staging")["approved"] is True


def test_an_open_critical_incident_holds_every_change_but_its_mend() -> None:
    incident = declare()["incident_id"]
    told = change()
    assert unmet(told) == ["incidents"]
    assert f"A critical incident is open: {incident} “Checkout is down”." in told["say"]
    mend = change("Restart checkout", risk="critical", mends=incident)
    assert (mend["approved"], mend["basis"]["emergency"], mend["mode"]) == (True, True, "autonomous")
    declare(status="resolved")
    assert change()["approved"] is True
    with pytest.raises(NotFound, match="mends"):
        change(mends=incident)


def test_a_critical_change_in_production_is_put_to_a_vote_of_the_leadership() -> None:
    told = change(risk="critical", window=ahead())
    assert (told["approved"], told["mode"], told["waiting_on"]) == (False, "collaborative", ["ceo", "cto", "chro"])
    assert gates.windows(database_clock()) == {}
    for role in ("ceo", "cto", "chro"):
        vote(Decision.objects.get(), role, VoteChoice.APPROVE)
    assert list(gates.windows(database_clock())) == ["production"]


def test_where_the_charter_allows_no_vote_it_is_decided_alone_and_that_is_said() -> None:
    changes = '[types.infrastructure_change]\ndecided_by = ["operations_head", "cto"]\n'
    amend_charter(changes, changes + 'modes = ["autonomous", "human"]\n')
    told = change(risk="critical", window=ahead())
    assert (told["approved"], told["mode"]) == (True, "autonomous")
    assert told["basis"]["missing"] == ["a vote of the leadership: the charter allows none here, or too few voters"]


def test_a_change_one_is_not_sure_of_goes_up_the_line() -> None:
    told = change(confidence=0.2)
    assert (told["approved"], told["status"], told["basis"]["rule"]) == (False, "pending", "low_confidence")
    assert told["change_id"] == Artifact.objects.get().ref


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"risk": "huge"}, "risk: must be one of"),
        ({"environments": []}, "environments"),
        ({"environments": ["\u200b"]}, "environments: holds nothing"),
        ({"environments": ["x"] * 21}, "environments"),
        ({"window": {"from": "2026-01-01T10:00:00Z"}}, r"window\.to"),
        ({"window": {"from": "2026-01-01T10:00:00", "to": "2026-01-02T10:00:00Z"}}, r"window\.from.*with its zone"),
        ({"window": {"from": "0001-01-01T00:00:00+14:00", "to": "2026-01-02T10:00:00Z"}}, "outside the calendar"),
        ({"window": {"from": "2026-01-02T10:00:00Z", "to": "2026-01-02T11:00:00+01:00"}}, "window: begins when"),
        ({"window": "tonight"}, "window"),
        ({"mends": "Nothing we know"}, "mends"),
        ({"rollback_plan": "x" * 70_000}, "rollback_plan"),
    ],
)
def test_what_is_no_change_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        change(**given)
    assert not Decision.objects.exists()
    assert not Artifact.objects.exists()


def test_a_window_that_is_over_or_outlasts_the_approval_is_told() -> None:
    assert "The window was over at" in change(window=ahead(-10))["say"]
    assert "when an approval of today holds no more" in change(window=ahead(24 * 31))["say"]
