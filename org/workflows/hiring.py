"""From a vacancy to a hire: planned against the budget, approved, interviewed, decided, welcomed."""

from __future__ import annotations

from org.workflows.definition import Approval, End, Notice, Work, Workflow
from org.workflows.fields import Choice, Decided, Flag, Number, Text, Texts, Usd
from org.workflows.references import Is, Ref

V1 = Workflow(
    name="hiring",
    version=1,
    title="Hiring",
    purpose="Plan a position, find people for it, choose one and make an offer within what was approved.",
    starters=("chro", "ceo", "cto", "operations_head", "product_manager"),
    inputs={
        "position": Text(says="The position to fill.", like="Backend engineer", most=200),
        "department": Text(says="The department that pays for it.", like="engineering", most=100),
        "reason": Text(says="Why it is needed.", like="Two services have no owner."),
        "salary_usd": Usd(says="The yearly cost at most.", like=120_000.0),
    },
    steps=(
        Work(
            key="plan",
            title="Plan the position",
            role="chro",
            asks="Plan the hire of a {input.position} for {input.department}: {input.reason} At most "
            "{input.salary_usd} US dollars a year. Ask by approve_hiring_request, and submit its "
            "decision once that is settled.",
            uses=("approve_hiring_request",),
            results={
                "decision": Decided(says="The decision of type hiring.", type="hiring", approved=False),
                "approved": Flag(says="Whether it is approved by now."),
                "salary_usd": Usd(says="The yearly cost it is about.", like=120_000.0),
            },
            hours=48,
        ),
        Approval(
            key="board_approval",
            title="The board decides what was not approved",
            after=("plan",),
            when=Is("plan.approved", False),
            type="hiring",
            asks="Hire a {input.position}",
            context={"reason": "{input.reason}", "department": "{input.department}", "before": "{plan.decision}"},
            amount_usd=Ref("plan.salary_usd"),
        ),
        End(
            key="not_approved",
            title="Ends where the board says no",
            after=("board_approval",),
            when=Is("board_approval.approved", False),
            says="{input.position} was not approved: {board_approval.decision} is {board_approval.status}.",
        ),
        Work(
            key="profile",
            title="Write the profile",
            after=("plan", "not_approved"),
            role="chro",
            asks="Write the profile of the {input.position}: what the person does, and what they must be able to do.",
            results={
                "duties": Texts(says="What the person does.", least=1),
                "must_have": Texts(says="What they must be able to do.", least=1),
            },
            hours=48,
        ),
        Work(
            key="candidates",
            title="Find candidates",
            after=("profile",),
            role="chro",
            asks="Find candidates for the {input.position} who can do: {profile.must_have}.",
            results={"candidates": Texts(says="The candidates, a line each.", least=1)},
            hours=24 * 14,
        ),
        Work(
            key="interviews",
            title="Interview them",
            after=("candidates",),
            role="cto",
            asks="Interview the candidates for {input.position}: {candidates.candidates}. Judge each by the profile.",
            results={
                "chosen": Text(says="The one to make an offer to, or nobody.", like="Candidate 2", most=200),
                "found_one": Flag(says="Whether one of them fits."),
                "reasons": Texts(says="Why, a line for each candidate.", least=1),
            },
            hours=24 * 7,
        ),
        End(
            key="nobody_fits",
            title="Ends where nobody fits",
            after=("interviews",),
            when=Is("interviews.found_one", False),
            says="Nobody fitted the position {input.position}: {interviews.reasons}.",
        ),
        Work(
            key="offer",
            title="Make the offer",
            after=("nobody_fits", "interviews"),
            role="chro",
            asks="Make {interviews.chosen} an offer of at most {plan.salary_usd} US dollars a year.",
            results={
                "answer": Choice(says="What the person answered.", words=("accepted", "declined")),
                "salary_usd": Usd(says="The yearly salary agreed on, or offered.", like=115_000.0),
                "starts_in_days": Number(says="Days until the first one.", most=366, like=30.0),
            },
            hours=24 * 7,
        ),
        Notice(
            key="welcome",
            title="Tell the leadership",
            after=("offer",),
            to="leadership",
            subject="Hiring of a {input.position}: {offer.answer}",
            content={
                "position": "{input.position}",
                "person": "{interviews.chosen}",
                "in_days": Ref("offer.starts_in_days"),
            },
        ),
    ),
)
