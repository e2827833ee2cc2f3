"""What is done again and again outlasts its failures, and costly reads are shared."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.exc import OperationalError

from coordinator.live.rounds import attempt, every
from coordinator.live.shared import Shared


@pytest.mark.parametrize("failure", [OperationalError("SELECT", {}, Exception()), RedisConnectionError(), OSError(), ZeroDivisionError()])
async def test_round_goes_on_after_a_failure(failure: Exception) -> None:
    rounds = 0
    thrice = asyncio.Event()

    async def fail() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            thrice.set()
        raise failure

    task = asyncio.create_task(every(0.0, "test", fail))
    await thrice.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_attempt_does_not_swallow_cancellation() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await attempt("test", cancelled)


class Read:
    def __init__(self) -> None:
        self.times = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        await self.go_on.wait()
        return self.times


async def test_shared_read_runs_once_for_all_who_ask_meanwhile() -> None:
    shared: Shared[str, int] = Shared()
    read = Read()
    asking = [asyncio.create_task(shared.get("a", read)) for _ in range(5)]
    await asyncio.sleep(0)
    read.go_on.set()

    first = await asyncio.gather(*asking)
    later = await shared.get("a", read)

    assert (first, later) == ([1] * 5, 2)


async def test_shared_read_outlives_the_one_who_asked_first() -> None:
    shared: Shared[str, int] = Shared()
    read = Read()
    first, second = (asyncio.create_task(shared.get("a", read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    read.go_on.set()

    assert await second == 1
    assert first.cancelled()


async def test_shared_failure_reaches_all_and_is_not_kept() -> None:
    shared: Shared[str, int] = Shared()
    failures = iter([OSError("reset")])

    async def fail_once() -> int:
        for failure in failures:
            raise failure
        return 1

    told = await asyncio.gather(*(shared.get("a", fail_once) for _ in range(3)), return_exceptions=True)

    assert [str(t) for t in told] == ["reset"] * 3
    assert await shared.get("a", fail_once) == 1
