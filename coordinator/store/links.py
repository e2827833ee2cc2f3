"""Queries of links: stored as hashes, ended by a date or by being revoked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.link import Link, LinkRole
from coordinator.store.tables import link, rota

READ = sa.select(link, rota.c.alias, rota.c.accepted_at, rota.c.ended_at, rota.c.until_at).select_from(
    link.outerjoin(rota, rota.c.id == link.c.rota_id)
)


def _link(row: Any) -> Link:
    return Link(
        id=row.id,
        role=LinkRole(row.role),
        group_id=row.group_id,
        meeting_id=row.meeting_id,
        rota_id=row.rota_id,
        label=row.label,
        language=row.language,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_on=row.last_used_on,
        holder=row.alias or "",
        accepted=row.accepted_at is not None,
    )


def alive(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: the link is neither revoked nor run out."""
    return sa.and_(link.c.revoked_at.is_(None), sa.or_(link.c.expires_at.is_(None), link.c.expires_at > now))


async def insert_link(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Stores a new link."""
    await conn.execute(sa.insert(link).values(**values))


async def find_links(conn: AsyncConnection, group_id: str | None) -> list[Link]:
    """A group's links (the stewards' for None), the newest first, those that ended among them."""
    mine = link.c.group_id.is_(None) if group_id is None else link.c.group_id == group_id
    return [_link(row) for row in await conn.execute(READ.where(mine).order_by(link.c.created_at.desc(), link.c.id))]


async def find_link(conn: AsyncConnection, link_id: str) -> Link | None:
    """The link with this id, whatever its state."""
    row = (await conn.execute(READ.where(link.c.id == link_id))).first()
    return _link(row) if row else None


async def find_by_secret(conn: AsyncConnection, secret_hash: str, code_hash: str, now: datetime) -> Link | None:
    """The living link that this secret or this code opens, by one query for every kind of guess; a feed's secret opens nothing here.

    A custodian's link whose lease has ended, or whose offer was not taken up in time, is not living.
    """
    by_code = sa.and_(link.c.code_hash == code_hash, link.c.code_expires_at > now)
    lease_open = sa.or_(link.c.rota_id.is_(None), sa.and_(rota.c.ended_at.is_(None), _accepted_or_in_time(now)))
    query = READ.where(sa.or_(link.c.secret_hash == secret_hash, by_code), alive(now), lease_open, link.c.role != LinkRole.FEED)
    row = (await conn.execute(query)).first()
    return _link(row) if row else None


def _accepted_or_in_time(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(rota.c.accepted_at.is_not(None), rota.c.until_at > now)


async def find_feed(conn: AsyncConnection, secret_hash: str, now: datetime) -> Link | None:
    """The living calendar feed with this secret."""
    row = (await conn.execute(READ.where(link.c.secret_hash == secret_hash, link.c.role == LinkRole.FEED, alive(now)))).first()
    return _link(row) if row else None


async def note_use(conn: AsyncConnection, link_id: str, on: date) -> None:
    """Keeps the day a link was last opened, never the hour."""
    await conn.execute(sa.update(link).where(link.c.id == link_id).values(last_used_on=on))


async def revoke_links(conn: AsyncConnection, now: datetime, *where: sa.ColumnElement[bool]) -> list[str]:
    """Revokes the links that fulfil all conditions; returns the ids of those that were not revoked before."""
    revoked = sa.update(link).where(link.c.revoked_at.is_(None), *where).values(revoked_at=now, code_hash=None).returning(link.c.id)
    return sorted(row.id for row in await conn.execute(revoked))


async def revoke_one(conn: AsyncConnection, link_id: str, now: datetime) -> list[str]:
    """Revokes this link."""
    return await revoke_links(conn, now, link.c.id == link_id)


async def revoke_of_leases(conn: AsyncConnection, lease_ids: list[str], now: datetime) -> list[str]:
    """Revokes the links that hang on these leases."""
    return await revoke_links(conn, now, link.c.rota_id.in_(lease_ids))


async def revoke_of_group(conn: AsyncConnection, group_id: str, now: datetime) -> list[str]:
    """Revokes every link of a group."""
    return await revoke_links(conn, now, link.c.group_id == group_id)


async def count_stewards(conn: AsyncConnection, now: datetime | None = None) -> int:
    """How many stewards' links there are that live at `now`; without `now`, how many were ever made."""
    query = sa.select(sa.func.count()).select_from(link).where(link.c.role == LinkRole.STEWARD)
    return int((await conn.execute(query if now is None else query.where(alive(now)))).scalar_one())
