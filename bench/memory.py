"""What a role is told of an organisation of some years: its brief, what it recalls, its inbox."""

from __future__ import annotations

from typing import Any

from bench import plans
from bench.measure import CALLS, repeat
from bench.report import Report
from bench.stack import Stack

LOOKS = 100  # of each kind
MOST_BYTES = 6 * 1024
DEEP = 40  # pages of a hundred


def measure(here: Stack, report: Report) -> None:
    from agents.registry import NAMES
    from tests.services.plans import recalled

    here.fill(report.doing)
    report.row("framing alone (ping over stdio)", here.framing)
    with here.clients(NAMES) as clients:
        report.doing("briefs of the nine roles")
        briefing = repeat(lambda n: ask(clients[n % len(clients)], "brief_me"), CALLS)
        report.row("brief_me, the nine roles in turn", briefing, here.framing, aim=100)
        sizes = [len(ask(client, "brief_me").text.encode()) for client in clients]
        largest = NAMES[sizes.index(max(sizes))]
        report.figure(f"the largest of their briefs ({largest})", f"{max(sizes):,} B", aim=f"≤ {MOST_BYTES:,}")
        if max(sizes) > MOST_BYTES:
            report.faults.append(f"The brief of the {largest} is larger than {MOST_BYTES:,} bytes.")

        ceo = clients[0]
        for name, arguments in recalled().items():
            report.doing(f"recall by {name}")
            recalling = repeat(lambda _, given=arguments: ask(ceo, "recall", **given), LOOKS)  # type: ignore[misc]
            report.row(f"recall by {name}", recalling, here.framing, aim=50)

        report.doing("pages of an inbox")
        reading = repeat(lambda _: ask(ceo, "read_inbox"), LOOKS)
        report.row("read_inbox, the newest 20", reading, here.framing, aim=10)
        cursor: dict[str, str] = {}
        for _ in range(DEEP):
            cursor = {"cursor": ask(ceo, "read_inbox", limit=100, **cursor).structured["next_cursor"]}
        paging = repeat(lambda _: ask(ceo, "read_inbox", **cursor), LOOKS)
        report.row(f"read_inbox, 20 behind the newest {DEEP * 100:,}", paging, here.framing, aim=10)
    report.doing("what all this reads")
    plans.look(report)


def ask(client: Any, tool: str, **arguments: Any) -> Any:
    answer = client.call(tool, **arguments)
    if answer.is_error:
        raise RuntimeError(answer.text)
    return answer
