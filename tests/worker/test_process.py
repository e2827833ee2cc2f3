"""Whole worker processes on a real Valkey: killed, without Redis, two at once. Effects happen once, and nothing waits for Redis."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.keys import JOB_DECIDE, QUEUE_SHORT
from coordinator.ports import JobRef
from coordinator.redisbus import RedisJobQueue, connect
from coordinator.store.database import Database
from coordinator.store.tables import heartbeat, job
from tests.factories import open_database
from tests.servers import run_valkey
from tests.worker.conftest import load_states, load_told, plan_now, wait_for
from worker.consumer import silence_arq

PROGRAM = Path(__file__).with_name("program.py")
NOWHERE = "unix:///nowhere/s"
Process = asyncio.subprocess.Process


@asynccontextmanager
async def running(database_url: str, redis_url: str, mode: str = "tell") -> AsyncIterator[Process]:
    """A worker process; ended when the test is over, kindly if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, database_url, redis_url, mode, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def heard(process: Process) -> None:
    """Returns once its handler has started."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        assert await process.stdout.readline() == b"started\n"


async def all_told(database: Database, *names: str) -> None:
    async def told() -> bool:
        return len(await load_told(database)) >= len(names)

    await wait_for(told)
    assert sorted(await load_told(database)) == sorted(names)


async def test_worker_killed_in_the_middle_its_job_runs_again_once(database_url: str, empty_valkey: str) -> None:
    async with open_database(database_url) as database:
        await plan_now(database, "a")
        async with running(database_url, empty_valkey, "hang") as doomed:
            await heard(doomed)
            os.kill(doomed.pid, signal.SIGKILL)
        killed_at = datetime.now(UTC)
        assert await load_told(database) == []

        async with running(database_url, empty_valkey):
            await all_told(database, "a")
            took = datetime.now(UTC) - killed_at

        assert await load_states(database) == [("done", 2)]
        assert took < timedelta(seconds=15)  # a lease of 2 s, a sweep, and the start of a process on a busy machine


async def test_worker_without_redis_runs_what_is_due(database: Database, sqlite_database_url: str) -> None:
    async with running(sqlite_database_url, NOWHERE):
        await plan_now(database, "a", "b")
        await all_told(database, "a", "b")

    assert await load_states(database) == [("done", 1), ("done", 1)]


async def test_worker_whose_redis_dies_flushes_and_returns_goes_on(database: Database, sqlite_database_url: str) -> None:
    with run_valkey() as url:
        async with running(sqlite_database_url, url) as process:
            await plan_now(database, "before")
            await all_told(database, "before")
            client = connect(url)
            await client.flushall()
            await plan_now(database, "flushed")
            await all_told(database, "before", "flushed")

            await client.shutdown(nosave=True, force=True)
            await client.aclose()
            await plan_now(database, "dead")
            await all_told(database, "before", "flushed", "dead")
            assert process.returncode is None


async def test_worker_nudged_through_redis_runs_at_once_and_says_that_it_lives(
    database: Database, sqlite_database_url: str, empty_valkey: str
) -> None:
    client = connect(empty_valkey)
    async with running(sqlite_database_url, empty_valkey):
        await plan_now(database, "a")
        await RedisJobQueue(client).nudge([JobRef(await read_id(database), JOB_DECIDE, 0)])
        await all_told(database, "a")

        async def quiet() -> bool:
            return await client.zcard(QUEUE_SHORT) == 0 and await beats_with_redis(database)

        await wait_for(quiet)
        assert [key for key in await client.keys("arq:*") if b"health" not in key] == []
    await client.aclose()


async def read_id(database: Database) -> str:
    async with database.read() as conn:
        return (await conn.execute(sa.select(job.c.id).where(job.c.kind == JOB_DECIDE))).scalar_one()


async def beats_with_redis(database: Database) -> bool:
    async with database.read() as conn:
        row = (await conn.execute(sa.select(heartbeat.c.detail).where(heartbeat.c.process == "worker-short"))).scalar_one_or_none()
    return bool(row and row["redis"])


async def test_two_workers_have_each_effect_once(database_url: str, empty_valkey: str) -> None:
    names = [f"job{number}" for number in range(40)]

    async with (
        open_database(database_url) as database,
        running(database_url, empty_valkey),
        running(database_url, empty_valkey),
        running(database_url, NOWHERE),
    ):
        await plan_now(database, *names)
        await all_told(database, *names)

        assert await load_states(database) == [("done", 1)] * len(names)


async def test_worker_asked_to_end_lets_its_job_finish_and_leaves_no_word(
    database: Database, sqlite_database_url: str, empty_valkey: str
) -> None:
    async with running(sqlite_database_url, empty_valkey, "slow") as process:
        await plan_now(database, "a")
        await heard(process)
        process.terminate()
        _, errors = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 0
    assert await load_told(database) == ["a"]
    assert b"Traceback" not in errors


async def test_garbage_in_the_queue_harms_nobody(database: Database, sqlite_database_url: str, empty_valkey: str) -> None:
    client = connect(empty_valkey)
    payloads = [
        b"\x80\x04garbage",
        b'{"t":1,"f":"run_job","a":[{"x":1}],"k":{},"et":1}',
        b'{"t":1,"f":"os.system","a":["id"],"k":{},"et":1}',
    ]
    for number, payload in enumerate([*payloads, b'{"t":1,"f":"run_job","a":[],"k":{"y":2},"et":1}']):
        await client.set(f"arq:job:bad{number}", payload)
        await client.zadd(QUEUE_SHORT, {f"bad{number}": 1})

    async with running(sqlite_database_url, empty_valkey) as process:
        await plan_now(database, "a")
        await all_told(database, "a")

        async def empty() -> bool:
            return await client.zcard(QUEUE_SHORT) == 0

        await wait_for(empty)
        assert process.returncode is None
    await client.aclose()


@pytest.mark.parametrize("name", ["arq", "arq.worker", "arq.connections"])
def test_arq_keeps_arguments_out_of_the_log(name: str) -> None:
    silence_arq()

    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
