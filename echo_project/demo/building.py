"""The first half of the day: from a wish to work that is done."""

from __future__ import annotations

from typing import Any

from echo_project.demo.company import Company
from echo_project.demo.matters import CODE, COMPONENTS, CRITERION, FEATURE, RELEASE, STORIES, TASKS
from echo_project.demo.story import must


async def wish(company: Company) -> None:
    await company.does("product_manager", "brief_me")
    feature = await company.does(
        "product_manager",
        "define_feature",
        name=FEATURE,
        user_stories=STORIES,
        business_value={"reach": 4000, "impact": 2, "confidence": 0.8, "effort": 20},
    )
    must(len(feature["requirements"]) == 2 and feature["priority"] == 320, "two requirements, RICE 320", feature)
    company.feature = feature["feature_id"]
    asks: dict[str, Any] = {"feature": FEATURE, "stakeholders": ["test_lead", "uiux_engineer"]}
    first = await company.does("product_manager", "gather_requirements", shown=False, **asks)
    must(first["waiting_on"] == ["test_lead", "uiux_engineer"], "both are asked", first)
    mail = await company.does("test_lead", "read_inbox", needs_action=True)
    letter = mail["messages"][0]
    await company.does(
        "test_lead",
        "send_message",
        to="product_manager",
        subject="Dark mode",
        content=CRITERION,
        reply_to=letter["ref"],
    )
    asked = await company.does("uiux_engineer", "read_inbox", shown=False)
    await company.does(
        "uiux_engineer", "acknowledge_message", message_id=asked["messages"][0]["ref"], note="The flow shows it."
    )
    found = await company.does("product_manager", "gather_requirements", **asks)
    must(found["acceptance_criteria"] == [CRITERION], "the test lead's answer is a criterion", found)
    ordered = await company.does(
        "product_manager",
        "prioritize_backlog",
        items=[
            {"id": "dark mode", "value": 8, "time_criticality": 5, "risk_reduction": 2, "effort": 3},
            {"id": "export", "value": 13, "effort": 8},
            {"id": "theme tokens", "value": 1, "effort": 2},
        ],
        constraints={"capacity": 8, "must_include": ["dark mode"]},
    )
    must(ordered["prioritized_backlog"][0]["id"] == "dark mode", "dark mode comes first", ordered)


async def money(company: Company) -> None:
    ask = await company.does(
        "ceo",
        "check_authority",
        decision_type="strategic_initiative",
        amount_usd=900_000,
        initiative="Readers first",
    )
    must(ask["would_decide_alone"] is True, "the CEO decides it alone", ask)
    await company.does(
        "ceo",
        "approve_strategic_initiative",
        initiative="Readers first",
        budget=900_000,
        business_value="Half of our readers read at night.",
    )
    given = await company.does(
        "ceo",
        "allocate_budget",
        amount=600_000,
        department="Product",
        justification="A developer and the hosting of it.",
    )
    must(given["allocated"] is True, "$600,000 go to Product", given)
    hire = await company.does(
        "chro",
        "approve_hiring_request",
        position="Front-end developer",
        department="Product",
        justification="Dark mode, then themes.",
        annual_salary=120_000,
    )
    must(hire["approved"] is True and hire["budget_impact"]["remaining_usd"] == 480_000, "it fits", hire)
    contract = await company.does(
        "operations_head",
        "approve_vendor_contract",
        vendor="Northern Hosting",
        term_months=24,
        monthly_cost=15_000,
        purpose="Hosting of the readers' pages.",
        department="Product",
    )
    must(contract["total_cost_usd"] == 360_000 and contract["approved"] is True, "the whole term counts", contract)


