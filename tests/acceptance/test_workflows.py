"""Whole workflows over stdio: each role's agent does its part by its own tools, the engine the rest, whatever fails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import redis

from echo_project.demo.matters import COMPONENTS, FEATURE, GREEN, RELEASE, STORIES, TASKS
from org.enums import BoardAnswer
from org.models import AuditRecord, Decision, Run, RunStep
from tests.acceptance.conftest import Opens
from tests.people import answer, use_database
from tests.stack import Organisation, Servers, wait_until

MOST_SECONDS = 30
Call = Callable[..., Any]


class Company:
    """The roles' clients, each opened when it is first needed."""

    def __init__(self, client: Opens) -> None:
        self._open = client
        self._clients: dict[str, Any] = {}

    def call(self, role: str, tool: str, **arguments: Any) -> Any:
        if role not in self._clients:
            self._clients[role] = self._open(role)
        answer = self._clients[role].call(tool, **arguments)
        assert not answer.is_error, f"{tool} of the {role}: {answer.text}"
        return answer.structured

    def work(self, role: str, step: str, do: Callable[[Call], dict[str, Any]]) -> Any:
        """Wait until a step is the role's, claim it, do it by the role's own calls and submit it."""
        wait_until(
            lambda: RunStep.objects.filter(key=step, status="waiting").exists(), MOST_SECONDS, f"the step {step}"
        )
        held = self.call(role, "claim_work")
        assert held["step"] == step, held
        result = do(lambda tool, **arguments: self.call(role, tool, **arguments))
        return self.call(role, "submit_work", work_id=held["ref"], lease_token=held["lease_token"], result=result)


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


def decided(decision: str) -> Callable[[], bool]:
    return lambda: RunStep.objects.filter(decision__title=decision, status="waiting").exists()


