"""Queries of partner groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.availability import Availability, read_availability
from coordinator.domain.group import Group, Numerals, Profile
from coordinator.domain.listing import Card, Listing
from coordinator.store.tables import group


def _group(row: Any) -> Group:
    profile = Profile(
        name=row.name,
        place=row.place,
        zone_id=row.zone_id,
        language=row.language,
        alias_name=row.alias_name,
        alias_place=row.alias_place,
        numerals=Numerals(row.numerals),
        listing=Listing(row.listing),
    )
    availability = read_availability({**row.availability, "reach": row.reach}, may_never_open=True)
    return Group(row.id, profile, availability, row.revision, row.created_at, row.archived_at)


def profile_columns(profile: Profile) -> dict[str, Any]:
    """A profile as columns of `group`."""
    return {
        "name": profile.name,
        "place": profile.place,
        "zone_id": profile.zone_id,
        "language": profile.language,
        "alias_name": profile.alias_name,
        "alias_place": profile.alias_place,
        "numerals": profile.numerals.value,
        "listing": profile.listing.value,
    }


def availability_columns(availability: Availability) -> dict[str, Any]:
    """An availability as columns of `group`; reach has a column of its own."""
    stored = availability.to_json()
    return {"reach": stored.pop("reach"), "availability": stored}


async def find_groups(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> list[Group]:
    """Groups that fulfil all conditions, by name. `lock` holds the rows until the commit (PostgreSQL)."""
    chosen = sa.select(group).where(*where).order_by(group.c.name, group.c.id)
    return [_group(row) for row in await conn.execute(chosen.with_for_update() if lock else chosen)]


async def find_cards(conn: AsyncConnection, *where: sa.ColumnElement[bool]) -> list[Card]:
    """What listing decides about, without the hours: asked for with every answer of every group."""
    columns = (group.c.id, group.c.name, group.c.place, group.c.alias_name, group.c.alias_place, group.c.zone_id, group.c.listing)
    rows = await conn.execute(sa.select(*columns).where(*where))
    return [Card(r.id, r.name, r.place, r.alias_name, r.alias_place, r.zone_id, Listing(r.listing)) for r in rows]


async def find_group(conn: AsyncConnection, group_id: str, *, lock: bool = False) -> Group | None:
    """The group with this id, archived or not."""
    found = await find_groups(conn, group.c.id == group_id, lock=lock)
    return found[0] if found else None


async def load_group_stamp(conn: AsyncConnection) -> tuple[int, int]:
    """How many groups there are, and the sum of their revisions: it differs after every change of a group."""
    row = (await conn.execute(sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(group.c.revision), 0)).select_from(group))).one()
    return int(row[0]), int(row[1])


def still_here() -> sa.ColumnElement[bool]:
    """Condition: the group has not left the network."""
    return group.c.archived_at.is_(None)


def among(group_ids: Iterable[str]) -> sa.ColumnElement[bool]:
    """Condition: the group's id is one of these."""
    return group.c.id.in_(list(group_ids))


async def insert_groups(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Stores new group rows."""
    if rows:
        await conn.execute(sa.insert(group), rows)


async def change_group(conn: AsyncConnection, group_id: str, **values: Any) -> int:
    """Changes a group and raises its revision; returns the new one."""
    statement = sa.update(group).where(group.c.id == group_id).values(revision=group.c.revision + 1, **values).returning(group.c.revision)
    return int((await conn.execute(statement)).scalar_one())
