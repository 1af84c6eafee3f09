"""What the passing of time does: votes end, silent roles are passed over.

Deadlines are rows, so whatever fell due while Echo was stopped is done when it is back.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from org import authority
from org.actors import Actor
from org.charter import Charter
from org.clock import Clock
from org.enums import BOARD, SYSTEM
from org.models import CharterVersion, Decision
from org.queries import standing as standings
from org.services import escalations, handing_up, messages, votes
from org.services.messages import Letter

MOST_AT_ONCE = 100
DEADLINE = Actor.clockwork("deadline")


def act(clock: Clock) -> int:
    """Act on every decision whose time is over; returns how many. Each is a transaction of its own."""
    due = Decision.objects.filter(due_at__lte=clock()).order_by("due_at").values_list("pk", flat=True)
    return sum(_act_on(Decision.objects.get(pk=pk), clock) for pk in list(due[:MOST_AT_ONCE]))


@transaction.atomic
def _act_on(seen: Decision, clock: Clock) -> bool:
    charter = CharterVersion.objects.in_force()
    votes.hold(seen, charter)
    matter = Decision.objects.select_for_update().get(pk=seen.pk)
    now = clock()
    if matter.due_at is None or matter.due_at > now:
        return False  # somebody acted in the meantime
    if matter.is_voting:
        letters = votes.close_at_deadline(matter, charter, DEADLINE, now)
    else:
        letters = _pass_over(matter, charter, now)
    messages.post(letters, by=DEADLINE, charter=charter, now=now)
    return True


def _pass_over(matter: Decision, charter: Charter, now: datetime) -> list[Letter]:
    """The role that was asked stayed silent: one step further up; past the last one, the board."""
    silent = matter.awaiting_role or matter.initiator_role
    above = next(charter.managers(silent), BOARD)
    says = f"The {charter.title(silent)} did not answer in time."
    if above != BOARD:
        return [handing_up.hand_up(matter, above, says, charter=charter, by=DEADLINE, now=now, sender=SYSTEM)]
    messages.settle_requests(matter, by=DEADLINE, now=now)
    standing = standings.of(charter, [silent], matter.initiative_key, now)
    escalations.open_for(
        matter,
        ruling={**matter.ruling, "rule": authority.Rule.SILENCE, "says": says},
        initiative_usd=standing.initiative_usd,
        reason=says,
        charter=charter,
        by=DEADLINE,
        now=now,
    )
    return []
