"""Calls that decide: one caller, then several at once, beside the same transaction without MCP and Celery."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from bench import trail
from bench.measure import CALLS, WARM_UP, Times, at_once, repeat
from bench.report import Report
from bench.stack import Stack

VOTES = 100  # each on a decision of its own
CALLERS = 8


def measure(here: Stack, report: Report) -> None:
    report.doing("floors: framing alone, the same transaction alone")
    transaction = _transactions()
    report.row("framing alone (ping over stdio)", here.framing)
    report.row("the same transaction alone (no MCP, no Celery)", transaction)
    report.row("of it, judging authority: the sums and the rule", _judging(), transaction, aim=2)
    report.row("of it, each audit record: a transaction of one, sealed", trail.writing(CALLS), transaction)

    report.doing(f"{CALLS} calls that decide, one caller")
    with here.clients(["ceo"]) as [client]:
        deciding = repeat(lambda _: _decide(client), CALLS)
        report.row("a decision through stdio, Celery, PostgreSQL", deciding, transaction, aim=10)
        refs = [_open_vote(client) for _ in range(VOTES + WARM_UP)]
        voting = repeat(lambda _: _vote(here.first, refs.pop()), VOTES)
        report.row("a role's vote on a decision", voting, transaction, aim=12)
        reading = repeat(lambda _: client.call("check_authority", decision_type="policy"), CALLS)
        report.row("check_authority (reads in the server)", reading, here.framing)

    report.doing(f"{CALLERS} callers at once")
    with here.clients(["ceo"] * CALLERS) as clients:
        for client in clients:
            _decide(client)
        works: list[Callable[[int], object]] = [lambda _, c=c: _decide(c) for c in clients]  # type: ignore[misc]
        started = time.perf_counter()
        eight = at_once(works, CALLS // 4)
        rate = len(eight.milliseconds) / (time.perf_counter() - started)
        report.row(f"a decision, {CALLERS} callers at once ({rate:.0f}/s in all)", eight, transaction)


def _decide(client: Any) -> None:
    answer = client.call("propose_decision", decision_type="policy", title=f"Bench {uuid.uuid4()}", context="bench")
    if answer.is_error:
        raise RuntimeError(answer.text)


def _open_vote(client: Any) -> str:
    """A decision so many roles vote on that one ballot never closes it."""
    answer = client.call(
        "propose_decision",
        decision_type="policy",
        title=f"Bench {uuid.uuid4()}",
        context="bench",
        mode="collaborative",
        participants=["cto", "chro", "operations_head", "product_manager", "test_lead"],
    )
    return str(answer.structured["ref"])


def _vote(client: Any, ref: str) -> None:
    answer = client.call("cast_vote", decision_id=ref, vote="approve", rationale="bench", confidence=0.8)
    if answer.is_error or not answer.structured["recorded"]:
        raise RuntimeError(answer.text)


def _transactions() -> Times:
    """The service that `_decide` ends in, called directly in this process on the same database."""
    from org.clock import database_clock
    from org.services import proposals
    from tests.people import acting

    def decide(_: int) -> None:
        proposals.propose(
            decision_type="policy",
            title=f"Bench {uuid.uuid4()}",
            context="bench",
            by=actors.pop(),
            clock=database_clock,
        )

    actors = [acting("ceo") for _ in range(CALLS + WARM_UP)]
    return repeat(decide, CALLS)


def _judging() -> Times:
    """Who would decide an amount: the role's window, the initiative and the treasury summed, and the charter's rule."""
    from decimal import Decimal

    from org.authority import Request
    from org.clock import database_clock
    from org.models import CharterVersion
    from org.queries import standing

    charter, now = CharterVersion.objects.in_force(), database_clock()
    asked = Request("ceo", "budget_allocation", Decimal(1000))
    return repeat(lambda _: standing.judge(charter, asked, "bench", now), CALLS)
