"""What tests of jobs share: a database on each engine, and waiting for what another process does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from coordinator.calendars.fetching import Fetcher
from coordinator.keys import JOB_DECIDE
from coordinator.store.database import Database
from coordinator.store.tables import job
from tests.factories import SECRET_KEY, load_events, open_database
from worker.calendars import CalendarJobs

LOOK_EVERY_S = 0.05
NOWHERE = CalendarJobs(Fetcher(), SECRET_KEY)  # for tests that read no calendar


@pytest.fixture
async def database(sqlite_database_url: str) -> AsyncIterator[Database]:
    async with open_database(sqlite_database_url) as opened:
        yield opened


async def plan_now(database: Database, *names: str) -> None:
    """Due jobs that nobody was told of: their worker finds them by sweeping, or when the test nudges."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    async with database.write(now) as work:
        for name in names:
            await work.plan(JOB_DECIDE, name, {"name": name}, now)


async def load_told(database: Database) -> list[str]:
    """The names whose effect is there, in the order of the log."""
    async with database.read() as conn:
        return [data["name"] for _, _, data in await load_events(conn)]


async def load_states(database: Database) -> list[tuple[str, int]]:
    async with database.read() as conn:
        rows = await conn.execute(sa.select(job.c.state, job.c.attempt).where(job.c.kind == JOB_DECIDE).order_by(job.c.key))
        return [tuple(row) for row in rows]


async def wait_for(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Another process's deed is the one thing that a passed-in clock cannot hurry."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - nobody here could set an event for another process
            await asyncio.sleep(LOOK_EVERY_S)
