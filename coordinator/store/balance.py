"""Queries of the mirror's balance: when each group told, and when others' meetings mirrored it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.tables import meeting, spotlight


async def find_tellings(conn: AsyncConnection) -> list[tuple[str, datetime, str]]:
    """(group id, instant, quarter) of every spotlight that was ever published in this network, retired ones too, by instant."""
    told = sa.select(spotlight.c.group_id, spotlight.c.published_at, spotlight.c.quarter)
    told = told.where(spotlight.c.published_at.is_not(None), spotlight.c.packet_id.is_(None))
    return [(row.group_id, row.published_at, row.quarter) for row in await conn.execute(told.order_by(spotlight.c.published_at))]


async def find_mirrorings(conn: AsyncConnection, since_at: datetime) -> list[tuple[str, datetime]]:
    """(teller's group id, instant) of every meeting of another group that began with a spotlight of theirs since then, by instant."""
    joined = sa.join(meeting, spotlight, meeting.c.spotlight_id == spotlight.c.id)
    mirrored = sa.select(spotlight.c.group_id, meeting.c.started_at).select_from(joined)
    mirrored = mirrored.where(meeting.c.started_at >= since_at, meeting.c.group_id != spotlight.c.group_id, spotlight.c.packet_id.is_(None))
    return [(row.group_id, row.started_at) for row in await conn.execute(mirrored.order_by(meeting.c.started_at))]
