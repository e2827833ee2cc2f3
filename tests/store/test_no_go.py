"""Private no-go times as rows, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

from coordinator.domain.no_go import NoGo
from coordinator.store.database import Database
from coordinator.store.no_go import KeptNoGo, delete_no_go, find_no_go, insert_no_go, may_touch, of_groups, with_id
from tests.factories import NOON, add_group

COURT = NoGo(datetime(2027, 2, 14, 18, 30), datetime(2027, 2, 14, 23, 59), "the court")
FEAST = NoGo(datetime(2027, 1, 6), datetime(2027, 1, 8))


async def test_no_go_rows_come_back_as_they_were_kept_by_group_and_time(database: Database) -> None:
    async with database.write(NOON) as work:
        minga, nile = await add_group(work.conn, "Minga"), await add_group(work.conn, "Nile", zone_id="Africa/Cairo")
        for name, group_id, kept, days in (("court", minga, COURT, 43), ("feast", minga, FEAST, 6), ("nile", nile, FEAST, 6)):
            await insert_no_go(work.conn, group_id, kept, id=name, created_at=NOON, expires_at=NOON + timedelta(days=days))

    async with database.write(NOON) as work:
        own = await find_no_go(work.conn, of_groups([minga]))
        later = await find_no_go(work.conn, of_groups([minga, nile]), may_touch(NOON + timedelta(days=6)))
        foreign = await delete_no_go(work.conn, of_groups([nile]), with_id("court"))
        gone = await delete_no_go(work.conn, of_groups([minga]))
        left = await find_no_go(work.conn)

    assert own == [KeptNoGo("feast", minga, "America/La_Paz", FEAST), KeptNoGo("court", minga, "America/La_Paz", COURT)]
    assert [one.id for one in later] == ["court"]
    assert (foreign, gone) == (0, 2)
    assert left == [KeptNoGo("nile", nile, "Africa/Cairo", FEAST)]
