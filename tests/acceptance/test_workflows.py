"""Whole workflows over stdio: each role's agent does its part by its own tools, the engine the rest, whatever fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis

from org.enums import BoardAnswer
from org.models import Run, RunStep
from tests.acceptance.conftest import Opens
from tests.journey import MOST_SECONDS, Call, Company, goes_from_its_definition_to_its_announcement
from tests.people import answer, use_database
from tests.stack import Organisation, Servers, wait_until


def empty_redis(office: Organisation) -> None:
    with redis.Redis.from_url(
        office.redis_url.partition("?")[0], db=int(office.redis_url.partition("db=")[2] or 0)
    ) as it:
        it.flushdb()


def cut(servers: Servers, office: Organisation) -> None:
    """End every connection of Echo's, as a restart of PostgreSQL does."""
    use_database(office.database)  # this process opens another for itself
    servers.run_sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        f" WHERE datname = '{office.database}' AND pid <> pg_backend_pid()"
    )


class Harmed:
    """An office whose worker is killed, whose Redis is emptied and whose connections are all cut."""

    def __init__(self, servers: Servers, office: Organisation) -> None:
        self.servers, self.office = servers, office
        self.worker = office.start_worker()

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker = self.office.start_worker()

    def empty_redis(self) -> None:
        empty_redis(self.office)

    def restart_postgresql(self) -> None:
        cut(self.servers, self.office)


@pytest.mark.timeout(180)
def test_a_feature_goes_from_its_definition_to_its_announcement_through_all_that_fails(
    office: Organisation, servers: Servers, client: Opens
) -> None:
    office.start_sweeper()
    goes_from_its_definition_to_its_announcement(
        Company(client), Harmed(servers, office), lambda decision: answer(decision, BoardAnswer.APPROVE)
    )


@pytest.mark.timeout(120)
def test_an_incident_is_paged_mitigated_and_learned_from(office: Organisation, client: Opens) -> None:
    office.start_sweeper()
    office.start_worker()
    company = Company(client)
    incident = company.call(
        "operations_head",
        "declare_incident",
        title="Checkout fails",
        severity="sev1",
        services=["checkout"],
        impact="Nobody can pay.",
    )
    run = incident["run_id"]
    wait_until(lambda: RunStep.objects.filter(key="page", message__isnull=False).exists(), MOST_SECONDS, "the page")
    told = company.call("operations_head", "wait_for", id=run, timeout_seconds=0)
    assert told["waiting_on"] == ["operations_head"]
    asks = company.call("operations_head", "read_inbox", needs_action=True)["messages"]
    [paged] = [each for each in asks if each["subject"].startswith("Incident F-")]
    company.call("operations_head", "acknowledge_message", message_id=paged["ref"], note="On it.")
    said = {"title": "Checkout fails", "severity": "sev1", "services": ["checkout"], "impact": "Nobody can pay."}
    for status in ("open", "resolved"):

        def mitigate(call: Call, status: str = status) -> dict[str, Any]:
            return {"incident": call("declare_incident", **said, status=status)["ref"], "done": "Restarted."}

        company.work("operations_head", "mitigate", mitigate)
        wait_until(lambda: RunStep.objects.filter(key="again", status="done").exists(), MOST_SECONDS, "the way back")
    company.work("cto", "root_cause", lambda _: {"cause": "A full disk.", "unseen": "No alarm on it."})
    company.work("senior_developer", "follow_ups", lambda _: {"changes": ["Rotate the logs."]})
    company.work("test_lead", "tests", lambda _: {"guards": ["An alarm at 80 %."]})
    wait_until(lambda: Run.objects.filter(status="done").exists(), MOST_SECONDS, "the end")
    told = company.call("ceo", "read_inbox", limit=3)["messages"]
    report = next(each for each in told if each["subject"].startswith("Learned from"))
    assert "A full disk." in json.dumps(report["content"])
