"""What roles did over a time, and what waits on them: counts and medians, one query a subject however many roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, Exists, ExpressionWrapper, F, Min, OuterRef, Q
from django.db.models.expressions import CombinedExpression

from org.enums import Status
from org.models import Artifact, Decision, DecisionVote, Message
from org.models.messages import NEEDING_ACTION

MOST_NAMED = 5


@dataclass(frozen=True)
class Record:
    """One role's figures. Medians are in hours, None where there is nothing to take one of.

    `decided`: approved or rejected by its own authority; `reversed`: of these, ever, revoked or overridden by an
    approval within the time; `lapsed`: approvals whose time ran out unused. `asked`: what it proposed; `turned_down`:
    of that, what others rejected. `on_time` and `late`: requests it answered, or did not answer, by when they were due;
    ballots are told apart, `missed` ones too. `open_now`: requests that wait, of which `overdue_now` are past their
    time; `first_overdue`: the oldest of them.
    """

    decided: int = 0
    reversed: int = 0
    lapsed: int = 0
    asked: int = 0
    turned_down: int = 0
    requests: int = 0
    answered: int = 0
    on_time: int = 0
    late: int = 0
    answer_hours: float | None = None
    cast: int = 0
    missed: int = 0
    vote_hours: float | None = None
    artifacts: int = 0
    open_now: int = 0
    overdue_now: int = 0
    first_overdue: str | None = None


class _Median(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def records(roles: Iterable[str], since: datetime, until: datetime) -> Mapping[str, Record]:
    """The record of each of these roles from `since` to `until`, which is now."""
    figures: dict[str, dict[str, Any]] = {role: {} for role in roles}
    for subject in (_decided, _overridden, _asked, _requests, _ballots, _made, _waiting):
        for row in subject(list(figures), since, until):
            found = figures[row.pop("who")]
            for name, value in row.items():
                found[name] = found.get(name, 0) + value if name == "reversed" else _plain(value)
    for found in figures.values():
        first = found.get("first_overdue")
        found["first_overdue"] = f"M-{first}" if first is not None else None
    return {role: Record(**found) for role, found in figures.items()}


def reversals(role: str, since: datetime, until: datetime) -> list[str]:
    """The refs of the newest decisions of a role that were revoked or overridden, confidential ones left out."""
    undone = Q(revoked_at__gte=since, revoked_at__lt=until) | Q(_overriding("overridden_by__", since, until))
    rows = Decision.objects.filter(undone, decided_by=role, confidential=False)
    numbers = rows.order_by("-number").values_list("number", flat=True).distinct()
    return [f"D-{number}" for number in numbers[:MOST_NAMED]]


Rows = Iterable[Any]  # of mappings, each with the role as `who`


def _decided(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    settled = Q(completed_at__gte=since, completed_at__lt=until, status__in=[Status.APPROVED, Status.REJECTED])
    revoked = Q(revoked_at__gte=since, revoked_at__lt=until)
    lapsed = Q(status=Status.APPROVED, used_at__isnull=True, revoked_at__isnull=True)
    lapsed &= Q(expires_at__gte=since, expires_at__lt=until)
    rows = Decision.objects.filter(settled | revoked | lapsed, decided_by__in=roles)
    return rows.values(who=F("decided_by")).annotate(
        decided=Count("pk", filter=settled), reversed=Count("pk", filter=revoked), lapsed=Count("pk", filter=lapsed)
    )


def _overriding(path: str, since: datetime, until: datetime) -> Q:
    """Overrides that were approved within the time; `path` leads to them."""
    when = {f"{path}completed_at__gte": since, f"{path}completed_at__lt": until}
    return Q(**when, **{f"{path}status": Status.APPROVED})


def _overridden(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    rows = Decision.objects.filter(_overriding("", since, until), overrides__decided_by__in=roles)
    return rows.values(who=F("overrides__decided_by")).annotate(reversed=Count("pk"))


def _asked(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    rows = Decision.objects.filter(
        initiator_role__in=roles, created_at__gte=since, created_at__lt=until, person__isnull=True
    )
    by_others = Q(status=Status.REJECTED) & ~Q(decided_by=F("initiator_role"))
    return rows.values(who=F("initiator_role")).annotate(asked=Count("pk"), turned_down=Count("pk", filter=by_others))


def _requests(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    rows = Message.objects.filter(
        type__in=NEEDING_ACTION, to_role__in=roles, created_at__gte=since, created_at__lt=until
    )
    voted = Exists(DecisionVote.objects.filter(decision=OuterRef("decision"), voter_role=OuterRef("to_role")))
    ballot = Q(content__answer_with__tool="cast_vote")
    other = Q(content__answer_with__tool__isnull=True) | ~ballot
    answered = Q(acknowledged_at__isnull=False, settled=False)
    late = Q(acknowledged_at__gt=F("ack_by")) | Q(acknowledged_at__isnull=True, ack_by__lt=until)
    missed = ballot & Q(ack_by__lt=until) & ~Q(voted=True)
    missed &= Q(decision__completed_at__isnull=True) | Q(decision__completed_at__gte=F("ack_by"))
    return (
        rows.annotate(voted=voted)
        .values(who=F("to_role"))
        .annotate(
            requests=Count("pk", filter=other),
            answered=Count("pk", filter=other & answered),
            on_time=Count("pk", filter=other & answered & ~late),
            late=Count("pk", filter=other & late),
            answer_hours=_Median(_between("acknowledged_at", "created_at"), filter=other & answered),
            missed=Count("pk", filter=missed),
        )
    )


def _ballots(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    rows = DecisionVote.objects.filter(voter_role__in=roles, first_voted_at__gte=since, first_voted_at__lt=until)
    took = _between("first_voted_at", "decision__created_at")
    return rows.values(who=F("voter_role")).annotate(cast=Count("pk"), vote_hours=_Median(took))


def _made(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    rows = Artifact.objects.filter(by_role__in=roles, made_at__gte=since, made_at__lt=until)
    return rows.values(who=F("by_role")).annotate(artifacts=Count("pk"))


def _waiting(roles: Sequence[str], since: datetime, until: datetime) -> Rows:
    rows = Message.objects.filter(to_role__in=roles, expired_at__isnull=True).needing_action()
    overdue = Q(ack_by__lt=until)
    return rows.values(who=F("to_role")).annotate(
        open_now=Count("pk"),
        overdue_now=Count("pk", filter=overdue),
        first_overdue=Min("number", filter=overdue),
    )


def _between(later: str, earlier: str) -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(F(later) - F(earlier), output_field=DurationField())


def _plain(value: Any) -> Any:
    return round(value.total_seconds() / 3600, 2) if isinstance(value, timedelta) else value
