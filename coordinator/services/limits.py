"""How is a guesser slowed without locking a hall out?

A link's secret has 256 bits and needs no limit, so whoever scans a QR code always gets in. Short codes have 39 bits: after a few wrong ones
from one address, codes from there wait for the end of the minute; so do all, when a crowd of addresses guesses.

When Redis is away the limiter lets everybody through and says so in the log: this is the one place where that is decided. A code lives
24 hours and opens a room at most, and a countdown must not depend on Redis.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from redis.asyncio import Redis

from coordinator.domain.link import read_opener
from coordinator.errors import NotFound, TooMany
from coordinator.keys import RATE_KEY
from coordinator.redisbus import LOST
from coordinator.store.ids import subkey

WINDOW_S = 60
WRONG_CODES_PER_ADDRESS = 20  # a hall behind one address mistypes less than this in a minute
WRONG_CODES_IN_ALL = 2_000
IPV6_SUBSCRIBER_BITS = 64
ANSWER_WITHIN_S = 0.25
ADDRESS_PURPOSE = "addresses in rate limits"

log = structlog.get_logger(__name__)


def subject_of(address: str, secret_key: bytes, now: datetime) -> str:
    """A name for an address that says nothing of it and is another one tomorrow; one for all of an IPv6 subscriber's addresses."""
    key = subkey(secret_key, f"{ADDRESS_PURPOSE} {now.date().isoformat()}")
    return hmac.new(key, _subscriber(address).encode(), hashlib.sha256).hexdigest()[:32]


def _subscriber(address: str) -> str:
    """The address, or the /64 that an IPv6 subscriber has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, IPV6_SUBSCRIBER_BITS), strict=False))


class RateLimiter:
    """Counts wrong codes over Redis, for all processes together. Safe for many tasks at once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def answers(self) -> bool:
        """Whether Redis is there just now; for whoever watches over the network."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return bool(await self._redis.ping())
        except LOST:
            return False

    @asynccontextmanager
    async def guessing(self, secret_or_code: str, subject: str) -> AsyncIterator[None]:
        """Around one attempt to enter: raises TooMany before it when too many codes were wrong; a NotFound inside counts as wrong."""
        if not read_opener(secret_or_code).code:
            yield
            return
        limits = {_key(subject): WRONG_CODES_PER_ADDRESS, _key("all"): WRONG_CODES_IN_ALL}
        for key, most in limits.items():
            await self._refuse_over(key, most)
        try:
            yield
        except NotFound:
            for key in limits:
                await self._count(key)
            raise

    async def _refuse_over(self, key: str, most: int) -> None:
        async def ask() -> tuple[int, int]:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.get(key)
                pipe.ttl(key)
                count, left_s = await pipe.execute()
            return int(count or 0), int(left_s)

        count, left_s = await self._open_if_lost(ask()) or (0, 0)
        if count >= most:
            raise TooMany(max(left_s, 1))

    async def _count(self, key: str) -> None:
        async def count() -> tuple[int, int]:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, WINDOW_S, nx=True)
                counted, _ = await pipe.execute()
            return int(counted), 0

        await self._open_if_lost(count())

    async def _open_if_lost(self, question: Awaitable[tuple[int, int]]) -> tuple[int, int] | None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await question
        except LOST as error:
            log.warning("limits.open", error=type(error).__name__)
            return None


def _key(subject: str) -> str:
    return RATE_KEY.format(scope="enter", subject=subject)
