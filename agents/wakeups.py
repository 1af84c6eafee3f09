"""Redis wakes whoever waits here: for the answer of a call, for a decision, for mail. What it says is only a hint; what
is so is read in PostgreSQL each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterable, Iterator

from django.conf import settings

from org import events
from org.enums import ALL, LEADERSHIP

logger = logging.getLogger(__name__)

CALLS_CHANNEL = "echo:calls:"  # followed by the role; the message is the id of a call that is over
POLL_SECONDS = 0.02  # without Redis
POLL_WITH_REDIS_SECONDS = 0.25
RETRY_SECONDS = 1.0


def mail_of(role: str) -> str:
    """What a message to the role wakes."""
    return f"mail:{role}"


def calls_of(role: str) -> str:
    """What the end of any call of the role wakes."""
    return f"calls:{role}"


class WakeUps:
    """One subscription a server, for the roles it acts for; each waiter is an event under what it waits for: the id of
    a call, the ref of a decision or message, the mail of a role.
    """

    def __init__(self, roles: Iterable[str]) -> None:
        self._roles = tuple(roles)
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.listening = False

    @property
    def poll_seconds(self) -> float:
        """How long to wait before looking anyway."""
        return POLL_WITH_REDIS_SECONDS if self.listening else POLL_SECONDS

    @contextlib.contextmanager
    def waiting(self, *names: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever Redis names one of these, and when something may have been missed."""
        event = self.watch(*names)
        try:
            yield event
        finally:
            for name in names:
                woken = self._waiting[name]
                woken.discard(event)
                if not woken:
                    del self._waiting[name]

    def watch(self, *names: str) -> asyncio.Event:
        """The event of `waiting`, for as long as the server lives."""
        event = asyncio.Event()
        for name in names:
            self._waiting.setdefault(name, set()).add(event)
        return event

    async def listen(self) -> None:
        """Listen until cancelled, reconnecting after every failure; redis-py is imported here, off the start."""
        from redis.asyncio import Redis
        from redis.exceptions import RedisError

        channels = [CALLS_CHANNEL + role for role in self._roles]
        channels += [events.messages_channel(address) for address in (*self._roles, LEADERSHIP, ALL)]
        channels += [*events.DECISIONS, events.AGENTS_STATUS, events.CHANGES]
        while True:
            try:
                async with (
                    Redis.from_url(
                        settings.REDIS_ADDRESS, socket_connect_timeout=1, socket_timeout=5, health_check_interval=3
                    ) as redis,
                    redis.pubsub() as subscription,
                ):
                    await subscription.subscribe(*channels)
                    while True:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=2)
                        if not self.listening:
                            self.listening = True
                            self._wake_all()  # who waited meanwhile may have missed it
                        if message:
                            self._wake(self._named(message["channel"].decode(), message["data"]))
            except (RedisError, OSError) as error:
                if self.listening:
                    logger.warning("Redis is away (%s); what is new is looked for in the database.", error)
                self.listening = False
                await asyncio.sleep(RETRY_SECONDS)

    def _named(self, channel: str, said: bytes) -> Iterable[str]:
        """What a message on a channel names. Anybody can publish anything; what is none of ours names nothing."""
        if channel.startswith(CALLS_CHANNEL):
            return [said.decode(errors="replace"), calls_of(channel.removeprefix(CALLS_CHANNEL))]
        try:
            payload = json.loads(said)
        except (ValueError, RecursionError):
            return []
        if not isinstance(payload, dict):
            return []
        if channel == events.CHANGES:
            changed = payload.get("changed")
            return [name for name in changed if isinstance(name, str)] if isinstance(changed, list) else []
        if channel in events.DECISIONS:
            return [str(payload.get(name)) for name in ("ref", "decision_id")]
        if channel == events.AGENTS_STATUS:
            return [channel]
        address = channel.removeprefix(events.messages_channel(""))
        return [mail_of(role) for role in self._roles if address in (role, LEADERSHIP, ALL)]

    def _wake(self, names: Iterable[str]) -> None:
        for name in names:
            for event in self._waiting.get(name, ()):
                event.set()

    def _wake_all(self) -> None:
        self._wake(list(self._waiting))
