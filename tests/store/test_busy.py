"""Busy times as rows, on both databases: replaced whole, asked for by what they touch, gone with their calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from coordinator.domain.busy import Fault, Span, span_of
from coordinator.store.busy import (
    KeptCalendar,
    Source,
    change_calendar,
    delete_calendar,
    find_busy_spans,
    find_calendar,
    find_calendars,
    is_due,
    put_calendar,
    replace_spans,
)
from coordinator.store.database import Database
from coordinator.store.tables import busy_span
from tests.factories import NOON, add_group

HOUR = timedelta(hours=1)
ROW = {
    "kind": "link", "sealed_url": b"\x00sealed", "etag": "v1", "last_modified": "", "zone_id": "UTC", "fault": "", "failures": 0, "left_out": 2,
    "given_at": NOON, "checked_at": None, "read_at": None, "taken_at": None, "next_at": NOON + HOUR, "expires_at": NOON + 9 * HOUR,
}  # fmt: skip


def span(start: float, end: float) -> Span:
    return span_of(NOON + start * HOUR, NOON + end * HOUR)


def at(start: float, end: float) -> tuple[datetime, datetime]:
    return NOON + start * HOUR, NOON + end * HOUR


async def test_calendar_is_put_changed_found_when_due_and_deleted_with_its_spans(database: Database) -> None:
    async with database.write(NOON) as work:
        minga, nile = await add_group(work.conn, "Minga"), await add_group(work.conn, "Nile", zone_id="Africa/Cairo")
        for group_id in (minga, nile):
            await put_calendar(work.conn, group_id, **ROW)
            await replace_spans(work.conn, group_id, [span(1, 2)])
        await put_calendar(work.conn, nile, **ROW | {"kind": "file", "sealed_url": None, "next_at": None})
        await change_calendar(work.conn, minga, fault="busy_gone", failures=1)

    async with database.write(NOON) as work:
        found, gone = await find_calendar(work.conn, minga, lock=True), await find_calendar(work.conn, "nobody")
        due = [await find_calendars(work.conn, is_due(NOON + hours * HOUR), lock=True) for hours in (0.9, 1)]
        deleted = [await delete_calendar(work.conn, minga) for _ in range(2)]
        left = (await work.conn.execute(sa.select(busy_span.c.group_id))).scalars().all()

    assert found == KeptCalendar(
        minga,
        "America/La_Paz",
        Source.LINK,
        b"\x00sealed",
        "v1",
        "",
        "UTC",
        Fault.GONE,
        1,
        2,
        NOON,
        None,
        None,
        None,
        NOON + HOUR,
        NOON + 9 * HOUR,
    )
    assert gone is None
    assert [[each.group_id for each in kept] for kept in due] == [[], [minga]]
    assert deleted == [True, False]
    assert left == [nile]


async def test_spans_are_replaced_whole_and_found_by_what_they_touch(database: Database) -> None:
    async with database.write(NOON) as work:
        minga, nile = await add_group(work.conn, "Minga"), await add_group(work.conn, "Nile")
        for group_id in (minga, nile):
            await put_calendar(work.conn, group_id, **ROW)
            await replace_spans(work.conn, group_id, [span(0, 9)])
        await replace_spans(work.conn, minga, [span(4, 5), span(1, 2), span(2.5, 3.0005)])

    async with database.read() as conn:
        both = await find_busy_spans(conn, [minga, nile], *at(2, 4))
        first = await find_busy_spans(conn, [minga], *at(0, 99), limit=2)
        none = await find_busy_spans(conn, [], *at(0, 99))

    assert sorted(both) == sorted([(minga, at(2.5, 3.0005)), (nile, at(0, 9))])
    assert first == [(minga, at(1, 2)), (minga, at(2.5, 3.0005))]
    assert none == []
