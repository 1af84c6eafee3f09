"""`manage.py tail_bus`: what is published on the public channels, as it is published."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis.exceptions import RedisError
from rich.console import Console
from rich.text import Text

from org.legible import plain
from tasks import bus

CHANNELS = ("messages:*", "decisions:*", "agents:status")
COLOURS = {"messages": "cyan", "decisions": "yellow", "agents": "green"}


class Command(BaseCommand):
    help = "Print what is published on the bus, live; what was said before is in the database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "channels",
            nargs="*",
            default=CHANNELS,
            help=f"as Redis has them, like agents:*; default: {' '.join(CHANNELS)}",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
        parser.add_argument("--count", type=int, default=0, metavar="N", help="leave after so many events")

    def handle(self, *args: Any, **options: Any) -> None:
        out = Console(highlight=False, soft_wrap=True)
        seen = 0
        try:
            for channel, payload in listen(options["channels"]):
                if options["json"]:
                    print(json.dumps({"channel": channel, "payload": payload}), flush=True)
                else:
                    out.print(line(channel, payload))
                seen += 1
                if seen == options["count"]:
                    return
        except KeyboardInterrupt:
            return
        except (RedisError, OSError) as error:
            raise CommandError(
                f"Redis is not reachable ({error}). `manage.py stack status` shows what runs; "
                "`manage.py up` starts the organisation."
            ) from None


def listen(channels: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The channel and the payload of each event from now on. Says on stderr once it listens."""
    with bus.redis().pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
        subscription.psubscribe(*channels)
        print(f"Listening to {', '.join(channels)}", file=sys.stderr, flush=True)
        while True:
            message = subscription.get_message(timeout=bus.LISTEN_SECONDS)
            if message is not None:
                yield message["channel"].decode(errors="replace"), read(message["data"])


def read(data: bytes) -> Any:
    """What was published, or the text itself where somebody published what is no JSON: anyone with Redis can."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode(errors="replace")


def line(channel: str, payload: Any) -> Text:
    """One event as people read it; of what agents wrote nothing reaches the terminal but what can be seen."""
    kind = channel.partition(":")[0]
    now = f"{datetime.now(UTC):%H:%M:%S}"
    said = " ".join(plain(summary(payload)).split())
    return Text.assemble((f"{now}  ", "dim"), (f"{plain(channel):<24}", COLOURS.get(kind, "")), said)


def summary(payload: Any) -> str:
    """What an event says, in the order it matters to a reader."""
    if not isinstance(payload, dict):
        return str(payload)
    if "subject" in payload:
        return f"{payload.get('id')}  {payload.get('from')} → {payload.get('to')}  {payload.get('subject')}"
    known = ("role", "ref", "status", "title", "initiator", "waiting_on", "decided_by")
    return "  ".join(_value(payload[name]) for name in known if payload.get(name))


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
