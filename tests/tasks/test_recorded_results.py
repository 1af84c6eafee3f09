"""What agents submit is held to the record: what is there, what it is about, how it was decided, for how much."""

from __future__ import annotations

from typing import Any

import pytest

from org import workflows
from org.clock import database_clock
from org.enums import ArtifactKind, BoardAnswer
from org.errors import InvalidInput, Refused
from org.models import Decision, Run, RunStep
from org.services import runs
from org.workflows.definition import End, Settled, Work
from org.workflows.fields import Choice, Text, Usd
from org.workflows.recorded import Decided, Made
from org.workflows.references import Is, Ref
from tests.people import acting, answer
from tests.roles.tools import use
from tests.tasks.flows import ask, claim, drive, submit, where

pytestmark = pytest.mark.django_db


def define(name: str, worth: str = "Rest.") -> str:
    story = ["As a reader, I want dark pages, so that my eyes rest."]
    ref: str = use("product_manager", "define_feature", name=name, user_stories=story, business_value=worth)["ref"]
    return ref


def estimate(feature: str, hours: int = 6) -> str:
    task = {"id": "a", "optimistic_hours": hours, "likely_hours": hours, "pessimistic_hours": hours}
    ref: str = use("senior_developer", "estimate_effort", tasks=[task], feature=feature)["ref"]
    return ref


def initiative(usd: int, title: str = "Dark pages") -> str:
    given = {"initiative": title, "budget": usd, "business_value": "Half of our readers read at night."}
    ref: str = use("ceo", "approve_strategic_initiative", **given)["ref"]
    return ref


