"""Who may read which page, and who may act on it: the whole of it, as data. Every page asks here; a test walks all.

What stands in no row nobody reads. Services ask again for what matters most: who answers, publishes, manages members.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from org.models import AUDITOR_GROUP, BOARD_GROUP, OPERATOR_GROUP, Member


class Holder(StrEnum):
    """What gives a person rights: a group, or the key to manage members."""

    BOARD = BOARD_GROUP
    OPERATOR = OPERATOR_GROUP
    AUDITOR = AUDITOR_GROUP
    MANAGER = "Manages members"


BOARD, OPERATOR, AUDITOR, MANAGER = Holder
ALL = frozenset(Holder)
NOBODY: frozenset[Holder] = frozenset()


@dataclass(frozen=True)
class Rights:
    """Who reads a page, who acts on it, and what acting is."""

    reads: frozenset[Holder] = ALL
    acts: frozenset[Holder] = NOBODY
    deed: str = ""


PAGES: dict[str, Rights] = {
    "escalation": Rights(acts=frozenset({BOARD}), deed="answers what is before the board"),
    "decision": Rights(acts=frozenset({BOARD}), deed="withdraws, takes over, revokes, overrides decisions of agents"),
    "charterdraft": Rights(acts=frozenset({BOARD}), deed="writes and publishes the charter"),
    "ledgeraccount": Rights(acts=frozenset({BOARD}), deed="sets the treasury"),
    "stop": Rights(acts=frozenset({BOARD}), deed="suspends roles, freezes spending, lifts either"),
    "run": Rights(acts=frozenset({BOARD}), deed="pauses, ends runs; repeats, leaves out, releases their steps"),
    "message": Rights(acts=frozenset({BOARD}), deed="writes to roles as the board, and reads their answers as it"),
    "member": Rights(
        reads=frozenset({OPERATOR, AUDITOR, MANAGER}),
        acts=frozenset({MANAGER}),
        deed="adds people, gives them groups, sets their passwords, deactivates them",
    ),
    "sign_ins": Rights(
        reads=frozenset({OPERATOR, AUDITOR, MANAGER}),
        acts=frozenset({OPERATOR, MANAGER}),
        deed="releases locked names and addresses",
    ),
    "agentstatus": Rights(),
    "allocation": Rights(),
    "artifact": Rights(),
    "auditrecord": Rights(),
    "boardvote": Rights(),
    "call": Rights(),
    "charterversion": Rights(),
    "decisionvote": Rights(),
    "ledgerentry": Rights(),
    "memory": Rights(),
    "presence": Rights(),
}


def of(member: Member) -> frozenset[Holder]:
    """All that this person holds now; nothing once deactivated."""
    if not (member.is_active and member.is_staff):
        return NOBODY
    groups = set(member.groups.values_list("name", flat=True))
    return frozenset(
        holder for holder in Holder if holder in groups or (holder == Holder.MANAGER and member.is_superuser)
    )


def reads(held: frozenset[Holder], page: str) -> bool:
    return page in PAGES and bool(held & PAGES[page].reads)


def acts(held: frozenset[Holder], page: str) -> bool:
    return page in PAGES and bool(held & PAGES[page].acts)
