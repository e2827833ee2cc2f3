"""Queries of private no-go times. Whoever calls them has asked the access table, or feeds the resolver."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.no_go import NoGo
from coordinator.store.tables import group, no_go


@dataclass(frozen=True, slots=True)
class KeptNoGo:
    """One row of `no_go`, with the zone in which its group now is."""

    id: str
    group_id: str
    zone_id: str
    no_go: NoGo


async def find_no_go(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> list[KeptNoGo]:
    """Those that fulfil all conditions, in the order of their beginnings."""
    chosen = sa.select(no_go, group.c.zone_id).join(group).where(*where).order_by(no_go.c.from_wall_time, no_go.c.to_wall_time, no_go.c.id)
    return [KeptNoGo(row.id, row.group_id, row.zone_id, _no_go(row)) for row in await conn.execute(chosen)]


def _no_go(row: Any) -> NoGo:
    return NoGo(datetime.fromisoformat(row.from_wall_time), datetime.fromisoformat(row.to_wall_time), row.why)


async def insert_no_go(conn: AsyncConnection, group_id: str, kept: NoGo, **values: Any) -> None:
    """Stores one, with `id`, `created_at` and `expires_at`."""
    bounds = {name: getattr(kept, name).isoformat(timespec="minutes") for name in ("from_wall_time", "to_wall_time")}
    await conn.execute(sa.insert(no_go).values(group_id=group_id, why=kept.why, **bounds, **values))


async def delete_no_go(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> int:
    """Deletes those that fulfil all conditions; returns how many."""
    return (await conn.execute(sa.delete(no_go).where(*where))).rowcount


def of_groups(group_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: one of these groups keeps it."""
    return no_go.c.group_id.in_(list(group_ids))


def with_id(no_go_id: str) -> sa.ColumnElement[bool]:
    """Condition: this one."""
    return no_go.c.id == no_go_id


def may_touch(start_at: datetime) -> sa.ColumnElement[bool]:
    """Condition: not surely over before this instant."""
    return no_go.c.expires_at > start_at
