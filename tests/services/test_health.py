from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.errors import Forbidden, NotFound
from coordinator.keys import JOB_BUSY
from coordinator.services.health import Check, Health, Level, load_health, load_jobs, read_health, revive_job
from coordinator.store import tables
from coordinator.store.database import Database, Work
from coordinator.store.health import JobRow
from coordinator.store.ids import new_row_id
from coordinator.store.migrate import HEAD
from tests.factories import NOON, STEWARD, caller_as, open_database

FINE = {"canary_age_s": 12.0, "redis_answers": True}


async def add_migrated(conn: AsyncConnection, revision: str = HEAD) -> None:
    await conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    await conn.execute(sa.insert(sa.table("alembic_version", sa.column("version_num"))).values(version_num=revision))


async def add_beats(conn: AsyncConnection, at: datetime) -> None:
    for process in ("worker-short", "worker-long"):
        await conn.execute(sa.insert(tables.heartbeat).values(process=process, at=at, detail={}))


async def add_job(conn: AsyncConnection, state: str = "waiting", due_at: datetime = NOON, **values: Any) -> str:
    row = {"id": new_row_id(), "kind": "decide", "key": new_row_id(), "ref": {}, "due_at": due_at, "attempt": 0, "state": state, "fence": 0}
    await conn.execute(sa.insert(tables.job).values(row | values))
    return str(row["id"])


async def read(database: Database, now: datetime = NOON, **found: Any) -> Health:
    async with database.read() as conn:
        return await load_health(conn, now, **(FINE | found))


async def test_health_of_a_running_network_is_ok(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn)
        await add_beats(work.conn, NOON - timedelta(seconds=10))
        await add_job(work.conn, due_at=NOON + timedelta(days=3))
        work.emit("public", "test", {})

    health = await read(database)

    assert health.level is Level.OK
    assert dict(health.levels) == dict.fromkeys(Check, Level.OK)
    assert (health.revision, health.oldest_due_s, health.dead_lately, health.heads) == (HEAD, None, 0, {"public": 1})
    assert [(c.kind, c.state, c.jobs) for c in health.jobs] == [("decide", "waiting", 1)]


@pytest.mark.parametrize(
    ("found", "check", "level"),
    [
        ({"canary_age_s": None}, Check.CANARY, Level.FAILING),
        ({"canary_age_s": 60.5}, Check.CANARY, Level.FAILING),
        ({"redis_answers": False}, Check.REDIS, Level.DEGRADED),
    ],
)
async def test_health_without_canary_or_redis_says_which(database: Database, found: dict[str, Any], check: Check, level: Level) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn)
        await add_beats(work.conn, NOON)

    health = await read(database, **found)

    assert health.level is level
    assert health.at_level(level) == (check,)


async def test_health_of_a_database_at_another_revision_is_failing(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn, "9999")
        await add_beats(work.conn, NOON)

    assert (await read(database)).at_level(Level.FAILING) == (Check.SCHEMA,)


async def test_health_with_a_silent_worker_is_degraded(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn)
        await add_beats(work.conn, NOON)

    health = await read(database, NOON + timedelta(seconds=46))

    assert (health.level, health.at_level(Level.DEGRADED)) == (Level.DEGRADED, (Check.WORKERS,))


async def test_health_with_a_late_job_says_how_late_and_a_held_one_is_not_late(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn)
        await add_beats(work.conn, NOON)
        await add_job(work.conn, due_at=NOON - timedelta(hours=2), lease_until=NOON + timedelta(seconds=5))
        await add_job(work.conn, due_at=NOON - timedelta(seconds=90))

    health = await read(database)

    assert health.oldest_due_s == 90
    assert health.at_level(Level.DEGRADED) == (Check.JOBS,)


async def test_health_minds_jobs_given_up_for_a_day(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn)
        await add_job(work.conn, state="dead", done_at=NOON - timedelta(hours=1))
        await add_job(work.conn, state="dead", done_at=NOON - timedelta(days=40))

    async with database.write(NOON) as work:
        await add_beats(work.conn, NOON + timedelta(hours=24))

    assert (await read(database)).dead_lately == 1
    assert (await read(database, NOON + timedelta(hours=24))).level is Level.OK


async def test_jobs_that_tell_of_a_groups_private_times_are_neither_counted_nor_listed(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_migrated(work.conn)
        await add_beats(work.conn, NOON)
        before = await read_all(work)
        for state in ("waiting", "done", "dead"):
            await add_job(work.conn, state, NOON - timedelta(hours=1), kind=JOB_BUSY, done_at=None if state == "waiting" else NOON)
        after = await read_all(work)

    assert before == after


async def read_all(work: Work) -> tuple[Health, list[JobRow]]:
    return await load_health(work.conn, NOON, **FINE), await load_jobs(work.conn, STEWARD)


async def test_health_without_a_database_is_an_answer(tmp_path: Any) -> None:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path}/nowhere/chorus.db") as database:
        health = await read_health(database, NOON, **FINE)

    assert (health.level, health.at_level(Level.FAILING)) == (Level.FAILING, (Check.DATABASE,))


async def test_jobs_are_listed_and_revived_by_stewards_only(database: Database) -> None:
    async with database.write(NOON) as work:
        waiting = await add_job(work.conn, due_at=NOON - timedelta(hours=1))
        dead = await add_job(work.conn, state="dead", done_at=NOON, attempt=8, last_error="ValueError")
        await add_job(work.conn, state="done", done_at=NOON)

    async with database.read() as conn:
        assert [row.id for row in await load_jobs(conn, STEWARD)] == [dead, waiting]
        with pytest.raises(Forbidden):
            await load_jobs(conn, caller_as("custodian", "somegroup"))
    async with database.write(NOON) as work:
        await revive_job(work, STEWARD, dead)
        with pytest.raises(NotFound):
            await revive_job(work, STEWARD, waiting)
