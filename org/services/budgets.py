"""The budget as a ledger. Approvals draw on the treasury, allocations on what is approved; nothing is used twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum

from org import audit, locking, money, names
from org.actors import Actor
from org.acts import Act
from org.changes import Change
from org.clock import Clock
from org.enums import LockClass, Status, StopKind
from org.errors import InvalidInput, Refused
from org.models import Allocation, Decision, LedgerAccount, LedgerEntry
from org.models.budgets import BOARD_FUNDS, TREASURY
from org.queries import stops
from org.services import board_only

LEDGER_LOCK = (LockClass.BUDGET, "ledger")
LONGEST_DEPARTMENT = 255  # as normalised, which can be longer than what was typed


def approve(act: Act, decision: Decision) -> None:
    """An approved decision becomes budget. The caller holds `LEDGER_LOCK`; the treasury must cover it."""
    if not decision.amount_usd:
        return
    account = LedgerAccount.objects.create(name=f"decision:{decision.pk}", decision=decision)
    _move(act, TREASURY, account.name, decision.amount_usd, decision=decision)


@transaction.atomic
def allocate(
    *,
    amount_usd: Decimal,
    department: str,
    justification: Any,
    decision: Decision | None = None,
    by: Actor,
    clock: Clock,
) -> tuple[Allocation, Decimal]:
    """Give approved budget to a department; returns the allocation and what is left unallocated, in US dollars.

    Without `decision` the oldest approvals are drawn on first. Raises Refused when less is left than asked.
    """
    if amount_usd <= 0:
        raise InvalidInput("amount", "an allocation moves more than $0.", f"Send {money.FORM}.")
    key = department_key(department)
    freeze = stops.pass_gate(StopKind.SPENDING)
    locking.hold([LEDGER_LOCK])
    act = Act.begin(by, clock)
    if freeze is not None:
        says = stops.says_frozen(freeze)
        raise Refused("frozen", says, "The board thaws it; ask a person there.", remaining_usd=money.ZERO)
    accounts = LedgerAccount.objects.filter(decision__isnull=False, balance_usd__gt=0)
    accounts = accounts.select_related("decision").order_by("decision__completed_at", "name")
    if decision is not None:
        decision.refresh_from_db(fields=["status", "revoked_at"])  # a person may have revoked it before the lock
        if decision.status != Status.APPROVED:
            raise Refused(
                "not_approved",
                f"{decision.ref} is {decision.status}; only approved budget can be allocated.",
                "Name an approved decision, or leave decision_id out to draw on the oldest approvals.",
                remaining_usd=money.ZERO,
            )
        if decision.revoked_at is not None:
            raise Refused(
                "revoked",
                f"{decision.ref} is revoked since {decision.revoked_at:%Y-%m-%d %H:%M} UTC.",
                "Name another approved decision, or have it approved anew.",
                remaining_usd=money.ZERO,
            )
        accounts = accounts.filter(decision=decision)
    sources = list(accounts)
    left = sum((account.balance_usd for account in sources), money.ZERO)
    if amount_usd > left:
        of = f" of {decision.ref}" if decision else ""
        raise Refused(
            "over_approved",
            f"{money.show(amount_usd)} is more than the {money.show(left)} of approved budget{of} still to allocate.",
            "Allocate at most that, or have more approved first.",
            remaining_usd=left,
        )
    target, _ = LedgerAccount.objects.get_or_create(name=f"department:{key}", defaults={"department": department})
    allocation = Allocation.objects.create(
        department=target.department,
        amount_usd=amount_usd,
        justification=justification,
        decision=decision,
        created_at=act.now,
        **by.cause,
    )
    due = amount_usd
    for account in sources:
        part = min(due, account.balance_usd)
        _move(act, account.name, target.name, part, decision=account.decision, allocation=allocation)
        due -= part
        if not due:
            break
    made = Change.made(allocation, "department", "amount_usd")
    audit.record(
        act,
        "budget.allocated",
        allocation.ref,
        made,
        department=target.department,
        amount_usd=money.number(amount_usd),
    )
    return allocation, left - amount_usd


def department_key(department: str) -> str:
    """What a department is kept under, however it is spelled. Raises InvalidInput for a name that cannot be kept."""
    key = names.normalize(department)
    if not key:
        raise InvalidInput("department", "a name needs at least one visible character.")
    if len(key) > LONGEST_DEPARTMENT:
        raise InvalidInput("department", "the name is too long.", "Shorten it and call again.")
    return key


@transaction.atomic
def set_treasury(*, amount_usd: Decimal | None, by: Actor, clock: Clock) -> None:
    """A person sets how much the organisation may approve in all; None: no ceiling.

    Raises Refused when more than that is approved already.
    """
    locking.bound_waits()
    locking.hold([LEDGER_LOCK])
    board_only.require_member(by)
    act = Act.begin(by, clock)
    treasury = LedgerAccount.objects.get(name=TREASURY)
    approved = approved_usd()
    was = money.number(approved + treasury.balance_usd) if treasury.bounded else None
    if amount_usd is None:
        LedgerAccount.objects.filter(name=TREASURY).update(bounded=False)
    else:
        if amount_usd < approved:
            raise Refused(
                "under_approved",
                f"{money.show(approved)} is approved already; a treasury cannot be smaller.",
                "Set at least that.",
            )
        difference = amount_usd - approved - treasury.balance_usd
        if difference > 0:
            _move(act, BOARD_FUNDS, TREASURY, difference)
        elif difference < 0:
            _move(act, TREASURY, BOARD_FUNDS, -difference)
        LedgerAccount.objects.filter(name=TREASURY).update(bounded=True)
    wanted = money.number(amount_usd)
    change = Change.between({"amount_usd": was}, {"amount_usd": wanted})
    audit.record(act, "treasury.set", TREASURY, change, amount_usd=wanted)


def take_back(act: Act, decision: Decision) -> None:
    """What is left unallocated of a revoked decision's budget goes back to the treasury.

    The caller holds `LEDGER_LOCK`.
    """
    account = LedgerAccount.objects.get(decision=decision)
    _move(act, account.name, TREASURY, account.balance_usd, decision=decision)


def unallocated_usd(decision: Decision) -> Decimal | None:
    """What is left to allocate of an approved decision's budget; None where it became none."""
    return LedgerAccount.objects.filter(decision=decision).values_list("balance_usd", flat=True).first()


def approved_usd() -> Decimal:
    """All that is approved as budget: what was revoked before it was allocated is not."""
    entries = LedgerEntry.objects.filter(decision__isnull=False)
    sums = entries.aggregate(
        approved=Sum("amount_usd", filter=Q(source=TREASURY)), back=Sum("amount_usd", filter=Q(target=TREASURY))
    )
    return (sums["approved"] or money.ZERO) - (sums["back"] or money.ZERO)


def _move(
    act: Act,
    source: str,
    target: str,
    amount: Decimal,
    *,
    decision: Decision | None = None,
    allocation: Allocation | None = None,
) -> None:
    """One entry; the database moves both balances with it and refuses a negative one."""
    LedgerEntry.objects.create(
        source_id=source,
        target_id=target,
        amount_usd=amount,
        decision=decision,
        allocation=allocation,
        created_at=act.now,
        **act.by.cause,
    )
