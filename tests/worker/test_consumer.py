"""A consumer ends promptly whenever it is asked to, also while it is only just connecting."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from coordinator.keys import QUEUE_SHORT
from coordinator.redisbus import connect
from worker.consumer import Consumer
from worker.process import SHORT
from worker.runner import Runner

PROMPTLY_S = 5.0


class NoRunner:
    """No job is ever in these queues."""


@pytest.mark.parametrize("ticks", [*range(12), 15, 20, 30, 50])
async def test_consumer_asked_to_end_at_any_tick_of_its_start_ends_promptly(empty_valkey: str, ticks: int) -> None:
    """redis-py swallows a cancellation that comes in the middle of connecting; arq then polled on until the process was killed."""
    redis, stop = connect(empty_valkey), asyncio.Event()
    running = asyncio.ensure_future(Consumer(QUEUE_SHORT, redis, cast(Runner, NoRunner()), SHORT).run(stop))
    for _ in range(ticks):
        await asyncio.sleep(0)

    stop.set()

    async with asyncio.timeout(PROMPTLY_S):
        await running
    await redis.aclose()
