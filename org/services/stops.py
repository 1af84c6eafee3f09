"""What people stop and lift again: a role's deeds, all spending. Each holds from the very next deed on."""

from __future__ import annotations

from django.db import transaction

from org import audit, locking
from org.actors import Actor
from org.acts import Act
from org.changes import Change
from org.clock import Clock
from org.enums import BOARD, StopKind, Urgency
from org.errors import NotFound, Refused
from org.models import Stop
from org.queries.stops import Standing
from org.services import board_only, messages
from org.services.messages import Letter


@transaction.atomic
def suspend(*, role: str, reason: str, by: Actor, clock: Clock) -> Stop:
    """Refuse all that a role would change from now on; deeds of it under way are waited for.

    Its reads still work, what waits for it goes up at its deadline, and electorates keep it. Raises Refused for anybody
    but the board and for a role that is suspended already; InvalidInput for an unknown role or no reason.
    """
    return _stop(StopKind.ROLE, role, reason, by, clock)


@transaction.atomic
def freeze(*, reason: str, by: Actor, clock: Clock) -> Stop:
    """Let nobody but the board approve an amount, and nobody allocate budget; approvals under way are waited for."""
    return _stop(StopKind.SPENDING, "", reason, by, clock)


@transaction.atomic
def lift(*, stop: Stop, reason: str, by: Actor, clock: Clock) -> Stop:
    """Let a suspended role act, or roles spend, again. What a freeze put before the board stays there.

    Only this very stop is lifted: Raises Refused where it is lifted already, and names the one that stands by now,
    which is another's decision, for reasons of its own.
    """
    reason = board_only.require_reason(reason)
    act = _begin(by, clock)
    stop = Stop.objects.select_related("lifted_by").get(pk=stop.pk)
    if stop.lifted_at is not None:
        raise _lifted_already(act, stop)
    stop.lifted_at, stop.lifted_by, stop.lifted_because = act.now, by.person, reason
    stop.save()
    role = stop.role
    done = "role.unsuspended" if role else "spending.thawed"
    change = Change({"stopped": True}, {"stopped": False})
    audit.record(act, done, role or "spending", change, reason=stop.lifted_because)
    _tell(act, role, "no longer suspended" if role else "no longer frozen", stop.lifted_because)
    return stop


def _stop(kind: StopKind, role: str, reason: str, by: Actor, clock: Clock) -> Stop:
    reason = board_only.require_reason(reason)
    act = _begin(by, clock)
    if role and role not in act.charter.roles:
        raise NotFound("role", role, list(act.charter.roles), "Use one of these.")
    if _standing(kind, role) is not None:
        raise Refused("stopped_already", f"{_named(act, role)} is stopped already.", "Lift that first.")
    stop = Stop.objects.create(kind=kind, role=role, reason=reason, stopped_at=act.now, **by.cause)
    done = "role.suspended" if role else "spending.frozen"
    audit.record(act, done, role or "spending", Change({"stopped": False}, {"stopped": True}), reason=stop.reason)
    _tell(act, role, "suspended" if role else "frozen", stop.reason)
    return stop


def _begin(by: Actor, clock: Clock) -> Act:
    """The deed, alone in the gates that the deeds it stops go through."""
    locking.bound_waits()
    locking.close_gates()
    board_only.require_member(by)
    return Act.begin(by, clock)


def _standing(kind: str, role: str) -> Stop | None:
    return Stop.objects.standing().select_related("person").filter(kind=kind, role=role).first()


def _lifted_already(act: Act, stop: Stop) -> Refused:
    """Why a stop that somebody was shown is not lifted any more, and what to do about what stands now."""
    lifted = f"was lifted by {stop.lifted_by} on {stop.lifted_at:%Y-%m-%d %H:%M} UTC"
    what, newer = _named(act, stop.role), _standing(stop.kind, stop.role)
    if newer is None:
        return Refused("not_stopped", f"{what} is not stopped: what you were shown {lifted}.", "Read where it stands.")
    anew = f"{what} is stopped anew {Standing.of(newer).told.rstrip('.')}."
    return Refused("stopped_anew", f"The stop you were shown {lifted}. {anew}", "Read why, then lift that one.")


def _named(act: Act, role: str) -> str:
    return f"The {act.charter.title(role)}" if role else "Spending"


def _tell(act: Act, role: str, became: str, reason: str) -> None:
    """A suspension is told to the role and those above it, a freeze to every role."""
    told = [role, *act.charter.managers(role)] if role and role in act.charter.roles else list(act.charter.roles)
    content = {"role": role or None, "became": became, "reason": reason}
    subject = f"{_named(act, role)} is {became}"
    messages.post(act, [Letter(BOARD, to, subject, content, priority=Urgency.HIGH) for to in told])
