"""The hourly sweep: what it does is tested in tests/store; here that it comes round by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from coordinator.keys import JOB_SWEEP_TEXTS
from coordinator.services.retention import plan_sweep, sweep_texts
from coordinator.services.spotlights import draft_spotlight, publish_spotlight
from coordinator.store.database import Database
from coordinator.store.tables import job, session, spotlight, text
from tests.factories import NOON, add_group, add_network, add_session, caller_as, count_rows, load_events


async def load_due(database: Database) -> list[datetime]:
    async with database.read() as conn:
        return list((await conn.execute(sa.select(job.c.due_at).where(job.c.kind == JOB_SWEEP_TEXTS).order_by(job.c.due_at))).scalars())


async def test_plan_sweep_is_at_the_next_full_hour_and_once(database: Database) -> None:
    for minutes in (0, 1, 59):
        async with database.write(NOON + timedelta(minutes=minutes)) as work:
            await plan_sweep(work)

    assert await load_due(database) == [datetime(2027, 1, 4, 13, 0, tzinfo=UTC)]


async def test_sweep_texts_lets_go_and_plans_its_successor(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_session(work.conn, expires_at=NOON)
        await plan_sweep(work)

    async with database.write(NOON + timedelta(hours=1)) as work:
        await sweep_texts(work, {})
        left = (await work.conn.execute(sa.select(session))).all()

    assert left == []
    assert await load_due(database) == [NOON + timedelta(hours=1), NOON + timedelta(hours=2)]


async def test_sweep_texts_takes_back_what_is_over_before_its_words_go(database: Database) -> None:
    telling = {"title": "T", "story": "S", "consent": "C", "language": "en", "audience": "public", "until": "2027-01-05"}
    async with database.write(NOON) as work:
        await add_network(work.conn)
        group_id = await add_group(work.conn, zone_id="UTC", listing="public")
        custodian = caller_as("custodian", group_id)
        slug = await draft_spotlight(work, custodian, group_id, telling, ["en"])
        await publish_spotlight(work, custodian, slug)
    async with database.write(NOON + timedelta(days=2)) as work:
        await sweep_texts(work, {})

    async with database.read() as conn:
        assert await count_rows(conn, spotlight, text) == {"spotlight": 0, "text": 0}
        told = [(stream, data) for stream, kind, data in await load_events(conn) if kind == "spotlight.retired"]
    retired = {"spotlight": slug, "revision": 3, "state": "retired"}
    assert told == [(stream, retired) for stream in (f"group:{group_id}", "partners", "public")]
