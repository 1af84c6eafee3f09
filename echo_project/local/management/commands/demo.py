"""`manage.py demo`: the story behind `make demo`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Watch Echo at work: two agents, a board member, budget and messages, in a folder that is thrown away."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--record", type=Path, metavar="FILE.svg", help="save what is shown as a picture, too")

    def handle(self, *_: Any, record: Path | None, **__: Any) -> None:
        import anyio

        from echo_project.demo import performance
        from echo_project.demo.errors import Deviation, first
        from echo_project.demo.stage import Stage
        from echo_project.local.errors import StackError

        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))  # clear away, whoever ends us
        stage = Stage(record)
        try:
            anyio.run(performance.run, stage)
            stage.save()
        except* KeyboardInterrupt:
            raise SystemExit(130) from None
        except* (Deviation, StackError) as failures:
            raise CommandError(str(first(failures))) from failures
        finally:
            stage.idle()
