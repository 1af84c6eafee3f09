"""Messages from eight roles to each other at once, in an organisation of some years; none is lost."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from bench.measure import CALLS, WARM_UP, Times, at_once, repeat
from bench.memory import ask
from bench.report import Report
from bench.shares import Shares
from bench.stack import Stack

SENDERS = 8
EACH = 150
WARM = 5  # of each, not counted


def measure(here: Stack, report: Report) -> None:
    from agents.registry import NAMES
    from org.models import Message

    here.fill(report.doing)
    report.doing("floor: sending alone")
    transaction = _transactions()
    report.row("sending a message alone (no MCP, no Celery)", transaction)
    roles = NAMES[:SENDERS]
    with here.clients(roles) as clients:
        report.doing("one sender")
        sending = repeat(lambda _: _send(clients[0], roles[1], "one"), CALLS)
        report.row("a message, one sender", sending, transaction)

        report.doing(f"{SENDERS} senders at once")
        subject = f"Bench {uuid.uuid4()}"
        works = [_sender(client, roles[(n + 1) % SENDERS], subject) for n, client in enumerate(clients)]
        at_once(works, WARM)
        shares, started = Shares(here), time.perf_counter()
        eight = at_once(works, EACH)
        rate = len(eight.milliseconds) / (time.perf_counter() - started)
        report.note(f"While {SENDERS} were sending {shares.told()}.")
    report.row(f"a message, {SENDERS} senders at once", eight, transaction, aim_p99=250)
    report.figure("of them in a second", f"{rate:.0f}", aim="≥ 200")
    sent = SENDERS * (WARM + EACH)
    stored = Message.objects.filter(subject=subject).count()
    report.note(f"Of {sent:,} messages sent {stored:,} are stored.")
    if stored != sent:
        report.faults.append(f"{sent:,} messages were sent and {stored:,} are stored.")


def _sender(client: Any, to: str, subject: str) -> Callable[[int], object]:
    return lambda _: _send(client, to, subject)


def _send(client: Any, to: str, subject: str) -> None:
    ask(client, "send_message", to=to, subject=subject, content=f"bench {uuid.uuid4()}")


def _transactions() -> Times:
    """The service that `_send` ends in, called directly in this process on the same database."""
    from org.clock import database_clock
    from org.services import messages
    from tests.people import acting

    def send(_: int) -> None:
        messages.send(to="cto", subject="Bench", content="bench", by=actors.pop(), clock=database_clock)

    actors = [acting("ceo") for _ in range(CALLS + WARM_UP)]
    return repeat(send, CALLS)
