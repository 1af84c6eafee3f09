"""What the passing of time does: votes end, silent roles are passed over, the board is reminded, matters expire.

Silence decides nothing. Deadlines are rows, so whatever fell due while Echo was stopped is done when it is back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Least

from org import audit, events, outbox
from org.actors import Actor
from org.acts import Act, charter_of
from org.authority import Rule
from org.changes import Change, state
from org.clock import Clock
from org.enums import BOARD, SYSTEM, EscalationStatus, Status, Urgency
from org.locking import GIVES_WAY, bound_waits
from org.models import Decision, Escalation
from org.services import handing_up, messages, settlement, votes
from org.services.messages import Letter

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 100
DEADLINE = Actor.clockwork("deadline")
DAY = timedelta(days=1)


def act(clock: Clock) -> int:
    """Act on every decision whose time is over; returns how many. Each is a transaction of its own."""
    now = clock()
    over = Q(due_at__lte=now) | Q(final_at__lte=now, completed_at__isnull=True)
    due = Decision.objects.filter(over).order_by(Least("due_at", "final_at")).values_list("pk", flat=True)
    return sum(_alone(_act_on, pk, clock) for pk in list(due[:MOST_AT_ONCE]))


def remind(clock: Clock) -> int:
    """Remind the board of every escalation past its deadline; returns how many. Each is a transaction of its own."""
    due = Escalation.objects.filter(status=EscalationStatus.OPEN, deadline_at__lte=clock()).order_by("deadline_at")
    return sum(_alone(_remind_of, pk, clock) for pk in list(due.values_list("pk", flat=True)[:MOST_AT_ONCE]))


def _alone(act_on: Callable[[Any, Clock], bool], pk: Any, clock: Clock) -> bool:
    """One that cannot be acted on is told of and does not hold up the others."""
    try:
        return act_on(pk, clock)
    except (OperationalError, InterfaceError) as error:
        if getattr(error.__cause__, "sqlstate", None) not in GIVES_WAY:
            raise  # PostgreSQL is away
        return False  # somebody has it now; the next sweep sees what is left
    except Exception:
        logger.exception("What is overdue could not be acted on: %s %s", act_on.__name__, pk)
        return False


@transaction.atomic
def _remind_of(pk: int, clock: Clock) -> bool:
    """One reminder, however many deadlines passed: with the urgency they led to, and the next deadline from now."""
    bound_waits()
    decision = Decision.objects.select_for_update().get(escalations=pk)
    matter = Escalation.objects.select_for_update().get(pk=pk)
    act = Act.begin(DEADLINE, clock)
    if matter.closed_at is not None or matter.deadline_at > act.now:
        return False
    was = state(matter, "urgency", "deadline_at", "reminders")
    matter.urgency, matter.deadline_at = next_deadline(
        Urgency(matter.urgency), matter.deadline_at, act.charter.deadline_hours, act.now
    )
    matter.reminders += 1
    matter.save(update_fields=["urgency", "deadline_at", "reminders"])
    payload = events.decision_payload(decision) | {
        "escalation": matter.ref,
        "urgency": matter.urgency,
        "reminder": matter.reminders,
    }
    outbox.put(events.DECISIONS_ESCALATED, payload, act.now)
    audit.record(
        act,
        "escalation.reminded",
        matter.ref,
        Change.since(was, matter),
        decision=decision.ref,
        urgency=str(matter.urgency),
        reminder=matter.reminders,
        deadline_at=matter.deadline_at.isoformat(),
    )
    subject = f"{matter.ref} is not answered yet: {decision.title}"
    content = {
        "decision": decision.ref,
        "escalation": matter.ref,
        "urgency": str(matter.urgency),
        "reminder": matter.reminders,
        "asked_to_answer_by": matter.deadline_at.isoformat(),
    }
    letter = Letter(SYSTEM, decision.initiator_role, subject, content, decision=decision)
    messages.post(act, [letter])
    return True


def next_deadline(
    urgency: Urgency, deadline: datetime, hours: Mapping[Urgency, int], now: datetime
) -> tuple[Urgency, datetime]:
    """The urgency after every deadline that passed by `now`, and when to remind next: one step higher each time, and
    once critical a day later again and again.
    """
    while deadline <= now:
        if urgency is Urgency.CRITICAL:
            return urgency, now + DAY
        urgency = urgency.next()
        deadline += timedelta(hours=hours[urgency])
    return urgency, now + timedelta(hours=hours[urgency])


@transaction.atomic
def _act_on(pk: Any, clock: Clock) -> bool:
    bound_waits()
    seen = Decision.objects.get(pk=pk)
    charter = charter_of(DEADLINE)
    votes.hold(seen, charter)
    matter = Decision.objects.select_for_update().get(pk=seen.pk)
    act = Act(DEADLINE, charter, clock())
    if not matter.is_settled and settlement.is_over(act, matter):
        messages.post(act, _expire(act, matter))
        return True
    if matter.due_at is None or matter.due_at > act.now:
        return False  # somebody acted in the meantime
    messages.post(act, votes.close_at_deadline(act, matter) if matter.is_voting else _pass_over(act, matter))
    return True


def _expire(act: Act, matter: Decision) -> list[Letter]:
    """Its final date has come, and nobody decided it: it is neither approved nor rejected."""
    says = f"Nobody decided it by {matter.final_at:%Y-%m-%d %H:%M} UTC, the final date of its type."
    return settlement.settle(act, matter, Status.EXPIRED, decided_by=SYSTEM, rationale=says)


def _pass_over(act: Act, matter: Decision) -> list[Letter]:
    """The role that was asked stayed silent: one step further up; past the last one, the board."""
    silent = matter.awaiting_role or matter.initiator_role
    above = next(act.charter.managers(silent), BOARD)
    says = f"The {act.charter.title(silent)} did not answer in time."
    ruling = {**matter.ruling, "rule": Rule.SILENCE, "says": says}
    return handing_up.pass_up(act, matter, above, says, ruling=ruling, sender=SYSTEM)
