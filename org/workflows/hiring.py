"""From a vacancy to a hire: planned against the budget, approved, interviewed, decided, welcomed."""

from __future__ import annotations

from org.workflows.definition import End, Notice, Settled, Work, Workflow
from org.workflows.fields import Choice, Number, Text, Texts, Usd
from org.workflows.recorded import Decided
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
            "decision, whoever has it now: the run waits for it.",
            uses=("approve_hiring_request",),
            results={
                "decision": Decided(
                    says="As approve_hiring_request asked for it, decided or not.",
                    type="hiring",
                    approved=False,
                    at_most="input.salary_usd",
                    tells={"salary_usd": "amount_usd"},
                ),
            },
            hours=48,
        ),
        Settled(
            key="approval",
            title="It is decided, by the CHRO, the CEO or the board",
            after=("plan",),
            of=Ref("plan.decision"),
        ),
        End(
            key="not_approved",
            title="Ends where it is not approved",
            after=("approval",),
            when=Is("approval.approved", False),
            says="{input.position} was not approved: {approval.decision} is {approval.status}.",
        ),
        Work(
            key="profile",
            title="Write the profile",
            after=("not_approved",),
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
                "chosen": Text(
                    says="The one to make an offer to; left out where nobody fits.",
                    like="Candidate 2",
                    most=200,
                    required=False,
                ),
                "reasons": Texts(says="Why, a line for each candidate.", least=1),
            },
            hours=24 * 7,
        ),
        End(
            key="nobody_fits",
            title="Ends where nobody fits",
            after=("interviews",),
            when=Is("interviews.chosen", None),
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
                "salary_usd": Usd(
                    says="The yearly salary agreed on, or offered.", like=115_000.0, at_most="plan.salary_usd"
                ),
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
