"""The sums a decision about money is judged by, and their locks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from org import locking
from org.charter import Charter
from org.enums import LockClass, StopKind
from org.queries import stops
from org.services.budgets import LEDGER_LOCK


def hold(
    charter: Charter,
    decision_type: str,
    key: str,
    amount_usd: Decimal | None,
    line: Sequence[str],
    department_key: str = "",
) -> None:
    """Lock what the initiative `key` and the windows of the roles of `line` add up to, and the ledger if need be, or
    what is committed for a department.

    A decision without an amount has no sums.
    """
    if amount_usd is None:
        return
    stops.pass_gate(StopKind.SPENDING)  # what stands in it is told with the sums
    keys = [(LockClass.INITIATIVE, key), *((LockClass.ROLE_WINDOW, role) for role in line)]
    if charter.kind(decision_type).approves_budget:
        keys.append(LEDGER_LOCK)
    if department_key:
        keys.append((LockClass.BUDGET, f"department:{department_key}"))
    locking.hold(keys)
