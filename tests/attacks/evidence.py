"""The database's own account after an attack, taken from its rows and the charter's text alone.

Nothing here asks the code that judges: limits, sums and windows are worked out again from what was recorded.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from org.clock import database_clock
from org.models import (
    Allocation,
    AuditRecord,
    CharterVersion,
    Decision,
    DecisionVote,
    LedgerAccount,
    LedgerEntry,
    Stop,
)
from org.queries import trail
from tests.attacks.table import Leaves

# What is no part of the record: receipts, presence, and what processes keep for themselves.
UNWRITTEN = ("offered_at", "read", "read_at", "last_login", "published_at", "rung_at")
DEEDS = "left(channel, 7) <> 'agents:'"  # of what is told on the bus; the rest is who is there
KEPT = (
    *("decisions", "decision_votes", "escalations", "board_votes", "messages", "allocations", "ledger_accounts"),
    *("ledger_entries", "charter_versions", "charter_drafts", "charter_approvals", "members", "members_groups"),
    *("memories", "logins", "clock_offset", "outbox", "stops"),
)
UNMOVED = (
    "allocations",
    "ledger_accounts",
    "ledger_entries",
    "charter_versions",
    "members",
    "members_groups",
    "logins",
    "stops",
)
REFUSALS = {"call.refused"}

Rows = Mapping[str, Mapping[str, str]]


def snapshot() -> Rows:
    """Every row of the record, by table, as its digest by itself."""
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        for table in KEPT:
            rows = f"(SELECT * FROM outbox WHERE {DEEDS})" if table == "outbox" else table
            cursor.execute(
                f"SELECT md5((to_jsonb(t) - %s::text[])::text), count(*) FROM {rows} t GROUP BY 1", [list(UNWRITTEN)]
            )
            found[table] = {digest: str(count) for digest, count in cursor.fetchall()}
        cursor.execute("SELECT id::text, status || coalesce(result::text, '') FROM calls WHERE finished_at IS NOT NULL")
        found["calls"] = dict(cursor.fetchall())
        cursor.execute("SELECT number::text, status FROM decisions WHERE status = 'approved'")
        found["approvals"] = dict(cursor.fetchall())
        cursor.execute("SELECT coalesce(max(id), 0)::text, '' FROM audit")
        found["audit"] = dict(cursor.fetchall())
    return found


def assert_left(leaves: Leaves, before: Rows, after: Rows) -> None:
    """Nothing has changed beyond what such a refusal may leave."""
    for call, told in before["calls"].items():
        assert after["calls"][call] == told, "the answer of an earlier call changed"
    if leaves is Leaves.NOTHING:
        changed = [table for table in KEPT if before[table] != after[table]]
        assert changed == []
        [last] = before["audit"]
        assert set(AuditRecord.objects.filter(pk__gt=int(last)).values_list("action", flat=True)) <= REFUSALS
    elif leaves is Leaves.NO_APPROVAL:
        changed = [table for table in UNMOVED if before[table] != after[table]]
        assert changed == []
        assert before["approvals"] == after["approvals"]


def assert_sound() -> None:
    """No approval is beyond its charter, nothing happened that was stopped, the ledger adds up, and the audit is whole
    and tells of every approval.
    """
    assert_approvals_within_the_charter()
    assert_stops_held()
    assert_ledger_balances()
    with trail.snapshot() as database:
        assert trail.verify(database).fault is None
    told = AuditRecord.objects.filter(action="decision.settled", data__status="approved")
    approved = Decision.objects.filter(status="approved")
    assert sorted(told.values_list("subject", flat=True)) == sorted(decision.ref for decision in approved)


def assert_approvals_within_the_charter() -> None:
    charters = [(row.published_at, tomllib.loads(row.document)) for row in CharterVersion.objects.order_by("version")]
    earlier: list[Decision] = []
    for decision in Decision.objects.filter(status="approved").order_by("completed_at", "number"):
        assert decision.completed_at is not None
        law = [text for published, text in charters if published <= decision.completed_at][-1]
        if decision.mode == "human":
            assert_the_board_approved(decision, law, sum_of(earlier, decision))
        else:
            assert_the_role_might(decision, law)
            assert_the_amount_fits(decision, law, earlier)
        earlier.append(decision)


def assert_the_role_might(decision: Decision, law: Mapping[str, Any]) -> None:
    """The type is one that a role concerned decides, and the role is the one that the mode asks for."""
    might, by = law["types"][decision.decision_type]["decided_by"], decision.decided_by
    ballots = list(DecisionVote.objects.filter(decision=decision).values_list("voter_role", "vote"))
    if decision.mode == "autonomous":
        assert by == decision.initiator_role and by in might, decision
    elif decision.mode == "hierarchical":
        assert by in line_above(decision.initiator_role, law) and by in might, decision
    else:
        approving = {role for role, vote in ballots if vote == "approve"}
        electorate = set(decision.participants or []) - {decision.initiator_role}
        assert {role for role, _ in ballots} <= electorate, decision
        assert (approving | {decision.initiator_role}) & set(might), decision
        assert 2 * len(ballots) > len(electorate) and 2 * len(approving) > sum(vote != "abstain" for _, vote in ballots)
        assert by in approving or decision.amount_usd is None, decision


def assert_the_amount_fits(decision: Decision, law: Mapping[str, Any], earlier: list[Decision]) -> None:
    assert (decision.amount_usd is not None) == law["types"][decision.decision_type].get("money", False), decision
    if decision.amount_usd is None:
        return
    assert decision.completed_at is not None
    limit = Decimal(law["roles"][decision.decided_by]["limit_usd"])
    assert sum_of(earlier, decision) <= limit, f"{decision} is over a single limit"
    begin = decision.completed_at - timedelta(days=law["window_days"])
    window = [
        row.amount_usd or 0
        for row in earlier
        if row.decided_by == decision.decided_by
        and row.mode != "human"
        and row.completed_at
        and row.completed_at > begin
    ]
    assert sum(window) + decision.amount_usd <= limit * law["window_multiple"], f"{decision} is over a window"


def assert_the_board_approved(decision: Decision, law: Mapping[str, Any], total: Decimal) -> None:
    escalation = decision.escalations.get(status="approved")
    approvals = escalation.votes.filter(answer="approve")
    members = {vote.member_id for vote in approvals}
    needed = 2 if total >= law["two_members_from_usd"] and escalation.members_at_opening > 1 else 1
    assert decision.decided_by == "board" and len(members) >= needed, decision
    assert len({vote.seen_hash for vote in approvals}) == 1, decision


def assert_stops_held() -> None:
    """No role decided, voted or asked while it was suspended, and none spent while spending was frozen."""
    for stop in Stop.objects.all():
        meanwhile = (stop.stopped_at, stop.lifted_at or database_clock())
        settled = Decision.objects.filter(completed_at__range=meanwhile)
        if stop.kind == "role":
            assert not settled.filter(decided_by=stop.role).exists(), stop
            assert not DecisionVote.objects.filter(voter_role=stop.role, voted_at__range=meanwhile).exists(), stop
            assert not Decision.objects.filter(call__role=stop.role, created_at__range=meanwhile).exists(), stop
        else:
            approved = settled.filter(status="approved", amount_usd__isnull=False)
            assert not approved.exclude(decided_by="board").exists(), stop
            assert not Allocation.objects.filter(created_at__range=meanwhile).exists(), stop


def assert_ledger_balances() -> None:
    entries = list(LedgerEntry.objects.all())
    for account in LedgerAccount.objects.all():
        came = sum(entry.amount_usd for entry in entries if entry.target_id == account.name)
        went = sum(entry.amount_usd for entry in entries if entry.source_id == account.name)
        assert account.balance_usd == came - went, account
        assert account.balance_usd >= 0 or not account.bounded, account
        if account.decision is not None:
            assert came == account.decision.amount_usd and account.decision.status == "approved", account
            back = [entry for entry in entries if entry.source_id == account.name and entry.target_id == "treasury"]
            assert not back or (account.balance_usd == 0 and account.decision.revoked_at is not None), account
        if account.name.startswith("department:"):
            given = [entry for entry in entries if entry.target_id == account.name]
            assert all(entry.allocation_id and entry.decision_id for entry in given), account


def sum_of(earlier: list[Decision], decision: Decision) -> Decimal:
    """What is approved under the initiative as a reader sees its name, with this decision."""
    name = seen(decision.initiative)
    rows = [*(row for row in earlier if seen(row.initiative) == name), decision]
    return sum((row.amount_usd or Decimal(0) for row in rows), Decimal(0))


def seen(name: str) -> str:
    """A name as a reader sees it: what leaves no ink counts as nothing, and case as spelling."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(c for c in folded if c.isspace() or _has_ink(c)).split())


def _has_ink(c: str) -> bool:
    return unicodedata.category(c)[0] != "C" and c not in "\u034f\u115f\u1160\u2800\u3164\ufe0f\uffa0"


def line_above(role: str, law: Mapping[str, Any]) -> list[str]:
    above = law["roles"][role]["reports_to"]
    return [] if above == "board" else [above, *line_above(above, law)]
