"""Redis wakes whoever waits here for the answer of a call. What it says is only a hint; the row is read each time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator

from django.conf import settings

logger = logging.getLogger(__name__)

CALLS_CHANNEL = "echo:calls:"  # followed by the role; the message is the id of a call that is over
POLL_SECONDS = 0.02  # without Redis
POLL_WITH_REDIS_SECONDS = 0.25
RETRY_SECONDS = 1.0


class WakeUps:
    """One subscription a server; each waiter is an event under the id it waits for."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.listening = False

    @property
    def poll_seconds(self) -> float:
        """How long to wait before looking anyway."""
        return POLL_WITH_REDIS_SECONDS if self.listening else POLL_SECONDS

    @contextlib.contextmanager
    def waiting(self, id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever Redis names `id`."""
        event = asyncio.Event()
        events = self._waiting.setdefault(id, set())
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._waiting.pop(id, None)

    async def listen(self) -> None:
        """Listen until cancelled, reconnecting after every failure; redis-py is imported here, off the start."""
        from redis.asyncio import Redis
        from redis.exceptions import RedisError

        while True:
            try:
                async with (
                    Redis.from_url(
                        settings.REDIS_ADDRESS, socket_connect_timeout=1, socket_timeout=5, health_check_interval=3
                    ) as redis,
                    redis.pubsub() as subscription,
                ):
                    await subscription.subscribe(CALLS_CHANNEL + self._role)
                    while True:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=2)
                        self.listening = True
                        named = message["data"].decode(errors="replace") if message else ""
                        for event in self._waiting.get(named, ()):
                            event.set()
            except (RedisError, OSError) as error:
                if self.listening:
                    logger.warning("Redis is away (%s); answers are looked for in the database.", error)
                self.listening = False
                await asyncio.sleep(RETRY_SECONDS)
