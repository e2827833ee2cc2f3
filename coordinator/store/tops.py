"""How far does each stream reach? One query for as many streams as a hub follows, so that a poll each second costs next to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.eventlog import TAG_CHARS, ZERO_TAG
from coordinator.store.tables import event, stream


@dataclass(frozen=True, slots=True)
class Top:
    """The head of a stream with its tag, None when that row is gone."""

    head: int
    tag: str | None


NO_TOP = Top(0, ZERO_TAG)  # of a stream that nobody has written to


async def load_tops(conn: AsyncConnection, names: Sequence[str]) -> dict[str, Top]:
    """The top of each of these streams that exists, all seen at one instant."""
    query = (
        sa.select(stream.c.stream, stream.c.head, event.c.event_id)
        .outerjoin(event, sa.and_(event.c.stream == stream.c.stream, event.c.seq == stream.c.head))
        .where(stream.c.stream.in_(names))
    )
    return {row.stream: Top(row.head, _tag(row)) for row in await conn.execute(query)}


def _tag(row: Any) -> str | None:
    if row.head == 0:
        return ZERO_TAG
    return None if row.event_id is None else str(row.event_id)[:TAG_CHARS]
