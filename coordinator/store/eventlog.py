"""The event log: append, read on, positions. Numbers come from the stream's own counter row, so they are gapless and in commit order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.dialect import insert
from coordinator.store.ids import new_event_id
from coordinator.store.tables import event, stream

TAG_CHARS = 8
ZERO_TAG = "0" * TAG_CHARS  # the tag of the position before the first event

UnnumberedEvent = tuple[str, str, Mapping[str, Any], datetime | None]


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered event as stored."""

    stream: str
    seq: int
    event_id: str
    kind: str
    data: Mapping[str, Any]
    at: datetime

    @property
    def tag(self) -> str:
        """Names this event within its position, so that a rewound log is noticed."""
        return self.event_id[:TAG_CHARS]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream stands: the last `seq` and its tag; (0, zeros) before the first event."""

    seq: int
    tag: str


async def append(conn: AsyncConnection, events: Sequence[UnnumberedEvent], now: datetime) -> dict[str, int]:
    """Numbers and stores events (stream, kind, data, expires_at) at the end of a transaction; returns each stream's new head.

    Streams are locked in ascending order; within a stream the given order holds.
    """
    heads: dict[str, int] = {}
    for name in sorted({e[0] for e in events}):
        rows = [e for e in events if e[0] == name]
        heads[name] = await _raise_head(conn, name, len(rows))
        first = heads[name] - len(rows) + 1
        await conn.execute(
            sa.insert(event),
            [
                {"stream": name, "seq": first + i, "event_id": new_event_id(), "kind": kind, "data": dict(data), "at": now, "expires_at": gone}
                for i, (_, kind, data, gone) in enumerate(rows)
            ],
        )
    return heads


async def _raise_head(conn: AsyncConnection, name: str, by: int) -> int:
    raised = sa.update(stream).where(stream.c.stream == name).values(head=stream.c.head + by).returning(stream.c.head)
    head = (await conn.execute(raised)).scalar_one_or_none()
    if head is not None:
        return int(head)
    # two first writers of one stream must not fail each other
    await conn.execute(insert(conn, stream).values(stream=name, head=0, floor=0).on_conflict_do_nothing())
    return int((await conn.execute(raised)).scalar_one())


async def load_heads(conn: AsyncConnection, names: Sequence[str]) -> dict[str, int]:
    """The head of each stream that exists."""
    rows = await conn.execute(sa.select(stream.c.stream, stream.c.head).where(stream.c.stream.in_(names)))
    return {row.stream: row.head for row in rows}


async def load_position(conn: AsyncConnection, name: str) -> Position:
    """The stream's head with its tag, in one statement."""
    row = (
        await conn.execute(
            sa.select(event.c.seq, event.c.event_id)
            .join(stream, sa.and_(stream.c.stream == event.c.stream, stream.c.head == event.c.seq))
            .where(stream.c.stream == name)
        )
    ).first()
    return Position(row.seq, row.event_id[:TAG_CHARS]) if row else Position(0, ZERO_TAG)


async def load_tag(conn: AsyncConnection, name: str, seq: int) -> str | None:
    """The tag at `seq`; zeros at 0; None when that event is not there (any more)."""
    if seq == 0:
        return ZERO_TAG
    found = (await conn.execute(sa.select(event.c.event_id).where(event.c.stream == name, event.c.seq == seq))).scalar_one_or_none()
    return None if found is None else str(found)[:TAG_CHARS]


async def load_after(conn: AsyncConnection, name: str, seq: int, limit: int) -> list[Event]:
    """Events of a stream after `seq`, in order, at most `limit`."""
    rows = await conn.execute(
        sa.select(event).where(event.c.stream == name, event.c.seq > seq).order_by(event.c.seq).limit(limit)
    )
    return [Event(r.stream, r.seq, r.event_id, r.kind, r.data, r.at) for r in rows]
