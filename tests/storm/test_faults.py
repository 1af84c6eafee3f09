"""Faults under load: every call is answered or provably not done, and nothing is done twice."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from redis import Redis

from tests.clients.raw import RpcError, Silence
from tests.stack import wait_until
from tests.storm.conftest import Storm

pytestmark = [pytest.mark.storm, pytest.mark.timeout(600)]

CALLS_EACH = 60


@dataclass(frozen=True)
class Deed:
    """A call with a title of its own. `told`: what its answer says when it was done; `done`: the titles of all done."""

    tool: str
    arguments: Callable[[str], dict[str, Any]]
    told: str
    done: str


def decision(decision_type: str, amount_usd: int | None = None) -> Deed:
    return Deed(
        "propose_decision",
        lambda title: {"decision_type": decision_type, "title": title, "context": "storm", "amount_usd": amount_usd},
        '"status":"approved"',
        "SELECT title FROM decisions",
    )


INITIATIVE = Deed(
    "approve_strategic_initiative",
    lambda title: {"initiative": title, "business_value": "storm", "budget": 1000},
    '"status":"approved"',
    "SELECT title FROM decisions",
)
ALLOCATION = Deed(
    "allocate_budget",
    lambda title: {"amount": 1, "department": "Research", "justification": title},
    '"allocated":true',
    "SELECT justification #>> '{}' FROM allocations",
)
MESSAGE = Deed(
    "send_message",
    lambda title: {"to": "ceo", "subject": title, "content": "storm"},
    '"deliveries":',
    "SELECT subject FROM messages",
)
DEEDS = {
    "ceo": (INITIATIVE, ALLOCATION, decision("policy")),
    "cto": (decision("architecture"), MESSAGE, decision("budget_allocation", 500)),
    "chro": (decision("hiring", 100), MESSAGE),
    "operations_head": (decision("vendor_contract", 100), MESSAGE),
}

WRONG = {
    "dollars came from nowhere": "SELECT sum(balance_usd) FROM ledger_accounts HAVING sum(balance_usd) <> 0",
    "a decision's budget was booked twice or never": """
        SELECT title FROM decisions WHERE decision_type IN ('strategic_initiative', 'budget_allocation')
        AND amount_usd IS DISTINCT FROM
            (SELECT sum(amount_usd) FROM ledger_entries WHERE target_id = 'decision:' || decisions.id)
    """,
    "an allocation was booked twice or never": """
        SELECT number FROM allocations WHERE amount_usd IS DISTINCT FROM
            (SELECT sum(amount_usd) FROM ledger_entries WHERE allocation_id = allocations.id)
    """,
    "a deed left no audit": " UNION ALL ".join(
        f"SELECT '{table}', id::text FROM {table} WHERE call_id IS NOT NULL AND NOT EXISTS "
        f"(SELECT FROM audit WHERE audit.call_id = {table}.call_id AND action NOT LIKE 'call.%')"
        for table in ("decisions", "escalations", "messages", "allocations", "ledger_entries")
    ),
    "the audit's chain is broken": """
        SELECT audit.id FROM audit LEFT JOIN (
            SELECT audit_id, prev, lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER chain AS before, hash, seq,
                   row_number() OVER chain AS place
            FROM audit_seal WINDOW chain AS (ORDER BY seq)
        ) AS seal ON seal.audit_id = audit.id
        WHERE (prev = before AND seq = place AND hash = sha256(prev || int8send(seq) || body)) IS NOT TRUE
    """,
}


def kill_worker(storm: Storm) -> None:
    """One that has worked for a while: a start takes longer than a life between two kills would last."""
    wait_until(lambda: storm.worker.process.poll() is None, 60, "a worker")
    time.sleep(1)
    storm.worker.process.kill()


def kill_sweeper(storm: Storm) -> None:
    storm.sweeper.process.kill()


def empty_redis(storm: Storm) -> None:
    Redis.from_url(storm.servers.home.redis_url).flushall()


def hang_redis(storm: Storm) -> None:
    assert storm.servers.valkey.child is not None
    stopped = storm.servers.valkey.child
    stopped.send(signal.SIGSTOP)
    time.sleep(3)
    stopped.send(signal.SIGCONT)


def restart_redis(storm: Storm) -> None:
    storm.servers.valkey.kill()
    time.sleep(1.5)
    storm.servers.valkey.start()
    storm.servers.valkey.wait_ready()


def cut_connections(storm: Storm) -> None:
    storm.servers.run_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'echo%'"
    )


def restart_postgres(storm: Storm) -> None:
    storm.servers.postgres.stop()
    time.sleep(0.5)
    storm.servers.postgres.start()
    storm.servers.postgres.wait_ready()


def everything(storm: Storm) -> None:
    for fault in (kill_worker, kill_sweeper, empty_redis, cut_connections):
        fault(storm)


@pytest.mark.parametrize(
    ("fault", "pause_seconds"),
    [
        (kill_worker, 1.5),
        (empty_redis, 0.5),
        (hang_redis, 2.0),
        (restart_redis, 2.0),
        (cut_connections, 1.0),
        (restart_postgres, 3.0),
        (everything, 2.0),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_call_is_answered_or_provably_not_done_and_nothing_is_done_twice(
    storm: Storm, fault: Callable[[Storm], None], pause_seconds: float
) -> None:
    said: dict[str, tuple[Deed, str]] = {}
    failures: list[BaseException] = []
    with storm.client("ceo") as ceo:
        ceo.initialize()
        assert INITIATIVE.told in ceo.call(INITIATIVE.tool, **INITIATIVE.arguments("what is allocated later")).text

    def work(role: str) -> None:
        try:
            with storm.client(role) as client:
                client.initialize()
                for number in range(CALLS_EACH):
                    deed, title = DEEDS[role][number % len(DEEDS[role])], f"storm {role} {number}"
                    answer = client.call(deed.tool, **deed.arguments(title))
                    said[title] = deed, answer.text
                    if answer.is_error:
                        time.sleep(0.2)
        except (RpcError, Silence, AssertionError) as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(role,), daemon=True) for role in DEEDS]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        time.sleep(pause_seconds)
        fault(storm)
    for worker in workers:
        worker.join()
    assert not failures, failures
    assert len(said) == len(DEEDS) * CALLS_EACH

    wait_until(
        lambda: storm.rows("SELECT 1 FROM calls WHERE status IN ('queued', 'running')") == [], 60, "calls to end"
    )
    done = Counter(str(title) for query in {deed.done for deed, _ in said.values()} for (title,) in storm.rows(query))
    kinds: Counter[str] = Counter()
    for title, (deed, text) in said.items():
        if "othing was done" in text:
            kinds["not done"] += 1
            assert done[title] == 0, (title, text)
        elif '"still_running":true' in text or "not known" in text:
            kinds["uncertain, and said so"] += 1
            assert done[title] <= 1, (title, text)
        else:
            kinds["done"] += 1
            assert deed.told in text, text
            assert done[title] == 1, (title, text)
    for what, query in WRONG.items():
        assert storm.rows(query) == [], what
    wait_until(lambda: not storm.rows("SELECT 1 FROM outbox WHERE published_at IS NULL"), 30, "everything published")
    print(f"{fault.__name__}: {dict(kinds)}")
    assert kinds["done"] > len(said) / 2
