"""From an idea to people using it: one feature through all nine roles, with a vote and the board on the way."""

from __future__ import annotations

from org.enums import ArtifactKind
from org.workflows.definition import Draft, End, Notice, Return, Settled, Vote, Work, Workflow
from org.workflows.fields import Choice, Text, Texts, Usd
from org.workflows.recorded import Decided, Made
from org.workflows.references import Is, Ref

FEATURE = "define.feature"


def _kept(tool: str, kind: ArtifactKind, **tells: str) -> Made:
    """What a tool kept for the feature."""
    return Made(says=f"As {tool} kept it.", kind=kind, feature=FEATURE, tells=tells)


V1 = Workflow(
    name="feature_development",
    version=1,
    title="Feature development",
    purpose="Take a feature from the first idea to its announcement, each step on what the ones before it recorded.",
    starters=("product_manager", "ceo", "cto"),
    once_for="feature",
    inputs={
        "feature": Text(says="The feature's name.", like="Dark mode", most=200),
        "idea": Text(says="What it is for, and for whom.", like="People who work at night want dark pages."),
        "release": Text(says="The release it is meant for.", like="v1.4", most=100),
    },
    steps=(
        Work(
            key="define",
            title="Define the feature",
            role="product_manager",
            asks="Define {input.feature}: {input.idea}",
            uses=("define_feature",),
            results={
                "feature": Made(
                    says="The feature, as define_feature kept it.", kind=ArtifactKind.FEATURE, name="input.feature"
                )
            },
        ),
        Work(
            key="requirements",
            title="Gather the requirements",
            after=("define",),
            role="product_manager",
            asks="Gather the requirements of {define.feature}, with criteria that can be tested.",
            uses=("gather_requirements",),
            results={
                "requirements": Made(
                    says="As gather_requirements kept them.", kind=ArtifactKind.REQUIREMENTS, feature="define.feature"
                ),
                "most_important": Texts(says="The three that matter most.", least=1),
            },
        ),
        Work(
            key="design",
            title="Design it",
            after=("requirements",),
            role="senior_architect",
            asks="Design {define.feature} by {requirements.requirements}. "
            "What a review wants changed, if any: {review.findings}",
            uses=("design_system", "evaluate_technology", "create_technical_spec"),
            draft=Draft("create_technical_spec", {"feature": Ref("define.feature")}),
            results={"design": _kept("design_system", ArtifactKind.DESIGN)},
            hours=24,
        ),
        Work(
            key="review",
            title="Review the architecture",
            after=("design",),
            role="cto",
            asks="Review the design {design.design}. Send it back where it must change, and say what.",
            uses=("review_architecture",),
            results={
                "verdict": Choice(says="Whether it stands.", words=("stands", "change it")),
                "decision": Decided(
                    says="As review_architecture decided; only an approved one stands.",
                    type="architecture",
                    approved=("verdict", "stands"),
                    feature=FEATURE,
                ),
                "findings": Texts(says="What must change, or be watched."),
            },
        ),
        Return(
            key="back_to_design",
            title="Back to the design, at most twice",
            after=("review",),
            when=Is("review.verdict", "change it"),
            to="design",
            times=2,
        ),
        Work(
            key="interface",
            title="Design the interface",
            after=("back_to_design",),
            role="uiux_engineer",
            asks="Design the screens of {define.feature}, and review how accessible they are.",
            uses=("design_interface", "review_accessibility"),
            results={
                "interface": Made(
                    says="As design_interface kept it.", kind=ArtifactKind.INTERFACE, feature="define.feature"
                )
            },
            hours=24,
        ),
        Work(
            key="plan",
            title="Plan the implementation",
            after=("back_to_design",),
            role="senior_developer",
            asks="Plan the implementation of {define.feature} by the design {design.design}.",
            uses=("plan_implementation",),
            results={
                "plan": Made(
                    says="As plan_implementation kept it.",
                    kind=ArtifactKind.IMPLEMENTATION_PLAN,
                    feature=FEATURE,
                )
            },
        ),
        Work(
            key="tests",
            title="Plan the tests",
            after=("back_to_design",),
            role="test_lead",
            asks="Plan the tests of {define.feature} by {requirements.requirements}.",
            uses=("create_test_plan",),
            results={
                "tests": Made(
                    says="As create_test_plan kept it.", kind=ArtifactKind.TEST_PLAN, feature="define.feature"
                )
            },
        ),
        Work(
            key="estimate",
            title="Estimate the effort",
            after=("interface", "plan", "tests"),
            role="senior_developer",
            asks="Estimate the effort of {define.feature} by the plan {plan.plan}, and what it costs in all.",
            uses=("estimate_effort",),
            results={
                "estimate": _kept("estimate_effort", ArtifactKind.ESTIMATE, hours="found.expected_hours"),
                "cost_usd": Usd(says="What it costs in all.", like=48_000.0),
            },
        ),
        Vote(
            key="go",
            title="Go or no-go",
            after=("estimate",),
            type="feature",
            asks="Build {input.feature}",
            context={
                "feature": "{define.feature}",
                "most_important": Ref("requirements.most_important"),
                "hours": Ref("estimate.hours"),
                "cost_usd": Ref("estimate.cost_usd"),
                "review": Ref("review.findings"),
            },
            participants=("senior_architect", "uiux_engineer", "senior_developer", "test_lead"),
        ),
        End(
            key="no_go",
            title="Ends at a no-go",
            after=("go",),
            when=Is("go.approved", False),
            says="{input.feature} is not built: {go.decision} is {go.status}.",
        ),
        Work(
            key="budget",
            title="Decide its budget",
            after=("go", "no_go"),
            role="ceo",
            asks="Have {estimate.cost_usd} US dollars decided on for {input.feature}, which {go.decision} is for, by "
            "approve_strategic_initiative. What is over your authority goes to the board by that call: submit its "
            "decision all the same, and the run waits for it.",
            uses=("check_authority", "approve_strategic_initiative"),
            results={
                "decision": Decided(
                    says="As approve_strategic_initiative asked for it, decided or not.",
                    type="strategic_initiative",
                    approved=False,
                    covers="estimate.cost_usd",
                    tells={"amount_usd": "amount_usd"},
                ),
            },
            undo=Work(
                key="free_the_budget",
                title="Free its budget",
                role="ceo",
                asks="{input.feature} is given up. Decide what becomes of its {budget.amount_usd} US dollars, and have "
                "it on record by propose_decision.",
                uses=("propose_decision", "override_decision"),
                results={"freed": Text(says="What is free again, and what stays spent.")},
            ),
        ),
        Settled(
            key="paid_for",
            title="Its budget is decided, by the CEO or the board",
            after=("budget",),
            of=Ref("budget.decision"),
        ),
        End(
            key="not_paid_for",
            title="Ends where it is not paid for",
            after=("paid_for",),
            when=Is("paid_for.approved", False),
            says="{input.feature} is not paid for: {paid_for.decision} is {paid_for.status}.",
        ),
        Work(
            key="implementation",
            title="Implement it",
            after=("not_paid_for",),
            role="senior_developer",
            asks="Implement {define.feature} by {plan.plan}, have the code reviewed, and tell its state. What the "
            "tests showed before, if any: {quality.remarks}",
            uses=("review_code", "report_implementation"),
            results={
                "done": Text(says="What was built, and where it is."),
                "commit": Text(says="Its commit.", most=100),
            },
            hours=24 * 7,
        ),
        Work(
            key="quality",
            title="Judge the release",
            after=("implementation",),
            role="test_lead",
            asks="Test {input.feature} ({implementation.commit}) by {tests.tests}; judge the release {input.release}.",
            uses=("analyze_test_results", "approve_release_quality"),
            results={
                "decision": Decided(
                    says="As approve_release_quality decided, for or against.",
                    type="release",
                    approved=False,
                    settled=True,
                    release="input.release",
                    tells={"approved": "approved"},
                ),
                "remarks": Texts(says="What users may notice."),
            },
            hours=48,
        ),
        Return(
            key="back_to_implementation",
            title="Back to the implementation, at most three times",
            after=("quality",),
            when=Is("quality.approved", False),
            to="implementation",
            times=3,
        ),
        Work(
            key="deployment",
            title="Deploy it",
            after=("back_to_implementation",),
            role="cto",
            asks="Have the release {input.release} deployed, which {quality.decision} approves.",
            uses=("approve_deployment",),
            results={
                "decision": Decided(
                    says="The approved decision of type deployment.", type="deployment", release="input.release"
                )
            },
            hours=24,
            undo=Work(
                key="roll_back",
                title="Roll it back",
                role="cto",
                asks="{input.feature} is given up. Have the release {input.release} rolled back, which "
                "{deployment.decision} deployed.",
                results={"rolled_back": Text(says="What runs now, and what was lost.")},
            ),
        ),
        Notice(
            key="announcement",
            title="Everybody is told",
            after=("deployment",),
            to="all",
            subject="{input.feature} is there",
            content={
                "feature": "{define.feature}",
                "release": "{input.release}",
                "remarks": Ref("quality.remarks"),
                "decided": "{deployment.decision}",
            },
        ),
    ),
)
