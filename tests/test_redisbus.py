"""Hints and wake-ups over a real Valkey: they arrive, survive its death, and its death never reaches a caller."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

import pytest
from redis.asyncio import Redis

from coordinator.keys import HINT_CHANNEL, JOB_DECIDE, QUEUE_SHORT
from coordinator.ports import JobRef
from coordinator.redisbus import RedisBus, RedisJobQueue, connect, write_json


@pytest.fixture
async def redis(empty_valkey: str) -> AsyncIterator[Redis]:
    client = connect(empty_valkey)
    yield client
    await client.aclose()


@pytest.fixture
async def dead_redis() -> AsyncIterator[Redis]:
    client = connect("unix:///nowhere/s")
    yield client
    await client.aclose()


async def next_hint(hints: AsyncIterator[Mapping[str, int]]) -> Mapping[str, int]:
    async with asyncio.timeout(10):
        return await anext(hints)


async def test_listen_after_connecting_says_look_then_carries_hints(redis: Redis) -> None:
    bus = RedisBus(redis)
    hints = bus.listen()
    first = await next_hint(hints)

    await bus.publish({"public": 3, "group:7f3k": 1})

    assert first == {}
    assert await next_hint(hints) == {"public": 3, "group:7f3k": 1}
    await hints.aclose()


@pytest.mark.parametrize("garbage", ["", "{", "[]", "7", '{"public":"3"}', '{"public":null}', '{"public":true}', b"\xff\xfe"])
async def test_listen_garbage_on_the_channel_is_passed_over(redis: Redis, garbage: str | bytes) -> None:
    hints = RedisBus(redis).listen()
    await next_hint(hints)

    await redis.publish(HINT_CHANNEL, garbage)
    await redis.publish(HINT_CHANNEL, '{"public":4}')

    assert await next_hint(hints) == {"public": 4}
    await hints.aclose()


async def test_listen_connection_cut_comes_back_with_an_empty_hint(redis: Redis) -> None:
    bus = RedisBus(redis)
    hints = bus.listen()
    await next_hint(hints)

    await redis.client_kill_filter(_type="pubsub")

    assert await next_hint(hints) == {}
    await bus.publish({"public": 9})
    assert await next_hint(hints) == {"public": 9}
    await hints.aclose()


async def test_publish_without_redis_returns_at_once_and_raises_nothing(dead_redis: Redis) -> None:
    bus, queue = RedisBus(dead_redis), RedisJobQueue(dead_redis)

    async with asyncio.timeout(1):
        for head in range(100):
            await bus.publish({"public": head})
            await queue.nudge([JobRef("j1", JOB_DECIDE, head)])


async def test_nudge_same_attempt_twice_is_queued_once_and_carries_the_id_only(redis: Redis) -> None:
    queue = RedisJobQueue(redis)

    await queue.nudge([JobRef("j1", JOB_DECIDE, 0), JobRef("j1", JOB_DECIDE, 0), JobRef("j1", JOB_DECIDE, 1)])

    assert await redis.zrange(QUEUE_SHORT, 0, -1) == [b"decide:j1:0", b"decide:j1:1"]
    payload = json.loads(await redis.get("arq:job:decide:j1:0"))
    assert (payload["f"], payload["a"], payload["k"]) == ("run_job", ["j1"], {})


def test_write_json_exception_becomes_its_type_without_its_words() -> None:
    assert write_json({"r": ValueError("a secret")}) == b'{"r":"ValueError"}'
