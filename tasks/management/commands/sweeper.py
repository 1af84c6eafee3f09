"""`manage.py sweeper`: the process that re-rings, frees and relays what is due, and signs the audit's head."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from org import credentials
from org.clock import assert_unshifted
from org.enums import LoginKind
from tasks import checkpoints, sweeper


class Command(BaseCommand):
    help = "Free dead workers' calls, ring again for what waits, expire old messages, publish what is in the outbox."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        credentials.use(LoginKind.SWEEPER)
        assert_unshifted()
        signing = threading.Thread(target=checkpoints.run, args=[stopping])
        signing.start()
        try:
            sweeper.run(stopping)
        finally:  # a thread that signs on would keep a broken sweeper from ending and being started anew
            stopping.set()
            signing.join()
