"""Segments as they are stored, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from coordinator.domain.meeting import Meeting, MeetingCommand, MeetingState, Step, step
from coordinator.store.database import Database
from coordinator.store.meetings import find_meeting, find_meetings, find_showing, held_by, in_state, insert_meeting, store_meeting, with_id
from coordinator.store.retention import sweep
from coordinator.store.tables import echo, meeting, spotlight, text
from tests.domain.test_meeting import SET_UP
from tests.factories import NOON, add_group, count_rows
from tests.store.rows import row_of

DAY = timedelta(days=1)


async def add(database: Database, **changes: object) -> Meeting:
    """A segment of a group of its own."""
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        made = replace(SET_UP, **({"id": f"{group_id}-abcdefg", "group_id": group_id, "spotlight_id": None} | changes))  # type: ignore[arg-type]  # fields of a Meeting
        await insert_meeting(work.conn, made, NOON + DAY)
    return made


async def test_segment_comes_back_as_it_was_kept(database: Database) -> None:
    made = await add(database)
    running = replace(step(made, Step(MeetingCommand.START, 1), NOON), shows_drafts=True, next_researcher="heron")
    paused = step(running, Step(MeetingCommand.PAUSE, 2), NOON + timedelta(seconds=300))

    for one in (made, running, paused):
        async with database.write(NOON) as work:
            await store_meeting(work.conn, one)
        async with database.read() as conn:
            assert await find_meeting(conn, with_id(made.id)) == one
            assert await find_meetings(conn, held_by(made.group_id), in_state(one.state)) == [one]


async def test_segment_that_has_ended_does_not_hear_of_its_spotlight(database: Database) -> None:
    made = await add(database)
    async with database.write(NOON) as work:
        await work.conn.execute(sa.insert(text).values(row_of(text) | {"group_id": made.group_id}))
        told = {"group_id": made.group_id, "packet_id": None}
        await work.conn.execute(sa.insert(spotlight).values(row_of(spotlight) | told))
        spotlight_id = str(row_of(spotlight)["id"])
        await store_meeting(work.conn, replace(made, spotlight_id=spotlight_id))
        before = await find_showing(work.conn, spotlight_id)
        await store_meeting(work.conn, replace(made, spotlight_id=spotlight_id, state=MeetingState.ENDED))

        assert (before, await find_showing(work.conn, spotlight_id)) == ([made.id], [])


async def test_deleted_spotlight_leaves_the_segment_without_one(database: Database) -> None:
    made = await add(database)
    async with database.write(NOON) as work:
        await work.conn.execute(sa.insert(text).values(row_of(text) | {"group_id": made.group_id}))
        await work.conn.execute(sa.insert(spotlight).values(row_of(spotlight) | {"group_id": made.group_id, "packet_id": None}))
        await store_meeting(work.conn, replace(made, spotlight_id=str(row_of(spotlight)["id"])))
        await work.conn.execute(sa.delete(text))

        assert await find_meeting(work.conn, with_id(made.id)) == made


async def test_sweep_takes_an_echo_with_its_words_at_their_time(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        for kind in ("spotlight", "echo"):
            row = row_of(text) | {"id": kind, "kind": kind, "group_id": group_id, "expires_at": NOON + DAY if kind == "echo" else None}
            await work.conn.execute(sa.insert(text).values(row))
        told = row_of(spotlight) | {"group_id": group_id, "packet_id": None, "text_id": "spotlight", "expires_at": NOON + 99 * DAY}
        await work.conn.execute(sa.insert(spotlight).values(told))
        row = row_of(echo) | {"group_id": group_id, "text_id": "echo", "meeting_id": None, "action_id": None, "expires_at": NOON + DAY}
        await work.conn.execute(sa.insert(echo).values(row))

    left = []
    for days in (0, 1):
        async with database.write(NOON + days * DAY) as work:
            await sweep(work.conn, work.now)
            left.append(await count_rows(work.conn, echo, spotlight))

    assert left == [{"echo": 1, "spotlight": 1}, {"echo": 0, "spotlight": 1}]


async def test_sweep_takes_the_the_alias_when_the_written_page_has_had_its_time(database: Database) -> None:
    await add(database, next_researcher="heron")

    swept = []
    for days in (0, 1, 2):
        async with database.write(NOON + days * DAY) as work:
            swept.append(await sweep(work.conn, work.now))
    async with database.read() as conn:
        row = (await conn.execute(sa.select(meeting.c.next_researcher, meeting.c.expires_at))).one()

    assert (swept, tuple(row)) == ([{}, {"meeting": 1}, {}], ("", None))
