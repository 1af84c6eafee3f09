"""From the alarm to what is learned of it: paged until somebody answers, mitigated, told, understood, followed up."""

from __future__ import annotations

from org.enums import ArtifactKind, Urgency
from org.workflows.definition import Notice, Return, Work, Workflow
from org.workflows.fields import Choice, Text, Texts
from org.workflows.recorded import Made
from org.workflows.references import Is, Ref

V1 = Workflow(
    name="incident_response",
    version=1,
    title="Incident response",
    purpose="Get a broken service back, keep everybody informed, and see to it that it does not break so again.",
    once_for="incident",
    starters=("operations_head", "cto", "senior_developer", "test_lead", "ceo"),
    inputs={
        "incident": Made(says="The incident as it was declared.", kind=ArtifactKind.INCIDENT),
        "title": Text(says="What is wrong.", like="Checkout fails", most=255),
        "severity": Choice(says="How grave it is.", words=("low", "medium", "high", "critical")),
        "impact": Text(says="Whom it touches, and how.", like="Nobody can pay."),
    },
    steps=(
        Notice(
            key="page",
            title="Page the operations",
            to="operations_head",
            subject="Incident {input.incident}: {input.title}",
            content={
                "severity": "{input.severity}",
                "impact": "{input.impact}",
                "asks": "Acknowledge this by acknowledge_message within 15 minutes, then mitigate.",
            },
            priority=Urgency.CRITICAL,
            ack_hours=0.25,
        ),
        Work(
            key="mitigate",
            title="Mitigate it",
            after=("page",),
            role="operations_head",
            asks="Get it working again, by whatever is fastest and can be undone: {input.title}. {input.impact} Once "
            "it works, say so by declare_incident with the same title and status resolved: until then the run asks for "
            "more. Done until now: {mitigate.done}",
            uses=("declare_incident", "approve_infrastructure_change"),
            results={
                "incident": Made(
                    says="The incident as declare_incident keeps it now: resolved, or still open.",
                    kind=ArtifactKind.INCIDENT,
                    name="input.title",
                    tells={"status": "found.status"},
                ),
                "done": Text(says="All that was done until now, and what it may break."),
            },
            hours=1,
        ),
        Notice(
            key="tell_all",
            title="Tell everybody",
            after=("mitigate",),
            to="all",
            subject="Incident {input.incident}: {input.title}",
            content={"impact": "{input.impact}", "done": "{mitigate.done}", "status": Ref("mitigate.status")},
            priority=Urgency.HIGH,
        ),
        Return(
            key="again",
            title="Once more, until it is resolved",
            after=("tell_all",),
            when=Is("mitigate.status", "resolved", no=True),
            to="mitigate",
            times=5,
        ),
        Work(
            key="root_cause",
            title="Find the root cause",
            after=("again",),
            role="cto",
            asks="Find out why it happened, and why nobody saw it: {input.title}. What was done: {mitigate.done}",
            results={
                "cause": Text(says="The cause, with what shows it."),
                "unseen": Text(says="Why it was not seen earlier."),
            },
            hours=72,
        ),
        Work(
            key="follow_ups",
            title="See to it that it does not happen again",
            after=("root_cause",),
            role="senior_developer",
            asks="What has to change so that this cannot happen so again? The cause: {root_cause.cause}",
            results={"changes": Texts(says="What is changed, by whom and until when.", least=1)},
            hours=72,
        ),
        Work(
            key="tests",
            title="Guard it by a test",
            after=("root_cause",),
            role="test_lead",
            asks="Which test or alarm would have caught it? Why nobody saw it: {root_cause.unseen}",
            results={"guards": Texts(says="Tests and alarms that guard it now.", least=1)},
            hours=72,
        ),
        Notice(
            key="report",
            title="Tell the leadership what was learned",
            after=("follow_ups", "tests"),
            to="leadership",
            subject="Learned from {input.incident}: {input.title}",
            content={
                "cause": "{root_cause.cause}",
                "changes": Ref("follow_ups.changes"),
                "guards": Ref("tests.guards"),
            },
        ),
    ),
)
