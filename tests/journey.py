"""A feature's way through the whole company over stdio, while what carries it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from echo_project.demo.matters import COMPONENTS, FEATURE, GREEN, RELEASE, STORIES, TASKS
from org.models import AuditRecord, Decision, Run, RunStep
from tests.clients.raw import RawClient
from tests.stack import wait_until

MOST_SECONDS = 30
Call = Callable[..., Any]


class Faults(Protocol):
    """What fails on the way."""

    def kill_worker(self) -> None: ...

    def empty_redis(self) -> None: ...

    def restart_postgresql(self) -> None: ...


class Company:
    """The roles' clients, each opened when it is first needed."""

    def __init__(self, client: Callable[[str], RawClient]) -> None:
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


def decided(decision: str) -> Callable[[], bool]:
    return lambda: RunStep.objects.filter(decision__title=decision, status="waiting").exists()


def goes_from_its_definition_to_its_announcement(
    company: Company, faults: Faults, approve: Callable[[Decision], None]
) -> None:
    """`approve` is how the board says yes. Raises AssertionError where anything is lost or done twice."""
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
    faults.kill_worker()

    def design(call: Call) -> dict[str, Any]:
        made = call("design_system", requirements=FEATURE, constraints=["200 ms."], components=COMPONENTS, **feature)
        return {"design": made["ref"]}

    def review(verdict: str, *findings: str) -> Callable[[Call], dict[str, Any]]:
        def reviewed(call: Call) -> dict[str, Any]:
            asks = {"scalability": ["300 requests a second."], "components": ["web", "preferences"]}
            made = RunStep.objects.filter(key="design", status="done").latest("round").result["design"]
            decision = call("review_architecture", design=made, **asks, **feature)["ref"]
            return {"decision": decision, "verdict": verdict, "findings": list(findings)}

        return reviewed

    company.work("senior_architect", "design", design)
    company.work("cto", "review", review("change it", "Nothing says who owns the theme."))
    company.work("senior_architect", "design", design)
    asked = RunStep.objects.get(key="design", round=1)
    assert "Nothing says who owns the theme." in asked.given["asks"]
    company.work("cto", "review", review("stands"))
    faults.empty_redis()

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
    faults.restart_postgresql()
    company.work(
        "senior_developer",
        "estimate",
        lambda call: {
            "estimate": call("estimate_effort", tasks=TASKS, **feature)["ref"],
            "cost_usd": 5_000_000,
        },
    )
    wait_until(decided(f"Build {FEATURE}"), MOST_SECONDS, "the vote")
    vote = Decision.objects.get(title=f"Build {FEATURE}", mode="collaborative")
    assert vote.initiator_role == "product_manager"
    for role in vote.participants or []:
        if not Decision.objects.get(pk=vote.pk).is_settled:
            company.call(role, "cast_vote", decision_id=vote.ref, vote="approve", rationale="Yes.", confidence=0.9)
    asks = {
        "initiative": f"Build {FEATURE}",
        "budget": 5_000_000,
        "business_value": "Half of our readers read at night.",
    }
    company.work("ceo", "budget", lambda call: {"decision": call("approve_strategic_initiative", **asks)["ref"]})
    wait_until(lambda: Decision.objects.filter(mode="human").exists(), MOST_SECONDS, "the board's matter")
    assert "board" in company.call("ceo", "get_workflow", run_id=run)["waiting_on"]
    approve(Decision.objects.get(mode="human"))

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
