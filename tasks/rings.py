"""How a worker hears rings: as Celery does, except that what is no ring is dropped and never ends the worker.

Anybody who can write into Redis can write a ring, so what it holds is shown as a repr, and not much of it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from queue import Empty
from typing import Any

from celery.worker import consumer
from django.conf import settings
from kombu.message import Message
from kombu.transport import redis as transport
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tasks import bus

logger = logging.getLogger(__name__)

MOST_SHOWN = 200  # characters
NO_JUNK = (Empty, OSError, RedisConnectionError, RedisTimeoutError, ResponseError, InvalidResponse)


def drop(what: str, junk: object) -> None:
    logger.warning("Dropped a ring %s: %s", what, repr(junk)[:MOST_SHOWN])


def make_room(queues: Iterable[str]) -> None:
    """Remove what lies in place of these queues, or of the list of their names, and is none: it would end this worker
    and every other. A queue stays as it is: whichever worker is free hears its rings.
    """
    redis = bus.redis()
    for queue in queues:
        steps = [queue, *(f"{queue}{Channel.sep}{step}" for step in Channel.priority_steps if step)]
        for name, kind in [*((step, b"list") for step in steps), (Channel.keyprefix_queue % queue, b"set")]:
            key = settings.BROKER_KEY_PREFIX + name
            if redis.type(key) not in (kind, b"none"):
                redis.delete(key)


def surviving(hear: Callable[[], Any]) -> Any:
    """Hear one message. Celery reads it, makes a request of it and starts that within this one call."""
    try:
        return hear()
    except NO_JUNK:
        raise  # nothing came, or Redis is away: Celery listens again, or connects again
    except Exception as fault:
        drop("that cannot be read", fault)
        return True


class NoReceipts(transport.QoS):
    """Rings are taken without a receipt, so there is nothing that could be put back."""

    def restore_visible(self, *_: object, **__: object) -> None:
        pass


class Channel(transport.Channel):
    """Outlives what cannot be read at all, or breaks Celery while it makes a request of it.

    Rings are taken without a receipt. Celery gives one back all the same: that would be a wait for Redis each, kept in
    memory for ever, under a tag that anybody can have written.
    """

    QoS = NoReceipts

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return surviving(partial(super()._brpop_read, **options))
        except ResponseError as fault:
            if "WRONGTYPE" not in str(fault):  # out of memory, or a replica now: Celery connects again
                raise RedisConnectionError(str(fault)) from fault
            drop("queue that is no list", fault)
            make_room(self.active_queues)
            return True

    def _queue_bind(self, exchange: str, *given: Any) -> None:
        """Rings go straight to their queues; a binding would be one more key that others can spoil."""
        kind = self.typeof(exchange)  # type: ignore[no-untyped-call]
        if kind.type == "fanout":  # gossip between workers, where somebody wants it
            super()._queue_bind(exchange, *given)  # type: ignore[no-untyped-call]

    def _receive(self) -> Any:
        return surviving(super()._receive)

    def basic_ack(self, delivery_tag: object, multiple: bool = False) -> None:
        pass

    def basic_reject(self, delivery_tag: object, requeue: bool = False) -> None:
        pass


class Transport(transport.Transport):
    Channel = Channel


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Hears through the transport above, and says in one line what Celery refuses by itself."""

    def connection_for_read(self, heartbeat: float | None = None) -> Any:
        with contextlib.suppress(RedisError, OSError):  # Redis is away, and Celery waits for it
            make_room(self.app.amqp.queues.consume_from)
        connection = self.app.connection_for_read(heartbeat=heartbeat)
        connection.transport_cls = Transport
        return self.ensure_connected(connection)

    def create_task_handler(self, **given: Any) -> Callable[[Message], None]:
        handle = super().create_task_handler(**given)
        return lambda message: handle(plain(message))

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        drop("that cannot be decoded", exc)

    def on_unknown_task(self, body: object, message: Message, exc: Exception) -> None:
        drop("for an unknown task", exc)

    def on_invalid_task(self, body: object, message: Message, exc: Exception) -> None:
        drop("that says no time", exc)


def plain(message: Message) -> Message:
    """A message with the same task and arguments and nothing else: what Celery trips over after it took one of the
    pool's places (time limits, callbacks, an eta …) would keep that place, and an expiry would be judged by this
    machine's clock.
    """
    match message.payload:
        case [list(args), dict(kwargs), *_]:
            return Message(  # type: ignore[no-untyped-call]
                body=json.dumps([args, kwargs, {}]).encode(),
                content_type="application/json",
                content_encoding="utf-8",
                headers={"task": message.headers.get("task"), "id": str(uuid.uuid4())},
                accept=message.accept,
                channel=message.channel,
            )
        case found:
            raise ValueError(f"no arguments: {type(found).__name__}")
