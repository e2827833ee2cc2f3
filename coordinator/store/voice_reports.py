"""Queries of reports on voice notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.voice_report import ReportReason
from coordinator.store.tables import voice_report

Reporters = frozenset[str]
NO_REPORTERS: Reporters = frozenset()


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """One row of `voice_report`; open while `dismissed_at` is None."""

    id: str
    voice_id: str
    group_id: str
    reason: ReportReason
    words: str
    created_at: datetime
    dismissed_at: datetime | None
    expires_at: datetime


async def insert_report(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Stores a new report."""
    await conn.execute(sa.insert(voice_report).values(**values))


async def find_reports(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> list[ReportRecord]:
    """Every report under these conditions, the earliest first."""
    chosen = sa.select(voice_report).where(*where).order_by(voice_report.c.created_at, voice_report.c.id)
    return [ReportRecord(**{**row._mapping, "reason": ReportReason(row.reason)}) for row in await conn.execute(chosen)]


async def find_reporters(conn: AsyncConnection, voice_ids: Collection[str]) -> dict[str, Reporters]:
    """Voice note → the groups whose report on it is open; notes without any are left out."""
    reports = await find_reports(conn, on_voices(voice_ids), is_open()) if voice_ids else []
    return {one.voice_id: frozenset(each.group_id for each in reports if each.voice_id == one.voice_id) for one in reports}


async def count_open(conn: AsyncConnection, now: datetime) -> int:
    """How many reports wait for the steward."""
    waiting = sa.select(sa.func.count()).select_from(voice_report).where(is_open(), voice_report.c.expires_at > now)
    return int((await conn.execute(waiting)).scalar_one())


async def dismiss(conn: AsyncConnection, report_id: str, now: datetime) -> None:
    """Closes a report; its words are forgotten."""
    await conn.execute(sa.update(voice_report).where(with_id(report_id)).values(dismissed_at=now, words=""))


async def delete_reports(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> None:
    """Forgets reports, open or not."""
    await conn.execute(sa.delete(voice_report).where(*where))


def with_id(report_id: str) -> sa.ColumnElement[bool]:
    """Condition: this report."""
    return voice_report.c.id == report_id


def on_voices(voice_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: on one of these voice notes."""
    return voice_report.c.voice_id.in_(list(voice_ids))


def reported_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: by this group."""
    return voice_report.c.group_id == group_id


def is_open() -> sa.ColumnElement[bool]:
    """Condition: the steward has not decided yet."""
    return voice_report.c.dismissed_at.is_(None)
