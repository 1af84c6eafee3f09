"""The second half: what was built is judged, let out, and the company looks at itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from echo_project.demo.company import Company
from echo_project.demo.matters import CRITERION, FEATURE, GREEN, RED, RELEASE
from echo_project.demo.story import must


async def quality(company: Company) -> None:
    plan = await company.does(
        "test_lead",
        "create_test_plan",
        feature=company.feature,
        parameters={"theme": ["dark", "light"], "device": ["phone", "desk"], "reload": [True, False]},
        risks=[{"area": "contrast", "likelihood": 3, "impact": 4}],
    )
    must(CRITERION in str(plan["coverage"]), "the gathered criterion is traced", plan)
    await company.does("test_lead", "analyze_test_results", shown=False, junit_xml=RED, release=RELEASE)
    defect: dict[str, Any] = {
        "title": "Theme is lost after a reload",
        "impact": "major",
        "frequency": "always",
        "release": RELEASE,
    }
    await company.does("test_lead", "classify_defect", **defect)
    vetoed = await company.does("test_lead", "approve_release_quality", shown=False, release=RELEASE)
    must(vetoed["status"] == "rejected" and len(vetoed["blocking"]) == 2, "two things block it", vetoed)
    await company.does("test_lead", "classify_defect", shown=False, **defect, status="fixed")
    await company.does("test_lead", "analyze_test_results", junit_xml=GREEN, release="1.4.0")
    passed = await company.does("test_lead", "approve_release_quality", release=RELEASE)
    must(passed["approved"] is True, "what blocked it is mended", passed)


async def operations(company: Company) -> None:
    await company.does(
        "operations_head",
        "review_operational_metrics",
        objectives={"pages": {"target_percent": 99.9, "window_days": 30}},
        measurements={"pages": {"good": 999_400, "total": 1_000_000, "window_hours": 720}},
    )
    lines = await company.does(
        "operations_head",
        "plan_capacity",
        growth=5,
        periods=6,
        workloads={"support": {"arrivals_per_hour": 30, "service_minutes": 6, "servers": 4, "target_wait_minutes": 1}},
    )
    must("support" in str(lines["plan"]), "support is planned", lines)
    now = datetime.now(UTC)
    window = {"from": (now + timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=3)).isoformat()}
    change = await company.does(
        "operations_head",
        "approve_infrastructure_change",
        change="Serve the new style sheets",
        environments=["staging", "production"],
        risk="medium",
        window=window,
        rollback_plan=["Point the CDN at the former bundle.", "Purge its cache."],
    )
    must(change["approved"] is True, "it has a way back and a window", change)


async def out(company: Company) -> None:
    incident: dict[str, Any] = {"title": "Pages are slow", "services": ["web"], "impact": "Half of the pages take 4 s."}
    await company.does("operations_head", "declare_incident", severity="sev1", **incident)
    where: dict[str, Any] = {"release": RELEASE, "environments": ["staging", "production"]}
    held = await company.does("cto", "approve_deployment", shown=False, **where)
    must(held["approved"] is False and held["missing_gates"][0]["tool"] == "declare_incident", "it is held", held)
    await company.does(
        "operations_head", "declare_incident", shown=False, severity="sev1", status="resolved", **incident
    )
    out = await company.does("cto", "approve_deployment", **where)
    must(out["approved"] is True and len(out["deployment_plan"]) == 2, "every gate is passed", out)
    must("former bundle" in out["deployment_plan"][1]["rollback"], "the way back is the one on record", out)
    await company.does(
        "cto",
        "assess_technical_debt",
        codebase="Reader",
        codebase_metrics={
            "lines_of_code": 42_000,
            "test_coverage_percent": 71,
            "duplication_percent": 4,
            "vulnerable_dependencies": 1,
        },
    )
    await company.does(
        "cto", "remember", key="releases/v1.4", content="Dark mode went out by CSS variables.", tags=["release"]
    )
    known = await company.does("ceo", "recall", query="why CSS variables for dark mode")
    must(len(known["matches"]) > 0, "the record answers", known)


async def vote(company: Company) -> None:
    voters = ["cto", "operations_head", "product_manager"]
    asked = await company.does(
        "chro",
        "propose_decision",
        decision_type="policy",
        title="Four-day week in July",
        context="Tried in one team; nothing came later.",
        mode="collaborative",
        participants=voters,
    )
    for role in asked["waiting_on"]:
        told = await company.does(
            role,
            "cast_vote",
            shown=role == "ceo",
            decision_id=asked["ref"],
            vote="approve",
            rationale=f"Works for what the {role} answers for.",
            confidence=0.9,
        )
    must(told["status"] == "approved", "the vote approves", told)
    whole = await company.does("chro", "get_decision", decision_id=asked["ref"])
    must(len(whole["votes"]) >= 3, "each ballot is on record", whole)


async def workflow(company: Company) -> None:
    asked = await company.does("product_manager", "start_workflow", shown=False, name="feature_development")
    must(asked["run_id"] is None and asked["example"], "without input nothing is started", asked)
    given = {"feature": FEATURE, "idea": "Readers at night want dark pages.", "release": RELEASE}
    run = await company.does("product_manager", "start_workflow", name="feature_development", input=given)
    work = await company.does("product_manager", "claim_work")
    must(work["step"] == "define" and work["run"] == run["ref"], "the first step waits for its role", work)
    done = await company.does(
        "product_manager",
        "submit_work",
        work_id=work["ref"],
        lease_token=work["lease_token"],
        result={"feature": company.feature},
    )
    must(done["accepted"] is True, "what is on record is accepted", done)
    stands = await company.does("ceo", "get_workflow", run_id=run["ref"])
    must(stands["waiting_on"] == ["product_manager"], "it waits for the requirements", stands)


async def whole(company: Company) -> None:
    await company.does("chro", "conduct_performance_review", role="test_lead")
    await company.does("chro", "resolve_conflict", parties=["cto", "product_manager"], issue="Whose is the roadmap?")
    await company.does("chro", "review_team_health")
    wish = await company.does(
        "uiux_engineer",
        "propose_decision",
        shown=False,
        decision_type="feature",
        title="Sepia theme",
        context="Readers ask for it.",
    )
    raised = await company.does("uiux_engineer", "escalate_decision", decision_id=wish["ref"], reason="It is small.")
    must(raised["waiting_on"] == ["ceo"], "it is with the CEO", raised)
    no = await company.does(
        "ceo", "resolve_decision", decision_id=wish["ref"], approve=False, rationale="After dark mode."
    )
    must(no["status"] == "rejected", "the CEO turns it down", no)
    other = await company.does(
        "uiux_engineer",
        "propose_decision",
        shown=False,
        decision_type="feature",
        title="Larger type",
        context="Readers ask for it.",
    )
    await company.does(
        "product_manager",
        "resolve_decision",
        shown=False,
        decision_id=other["ref"],
        approve=False,
        rationale="Not now.",
    )
    over = await company.does(
        "ceo",
        "override_decision",
        decision_id=other["ref"],
        approve=True,
        reason="The board's own readers ask for it.",
    )
    must(over["approved"] is True, "the CEO overrides it", over)
    plan = await company.does(
        "cto",
        "propose_decision",
        shown=False,
        decision_type="budget_allocation",
        title="GPU cluster",
        amount_usd=700_000,
        context="For search.",
    )
    board = await company.does("ceo", "escalate_to_board", decision_id=plan["ref"], urgency="low")
    must(board["human_approval_required"] is True, "a person decides", board)
    waits = await company.does("cto", "wait_for", id=plan["ref"])
    must(waits["waiting_on"] == ["board"], "it waits for the board, and is not polled", waits)
    await company.does("cto", "withdraw_decision", decision_id=plan["ref"], reason="Rented instead.")
    health = await company.does("ceo", "review_organizational_health")
    must(0 <= health["health_score"] <= 100, "the company has a score", health)
