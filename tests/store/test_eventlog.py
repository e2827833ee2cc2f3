"""Positions and their tags, and what is left of a stream when its words have expired."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.keys import CANARY, PUBLIC
from coordinator.store import eventlog
from coordinator.store.database import Database
from coordinator.store.eventlog import REDACTED, ZERO_TAG, Position
from coordinator.store.tables import event, stream
from tests.factories import NOON

DAY = timedelta(days=1)


async def emit_kept_for(database: Database, name: str, *days: int | None) -> None:
    """One event each, kept for that many days from NOON; None is for ever."""
    async with database.write(NOON) as work:
        rows = [(name, "spotlight.published", {"say": f"{d}"}, None if d is None else NOON + d * DAY) for d in days]
        await eventlog.append(work.conn, rows, NOON)


async def trim(database: Database, days: float) -> int:
    async with database.write(NOON + days * DAY) as work:
        return await eventlog.trim(work.conn, work.now)


async def load_stream(conn: AsyncConnection, name: str) -> tuple[int, list[tuple[int, str, object]]]:
    """The floor, and (seq, kind, data) of what is left."""
    floor = (await conn.execute(sa.select(stream.c.floor).where(stream.c.stream == name))).scalar_one()
    return floor, [(e.seq, e.kind, e.data) for e in await eventlog.load_after(conn, name, 0, 100)]


async def test_position_before_the_first_event_is_zero(database: Database) -> None:
    async with database.read() as conn:
        assert await eventlog.load_position(conn, PUBLIC) == Position(0, ZERO_TAG)
        assert await eventlog.load_tag(conn, PUBLIC, 0) == ZERO_TAG
        assert await eventlog.load_tag(conn, PUBLIC, 1) is None
        assert await eventlog.load_heads(conn, [PUBLIC]) == {}
        assert await eventlog.load_after(conn, PUBLIC, 0, 10) == []


async def test_position_tag_is_that_of_the_event_at_the_head(database: Database) -> None:
    await emit_kept_for(database, PUBLIC, None, None, None)

    async with database.read() as conn:
        position = await eventlog.load_position(conn, PUBLIC)
        events = await eventlog.load_after(conn, PUBLIC, 0, 10)
        tags = [await eventlog.load_tag(conn, PUBLIC, e.seq) for e in events]
    assert position == Position(3, events[-1].tag)
    assert tags == [e.tag for e in events]
    assert len(set(tags)) == 3


async def test_load_after_gives_what_follows_and_no_more_than_asked(database: Database) -> None:
    await emit_kept_for(database, PUBLIC, None, None, None, None)
    await emit_kept_for(database, "partners", None)

    async with database.read() as conn:
        assert [e.seq for e in await eventlog.load_after(conn, PUBLIC, 1, 2)] == [2, 3]
        assert [e.seq for e in await eventlog.load_after(conn, PUBLIC, 4, 2)] == []
        assert await eventlog.load_heads(conn, [PUBLIC, "partners", "group:x"]) == {PUBLIC: 4, "partners": 1}


async def test_trim_drops_the_expired_prefix_and_raises_the_floor(database: Database) -> None:
    await emit_kept_for(database, PUBLIC, 1, 2, 9, None)

    changed = await trim(database, 2)

    async with database.read() as conn:
        assert changed == 2
        assert await load_stream(conn, PUBLIC) == (
            2,
            [(3, "spotlight.published", {"say": "9"}), (4, "spotlight.published", {"say": "None"})],
        )
        assert await eventlog.load_tag(conn, PUBLIC, 2) is None


async def test_trim_expired_event_behind_a_kept_one_keeps_its_number_without_its_words(database: Database) -> None:
    await emit_kept_for(database, PUBLIC, None, 1, None)
    async with database.read() as conn:
        tag = await eventlog.load_tag(conn, PUBLIC, 2)

    changed = [await trim(database, 1), await trim(database, 1)]

    async with database.read() as conn:
        floor, events = await load_stream(conn, PUBLIC)
        assert changed == [1, 0]
        assert (floor, [e[:2] for e in events]) == (0, [(1, "spotlight.published"), (2, REDACTED), (3, "spotlight.published")])
        assert events[1][2] == {}
        assert await eventlog.load_tag(conn, PUBLIC, 2) == tag


async def test_trim_stream_expired_to_its_head_keeps_the_position(database: Database) -> None:
    await emit_kept_for(database, PUBLIC, 1, 1, 1)
    async with database.read() as conn:
        before = await eventlog.load_position(conn, PUBLIC)

    await trim(database, 5)
    await emit_kept_for(database, PUBLIC, 6, None)

    async with database.read() as conn:
        assert before.seq == 3
        assert await eventlog.load_tag(conn, PUBLIC, 3) == before.tag
        assert [e[:2] for e in (await load_stream(conn, PUBLIC))[1]] == [
            (3, REDACTED),
            (4, "spotlight.published"),
            (5, "spotlight.published"),
        ]

    await trim(database, 6)

    async with database.read() as conn:
        assert await load_stream(conn, PUBLIC) == (4, [(5, "spotlight.published", {"say": "None"})])


@pytest.mark.parametrize(("name", "left"), [(CANARY, [2]), (PUBLIC, [1, 2])])
async def test_trim_canary_is_kept_for_an_hour_only(database: Database, name: str, left: list[int]) -> None:
    for minutes in (0, 30):
        async with database.write(NOON + timedelta(minutes=minutes)) as work:
            work.emit(name, "canary", {})

    await trim(database, 1 / 24)

    async with database.read() as conn:
        assert [e[0] for e in (await load_stream(conn, name))[1]] == left


async def test_trim_nothing_expired_changes_nothing(database: Database) -> None:
    await emit_kept_for(database, PUBLIC, None, 3)

    assert await trim(database, 2.9) == 0
    async with database.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(event))).scalar_one() == 2
