"""`manage.py demo`: the story behind `make demo`."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

if TYPE_CHECKING:
    from echo_project.demo.stage import Stage


class Command(BaseCommand):
    help = "Watch Echo at work: two agents, a board member, budget and messages, in a folder that is thrown away."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--record", type=Path, metavar="FILE.svg", help="save what is shown as a picture, too")
        parser.add_argument(
            "--day", action="store_true", help="a day of all nine roles instead: one feature, every tool"
        )
        parser.add_argument(
            "--examples", type=Path, metavar="FILE.json", help="with --day: keep each tool's call and answer"
        )

    def handle(self, *_: Any, record: Path | None, day: bool, examples: Path | None, **__: Any) -> None:
        import anyio

        from echo_project.demo import performance
        from echo_project.demo.errors import Deviation, first
        from echo_project.demo.stage import Stage
        from echo_project.local.errors import StackError

        stage = Stage(record)
        try:
            played = partial(performance.run_day, examples=examples) if day else performance.run
            if not anyio.run(_uninterrupted, played, stage):
                raise SystemExit(130)
            stage.save()
        except* (Deviation, StackError) as failures:
            raise CommandError(str(first(failures))) from failures
        finally:
            stage.idle()


async def _uninterrupted(perform: Callable[[Stage], Awaitable[None]], stage: Stage) -> bool:
    """Perform to the end, or until somebody ends us; then False, with everything cleared away."""
    import anyio

    async def watch() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            watching.set()
            async for _ in signals:
                performing.cancel()

    performing, watching = anyio.CancelScope(), anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        await watching.wait()
        with performing:  # unlike a KeyboardInterrupt, nothing on the way can swallow it
            await perform(stage)
        group.cancel_scope.cancel()
    return not performing.cancelled_caught
