"""Queries of the packets that groups brought in: who signed them, of whom they tell, when they end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.tables import packet


@dataclass(frozen=True, slots=True)
class Teller:
    """Of whom a packet tells, as much as it was allowed to say; empty where it may not."""

    name: str
    place: str
    zone_id: str


@dataclass(frozen=True, slots=True)
class Packet:
    """One row of `packet`."""

    id: str
    group_id: str
    digest: str
    signer: str
    origin: str
    teller: Teller
    imported_at: datetime
    expires_at: datetime


def _packet(row: Any) -> Packet:
    return Packet(row.id, row.group_id, row.digest, row.signer, row.origin, Teller(**row.teller), row.imported_at, row.expires_at)


async def insert_packet(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Stores a packet that was verified; `teller` is a dict of name, place and zone_id."""
    await conn.execute(sa.insert(packet).values(**values))


async def find_packets(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> list[Packet]:
    """Packets that fulfil all conditions, the newest first."""
    chosen = sa.select(packet).where(*where).order_by(packet.c.imported_at.desc(), packet.c.id)
    return [_packet(row) for row in await conn.execute(chosen)]


def brought_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: this group brought it in."""
    return packet.c.group_id == group_id


async def find_tellers(conn: AsyncConnection, packet_ids: Collection[str]) -> dict[str, Teller]:
    """Packet id → of whom it tells."""
    if not packet_ids:
        return {}
    return {found.id: found.teller for found in await find_packets(conn, packet.c.id.in_(list(packet_ids)))}


async def delete_packets(conn: AsyncConnection, packet_ids: Collection[str]) -> None:
    """Deletes packets, with what is left of the spotlights that they brought; their words are texts of their own."""
    await conn.execute(sa.delete(packet).where(packet.c.id.in_(list(packet_ids))))
