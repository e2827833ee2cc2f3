"""Queries of busy times. Whoever calls them has asked the access table, feeds the resolver, or reads calendars."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.busy import EPOCH, MILLISECOND, Fault, Span
from coordinator.store.dialect import insert
from coordinator.store.tables import busy_calendar, busy_span, group


class Source(StrEnum):
    """How a calendar was given."""

    LINK = "link"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class KeptCalendar:
    """One row of `busy_calendar`, with the zone in which its group is now."""

    group_id: str
    group_zone_id: str
    kind: Source
    sealed_url: bytes | None
    etag: str
    last_modified: str
    zone_id: str
    fault: Fault | None
    failures: int
    left_out: int
    given_at: datetime
    checked_at: datetime | None
    read_at: datetime | None
    taken_at: datetime | None
    next_at: datetime | None
    expires_at: datetime


def _calendar(row: Any) -> KeptCalendar:
    fault = Fault(row.fault) if row.fault else None
    return KeptCalendar(
        row.group_id, row.group_zone_id, Source(row.kind), row.sealed_url, row.etag, row.last_modified, row.zone_id, fault, row.failures,
        row.left_out, row.given_at, row.checked_at, row.read_at, row.taken_at, row.next_at, row.expires_at,
    )  # fmt: skip


async def find_calendars(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> list[KeptCalendar]:
    """Those that fulfil all conditions. `lock` holds the rows until the commit (PostgreSQL)."""
    chosen = sa.select(busy_calendar, group.c.zone_id.label("group_zone_id")).join(group).where(*where).order_by(busy_calendar.c.group_id)
    return [_calendar(row) for row in await conn.execute(chosen.with_for_update(of=busy_calendar) if lock else chosen)]


async def find_calendar(conn: AsyncConnection, group_id: str, *, lock: bool = False) -> KeptCalendar | None:
    """The group's, if it has one."""
    found = await find_calendars(conn, of_group(group_id), lock=lock)
    return found[0] if found else None


async def put_calendar(conn: AsyncConnection, group_id: str, **values: Any) -> None:
    """Stores the group's calendar, or changes these columns of the one it has."""
    row = insert(conn, busy_calendar).values(group_id=group_id, **values)
    await conn.execute(row.on_conflict_do_update(index_elements=[busy_calendar.c.group_id], set_=values))


async def change_calendar(conn: AsyncConnection, group_id: str, **values: Any) -> None:
    """Changes these columns."""
    await conn.execute(sa.update(busy_calendar).where(of_group(group_id)).values(**values))


async def delete_calendar(conn: AsyncConnection, group_id: str) -> bool:
    """Forgets the calendar with its spans; False when there was none."""
    return (await conn.execute(sa.delete(busy_calendar).where(of_group(group_id)))).rowcount > 0


async def replace_spans(conn: AsyncConnection, group_id: str, spans: Iterable[Span]) -> None:
    """Puts these in the place of all that the group had."""
    await conn.execute(sa.delete(busy_span).where(busy_span.c.group_id == group_id))
    rows = [{"group_id": group_id, "starts_at": _at(span.start_ms), "ends_at": _at(span.end_ms)} for span in spans]
    if rows:
        await conn.execute(sa.insert(busy_span), rows)


async def find_busy_spans(
    conn: AsyncConnection, group_ids: Collection[str], start_at: datetime, end_at: datetime, limit: int | None = None
) -> list[tuple[str, tuple[datetime, datetime]]]:
    """Group id and [beginning, end) of the spans of these groups that hold an instant of [start_at, end_at), in order."""
    chosen = (
        sa.select(busy_span)
        .where(busy_span.c.group_id.in_(list(group_ids)), busy_span.c.starts_at < end_at, busy_span.c.ends_at > start_at)
        .order_by(busy_span.c.group_id, busy_span.c.starts_at)
        .limit(limit)
    )
    return [(row.group_id, (row.starts_at, row.ends_at)) for row in await conn.execute(chosen)]


def _at(ms: int) -> datetime:
    return EPOCH + ms * MILLISECOND


def of_group(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: this group's."""
    return busy_calendar.c.group_id == group_id


def is_due(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: the time of its next attempt has come."""
    return busy_calendar.c.next_at <= now
