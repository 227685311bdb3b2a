"""Signs of life, kept in the broker: who takes work from which queue, and when lost work was last sought.

They end by themselves. An emptied broker has them again with the next beat, and one that cannot be
reached has no workers to speak of. Times are the broker's own, so that no clock has to agree with another.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

WORKERS, SWEPT = "tryon:workers", "tryon:swept"
BEAT_SECONDS = 10.0
ALIVE_SECONDS = 35  # three beats, and a moment
PATIENCE = 1.0  # seconds for one answer of the broker
BrokerError = (redis.RedisError, OSError)


@contextmanager
def broker() -> Iterator[redis.Redis]:
    """A client that gives up after a second and tries nothing twice. Raises one of BrokerError."""
    client = redis.Redis.from_url(
        settings.REDIS_URL.replace("redis+socket://", "unix://"),
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    try:
        yield client
    finally:
        client.close()


def beat(worker: str, queues: Iterable[str]) -> None:
    """This worker takes work from these queues now."""
    with _quietly(), broker() as client:
        now = _now(client)
        client.zadd(WORKERS, {f"{queue} {worker}": now for queue in queues})
        client.zremrangebyscore(WORKERS, "-inf", now - ALIVE_SECONDS)


def leave(worker: str, queues: Iterable[str]) -> None:
    """It takes no more."""
    with _quietly(), broker() as client:
        client.zrem(WORKERS, *(f"{queue} {worker}" for queue in queues))


def swept() -> None:
    """Lost work was looked for."""
    with _quietly(), broker() as client:
        client.set(SWEPT, _now(client))


def workers(client: redis.Redis) -> Counter[str]:
    """How many workers take from each queue."""
    alive: Any = client.zrangebyscore(WORKERS, _now(client) - ALIVE_SECONDS, "+inf")
    return Counter(member.partition(" ")[0] for member in alive)


def sweep_age(client: redis.Redis) -> int | None:
    """Seconds since lost work was looked for; None where the broker does not know."""
    at: Any = client.get(SWEPT)
    return None if at is None else max(0, _now(client) - int(at))


def _now(client: redis.Redis) -> int:
    seconds: Any = client.time()[0]
    return int(seconds)


@contextmanager
def _quietly() -> Iterator[None]:
    """A sign that cannot be given is missed by whoever looks for it; the work goes on."""
    try:
        yield
    except BrokerError as exc:
        log.warning("no sign of life could be given: %s", type(exc).__name__)
