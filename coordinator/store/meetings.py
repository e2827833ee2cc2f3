"""Queries of mirror segments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.meeting import Meeting, MeetingState, Part, PartKind
from coordinator.store.tables import meeting

LISTED_MOST = 50


def _meeting(row: Any) -> Meeting:
    return Meeting(
        id=row.id,
        group_id=row.group_id,
        spotlight_id=row.spotlight_id,
        state=MeetingState(row.state),
        parts=tuple(Part(PartKind(kind), seconds) for kind, seconds in row.parts),
        part=row.part,
        page=row.page,
        part_ends_at=row.part_ends_at,
        left_s=row.left_s,
        shows_original=row.shows_original,
        shows_drafts=row.shows_drafts,
        next_researcher=row.next_researcher,
        revision=row.revision,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _row(one: Meeting) -> dict[str, Any]:
    return {
        "spotlight_id": one.spotlight_id,
        "state": one.state.value,
        "parts": [[part.kind.value, part.seconds] for part in one.parts],
        "part": one.part,
        "page": one.page,
        "part_ends_at": one.part_ends_at,
        "left_s": one.left_s,
        "shows_original": one.shows_original,
        "shows_drafts": one.shows_drafts,
        "next_researcher": one.next_researcher,
        "revision": one.revision,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
    }


async def insert_meeting(conn: AsyncConnection, one: Meeting, expires_at: datetime) -> None:
    """Stores a new segment."""
    fixed = {"id": one.id, "group_id": one.group_id, "created_at": one.created_at, "expires_at": expires_at}
    await conn.execute(sa.insert(meeting).values(**fixed, **_row(one)))


async def store_meeting(conn: AsyncConnection, one: Meeting) -> None:
    """Keeps a segment as it is now; whoever calls holds its row."""
    await conn.execute(sa.update(meeting).where(meeting.c.id == one.id).values(**_row(one)))


async def find_meetings(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> list[Meeting]:
    """Segments that fulfil all conditions, the newest first, at most fifty. `lock` holds the rows until the commit (PostgreSQL)."""
    chosen = sa.select(meeting).where(*where).order_by(meeting.c.created_at.desc(), meeting.c.id).limit(LISTED_MOST)
    return [_meeting(row) for row in await conn.execute(chosen.with_for_update() if lock else chosen)]


async def find_meeting(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> Meeting | None:
    """The newest segment under these conditions."""
    found = await find_meetings(conn, *where, lock=lock)
    return found[0] if found else None


async def find_showing(conn: AsyncConnection, spotlight_id: str) -> list[str]:
    """The segments that show this spotlight, or will: what becomes of it concerns their walls."""
    open_still = (meeting.c.spotlight_id == spotlight_id, meeting.c.state != MeetingState.ENDED.value)
    return list((await conn.execute(sa.select(meeting.c.id).where(*open_still).order_by(meeting.c.id))).scalars())


def with_id(meeting_id: str) -> sa.ColumnElement[bool]:
    """Condition: this segment."""
    return meeting.c.id == meeting_id


def held_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: a segment of this group's meetings."""
    return meeting.c.group_id == group_id


def in_state(state: MeetingState) -> sa.ColumnElement[bool]:
    """Condition: stored so."""
    return meeting.c.state == state.value
