"""Publishing to Redis, bounded in time: a Redis that is away or hangs costs a quarter of a second, then nothing."""

from __future__ import annotations

import logging
from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from agents.quiet import Quiet

logger = logging.getLogger(__name__)

QUIET_SECONDS = 2.0  # after a failure, nothing is tried for so long
LISTEN_SECONDS = 0.2  # shorter than what a wait of the client below may take

quiet = Quiet(QUIET_SECONDS)


@cache
def redis() -> Redis:
    """A client whose every wait is bounded."""
    return Redis.from_url(
        settings.REDIS_ADDRESS, socket_timeout=0.25, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0)
    )


def publish(messages: list[tuple[str, str]]) -> bool:
    """Publish (channel, text) pairs in order. False: Redis did not take them; they can be published again later."""
    if quiet.lasts():
        return False
    try:
        pipeline = redis().pipeline(transaction=False)
        for channel, text in messages:
            pipeline.publish(channel, text)
        pipeline.execute()
    except (RedisError, OSError) as error:
        if quiet.begin():
            logger.warning("Redis is away (%s); what is published waits in the outbox.", error)
        return False
    return True


def is_reachable() -> bool:
    """Whether Redis answers now."""
    try:
        return bool(redis().ping())
    except (RedisError, OSError):
        return False
