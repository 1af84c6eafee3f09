"""A plan for the next period: how the organisation does, what the leadership proposes, what is chosen and paid for."""

from __future__ import annotations

from org.workflows.definition import Approval, End, Notice, Vote, Work, Workflow
from org.workflows.fields import Flag, Text, Texts, Usd
from org.workflows.references import Is, Ref

_PROPOSAL = {
    "initiatives": Texts(says="What you propose, a line each with its worth and cost.", least=1),
    "stops": Texts(says="What you would stop doing."),
}


def _proposal(role: str, about: str) -> Work:
    return Work(
        key=f"proposal_of_{role}",
        title=f"What the {about} proposes",
        after=("health",),
        role=role,
        asks="For {input.period}, with the goal {input.goal}: propose the initiatives your part of the organisation "
        "needs. The state of things: {health.summary}",
        results=_PROPOSAL,
        hours=72,
    )


V1 = Workflow(
    name="strategic_planning",
    version=1,
    title="Strategic planning",
    purpose="Agree on the initiatives of a period, have them voted on, approved and paid for.",
    starters=("ceo",),
    inputs={
        "period": Text(says="The period planned for.", like="the first quarter of 2027", most=100),
        "goal": Text(says="What it is to achieve.", like="Twice as many teams use the product every week."),
        "budget_usd": Usd(says="What may be spent in all.", like=2_000_000.0),
    },
    steps=(
        Work(
            key="health",
            title="Review the organisation's health",
            role="ceo",
            asks="Review how the organisation does before {input.period} is planned.",
            uses=("review_organizational_health",),
            results={
                "summary": Text(says="What matters for the plan, in a paragraph."),
                "weaknesses": Texts(says="What must become better."),
            },
            hours=48,
        ),
        _proposal("cto", "Chief Technology Officer"),
        _proposal("chro", "Chief Human Resources Officer"),
        _proposal("operations_head", "Operations Head"),
        _proposal("product_manager", "Product Manager"),
        Work(
            key="plan",
            title="Draw up the plan",
            after=("proposal_of_cto", "proposal_of_chro", "proposal_of_operations_head", "proposal_of_product_manager"),
            role="ceo",
            asks="Draw up one plan of at most {input.budget_usd} US dollars out of these proposals. Technology: "
            "{proposal_of_cto.initiatives} People: {proposal_of_chro.initiatives} Operations: "
            "{proposal_of_operations_head.initiatives} Product: {proposal_of_product_manager.initiatives}",
            results={
                "initiatives": Texts(says="The initiatives chosen, with the amount of each.", least=1),
                "left_out": Texts(says="What was proposed and is not in it, and why."),
                "amount_usd": Usd(says="What all of them cost.", like=1_800_000.0, at_most="input.budget_usd"),
            },
            hours=72,
        ),
        Vote(
            key="vote",
            title="The leadership votes on it",
            after=("plan",),
            type="policy",
            asks="The plan for {input.period}",
            context={"goal": "{input.goal}", "initiatives": Ref("plan.initiatives"), "left_out": Ref("plan.left_out")},
            participants=("cto", "chro", "operations_head", "product_manager"),
        ),
        End(
            key="voted_down",
            title="Ends where it is voted down",
            after=("vote",),
            when=Is("vote.approved", False),
            says="The plan for {input.period} was not accepted: {vote.decision} is {vote.status}.",
        ),
        Approval(
            key="board_approval",
            title="The board approves the budget",
            after=("vote", "voted_down"),
            type="strategic_initiative",
            asks="The plan for {input.period}",
            context={
                "goal": "{input.goal}",
                "initiatives": Ref("plan.initiatives"),
                "left_out": Ref("plan.left_out"),
                "at_most_usd": Ref("input.budget_usd"),
                "vote": "{vote.decision}",
            },
            amount_usd=Ref("plan.amount_usd"),
        ),
        End(
            key="not_paid_for",
            title="Ends where the board says no",
            after=("board_approval",),
            when=Is("board_approval.approved", False),
            says="The board did not pay for the plan: {board_approval.decision} is {board_approval.status}.",
        ),
        Work(
            key="budgets",
            title="Give each initiative its budget",
            after=("board_approval", "not_paid_for"),
            role="ceo",
            asks="Allocate what {board_approval.decision} approved to the departments: {plan.initiatives}",
            uses=("allocate_budget",),
            results={
                "allocated": Flag(says="Whether all of it has its department."),
                "note": Text(says="What is left."),
            },
            hours=48,
        ),
        Notice(
            key="announcement",
            title="Everybody is told",
            after=("budgets",),
            to="all",
            subject="The plan for {input.period}",
            content={"goal": "{input.goal}", "initiatives": Ref("plan.initiatives")},
        ),
    ),
)
