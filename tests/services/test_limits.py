"""A guesser of codes is slowed, a hall gets in, and without Redis everybody does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from coordinator.domain.link import read_opener
from coordinator.errors import NotFound, TooMany
from coordinator.redisbus import connect
from coordinator.services.limits import WRONG_CODES_PER_ADDRESS, RateLimiter, subject_of
from coordinator.store.ids import new_secret
from tests.factories import NOON, SECRET_KEY

HALL = subject_of("192.0.2.7", SECRET_KEY, NOON)
ELSEWHERE = subject_of("192.0.2.8", SECRET_KEY, NOON)


@pytest.fixture
async def redis(empty_valkey: str) -> AsyncIterator[Redis]:
    client = connect(empty_valkey)
    yield client
    await client.aclose()


async def guess(limiter: RateLimiter, text: str = "aaaa-aaaa", subject: str = HALL, *, right: bool = False) -> None:
    async with limiter.guessing(text, subject):
        if not right:
            raise NotFound("link")


async def guess_wrongly(limiter: RateLimiter, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NotFound):
            await guess(limiter)


async def test_guessing_too_often_is_slowed_for_that_address_only(redis: Redis) -> None:
    limiter = RateLimiter(redis)
    await guess_wrongly(limiter, WRONG_CODES_PER_ADDRESS)

    with pytest.raises(TooMany) as refused:
        await guess(limiter, right=True)
    await guess(limiter, subject=ELSEWHERE, right=True)

    assert 1 <= refused.value.retry_after_s <= 60


async def test_guessing_never_stops_who_holds_a_whole_secret(redis: Redis) -> None:
    limiter = RateLimiter(redis)
    await guess_wrongly(limiter, WRONG_CODES_PER_ADDRESS)

    await guess(limiter, new_secret(), right=True)
    with pytest.raises(NotFound):
        await guess(limiter, new_secret())


@pytest.mark.parametrize("text", ["aaaa-aaaa" + "!" * 40, "x" * 40 + "#aaaa-aaaa", " " * 40 + "aaaa-aaaa"])
async def test_guessing_with_padding_never_gets_a_code_past_the_limit(redis: Redis, text: str) -> None:
    """What passes unlimited must be nothing that `enter` would take for a code."""
    limiter = RateLimiter(redis)
    await guess_wrongly(limiter, WRONG_CODES_PER_ADDRESS)

    if read_opener(text).code:
        with pytest.raises(TooMany):
            await guess(limiter, text)
    else:
        with pytest.raises(NotFound):
            await guess(limiter, text)


async def test_guessing_rightly_never_counts(redis: Redis) -> None:
    limiter = RateLimiter(redis)
    for _ in range(WRONG_CODES_PER_ADDRESS + 5):
        await guess(limiter, right=True)

    assert await redis.keys("*") == []


async def test_guessing_keeps_a_count_that_ends_by_itself_and_names_no_address(redis: Redis) -> None:
    await guess_wrongly(RateLimiter(redis), 2)

    keys = [key.decode() for key in await redis.keys("*")]
    assert sorted(keys) == sorted([f"chorus:rate:enter:{HALL}", "chorus:rate:enter:all"])
    assert [key for key in keys if not 0 < await redis.ttl(key) <= 60] == []


async def test_guessing_without_redis_lets_everybody_try(tmp_path: Path) -> None:
    client = connect(f"unix://{tmp_path / 'nobody-listens'}")
    limiter = RateLimiter(client)

    await guess_wrongly(limiter, WRONG_CODES_PER_ADDRESS + 1)
    await guess(limiter, right=True)
    await client.aclose()


def test_subject_of_is_another_one_each_day_and_for_each_address() -> None:
    names = {HALL, ELSEWHERE, subject_of("192.0.2.7", SECRET_KEY, NOON + timedelta(days=1)), subject_of("192.0.2.7", b"x" * 32, NOON)}

    assert len(names) == 4
    assert "192" not in HALL


def test_subject_of_an_ipv6_subscriber_is_one_whatever_its_last_half() -> None:
    one, same, other = (subject_of(a, SECRET_KEY, NOON) for a in ("2001:db8::1", "2001:db8::ffff:1:2:3", "2001:db8:0:1::1"))

    assert one == same != other
    assert subject_of("::ffff:192.0.2.7", SECRET_KEY, NOON) == HALL
    assert subject_of("unix", SECRET_KEY, NOON) != subject_of("", SECRET_KEY, NOON)