async def screens(company: Company) -> None:
    drawn = await company.does(
        "uiux_engineer",
        "design_interface",
        feature=company.feature,
        user_flows=[{"name": "Switch the theme", "steps": ["page", "settings", "page"]}],
        screens=[
            {"name": "page", "states": ["error", "empty"], "final": True},
            {"name": "settings", "states": ["error"]},
        ],
    )
    must("page" in str(drawn["screens"]), "the screens are known", drawn)
    seen = await company.does(
        "uiux_engineer",
        "review_accessibility",
        feature=company.feature,
        colors=[
            {"foreground": "#e6e6e6", "background": "#121212", "size_px": 16},
            {"foreground": "#777", "background": "#fff", "size_px": 16},
        ],
    )
    must(any("1.4.3" in str(each) for each in seen["violations"]), "the grey fails WCAG 1.4.3", seen)
    used = await company.does(
        "uiux_engineer",
        "analyze_usability",
        feature=company.feature,
        sus_responses=[[4, 2, 5, 1, 4, 2, 5, 2, 4, 1], [5, 1, 4, 2, 5, 1, 4, 1, 5, 2]],
        task_results=[
            {"task": "switch", "succeeded": True, "seconds": 9},
            {"task": "switch", "succeeded": True, "seconds": 14},
            {"task": "switch", "succeeded": False},
        ],
    )
    must(used["sus_score"] is not None, "SUS has a score", used)


async def architecture(company: Company) -> None:
    chosen = await company.does(
        "cto",
        "select_technology",
        options=["CSS variables", "two style sheets"],
        criteria={"effort": 2, "speed": 3},
        timeline="this quarter",
        scores={"CSS variables": {"effort": 8, "speed": 9}, "two style sheets": {"effort": 6, "speed": 5}},
    )
    must(chosen["selected"] == "CSS variables" and chosen["decision"] is not None, "the matrix selects", chosen)
    valued = await company.does(
        "senior_architect",
        "evaluate_technology",
        technology="CSS variables",
        use_case="themes",
        evidence=[
            {"claim": "Every browser we support has them.", "supports": True, "source": "caniuse"},
            {"claim": "Old e-readers lack them.", "supports": False, "source": "support mail"},
        ],
    )
    must(chosen["decision"] in str(valued["pros"]), "the CTO's decision is evidence", valued)
    design = await company.does(
        "senior_architect",
        "design_system",
        requirements=company.feature,
        constraints=["95 % of pages in 200 ms."],
        components=COMPONENTS,
        feature=company.feature,
    )
    must(design["uncovered"] == [], "every requirement has a component", design)
    review = await company.does(
        "cto",
        "review_architecture",
        design=design["ref"],
        components=["web", "preferences"],
        scalability=["300 requests a second."],
        feature=company.feature,
    )
    must(review["approved"] is True, "the CTO approves what the architect recorded", review)
    spec = await company.does(
        "senior_architect", "create_technical_spec", feature=company.feature, architecture=design["ref"]
    )
    text = spec["spec_document"]
    must(CRITERION in text and review["ref"] in text and "settings" in text, "the specification holds it all", spec)


async def work(company: Company) -> None:
    plan = await company.does("senior_developer", "plan_implementation", feature=company.feature, tasks=TASKS)
    must(plan["critical_path"][0] == "tokens", "the tokens come first", plan)
    hours = await company.does("senior_developer", "estimate_effort", feature=company.feature, tasks=TASKS)
    must(hours["p50"] < hours["p80"] < hours["p95"], "the estimate has its spread", hours)
    code = await company.does("senior_developer", "review_code", files={"contrast.py": CODE}, feature=company.feature)
    must(code["approved"] is True, "the code has no fault", code)
    await company.does(
        "senior_developer",
        "report_implementation",
        feature_id=company.feature,
        status="done",
        summary="Both stories work.",
        references=["contrast.py"],
    )
    release = await company.does(
        "product_manager", "plan_release", release=RELEASE, features=[company.feature], capacity=40
    )
    effort = release["schedule"][0]["effort"]
    must(abs(effort - hours["expected_hours"]) < 0.01, "planned by the developer's hours", release)
