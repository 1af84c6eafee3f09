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
def unsuspend(*, role: str, reason: str, by: Actor, clock: Clock) -> Stop:
    """Let a suspended role act again. Raises as `suspend` does, and Refused where it is not suspended."""
    return _lift(StopKind.ROLE, role, reason, by, clock)


@transaction.atomic
def freeze(*, reason: str, by: Actor, clock: Clock) -> Stop:
    """Let nobody but the board approve an amount, and nobody allocate budget; approvals under way are waited for."""
    return _stop(StopKind.SPENDING, "", reason, by, clock)


@transaction.atomic
def thaw(*, reason: str, by: Actor, clock: Clock) -> Stop:
    """Let the charter's limits alone hold again. What the freeze put before the board stays there."""
    return _lift(StopKind.SPENDING, "", reason, by, clock)


def _stop(kind: StopKind, role: str, reason: str, by: Actor, clock: Clock) -> Stop:
    reason = board_only.require_reason(reason)
    act = _begin(by, clock)
    if role and role not in act.charter.roles:
        raise NotFound("role", role, list(act.charter.roles), "Use one of these.")
    if _open(kind, role) is not None:
        raise Refused("stopped_already", f"{_named(kind, act, role)} is stopped already.", "Lift that first.")
    stop = Stop.objects.create(kind=kind, role=role, reason=reason, stopped_at=act.now, **by.cause)
    done = "role.suspended" if role else "spending.frozen"
    audit.record(act, done, role or "spending", Change({"stopped": False}, {"stopped": True}), reason=stop.reason)
    _tell(act, role, "suspended" if role else "frozen", stop.reason)
    return stop


def _lift(kind: StopKind, role: str, reason: str, by: Actor, clock: Clock) -> Stop:
    reason = board_only.require_reason(reason)
    act = _begin(by, clock)
    stop = _open(kind, role)
    if stop is None:
        raise Refused("not_stopped", f"{_named(kind, act, role)} is not stopped.", "Read where it stands.")
    stop.lifted_at, stop.lifted_by, stop.lifted_because = act.now, by.person, reason
    stop.save()
    done = "role.unsuspended" if role else "spending.thawed"
    change = Change({"stopped": True}, {"stopped": False})
    audit.record(act, done, role or "spending", change, reason=stop.lifted_because)
    _tell(act, role, "no longer suspended" if role else "no longer frozen", stop.lifted_because)
    return stop


def _begin(by: Actor, clock: Clock) -> Act:
    """The deed, alone in the gates that the deeds it stops go through."""
    locking.bound_waits()
    locking.close_gates()
    board_only.require_member(by)
    return Act.begin(by, clock)


def _open(kind: StopKind, role: str) -> Stop | None:
    return Stop.objects.filter(kind=kind, role=role, lifted_at__isnull=True).first()


def _named(kind: StopKind, act: Act, role: str) -> str:
    return f"The {act.charter.title(role)}" if kind == StopKind.ROLE else "Spending"


def _tell(act: Act, role: str, became: str, reason: str) -> None:
    """A suspension is told to the role and those above it, a freeze to every role."""
    told = [role, *act.charter.managers(role)] if role and role in act.charter.roles else list(act.charter.roles)
    what = f"The {act.charter.title(role)}" if role else "Spending"
    content = {"role": role or None, "became": became, "reason": reason}
    subject = f"{what} is {became}"
    messages.post(act, [Letter(BOARD, to, subject, content, priority=Urgency.HIGH) for to in told])
