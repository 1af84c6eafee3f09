"""What is measured, and the table it is printed in."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench import trail
from bench.measure import WARM_UP, Times, at_once, repeat

CALLS = 300
VOTES = 100  # each on a decision of its own
CALLERS = 8
STARTS = 7
FOLLOWED = 3
ROOT = Path(__file__).resolve().parent.parent


class Bench:
    """A stack of its own, brought up as any client would, and torn down at the end."""

    def __init__(self, home: Path) -> None:
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "TERM", "USER") if name in os.environ}
        self.home = home
        self.env = kept | {
            "ECHO_HOME": str(home),
            "ECHO_ENV_FILE": "",
            "ECHO_BIND": "127.0.0.1:0",
            "ECHO_GRACE_SECONDS": "2",
        }

    def client(self, role: str) -> Any:
        from tests.clients.raw import RawClient

        return RawClient.start([sys.executable, str(ROOT / "manage.py"), "mcp_agent", role], self.env, timeout=90)


@contextmanager
def bench() -> Iterator[Bench]:
    home = Path(tempfile.mkdtemp(prefix="echo-bench-", dir="/tmp"))
    home.chmod(0o711)
    try:
        yield Bench(home)
    finally:
        deadline = time.monotonic() + 60
        while (home / "stack.json").exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        shutil.rmtree(home, ignore_errors=True)


def run() -> None:
    console = Console() if sys.stdout.isatty() else Console(width=110)
    table = Table(title="Echo, measured here and now", title_justify="left")
    table.add_column("what")
    for name in ("p50 ms", "p99 ms", "beside its floor", "aim"):
        table.add_column(name, justify="right", no_wrap=True)
    with bench() as here, console.status("starting a stack of its own") as status, here.client("cto") as first:
        first.initialize()
        first.call("brief_me")

        status.update("floors: framing alone, the same transaction alone")
        framing = repeat(lambda _: first.request("ping"), CALLS)
        transaction = _transactions(here)
        _row(table, "framing alone (ping over stdio)", framing)
        _row(table, "the same transaction alone (no MCP, no Celery)", transaction)
        _row(table, "of it, judging authority: the sums and the rule", _judging(), transaction, aim=2)
        _row(table, "of it, each audit record: a transaction of one, sealed", trail.writing(CALLS), transaction)

        status.update(f"{CALLS} calls that decide, one caller")
        with here.client("ceo") as client:
            client.initialize()
            deciding = repeat(lambda _: _decide(client), CALLS)
            _row(table, "a decision through stdio, Celery, PostgreSQL", deciding, transaction, aim=10)
            refs = [_open_vote(client) for _ in range(VOTES + WARM_UP)]
            voting = repeat(lambda _: _vote(first, refs.pop()), VOTES)
            _row(table, "a role's vote on a decision", voting, transaction, aim=12)
            reading = repeat(lambda _: client.call("check_authority", decision_type="policy"), CALLS)
            _row(table, "check_authority (reads in the server)", reading, framing)

        status.update(f"{CALLERS} callers at once")
        with ExitStack() as stack:
            clients = [stack.enter_context(here.client("ceo")) for _ in range(CALLERS)]
            for client in clients:
                client.initialize()
                _decide(client)
            works: list[Callable[[int], object]] = [lambda _, c=c: _decide(c) for c in clients]  # type: ignore[misc]
            started = time.perf_counter()
            eight = at_once(works, CALLS // 4)
            rate = len(eight.milliseconds) / (time.perf_counter() - started)
            _row(table, f"a decision, {CALLERS} callers at once ({rate:.0f}/s in all)", eight, transaction)

        status.update("start to `initialize`, alone and nine at once")
        floor = repeat(lambda _: _spawn([sys.executable, "-c", "import mcp.server, django.db, psycopg"]), STARTS, 1)
        _row(table, "importing mcp, Django and psycopg alone", floor)
        while not _forkserver(here):
            time.sleep(0.1)
        _row(table, "start to initialize, alone", repeat(lambda _: _start(here, "ceo"), STARTS, 1), floor, aim=800)
        nine, memory_of_nine = _nine(here)
        times = f"{nine / floor.p50:.1f} ×"
        table.add_row("start to initialize, nine at once (the last)", f"{nine:.0f}", "", times, _aim(4000))

        status.update(f"following the seals of {trail.RECORDS:,} audit records")
        trail.fill()
        records, following, hashing = trail.following(FOLLOWED)
        _row(table, f"hashing {records:,} audit records alone ({_rate(records, hashing)})", hashing)
        _row(
            table,
            f"following their seals, columns compared ({_rate(records, following)})",
            following,
            hashing,
            aim=2000,
        )

        table.add_row("memory of a server that started the stack", f"{_memory([first.process.pid]):.0f} MB")
        table.add_row("memory of nine servers and what they are forked from", f"{memory_of_nine:.0f} MB")
    console.print(table)
    console.print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}", style="dim"
    )


def _row(table: Table, name: str, times: Times, floor: Times | None = None, aim: float | None = None) -> None:
    ratio = f"{times.p50 / floor.p50:.1f} ×" if floor else "floor"
    table.add_row(name, f"{times.p50:.2f}", f"{times.p99:.2f}", ratio, _aim(aim))


def _aim(milliseconds: float | None) -> str:
    """What the p50 is to stay below on a machine of two quiet cores."""
    return f"≤ {milliseconds:,.0f}" if milliseconds else ""


def _rate(records: int, times: Times) -> str:
    return f"{records / times.p50 * 1000:,.0f}/s"


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


def _transactions(here: Bench) -> Times:
    """The service that `_decide` ends in, called directly in this process on the same database."""
    os.environ.update(here.env)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echo_project.settings")
    import django

    django.setup()
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


def _spawn(command: list[str]) -> None:
    import subprocess

    subprocess.run(command, check=True, cwd=ROOT)


def _start(here: Bench, role: str) -> None:
    with here.client(role) as client:
        client.initialize()


def _nine(here: Bench) -> tuple[float, float]:
    """Milliseconds until the last of nine servers started at once has answered, and what they hold together in MB."""
    from agents.registry import NAMES

    with ExitStack() as stack:
        started = time.perf_counter()
        clients = [stack.enter_context(here.client(role)) for role in NAMES]
        for client in clients:
            client.initialize()
        milliseconds = (time.perf_counter() - started) * 1000
        return milliseconds, _memory([*(client.process.pid for client in clients), *_forkserver(here)])


def _forkserver(here: Bench) -> list[int]:
    """The process that servers are forked from, and its forks."""
    home = str(here.home)
    found = [process for process in psutil.process_iter() if process.cmdline()[-1:] == ["forkserver"]]
    return [process.pid for process in found if process.environ().get("ECHO_HOME") == home]


def _memory(pids: list[int]) -> float:
    """Megabytes these processes hold together. On Linux pages that several share are counted once, in parts (PSS);
    elsewhere they are counted for none of them (USS)."""
    held = [psutil.Process(pid).memory_full_info() for pid in pids]
    return sum(float(getattr(each, "pss", each.uss)) for each in held) / 1e6
