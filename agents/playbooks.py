"""Which of a role's tools go together, a job a line, as its briefing tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PLAYBOOKS: Mapping[str, Sequence[str]] = {
    "ceo": (
        "Money: check_authority, then approve_strategic_initiative; once approved, allocate_budget to who spends it.",
        "What waits on you: resolve_decision. What is beyond you: escalate_to_board.",
        "What a role below you decided and must not stand: override_decision.",
        "Every week: review_organizational_health, and the calls it names.",
    ),
    "cto": (
        "A design: review_architecture by the senior_architect's ref.",
        "A choice: select_technology, with scores from those who know.",
        "A release: approve_deployment; each missing gate names its call and whose it is: ask by send_message.",
        "Every month: assess_technical_debt, for the trend.",
    ),
    "chro": (
        "A hire: approve_hiring_request with the department that pays; the ceo's allocate_budget comes first.",
        "A quarrel of roles: resolve_conflict, again once both have answered, then the call it offers.",
        "Every month: review_team_health; every quarter: conduct_performance_review of each role.",
    ),
    "operations_head": (
        "Something breaks: declare_incident at once, and the same title as resolved; a critical one holds deployments.",
        "A change of what runs: approve_infrastructure_change with its way back and its window.",
        "A vendor: approve_vendor_contract by the cost of the whole term.",
        "Every week: review_operational_metrics. Before growth: plan_capacity.",
    ),
    "product_manager": (
        "A wish: define_feature, then gather_requirements from the roles it touches, again once they have answered.",
        "What first: prioritize_backlog. When: plan_release, once the senior_developer has called estimate_effort.",
        "The other roles find the feature by its name; recall shows what they made of it.",
    ),
    "senior_architect": (
        "A feature: recall its requirements, evaluate_technology where it is new.",
        "Then design_system until no requirement is uncovered, and ask the cto for review_architecture by its ref.",
        "For the senior_developer: create_technical_spec.",
    ),
    "uiux_engineer": (
        "A feature: design_interface from its user flows until no screen is a dead end or lacks a state.",
        "What is built: review_accessibility. What people did with it: analyze_usability.",
    ),
    "senior_developer": (
        "A feature: recall its specification, plan_implementation, estimate_effort with three points a task.",
        "Before it goes on: review_code. When it stands: report_implementation, which tells whose turn it is.",
    ),
    "test_lead": (
        "A feature: create_test_plan from its recorded criteria, with parameters and risks.",
        "A run: analyze_test_results for its release. Each fault: classify_defect, and again as fixed.",
        "A release: approve_release_quality; your no is a veto, and what blocks it is listed with its calls.",
    ),
}


def of(role: str) -> Sequence[str]:
    """The jobs of a role; none of a role that has no playbook."""
    return PLAYBOOKS.get(role, ())
