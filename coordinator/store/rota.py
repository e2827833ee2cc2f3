"""Queries of the rota: who holds which seat of a group, and the leases that custodians' rights hang on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.rota import Duty, Lease
from coordinator.store.tables import rota

TEXT_AGE = timedelta(days=90)  # how long an alias is kept after its turn


def _lease(row: Any) -> Lease:
    return Lease(
        row.id, Duty(row.duty), row.seat, row.alias, row.fence, row.since_at, row.until_at, row.accepted_at, row.ended_at, row.skipped
    )


async def find_open_leases(conn: AsyncConnection, group_id: str, *, lock: bool = False) -> list[Lease]:
    """Every lease of the group that has not ended: held, run out, or waiting for a successor."""
    chosen = sa.select(rota).where(rota.c.group_id == group_id, rota.c.ended_at.is_(None)).order_by(rota.c.duty, rota.c.seat, rota.c.fence)
    return [_lease(row) for row in await conn.execute(chosen.with_for_update() if lock else chosen)]


async def find_open_leases_of_all(conn: AsyncConnection, duty: Duty) -> list[tuple[str, Lease]]:
    """(group id, lease) of every lease of this duty that has not ended, of all groups."""
    chosen = sa.select(rota).where(rota.c.duty == duty, rota.c.ended_at.is_(None)).order_by(rota.c.group_id, rota.c.seat, rota.c.fence)
    return [(row.group_id, _lease(row)) for row in await conn.execute(chosen)]


async def find_turns(conn: AsyncConnection, group_id: str, duty: Duty, since_at: datetime) -> list[Lease]:
    """Every lease of this duty that lasted beyond `since_at`, ended or not, in the order of the seats' fences."""
    lasted = sa.and_(rota.c.group_id == group_id, rota.c.duty == duty, rota.c.until_at > since_at)
    return [_lease(row) for row in await conn.execute(sa.select(rota).where(lasted).order_by(rota.c.seat, rota.c.fence))]


async def find_lease(conn: AsyncConnection, lease_id: str, *, lock: bool = False) -> Lease | None:
    """The lease with this id, ended or not."""
    chosen = sa.select(rota).where(rota.c.id == lease_id)
    row = (await conn.execute(chosen.with_for_update() if lock else chosen)).first()
    return _lease(row) if row else None


async def load_next_fence(conn: AsyncConnection, group_id: str, duty: Duty, seat: int) -> int:
    """One more than any holder of this seat has had."""
    last = sa.select(sa.func.max(rota.c.fence)).where(rota.c.group_id == group_id, rota.c.duty == duty, rota.c.seat == seat)
    return int((await conn.execute(last)).scalar_one() or 0) + 1


async def insert_lease(conn: AsyncConnection, group_id: str, lease: Lease) -> None:
    """Stores a new lease; its alias, and why a turn was skipped, go some time after the turn."""
    await conn.execute(
        sa.insert(rota).values(
            id=lease.id,
            group_id=group_id,
            duty=lease.duty,
            seat=lease.seat,
            alias=lease.alias,
            fence=lease.fence,
            since_at=lease.since_at,
            until_at=lease.until_at,
            accepted_at=lease.accepted_at,
            ended_at=lease.ended_at,
            skipped=lease.skipped,
            expires_at=lease.until_at + TEXT_AGE,
        )
    )


async def accept_lease(conn: AsyncConnection, lease_id: str, now: datetime) -> bool:
    """Starts a lease that waited; False when it was accepted before or has ended."""
    waiting = sa.and_(rota.c.id == lease_id, rota.c.accepted_at.is_(None), rota.c.ended_at.is_(None))
    return (await conn.execute(sa.update(rota).where(waiting).values(accepted_at=now, since_at=now))).rowcount == 1


async def end_leases(conn: AsyncConnection, lease_ids: list[str], now: datetime) -> None:
    """Ends these leases; those that have ended stay as they are."""
    await conn.execute(sa.update(rota).where(rota.c.id.in_(lease_ids), rota.c.ended_at.is_(None)).values(ended_at=now))


async def end_of_group(conn: AsyncConnection, group_id: str, now: datetime) -> None:
    """Ends every lease of a group that leaves."""
    await conn.execute(sa.update(rota).where(rota.c.group_id == group_id, rota.c.ended_at.is_(None)).values(ended_at=now))
