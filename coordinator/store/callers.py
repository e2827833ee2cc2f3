"""Queries of sessions and the links they hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Grant, Role
from coordinator.store.dialect import insert
from coordinator.store.links import alive
from coordinator.store.tables import link, rota, session, session_grant


async def find_caller(conn: AsyncConnection, secret_hash: str, now: datetime) -> Caller | None:
    """Who shows this session's secret; None for an unknown or ended session."""
    found = await _find_callers(conn, now, session.c.secret_hash == secret_hash)
    return next(iter(found.values()), None)


async def find_callers(conn: AsyncConnection, session_ids: Collection[str], now: datetime) -> dict[str, Caller]:
    """Session id → what it holds now; unknown and ended sessions are absent."""
    return await _find_callers(conn, now, session.c.id.in_(list(session_ids)))


async def _find_callers(conn: AsyncConnection, now: datetime, which: sa.ColumnElement[bool]) -> dict[str, Caller]:
    """One query: sessions, their links that still live, the leases those hang on; a session without any is there, with no grant."""
    rows = await conn.execute(
        sa.select(
            session.c.id.label("session_id"),
            link.c.id,
            link.c.role,
            link.c.group_id,
            link.c.meeting_id,
            rota.c.until_at,
            rota.c.accepted_at,
            rota.c.ended_at,
        )
        .select_from(
            session.outerjoin(session_grant, session_grant.c.session_id == session.c.id)
            .outerjoin(link, sa.and_(link.c.id == session_grant.c.link_id, alive(now)))
            .outerjoin(rota, rota.c.id == link.c.rota_id)
        )
        .where(which, session.c.expires_at > now)
        .order_by(session.c.id, session_grant.c.granted_at, link.c.id)
    )
    grants: dict[str, list[Grant]] = {}
    for row in rows:
        held = grants.setdefault(row.session_id, [])
        role = _role(row, now)
        if role is not None:
            held.append(Grant(role, row.group_id, row.id, row.meeting_id))
    return {session_id: Caller(tuple(held), session_id) for session_id, held in grants.items()}


def _role(row: Any, now: datetime) -> Role | None:
    """The role a link carries now. A custodian's right is its lease: run out, it is LAPSED; handed over or not begun, it is nothing."""
    if row.id is None or row.role == "feed":
        return None
    if row.role != Role.CUSTODIAN:
        return Role(row.role)
    if row.accepted_at is None or row.ended_at is not None:
        return None
    return Role.CUSTODIAN if now < row.until_at else Role.LAPSED


async def insert_session(conn: AsyncConnection, session_id: str, secret_hash: str, now: datetime, expires_at: datetime) -> None:
    """Stores a new session."""
    await conn.execute(sa.insert(session).values(id=session_id, secret_hash=secret_hash, created_at=now, expires_at=expires_at))


async def renew_session(conn: AsyncConnection, session_id: str, secret_hash: str, expires_at: datetime) -> None:
    """Gives a session another secret and a later end."""
    await conn.execute(sa.update(session).where(session.c.id == session_id).values(secret_hash=secret_hash, expires_at=expires_at))


async def insert_grant(conn: AsyncConnection, session_id: str, link_id: str, now: datetime) -> None:
    """Lets a session hold a link; once is enough."""
    row = {"session_id": session_id, "link_id": link_id, "granted_at": now}
    await conn.execute(insert(conn, session_grant).values(**row).on_conflict_do_nothing())


async def delete_grant(conn: AsyncConnection, session_id: str, link_id: str) -> int:
    """Takes one link from a session; returns how many it had of it."""
    mine = sa.and_(session_grant.c.session_id == session_id, session_grant.c.link_id == link_id)
    return (await conn.execute(sa.delete(session_grant).where(mine))).rowcount


async def delete_session(conn: AsyncConnection, session_id: str) -> None:
    """Ends a session with all it holds."""
    await conn.execute(sa.delete(session).where(session.c.id == session_id))
