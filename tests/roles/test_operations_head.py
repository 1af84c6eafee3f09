"""What the operations head declares, approves, reviews and plans."""

from __future__ import annotations

from typing import Any

import pytest

from org.enums import ArtifactKind, Urgency
from org.errors import InvalidInput, NotFound
from org.models import Artifact, AuditRecord, Message
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
LEADERSHIP = ["ceo", "cto", "chro"]


def declare(title: str = "Checkout is down", severity: str = "critical", **given: Any) -> dict[str, Any]:
    wanted = {"services": ["checkout"], "impact": "Nobody can pay.", **given}
    return use("operations_head", "declare_incident", title=title, severity=severity, **wanted)


def heard(thread: str) -> list[Message]:
    return list(Message.objects.filter(thread_id=thread).order_by("number", "to_role"))


# --- Incidents --------------------------------------------------------------------------------------------------------


def test_an_incident_is_kept_and_the_leadership_is_told_of_it_by_urgent_message() -> None:
    told = declare(severity="high")
    row = Artifact.objects.of(ArtifactKind.INCIDENT).get()
    assert (told["incident_id"], told["commander"], told["told"]) == (row.ref, "operations_head", LEADERSHIP)
    assert row.content["found"] == {"severity": "high", "status": "open", "services": ["checkout"]}
    assert row.content["given"] == {"services": ["checkout"], "impact": "Nobody can pay."}
    sent = heard(told["basis"]["thread_id"])
    assert {message.priority for message in sent} == {Urgency.HIGH}
    assert sent[0].content["incident"] == row.ref
    assert told["say"] == f"{row.ref}: the incident “Checkout is down” is open, high; 3 roles are told."
    assert AuditRecord.objects.filter(action="artifact.made", subject=row.ref).exists()


def test_no_workflow_is_started_and_the_answer_says_so() -> None:
    told = declare()
    assert told["run_id"] is None
    assert told["basis"]["missing"][0].startswith("run_id: Echo has no durable workflows yet")


def test_a_critical_incident_is_told_to_every_role() -> None:
    told = declare()
    assert len(told["told"]) == 8
    assert {message.priority for message in heard(told["basis"]["thread_id"])} == {Urgency.CRITICAL}


def test_the_same_again_tells_nobody_twice() -> None:
    first, again = declare(), declare("CHECKOUT  is down")
    assert again["told"] == []
    assert first["incident_id"] == again["incident_id"]
    assert declare(impact="Nobody can pay by card.")["told"] == []
    assert Message.objects.values("number").distinct().count() == 1


def test_the_same_title_resolved_closes_it_and_those_who_were_told_hear_of_it() -> None:
    opened = declare()
    milder = declare(severity="low")
    closed = declare(severity="low", status="resolved")
    assert (len(milder["told"]), len(closed["told"]), closed["status"]) == (8, 8, "resolved")
    subjects = [message.subject for message in heard(opened["basis"]["thread_id"]) if message.to_role == "ceo"]
    assert subjects == [
        "Incident “Checkout is down” is open",
        "Incident “Checkout is down” is low now",
        "Incident “Checkout is down” is resolved",
    ]
    assert declare(severity="low", status="resolved")["told"] == []
    assert len(declare()["told"]) == 8  # open again


def test_an_incident_is_also_known_by_its_ref() -> None:
    ref = declare()["incident_id"]
    closed = declare(ref, status="resolved")
    assert Artifact.objects.get(number=int(closed["incident_id"][2:])).key == "checkout is down"
    plan = use("product_manager", "define_feature", name="Pay", user_stories="Pay.", business_value="x")
    with pytest.raises(InvalidInput, match=r"title: .* is a feature, no incident"):
        declare(plan["feature_id"])


def test_what_nobody_declared_is_not_resolved() -> None:
    declare()
    with pytest.raises(NotFound, match=r"title.*Known: Checkout is down"):
        declare("Checkout was down", status="resolved")


@pytest.mark.parametrize(
    ("word", "severity"), [("sev1", "critical"), ("SEV2", "high"), ("sev3", "medium"), (" sev4", "low")]
)
def test_severities_have_other_names(word: str, severity: str) -> None:
    assert declare(severity=word)["severity"] == severity


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"severity": "sev5"}, "severity: must be one of"),
        ({"severity": 1}, "severity"),
        ({"title": "\u200b"}, "title: holds nothing"),
        ({"status": "closed"}, "status: must be one of 'open' or 'resolved'"),
        ({"services": [7]}, r"services\.0"),
        ({"services": ["x"] * 1001}, "services"),
        ({"impact": ""}, "impact"),
        ({"title": "x" * 256}, "title"),
    ],
)
def test_what_is_no_incident_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        declare(**given)
    assert not Artifact.objects.exists()
    assert not Message.objects.exists()


def test_an_incident_that_hits_nothing_asks_what_it_hits() -> None:
    assert "services: what it hits" in declare(services=[])["basis"]["missing"]
