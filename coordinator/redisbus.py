"""How do processes wake each other? Hints by pub/sub and job ids by arq's queue, both over one Redis connection pool.

Nothing here is the truth: a lost hint costs one poll of the log, a lost job id one sweep. So no failure of Redis ever reaches a
caller, and after one failure sending rests for a moment, so that a dead or paused Redis cannot slow down every request.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from coordinator.keys import HINT_CHANNEL, JOB_QUEUES
from coordinator.ports import JobRef

if TYPE_CHECKING:
    from arq.connections import ArqRedis

ARQ_FUNCTION = "run_job"  # the one function every worker registers; its argument is a job row's id
SOCKET_TIMEOUT_S = 2.0
HEALTH_CHECK_S = 15
SEND_TIMEOUT_S = 0.25
REST_S = 1.0  # after a failed send
BACKOFF_S = (0.05, 2.0)  # first and longest wait before the listener connects again
LISTEN_TIMEOUT_S = 5.0
LOST = (RedisError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


def connect(redis_url: str) -> Redis:
    """A client with its own pool for `redis://…`, `rediss://…` or `unix:///path`; opens nothing yet. The caller closes it (`aclose`)."""
    pool = ConnectionPool.from_url(
        redis_url, socket_connect_timeout=SOCKET_TIMEOUT_S, socket_timeout=SOCKET_TIMEOUT_S, health_check_interval=HEALTH_CHECK_S
    )
    return Redis.from_pool(pool)


def arq_client(redis: Redis) -> ArqRedis:
    """arq's view of the same pool, with JSON in place of pickle: who can write to Redis must not run code here."""
    from arq.connections import ArqRedis  # deferred: a fifth of a second, and most commands nudge nobody

    return ArqRedis(pool_or_conn=redis.connection_pool, job_serializer=write_json, job_deserializer=json.loads)


def write_json(value: Any) -> bytes:
    """arq's job or result as JSON. What JSON cannot say (an exception) becomes the name of its type."""
    return json.dumps(value, separators=(",", ":"), default=lambda o: type(o).__name__).encode()


class RestAfterFailure:
    """Lets sends through, except in the moment after one failed."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._rests_until = 0.0

    async def send(self, send: Callable[[], Any]) -> None:
        """Awaits `send()` for at most SEND_TIMEOUT_S; never raises but for cancellation."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._rests_until:
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await send()
        except LOST as error:
            self._rests_until = loop.time() + REST_S
            log.warning("redis.send_failed", part=self._part, error=type(error).__name__)


class RedisBus:
    """The `Bus` of ports.py over one pub/sub channel. Safe for many tasks at once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._gate = RestAfterFailure("hints")

    async def publish(self, heads: Mapping[str, int]) -> None:
        """Tells every process that these streams have reached these heads."""
        message = json.dumps(dict(heads), separators=(",", ":"))
        await self._gate.send(lambda: self._redis.publish(HINT_CHANNEL, message))

    async def listen(self) -> AsyncIterator[Mapping[str, int]]:
        """Hints as they come, for ever. After each (re)connection comes an empty one: hints may have been lost, so look at the log."""
        wait_s, longest_s = BACKOFF_S
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(HINT_CHANNEL)
                    wait_s = BACKOFF_S[0]
                    yield {}
                    async for heads in _read_hints(pubsub):
                        yield heads
            except LOST as error:
                log.warning("redis.listen_failed", error=type(error).__name__, wait_s=round(wait_s, 2))
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            wait_s = min(wait_s * 2, longest_s)


async def _read_hints(pubsub: PubSub) -> AsyncIterator[Mapping[str, int]]:
    while True:
        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=LISTEN_TIMEOUT_S)
        heads = _parse_hint(message["data"]) if message else None
        if heads:
            yield heads


def _parse_hint(raw: object) -> Mapping[str, int] | None:
    """{stream: head} of a message; None for anything else, since anybody on that Redis may write there."""
    try:
        heads = json.loads(raw) if isinstance(raw, bytes) else None
    except ValueError:
        return None
    if not isinstance(heads, dict) or not all(type(head) is int for head in heads.values()):
        return None
    return heads


class RedisJobQueue:
    """The `JobQueue` of ports.py: wakes arq workers with job ids. Safe for many tasks at once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._gate = RestAfterFailure("jobs")

    @cached_property
    def _arq(self) -> ArqRedis:
        return arq_client(self._redis)

    async def nudge(self, jobs: Sequence[JobRef]) -> None:
        """Enqueues these attempts; one that is queued already stays queued once."""
        for ref in jobs:
            await self._gate.send(lambda ref=ref: self._enqueue(ref))  # type: ignore[misc]  # mypy cannot type a lambda's default

    async def _enqueue(self, ref: JobRef) -> None:
        await self._arq.enqueue_job(ARQ_FUNCTION, ref.job_id, _job_id=queue_id(ref), _queue_name=JOB_QUEUES[ref.kind])


def queue_id(ref: JobRef) -> str:
    """`kind:id:attempt`: arq drops an id that it has already, so each attempt needs its own."""
    return f"{ref.kind}:{ref.job_id}:{ref.attempt}"
