"""A job row's life: planned once, held by one, finished only by its holder, given up after eight attempts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from coordinator.keys import JOB_DECIDE, JOB_REMIND
from coordinator.ports import JobRef
from coordinator.store import jobs
from coordinator.store.database import Database
from coordinator.store.jobs import MAX_ATTEMPTS, ClaimedJob
from coordinator.store.tables import job
from tests.conftest import FakeClock
from tests.factories import NOON

LEASE = timedelta(seconds=18)


async def plan(database: Database, key: str = "a:1", kind: str = JOB_DECIDE, due_in: timedelta = timedelta(0)) -> str:
    async with database.write(NOON) as work:
        ref = await jobs.insert_job(work.conn, kind=kind, key=key, ref={"action": key}, due_at=NOON + due_in)
    assert ref is not None
    return ref.job_id


async def claim(database: Database, job_id: str, clock: FakeClock) -> ClaimedJob | None:
    async with database.write(clock.now()) as work:
        return await jobs.claim(work.conn, job_id, work.now, LEASE)


async def take_due(database: Database, clock: FakeClock, limit: int = 100) -> list[JobRef]:
    async with database.write(clock.now()) as work:
        return await jobs.take_due(work.conn, [JOB_DECIDE], work.now, limit)


async def finish(database: Database, claimed: ClaimedJob, clock: FakeClock) -> bool:
    async with database.write(clock.now()) as work:
        return await jobs.finish(work.conn, claimed, work.now)


async def release(database: Database, claimed: ClaimedJob, clock: FakeClock) -> None:
    async with database.write(clock.now()) as work:
        await jobs.release(work.conn, claimed, work.now, "ValueError at x.py:1")


async def read_state(database: Database, job_id: str) -> tuple[str, int, int]:
    async with database.read() as conn:
        row = (await conn.execute(sa.select(job.c.state, job.c.attempt, job.c.fence).where(job.c.id == job_id))).one()
    return row.state, row.attempt, row.fence


async def test_claim_before_its_time_is_refused(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database, due_in=timedelta(minutes=1))

    early = await claim(database, job_id, clock)
    clock.advance(minutes=1)
    in_time = await claim(database, job_id, clock)

    assert early is None
    assert in_time == ClaimedJob(job_id, JOB_DECIDE, {"action": "a:1"}, attempt=1, fence=1)


async def test_claim_while_held_is_refused_until_the_lease_ends(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)
    await claim(database, job_id, clock)

    clock.advance(LEASE - timedelta(microseconds=1))
    held = await claim(database, job_id, clock)
    clock.advance(microseconds=1)
    free = await claim(database, job_id, clock)

    assert held is None
    assert free == ClaimedJob(job_id, JOB_DECIDE, {"action": "a:1"}, attempt=2, fence=2)


async def test_claim_by_many_at_once_lets_one_through(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)

    claims = await asyncio.gather(*(claim(database, job_id, clock) for _ in range(8)))

    assert [c.fence for c in claims if c] == [1]


async def test_finish_by_the_holder_is_done_for_good(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)
    claimed = await claim(database, job_id, clock)
    assert claimed

    finished = await finish(database, claimed, clock)

    assert finished
    assert await read_state(database, job_id) == ("done", 1, 1)
    assert not await finish(database, claimed, clock)
    assert await claim(database, job_id, clock) is None
    clock.advance(days=1)
    assert await take_due(database, clock) == []


async def test_finish_after_the_lease_went_to_another_is_refused(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)
    slow = await claim(database, job_id, clock)
    clock.advance(LEASE)
    second = await claim(database, job_id, clock)
    assert slow
    assert second

    assert not await finish(database, slow, clock)
    await release(database, slow, clock)
    assert await claim(database, job_id, clock) is None
    assert await finish(database, second, clock)


async def test_take_due_names_what_is_due_and_free_oldest_first(database: Database, clock: FakeClock) -> None:
    second = await plan(database, "b", due_in=timedelta(seconds=-5))
    first = await plan(database, "a", due_in=timedelta(seconds=-9))
    third = await plan(database, "c")
    held = await plan(database, "held", due_in=timedelta(seconds=-20))
    await plan(database, "later", due_in=timedelta(seconds=1))
    await plan(database, "another kind", kind=JOB_REMIND)
    await claim(database, held, clock)

    assert await take_due(database, clock) == [JobRef(i, JOB_DECIDE, 0) for i in (first, second, third)]
    assert await take_due(database, clock, limit=2) == [JobRef(i, JOB_DECIDE, 0) for i in (first, second)]
    clock.advance(LEASE)
    assert JobRef(held, JOB_DECIDE, 1) in await take_due(database, clock)


async def test_take_due_over_and_over_costs_no_attempt(database: Database, clock: FakeClock) -> None:
    """A worker that is busy, or a Redis that is gone, must not use up a job's attempts."""
    job_id = await plan(database)

    for _ in range(3 * MAX_ATTEMPTS):
        assert await take_due(database, clock) == [JobRef(job_id, JOB_DECIDE, 0)]
        clock.advance(seconds=10)

    assert await claim(database, job_id, clock) is not None


async def test_two_sweepers_at_once_end_with_one_effect_each(database: Database, clock: FakeClock) -> None:
    planned = {await plan(database, str(n)) for n in range(20)}

    async def sweep_and_run() -> list[str]:
        claims = [await claim(database, ref.job_id, clock) for ref in await take_due(database, clock)]
        return [c.job_id for c in claims if c and await finish(database, c, clock)]

    done = await asyncio.gather(*(sweep_and_run() for _ in range(3)))

    assert sorted(job_id for part in done for job_id in part) == sorted(planned)


async def test_job_that_fails_eight_times_is_dead_until_revived(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)
    for _ in range(MAX_ATTEMPTS):
        claimed = await claim(database, job_id, clock)
        assert claimed
        await release(database, claimed, clock)

    assert await claim(database, job_id, clock) is None
    assert await take_due(database, clock) == []
    assert await read_state(database, job_id) == ("dead", MAX_ATTEMPTS, MAX_ATTEMPTS)

    async with database.write(clock.now()) as work:
        assert await jobs.revive(work.conn, job_id, work.now)
        assert not await jobs.revive(work.conn, job_id, work.now)
    assert await claim(database, job_id, clock) == ClaimedJob(job_id, JOB_DECIDE, {"action": "a:1"}, 1, MAX_ATTEMPTS + 1)


async def test_release_waits_and_says_why(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)
    claimed = await claim(database, job_id, clock)
    assert claimed

    async with database.write(clock.now()) as work:
        await jobs.release(work.conn, claimed, work.now + timedelta(seconds=30), "ValueError at x.py:1")

    assert await claim(database, job_id, clock) is None
    clock.advance(seconds=30)
    assert await claim(database, job_id, clock) is not None
    async with database.read() as conn:
        assert (await conn.execute(sa.select(job.c.last_error))).scalar_one() == "ValueError at x.py:1"