@pytest.mark.timeout(180)
def test_a_feature_goes_from_its_definition_to_its_announcement_through_all_that_fails(
    office: Organisation, servers: Servers, client: Opens
) -> None:
    office.start_sweeper()
    worker = office.start_worker()
    company = Company(client)
    run = company.call(
        "product_manager",
        "start_workflow",
        name="feature_development",
        input={"feature": FEATURE, "idea": "Pages that rest the eyes.", "release": RELEASE},
    )["ref"]
    feature = {"feature": FEATURE}
    company.work(
        "product_manager",
        "define",
        lambda call: {
            "feature": call("define_feature", name=FEATURE, user_stories=STORIES, business_value="Rest.")["ref"]
        },
    )
    company.work(
        "product_manager",
        "requirements",
        lambda call: {
            "requirements": call("gather_requirements", stakeholders=["test_lead"], **feature)["ref"],
            "most_important": ["Dark at night."],
        },
    )
    worker.kill()
    worker = office.start_worker()

    def design(call: Call) -> dict[str, Any]:
        made = call("design_system", requirements=FEATURE, constraints=["200 ms."], components=COMPONENTS, **feature)
        return {"design": made["ref"]}

    company.work("senior_architect", "design", design)
    company.work("cto", "review", lambda _: {"verdict": "change it", "findings": ["Nothing says who owns the theme."]})
    company.work("senior_architect", "design", design)
    asked = RunStep.objects.get(key="design", round=1)
    assert "Nothing says who owns the theme." in asked.given["asks"]
    company.work("cto", "review", lambda _: {"verdict": "stands", "findings": []})
    empty_redis(office)

    steps = ["page", "settings", "page"]
    company.work(
        "uiux_engineer",
        "interface",
        lambda call: {
            "interface": call(
                "design_interface",
                user_flows=[{"name": "Switch", "steps": steps}],
                screens=[{"name": "page", "final": True}, {"name": "settings"}],
                **feature,
            )["ref"]
        },
    )
    company.work(
        "senior_developer", "plan", lambda call: {"plan": call("plan_implementation", tasks=TASKS, **feature)["ref"]}
    )
    company.work(
        "test_lead",
        "tests",
        lambda call: {"tests": call("create_test_plan", parameters={"theme": ["dark", "light"]}, **feature)["ref"]},
    )
    cut(servers, office)
    company.work(
        "senior_developer",
        "estimate",
        lambda call: {
            "estimate": call("estimate_effort", tasks=TASKS, **feature)["ref"],
            "hours": 15,
            "cost_usd": 5_000_000,
        },
    )
    wait_until(decided(f"Build {FEATURE}"), MOST_SECONDS, "the vote")
    vote = Decision.objects.get(title=f"Build {FEATURE}", mode="collaborative")
    assert vote.initiator_role == "product_manager"
    for role in vote.participants or []:
        if not Decision.objects.get(pk=vote.pk).is_settled:
            company.call(role, "cast_vote", decision_id=vote.ref, vote="approve", rationale="Yes.", confidence=0.9)
    company.work("ceo", "budget", lambda _: {"within_authority": False, "amount_usd": 5_000_000})
    wait_until(lambda: Decision.objects.filter(mode="human").exists(), MOST_SECONDS, "the board's matter")
    assert "board" in company.call("ceo", "get_workflow", run_id=run)["waiting_on"]
    answer(Decision.objects.get(mode="human"), BoardAnswer.APPROVE)

    company.work("senior_developer", "implementation", lambda _: {"done": "All of it.", "commit": "abc123"})

    def judge(call: Call) -> dict[str, Any]:
        call("analyze_test_results", junit_xml=GREEN, release=RELEASE)
        return {"decision": call("approve_release_quality", release=RELEASE)["ref"], "remarks": ["Dark at night."]}

    company.work("test_lead", "quality", judge)
    company.work(
        "cto",
        "deployment",
        lambda call: {"decision": call("approve_deployment", release=RELEASE, environments=["production"])["ref"]},
    )
    wait_until(lambda: Run.objects.filter(status="done").exists(), MOST_SECONDS, "the end")
    mail = company.call("chro", "read_inbox")["messages"]
    assert next(each["subject"] for each in mail if each["from"] == "system") == f"{FEATURE} is there"
    assert company.call("ceo", "wait_for", id=run)["settled"] is True
    assert_each_once()


def assert_each_once() -> None:
    """Every step was opened once a round and done once, and nothing was decided or sent twice."""
    opened = Counter(AuditRecord.objects.filter(action="step.opened").values_list("subject", flat=True))
    assert set(opened.values()) == {1}
    assert len(opened) == RunStep.objects.count()
    done = AuditRecord.objects.filter(action="step.changed", data__after__status="done").values_list(
        "subject", flat=True
    )
    assert set(Counter(done).values()) == {1}
    assert Decision.objects.filter(title=f"Build {FEATURE}").count() == 2  # the vote, and the board's
    settled = Counter(AuditRecord.objects.filter(action="decision.settled").values_list("subject", flat=True))
    assert set(settled.values()) == {1}


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
    for works in (False, True):
        company.work("operations_head", "mitigate", lambda _, works=works: {"works_again": works, "done": "Restarted."})
        wait_until(lambda: RunStep.objects.filter(key="again", status="done").exists(), MOST_SECONDS, "the way back")
    company.work("cto", "root_cause", lambda _: {"cause": "A full disk.", "unseen": "No alarm on it."})
    company.work("senior_developer", "follow_ups", lambda _: {"changes": ["Rotate the logs."]})
    company.work("test_lead", "tests", lambda _: {"guards": ["An alarm at 80 %."]})
    wait_until(lambda: Run.objects.filter(status="done").exists(), MOST_SECONDS, "the end")
    told = company.call("ceo", "read_inbox", limit=3)["messages"]
    report = next(each for each in told if each["subject"].startswith("Learned from"))
    assert "A full disk." in json.dumps(report["content"])
