"""What the CTO reviews, selects, assesses and lets out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.enums import ArtifactKind, Status
from org.errors import InvalidInput, NotFound
from org.models import Artifact, AuditRecord, Decision
from org.services import artifacts, interventions
from tests.people import acting, board_member, propose, publish_charter, shift_clock
from tests.roles.tools import use

pytestmark = pytest.mark.django_db
WEB = {"name": "web", "owner": "cto", "user_facing": True, "replicas": 3, "depends_on": ["orders"]}
ORDERS = {"name": "orders", "owner": "cto", "replicas": 2, "depends_on": ["db"]}
STORE = {"name": "db", "kind": "database", "owner": "cto", "replicas": 2, "backup": "nightly, restored in May"}
GREEN = '<testsuite tests="1"><testcase name="x"/></testsuite>'
SHA = "A" * 64


def review(*parts: Any, named: Any = (), said: Any = "200 requests a second", **given: Any) -> dict[str, Any]:
    design = {"components": list(parts)}
    return use("cto", "review_architecture", design=design, components=list(named), scalability=said, **given)


def define(name: str = "Dark mode") -> str:
    story = "As a reader, I want dark pages, so that my eyes rest."
    return str(
        use("product_manager", "define_feature", name=name, user_stories=story, business_value="x")["feature_id"]
    )


def deploy(*environments: str, release: str = "v1.4", **given: Any) -> dict[str, Any]:
    return use("cto", "approve_deployment", release=release, environments=list(environments or ["production"]), **given)


def good(release: str = "1.4.0") -> Decision:
    use("test_lead", "analyze_test_results", junit_xml=GREEN, release=release)
    return Decision.objects.get(pk=use("test_lead", "approve_release_quality", release=release)["decision_id"])


def record(kind: ArtifactKind, name: str, role: str, decision: Decision | None = None, **content: Any) -> Artifact:
    return artifacts.make(
        kind=kind, name=name, content=content, decision=decision, by=acting(role), clock=database_clock
    )


def incident(severity: str = "critical", status: str = "open", name: str = "Shop is down") -> None:
    record(ArtifactKind.INCIDENT, name, "operations_head", given={}, found={"severity": severity, "status": status})


# --- Architecture -----------------------------------------------------------------------------------------------------


def test_a_sound_design_is_approved_as_a_decision() -> None:
    feature = define()
    told = review(WEB, ORDERS, STORE, named=["web", "db"], feature=feature)
    decision = Decision.objects.get()
    assert (told["approved"], told["ref"], told["feedback"]) == (True, decision.ref, [])
    assert (decision.decision_type, decision.title) == ("architecture", "Architecture of Dark mode")
    kept = Artifact.objects.of(ArtifactKind.ARCHITECTURE_REVIEW).get()
    assert (kept.feature, kept.decision, told["review_id"]) == ("dark mode", decision, kept.ref)


def test_a_grave_finding_rejects_and_a_mild_one_does_not() -> None:
    alone = {**STORE, "replicas": 1, "backup": "none"}
    told = review(WEB, ORDERS, alone, named=["cache"])
    assert told["status"] == "rejected"
    assert "cache must be in the design and is not." in told["rationale"]
    assert {each["mend"] for each in told["modifications"] if each["components"] == ["db"]}
    mild = review(WEB, ORDERS, STORE, said="It scales very well.")
    assert (mild["approved"], mild["feedback"]) == (True, ['"It scales very well." has no number.'])


def test_a_cycle_and_a_dangling_dependency_are_named() -> None:
    told = review({**WEB, "depends_on": ["orders", "mailer"]}, {**ORDERS, "depends_on": ["web"]})
    assert any("web → orders → web" in each for each in told["feedback"])
    assert any("mailer, which is not in the design" in each for each in told["feedback"])


def test_a_design_without_components_is_not_judged() -> None:
    told = use("cto", "review_architecture", design="Microservices!", components=["web"], scalability="lots")
    assert (told["approved"], told["decision_id"], told["review_id"]) == (False, None, None)
    assert "names no components" in told["say"]
    assert not Decision.objects.exists()
    assert AuditRecord.objects.filter(action="call.refused", data__rule="thin_design").exists()


def test_a_recorded_design_is_reviewed_by_its_ref() -> None:
    design = record(
        ArtifactKind.DESIGN, "Shop", "senior_architect", given={"components": [WEB, ORDERS, STORE]}, found={}
    )
    told = use("cto", "review_architecture", design=design.ref, components=[], scalability="200 a second")
    assert told["approved"] is True
    feature = define()
    with pytest.raises(InvalidInput, match="is no design but: feature"):
        use("cto", "review_architecture", design=feature, components=[], scalability="x")


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([WEB, WEB], "twice"),
        ([{**WEB, "replicas": -1}], "replicas"),
        ([{"kind": "x"}], r"components\.0\.name"),
        ([{**WEB, "timeout_seconds": "3"}], "timeout_seconds"),
    ],
)
def test_what_cannot_be_a_component_is_refused_by_name(parts: list[Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        review(*parts)
    assert not Decision.objects.exists()


def test_a_feature_nobody_defined_is_named_with_the_nearest() -> None:
    define()
    with pytest.raises(NotFound, match="Dark mode"):
        review(WEB, feature="dark mod")
    assert not Decision.objects.exists()


# --- Technology -------------------------------------------------------------------------------------------------------

CRITERIA = {"cost": 2, "speed": 3}
SCORES = {"postgres": {"cost": 8, "speed": 7}, "mongo": {"cost": 6, "speed": 6}, "oracle": {"cost": 1, "speed": 9}}


def select(scores: Any = SCORES, options: Any = ("postgres", "mongo", "oracle"), **given: Any) -> dict[str, Any]:
    wanted = {"criteria": CRITERIA, "timeline": "by May", **given}
    return use("cto", "select_technology", options=list(options), scores=scores, **wanted)


def test_the_matrix_selects_and_says_what_would_change_it() -> None:
    told = select()
    assert told["selected"] == "postgres"
    assert "mongo is dominated by postgres: no weights let it win." in told["rationale"]
    assert any("oracle comes first" in each for each in told["rationale"])
    decision = Decision.objects.get()
    assert (told["decision"], told["decision_status"]) == (decision.ref, "approved")
    assert decision.decision_type == "technology_selection"
    assert told["migration_plan"] == {"from": None, "to": "postgres", "timeline": "by May"}


def test_without_scores_nothing_is_selected_and_there_is_a_template() -> None:
    told = select(None)
    assert (told["selected"], told["decision"]) == ("", None)
    assert told["scores_template"]["mongo"] == {"cost": None, "speed": None}
    assert not Decision.objects.exists()


def test_several_that_lead_are_not_parted_by_chance() -> None:
    told = select({"a": {"cost": 5, "speed": 5}, "b": {"cost": 5, "speed": 5}}, ["a", "b"])
    assert told["selected"] == ""
    assert any("a and b lead together" in each for each in told["rationale"])


def test_what_was_selected_before_is_where_the_migration_begins() -> None:
    select({"mongo": {"cost": 9, "speed": 9}, "mysql": {"cost": 1, "speed": 1}}, ["mongo", "mysql"])
    assert select()["migration_plan"]["from"] == "mongo"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"scores": {"postgres": {"cost": 11}}}, r"scores\.postgres\.cost"),
        ({"criteria": {"cost": -1}}, r"criteria\.cost"),
        ({"criteria": {"cost": "much"}}, r"criteria\.cost"),
        ({"options": []}, "options"),
    ],
)
def test_what_cannot_be_weighed_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        select(**given)


# --- Debt -------------------------------------------------------------------------------------------------------------


def test_debt_is_scored_and_its_trend_told() -> None:
    worse = {"lines_of_code": 10_000, "test_coverage_percent": 40, "duplication_percent": 10, "stars": 5}
    first = use("cto", "assess_technical_debt", codebase_metrics=worse)
    assert first["trend"] is None
    assert first["priority_fixes"][0]["metric"] == "duplication_percent"
    assert first["basis"]["not_used"] == ["codebase_metrics.stars"]
    better = {**worse, "test_coverage_percent": 80}
    told = use("cto", "assess_technical_debt", codebase_metrics=better)
    assert told["debt_score"] < first["debt_score"]
    assert told["trend"]["since"] == first["ref"]
    assert told["trend"]["better"] == ["test_coverage_percent"]
    other = use("cto", "assess_technical_debt", codebase_metrics=worse, codebase="Shop")
    assert other["trend"] is None


@pytest.mark.parametrize(
    ("metrics", "says"),
    [({}, "has none of"), ({"test_coverage_percent": 101}, "from 0 to 100"), ({"stars": 5}, "none")],
)
def test_figures_that_cannot_be_are_refused(metrics: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        use("cto", "assess_technical_debt", codebase_metrics=metrics)


# --- Deployment -------------------------------------------------------------------------------------------------------


def test_a_one_person_company_deploys_what_was_tested() -> None:
    quality = good()
    told = deploy("staging", "production", artifact_sha256=SHA)
    assert (told["approved"], told["missing_gates"]) == (True, [])
    assert [each["gate"] for each in told["gates"]] == ["quality", "incidents"]
    assert quality.ref in told["gates"][0]["says"]
    first, second = told["deployment_plan"]
    assert (first["environment"], second["stage"]) == ("staging", 2)
    assert any(SHA.lower() in check for check in first["checks"])
    assert "Stage 1, staging, runs as it should." in second["checks"]
    assert told["basis"]["missing"] == ["a way back in staging", "a way back in production"]
    kept = Artifact.objects.of(ArtifactKind.DEPLOYMENT).get()
    assert (kept.release, kept.decision.ref, kept.ref) == ("1.4.0", told["ref"], told["deployment_id"])


def test_the_way_back_is_the_release_before() -> None:
    good("1.3")
    deploy(release="v1.3")
    good()
    [stage] = deploy()["deployment_plan"]
    assert stage["rollback"].startswith("Deploy 1.3.0 again (F-")


def needed(told: dict[str, Any]) -> list[tuple[str, str]]:
    assert (told["approved"], told["decision_id"], told["deployment_plan"]) == (False, None, [])
    assert not Decision.objects.filter(decision_type="deployment").exists()
    return [(each["role"], each["tool"]) for each in told["missing_gates"]]


def test_without_an_approval_of_its_quality_nothing_is_deployed() -> None:
    told = deploy()
    assert needed(told) == [("test_lead", "approve_release_quality")]
    assert told["missing_gates"][0]["arguments"] == {"release": "1.4.0"}
    assert "The test_lead calls approve_release_quality" in told["say"]


def test_an_approval_that_is_revoked_lapsed_or_of_another_release_opens_no_gate() -> None:
    good("2.0")
    quality = good()
    assert deploy()["approved"] is True
    member = Actor.member(board_member())
    interventions.revoke(decision=quality, reason="a leak", by=member, clock=database_clock)
    told = deploy(artifact_sha256=SHA)
    assert (told["approved"], told["missing_gates"][0]["why"]) == (
        False,
        f"{quality.ref} on the quality of 1.4.0 is revoked.",
    )
    later = good()
    shift_clock(days=40)
    assert f"{later.ref} on the quality of 1.4.0 is approved, and was not used in time." in deploy()["say"]


def test_a_later_rejection_closes_the_gate_again() -> None:
    good()
    use("test_lead", "classify_defect", title="Crash", impact="blocking", frequency="always", release="1.4")
    use("test_lead", "approve_release_quality", release="1.4")
    assert "is rejected" in deploy()["say"]


def test_a_grave_defect_found_after_the_approval_holds_the_release() -> None:
    good()
    found = {"title": "Crash", "impact": "blocking", "frequency": "always", "release": "1.4"}
    use("test_lead", "classify_defect", **found)
    told = deploy()
    [missing] = told["missing_gates"]
    assert (missing["role"], missing["tool"], missing["arguments"]["status"]) == (
        "test_lead",
        "classify_defect",
        "fixed",
    )
    use("test_lead", "classify_defect", **found, status="fixed")
    assert deploy()["approved"] is True


def test_an_open_critical_incident_holds_every_deployment_until_it_is_resolved() -> None:
    good()
    incident("high")
    assert deploy()["approved"] is True
    incident(name="Payments fail")
    told = deploy(artifact_sha256=SHA)
    [missing] = told["missing_gates"]
    assert (missing["role"], missing["tool"], missing["arguments"]["status"]) == (
        "operations_head",
        "declare_incident",
        "resolved",
    )
    incident(name="payments FAIL", status="resolved")
    assert deploy(artifact_sha256=SHA)["approved"] is True


@pytest.fixture
def company() -> None:
    publish_charter(f'gates = "company"\n{SHIPPED.read_text()}')


@pytest.mark.usefixtures("company")
def test_a_company_also_asks_for_a_plan_and_a_window() -> None:
    good()
    assert needed(deploy()) == [
        ("product_manager", "plan_release"),
        ("operations_head", "approve_infrastructure_change"),
    ]


@pytest.mark.usefixtures("company")
def test_a_company_deploys_features_of_an_approved_architecture_in_a_window() -> None:
    feature = define()
    use("product_manager", "plan_release", release="v1.4", features=[feature])
    use("test_lead", "create_test_plan", feature=feature, acceptance_criteria="Given a, when b, then c.")
    good()
    now = database_clock()
    window = {"from": now.isoformat(), "to": (now + timedelta(hours=2)).isoformat()}
    change = propose("operations_head", None, "infrastructure_change", title="Update")
    record(
        *(ArtifactKind.INFRASTRUCTURE_CHANGE, "Update", "operations_head", change),
        given={"rollback_plan": "Switch back."},
        found={"environments": ["Production"], "window": window},
    )
    assert needed(deploy()) == [("cto", "review_architecture")]
    review(WEB, ORDERS, STORE, feature=feature)
    told = deploy("production")
    assert told["approved"] is True
    assert told["deployment_plan"][0]["rollback"].startswith("Switch back. (F-")
    shift_clock(hours=3)
    assert "No approved change has a window for “production”" in deploy("production", artifact_sha256=SHA)["say"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"artifact_sha256": "abc"}, "artifact_sha256"),
        ({"environments": []}, "environments"),
        ({"release": " "}, "release"),
    ],
)
def test_what_cannot_be_deployed_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        use("cto", "approve_deployment", **{"release": "1", "environments": ["a"], **given})


def test_a_deployment_without_any_right_goes_where_the_charter_says() -> None:
    good()
    publish_charter(
        SHIPPED.read_text().replace('[types.deployment]\ndecided_by = ["cto"]', "[types.deployment]\ndecided_by = []")
    )
    told = deploy()
    assert (told["approved"], told["status"], told["waiting_on"]) == (False, Status.ESCALATED, ["board"])


def test_a_confidential_review_is_kept_from_those_who_read_what_roles_make() -> None:
    told = review(WEB, ORDERS, STORE, confidential=True)
    assert told["review_id"] is None
    assert Decision.objects.get().confidential is True
    assert not Artifact.objects.of(ArtifactKind.ARCHITECTURE_REVIEW).exists()


def test_low_confidence_goes_to_the_manager() -> None:
    told = review(WEB, ORDERS, STORE, confidence=0.2)
    assert (told["approved"], told["waiting_on"]) == (False, ["ceo"])