def refused(role: str, result: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        submit(role, claim(role), result)


FEATURE = Made(says="The feature.", kind=ArtifactKind.FEATURE, name="input.name")
ESTIMATE = Made(
    says="The estimate.", kind=ArtifactKind.ESTIMATE, feature="a.feature", tells={"hours": "found.expected_hours"}
)


def test_what_was_made_is_for_the_runs_own_feature_and_the_newest(ship: Any) -> None:
    ship(ask("a", results={"feature": FEATURE}), ask("b", "a", results={"estimate": ESTIMATE}), ask("c", "b"))
    other, mine = define("Light pages"), define("The  Thing")
    refused("cto", {"feature": other}, r"result.feature: F-\d+ is “Light pages”, not “the thing”")
    newer = define("the thing", "More rest.")
    refused("cto", {"feature": mine}, f"result.feature: {newer} has taken the place of {mine}")
    submit("cto", claim("cto"), {"feature": newer})
    refused("cto", {"estimate": estimate(other)}, r"is for the feature “light pages”, not “the thing”")
    submit("cto", claim("cto"), {"estimate": estimate(newer)})
    assert RunStep.objects.get(key="c").status == "waiting"


def test_what_the_record_tells_needs_no_word_of_the_agent_and_bears_none(ship: Any) -> None:
    ship(
        ask("a", results={"feature": FEATURE}),
        ask("b", "a", results={"estimate": ESTIMATE}),
        ask("c", "b", asks="It takes {b.hours} hours."),
    )
    feature = define("the thing")
    submit("cto", claim("cto"), {"feature": feature})
    made = estimate(feature, 8)
    refused("cto", {"estimate": made, "hours": 3}, "result.hours: is not one of its fields")
    submit("cto", claim("cto"), {"estimate": made})
    assert RunStep.objects.get(key="c").given["asks"] == "It takes 8 hours."


BUDGET = Decided(says="The budget.", type="strategic_initiative", approved=False, covers="input.usd")


def of_budget(*after: str) -> tuple[Work, Settled, End, Work]:
    return (
        ask("budget", *after, role="ceo", results={"decision": BUDGET}),
        Settled(key="paid", title="Paid for", after=("budget",), of=Ref("budget.decision")),
        End(key="no", title="No", after=("paid",), when=Is("paid.approved", False), says="Not paid: {paid.status}."),
        ask("go", "no", asks="{paid.decision} {paid.status}"),
    )


def test_a_run_waits_for_the_decision_that_a_role_asked_for_whoever_settles_it(ship: Any) -> None:
    run = ship(*of_budget(), usd=5_000_000)
    ref = initiative(5_000_000)
    submit("ceo", claim("ceo"), {"decision": ref})
    drive()
    assert where(run) == {"budget": "done", "paid": "waiting"}
    assert Decision.objects.count() == 1, "the board is asked once"
    answer(Decision.objects.get(), BoardAnswer.APPROVE)
    drive()
    assert where(run)["go"] == "waiting"
    assert RunStep.objects.get(key="go").given["asks"] == f"{ref} approved"


def test_a_run_ends_where_the_decision_it_waits_for_is_a_no(ship: Any) -> None:
    run = ship(*of_budget(), usd=5_000_000)
    submit("ceo", claim("ceo"), {"decision": initiative(5_000_000)})
    drive()
    answer(Decision.objects.get(), BoardAnswer.REJECT)
    drive()
    where(run)
    assert (run.status, run.outcome) == ("done", "Not paid: rejected.")


def test_a_decision_that_is_settled_already_is_not_waited_for(ship: Any) -> None:
    run = ship(*of_budget(), usd=900_000)
    submit("ceo", claim("ceo"), {"decision": initiative(900_000)})
    drive()
    assert where(run)["go"] == "waiting"


def test_a_decision_covers_the_amount_it_is_for(ship: Any) -> None:
    ship(*of_budget(), usd=900_000)
    refused("ceo", {"decision": initiative(48_000)}, r"is on \$48,000, less than the \$900,000 it is for")


def test_an_amount_stays_within_what_was_asked_for(ship: Any) -> None:
    hire = Decided(says="The hire.", type="hiring", approved=False, at_most="input.usd", tells={"pay": "amount_usd"})
    offer = {"pay": Usd(says="The offer.", at_most="plan.pay")}
    ship(ask("plan", role="ceo", results={"decision": hire}), ask("offer", "plan", results=offer), usd=80_000)
    asks = {"decision_type": "hiring", "title": "One", "context": "x"}
    dear = use("ceo", "propose_decision", **asks, amount_usd=90_000)["ref"]
    refused("ceo", {"decision": dear}, r"\$90,000 is more than the \$80,000 of input.usd")
    fair = use("ceo", "propose_decision", **asks | {"title": "Two"}, amount_usd=70_000)["ref"]
    submit("ceo", claim("ceo"), {"decision": fair})
    refused("cto", {"pay": 250_000}, r"result.pay: \$250,000 is more than the \$70,000 of plan.pay")
    submit("cto", claim("cto"), {"pay": 70_000})


def test_a_verdict_stands_only_with_the_approval_beside_it(ship: Any) -> None:
    results = {
        "verdict": Choice(says="The verdict.", words=("stands", "change it")),
        "decision": Decided(says="The policy.", type="policy", approved=("verdict", "stands")),
    }
    ship(ask("a", results=results))
    asks = {"decision_type": "policy", "title": "One", "context": "x"}
    waits = use("cto", "propose_decision", **asks)["ref"]
    assert Decision.objects.get().status != "approved"
    refused("cto", {"verdict": "stands", "decision": waits}, "no approval that holds, so verdict is not “stands”")
    submit("cto", claim("cto"), {"verdict": "change it", "decision": waits})


def test_a_decision_that_has_to_be_settled_is_waited_for_by_who_submits_it(ship: Any) -> None:
    ship(ask("a", results={"decision": Decided(says="A policy.", type="policy", approved=False, settled=True)}))
    waits = use("cto", "propose_decision", decision_type="policy", title="One", context="x")["ref"]
    refused("cto", {"decision": waits}, f"not decided yet. .*wait_for {{id: {waits}}}")


def test_what_an_example_leaves_open_is_no_answer(ship: Any) -> None:
    ship(ask("a", results={"said": Text(says="What you say.")}))
    refused("cto", {"said": " … "}, "result.said: must be said; … stands in the example for it")


def test_no_two_runs_are_open_for_the_same_however_it_is_spelt() -> None:
    def start(feature: str) -> Run:
        given = {"feature": feature, "idea": "Rest.", "release": "v1"}
        return runs.start(name="feature_development", inputs=given, by=acting("ceo"), clock=database_clock)

    run = start("Dark mode")
    with pytest.raises(Refused, match=f"{run.ref} is under way for “dark  MODE”"):
        start("dark  MODE")
    assert start("Light mode").ref != run.ref
    Run.objects.filter(pk=run.pk).update(status="cancelled", finished_at=database_clock())
    assert start("Dark mode").ref != run.ref


def test_the_shipped_workflows_take_no_agents_word_for_what_was_decided() -> None:
    for flow in workflows.SHIPPED:
        for step in flow.steps:
            words = {name for name, each in getattr(step, "results", {}).items() if type(each).__name__ == "Flag"}
            assert words <= {"allocated"}, (flow.name, step.key, words)
