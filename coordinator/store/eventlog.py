"""The event log: append, read on, positions, trim. Numbers come from the stream's own counter row: gapless and in commit order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.keys import CANARY
from coordinator.store.dialect import insert
from coordinator.store.ids import new_event_id
from coordinator.store.tables import event, stream

TAG_CHARS = 8
ZERO_TAG = "0" * TAG_CHARS  # the tag of the position before the first event

REDACTED = "redacted"  # the kind of an event whose data have expired but whose number must stay
CANARY_AGE = timedelta(hours=1)

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
                {"stream": name, "seq": seq, "event_id": new_event_id(), "kind": kind, "data": dict(data), "at": now, "expires_at": gone}
                for seq, (_, kind, data, gone) in enumerate(rows, start=first)
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


async def load_last_at(conn: AsyncConnection, name: str) -> datetime | None:
    """When the stream last changed; None while it is empty."""
    last = sa.select(event.c.at).where(event.c.stream == name).order_by(event.c.seq.desc()).limit(1)
    return (await conn.execute(last)).scalar_one_or_none()


async def load_tag(conn: AsyncConnection, name: str, seq: int) -> str | None:
    """The tag at `seq`; zeros at 0; None when that event is not there (any more)."""
    if seq == 0:
        return ZERO_TAG
    found = (await conn.execute(sa.select(event.c.event_id).where(event.c.stream == name, event.c.seq == seq))).scalar_one_or_none()
    return None if found is None else str(found)[:TAG_CHARS]


async def load_after(conn: AsyncConnection, name: str, seq: int, limit: int) -> list[Event]:
    """Events of a stream after `seq`, in order, at most `limit`."""
    rows = await conn.execute(sa.select(event).where(event.c.stream == name, event.c.seq > seq).order_by(event.c.seq).limit(limit))
    return [Event(r.stream, r.seq, r.event_id, r.kind, r.data, r.at) for r in rows]


async def trim(conn: AsyncConnection, now: datetime) -> int:
    """Lets go of what has expired, and returns how many events were dropped or emptied.

    A stream loses its oldest events up to the first that is still kept, and its `floor` rises. An expired event behind a kept one, or
    at the head (a position needs its tag), keeps number and id but becomes `redacted`, without data.
    """
    expired = _expired(now)
    names = (await conn.execute(sa.select(event.c.stream).distinct().where(expired).order_by(event.c.stream))).scalars().all()
    changed = 0
    for name in names:  # in ascending order, as writers lock them
        changed += await _trim_stream(conn, name, expired)
    return changed


def _expired(now: datetime) -> sa.ColumnElement[bool]:
    by_age = sa.and_(event.c.stream == CANARY, event.c.at <= now - CANARY_AGE)
    by_date = sa.and_(event.c.expires_at.is_not(None), event.c.expires_at <= now)  # never NULL: `trim` also asks for the opposite
    return sa.and_(sa.or_(by_date, by_age), event.c.kind != REDACTED)


async def _trim_stream(conn: AsyncConnection, name: str, expired: sa.ColumnElement[bool]) -> int:
    head = (await conn.execute(sa.select(stream.c.head).where(stream.c.stream == name).with_for_update())).scalar_one()
    gone = sa.or_(expired, event.c.kind == REDACTED)
    first_kept = (await conn.execute(sa.select(sa.func.min(event.c.seq)).where(event.c.stream == name, sa.not_(gone)))).scalar_one()
    floor = min(head, first_kept or head) - 1
    dropped = await conn.execute(sa.delete(event).where(event.c.stream == name, event.c.seq <= floor))
    await conn.execute(sa.update(stream).where(stream.c.stream == name, stream.c.floor < floor).values(floor=floor))
    emptied = await conn.execute(sa.update(event).where(event.c.stream == name, expired).values(kind=REDACTED, data={}, expires_at=None))
    return dropped.rowcount + emptied.rowcount
