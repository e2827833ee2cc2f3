"""Queries of spotlights and the echoes that answer them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.spotlight import Audience, Echo, Link, Spotlight, SpotlightState
from coordinator.store.tables import echo, spotlight


def _spotlight(row: Any) -> Spotlight:
    return Spotlight(
        id=row.id,
        slug=row.slug,
        group_id=row.group_id,
        text_id=row.text_id,
        packet_id=row.packet_id,
        state=SpotlightState(row.state),
        audience=Audience(row.audience),
        links=tuple(Link(words, url) for words, url in row.links),
        quarter=row.quarter,
        revision=row.revision,
        created_at=row.created_at,
        changed_at=row.changed_at,
        published_at=row.published_at,
        retired_at=row.retired_at,
        expires_at=row.expires_at,
    )


def links_column(links: Sequence[Link]) -> list[list[str]]:
    """Links as the column `spotlight.links`."""
    return [[link.words, link.url] for link in links]


async def insert_spotlight(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Stores a new spotlight; its text must be there."""
    await conn.execute(sa.insert(spotlight).values(**values))


async def change_spotlight(conn: AsyncConnection, spotlight_id: str, now: datetime, **values: Any) -> int:
    """Changes a spotlight and raises its revision; returns the new one."""
    changed = sa.update(spotlight).where(spotlight.c.id == spotlight_id)
    changed = changed.values(revision=spotlight.c.revision + 1, changed_at=now, **values)
    return int((await conn.execute(changed.returning(spotlight.c.revision))).scalar_one())


async def find_spotlights(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> list[Spotlight]:
    """Spotlights that fulfil all conditions, the latest published first (drafts by their last change)."""
    at = sa.func.coalesce(spotlight.c.published_at, spotlight.c.changed_at)
    chosen = sa.select(spotlight).where(*where).order_by(at.desc(), spotlight.c.id)
    return [_spotlight(row) for row in await conn.execute(chosen.with_for_update() if lock else chosen)]


async def find_spotlight(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> Spotlight | None:
    """The one spotlight under these conditions."""
    found = await find_spotlights(conn, *where, lock=lock)
    return found[0] if found else None


def with_id(spotlight_id: str) -> sa.ColumnElement[bool]:
    """Condition: this spotlight."""
    return spotlight.c.id == spotlight_id


def with_slug(slug: str) -> sa.ColumnElement[bool]:
    """Condition: the spotlight of this address."""
    return spotlight.c.slug == slug


def with_texts(text_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: a spotlight whose words are one of these texts."""
    return spotlight.c.text_id.in_(list(text_ids))


def among(spotlight_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: one of these spotlights."""
    return spotlight.c.id.in_(list(spotlight_ids))


def told_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: a spotlight that this group tells (or, of a packet, brought in)."""
    return spotlight.c.group_id == group_id


def not_from_packet() -> sa.ColumnElement[bool]:
    """Condition: told in this network."""
    return spotlight.c.packet_id.is_(None)


def from_packets(packet_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: brought by one of these packets."""
    return spotlight.c.packet_id.in_(list(packet_ids))


def of_audience(audience: Audience) -> sa.ColumnElement[bool]:
    """Condition: shown to these."""
    return spotlight.c.audience == audience.value


def in_state(state: SpotlightState) -> sa.ColumnElement[bool]:
    """Condition: stored so."""
    return spotlight.c.state == state.value


def standing(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: published, and the consent to show it holds."""
    return sa.and_(in_state(SpotlightState.PUBLISHED), spotlight.c.expires_at > now)


def over(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: the consent to show it has run out."""
    return spotlight.c.expires_at <= now


# --- echoes ---------------------------------------------------------------------------------------------------------------


def _echo(row: Any) -> Echo:
    return Echo(
        id=row.id,
        spotlight_id=row.spotlight_id,
        group_id=row.group_id,
        text_id=row.text_id,
        meeting_id=row.meeting_id,
        action_id=row.action_id,
        quarter=row.quarter,
        published_at=row.published_at,
        revision=row.revision,
    )


async def insert_echo(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Stores a new echo; its text must be there."""
    await conn.execute(sa.insert(echo).values(**values))


async def change_echo(conn: AsyncConnection, echo_id: str, **values: Any) -> int:
    """Changes an echo and raises its revision; returns the new one."""
    changed = sa.update(echo).where(echo.c.id == echo_id).values(revision=echo.c.revision + 1, **values)
    return int((await conn.execute(changed.returning(echo.c.revision))).scalar_one())


async def find_echoes(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> list[Echo]:
    """Echoes that fulfil all conditions, the newest first."""
    chosen = sa.select(echo).where(*where).order_by(echo.c.published_at.desc(), echo.c.id)
    return [_echo(row) for row in await conn.execute(chosen)]


def answering(spotlight_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: an echo of one of these spotlights."""
    return echo.c.spotlight_id.in_(list(spotlight_ids))


def echoed_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: an echo of this group."""
    return echo.c.group_id == group_id


def echoed_in(meeting_id: str) -> sa.ColumnElement[bool]:
    """Condition: typed in during this segment."""
    return echo.c.meeting_id == meeting_id


def echo_with_texts(text_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: an echo whose words are one of these texts."""
    return echo.c.text_id.in_(list(text_ids))
