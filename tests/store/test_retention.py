"""Words go when their time has come, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.database import Database
from coordinator.store.retention import BURDEN_COUNTS_FOR, LINK_SHOWN_FOR, sweep
from coordinator.store.tables import action, group, heartbeat, idempotency, invitation, job, leg, link, metadata, rota, session
from tests.factories import NOON, add_group, add_lease, add_link, add_session
from tests.store.rows import AT, count_rows, fill_every_table, load_rows, row_of

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def sweep_at(database: Database, now: Any) -> dict[str, int]:
    async with database.write(now) as work:
        return await sweep(work.conn, now)


async def add_action(conn: AsyncConnection, group_id: str, **values: Any) -> None:
    await conn.execute(sa.insert(action).values(row_of(action) | {"group_id": group_id} | values))
    await conn.execute(sa.insert(leg).values(row_of(leg)))
    await conn.execute(sa.insert(invitation).values(row_of(invitation) | {"group_id": group_id, "expires_at": None}))


async def count(database: Database, *tables: sa.Table) -> list[int]:
    async with database.read() as conn:
        return [(await conn.execute(sa.select(sa.func.count()).select_from(t))).scalar_one() for t in tables]


async def test_sweep_ten_years_on_leaves_nobodys_words(database: Database) -> None:
    async with database.write(AT) as work:
        await work.conn.run_sync(fill_every_table)

    swept = await sweep_at(database, AT + 3653 * DAY)

    async with database.read() as conn:
        left = await conn.run_sync(load_rows)
        counts = await conn.run_sync(count_rows)
    gone = {"action", "leg", "invitation", "link", "session", "session_grant", "idempotency", "heartbeat"}
    assert {name for name, rows in counts.items() if rows == 0} == gone
    assert set(swept) == {"action", "link", "session", "idempotency", "heartbeat", "rota", "group", "event"}
    words = {"group.name", "group.place", "group.alias_name", "rota.alias", "link.label", "event.kind", "action.title", "ğüşl"}
    found = repr({name: rows for name, rows in left.items() if name not in {"network", "job"}})
    assert [word for word in words if word in found] == []


async def test_sweep_before_anything_expires_changes_nothing(database: Database) -> None:
    async with database.write(AT) as work:
        await work.conn.run_sync(fill_every_table)
        before = await work.conn.run_sync(load_rows)

    assert await sweep_at(database, AT - SECOND) == {}

    async with database.read() as conn:
        assert await conn.run_sync(load_rows) == before
        assert len(before) == len(metadata.sorted_tables)


async def test_sweep_action_stays_whole_while_its_burden_counts(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await add_action(work.conn, group_id, expires_at=AT)

    still = await sweep_at(database, AT + BURDEN_COUNTS_FOR - SECOND)
    there = await count(database, action, leg, invitation)
    swept = await sweep_at(database, AT + BURDEN_COUNTS_FOR)

    assert (still, there) == ({}, [1, 1, 1])
    assert swept == {"action": 1}
    assert await count(database, action, leg, invitation, group) == [0, 0, 0, 1]


async def test_sweep_reason_goes_and_the_answer_stays(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await add_action(work.conn, group_id, expires_at=None)
        await work.conn.execute(sa.update(invitation).values(reason="we mourn", expires_at=AT + DAY))

    assert await sweep_at(database, AT + DAY) == {"invitation": 1}

    async with database.read() as conn:
        row = (await conn.execute(sa.select(invitation.c.reason, invitation.c.response))).one()
    assert tuple(row) == ("", "consent")
    assert await sweep_at(database, AT + 2 * DAY) == {}


async def test_sweep_rota_alias_goes_after_its_time_on_the_seat_only(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_lease(work.conn, group_id, until_at=NOON + 90 * DAY, expires_at=NOON + 30 * DAY)

    while_held = await sweep_at(database, NOON + 60 * DAY)
    afterwards = await sweep_at(database, NOON + 90 * DAY)

    async with database.read() as conn:
        assert (await conn.execute(sa.select(rota.c.alias, rota.c.fence))).one() == ("", 1)
    assert (while_held, afterwards) == ({}, {"rota": 1})


async def test_sweep_link_goes_a_month_after_its_end_with_its_grants(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        ended = await add_link(work.conn, "room", group_id, expires_at=NOON)
        revoked = await add_link(work.conn, "member", group_id, revoked_at=NOON + DAY)
        open_ended = await add_link(work.conn, "member", group_id)
        await add_session(work.conn, ended, revoked, open_ended, expires_at=NOON + 999 * DAY)

    early = await sweep_at(database, NOON + LINK_SHOWN_FOR - SECOND)
    first = await sweep_at(database, NOON + LINK_SHOWN_FOR)
    second = await sweep_at(database, NOON + LINK_SHOWN_FOR + DAY)

    async with database.read() as conn:
        left = (await conn.execute(sa.select(link.c.id))).scalars().all()
    assert (early, first, second) == ({}, {"link": 1}, {"link": 1})
    assert left == [open_ended.id]
    assert await count(database, session) == [1]


async def test_sweep_short_lived_rows_go_at_their_time(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_session(work.conn, expires_at=NOON + DAY)
        await work.conn.execute(sa.insert(idempotency).values(row_of(idempotency) | {"expires_at": NOON + DAY}))
        await work.conn.execute(sa.insert(heartbeat).values(process="worker-short", at=NOON, detail={}))
        for state, done_at in (("done", NOON), ("dead", NOON), ("waiting", None)):
            values = row_of(job) | {"id": state, "key": state, "state": state, "done_at": done_at}
            await work.conn.execute(sa.insert(job).values(values))

    assert await sweep_at(database, NOON + DAY) == {"session": 1, "idempotency": 1, "heartbeat": 1}
    assert await sweep_at(database, NOON + 90 * DAY) == {"job": 2}
