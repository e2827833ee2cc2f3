"""Queries of agreed moments that a change of zone law may part: what was agreed, what each group was told, under which rules all was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.action import State
from coordinator.domain.moment import Sentence, Told
from coordinator.store.agreed import IS_TOLD, TOLD_COLUMNS, read_sentence, read_told
from coordinator.store.dialect import insert
from coordinator.store.tables import action, group, invitation, leg, network, zone_drift


@dataclass(frozen=True, slots=True)
class Agreed:
    """A moment to come, as one group agreed to it."""

    action_id: str
    slug: str
    title: str
    revision: int
    group_id: str
    group_name: str
    leg: int
    starts_at: datetime
    sentence: Sentence
    told: Told | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the moments to come, by action and group. `after` is where the next batch begins; None when this was the last."""

    agreed: tuple[Agreed, ...]
    after: str | None


async def find_batch(conn: AsyncConnection, now: datetime, after: str, actions: int, *, lock: bool = False) -> Batch:
    """What the groups that are here agreed to in the next so many actions with a moment to come, after the action of that id.

    `lock` holds the actions until the commit (PostgreSQL), as every command on them does.
    """
    ahead = sa.select(leg.c.action_id).where(leg.c.starts_at > now)
    chosen = (
        sa.select(action.c.id)
        .where(action.c.id > after, action.c.state == State.CONFIRMED, action.c.id.in_(ahead))
        .order_by(action.c.id)
        .limit(actions)
    )
    ids = (await conn.execute(chosen.with_for_update() if lock else chosen)).scalars().all()
    return Batch(await _find_agreed(conn, now, ids), ids[-1] if len(ids) == actions else None)


async def _find_agreed(conn: AsyncConnection, now: datetime, action_ids: Sequence[str]) -> tuple[Agreed, ...]:
    query = (
        sa.select(invitation, action.c.slug, action.c.title, action.c.revision, group.c.name, leg.c.starts_at, *TOLD_COLUMNS)
        .join(action, action.c.id == invitation.c.action_id)
        .join(group, group.c.id == invitation.c.group_id)
        .join(leg, sa.and_(leg.c.action_id == invitation.c.action_id, leg.c.leg == invitation.c.leg))
        .outerjoin(zone_drift, IS_TOLD)
        .where(invitation.c.action_id.in_(action_ids), leg.c.starts_at > now, group.c.archived_at.is_(None))
        .order_by(invitation.c.action_id, invitation.c.group_id)
    )
    rows = await conn.execute(query)
    return tuple(_agreed(row, sentence) for row in rows if (sentence := read_sentence(row)) is not None)


def _agreed(row: Any, sentence: Sentence) -> Agreed:
    return Agreed(
        action_id=row.action_id,
        slug=row.slug,
        title=row.title,
        revision=row.revision,
        group_id=row.group_id,
        group_name=row.name,
        leg=row.leg,
        starts_at=row.starts_at,
        sentence=sentence,
        told=read_told(row),
    )


async def put_told(conn: AsyncConnection, action_id: str, group_id: str, told: Told, now: datetime) -> None:
    """Remembers what a group was told, in place of what it was told before."""
    values = {
        "starts_at": told.starts_at,
        "utc_offset_s": int(told.utc_offset / timedelta(seconds=1)),
        "tzdata": told.tzdata,
        "told_at": now,
        "asked_at": told.asked_at,
    }
    row = insert(conn, zone_drift).values(action_id=action_id, group_id=group_id, **values)
    await conn.execute(row.on_conflict_do_update(index_elements=[zone_drift.c.action_id, zone_drift.c.group_id], set_=values))


async def forget_told(conn: AsyncConnection, action_id: str, group_id: str) -> None:
    """Forgets it: the two keys are together again."""
    await conn.execute(sa.delete(zone_drift).where(zone_drift.c.action_id == action_id, zone_drift.c.group_id == group_id))


async def find_used_zones(conn: AsyncConnection, now: datetime) -> set[str]:
    """The zones of the network, of the groups that are here, and of the sentences of moments to come."""
    ahead = sa.select(leg.c.action_id).where(leg.c.starts_at > now)
    used = sa.union(
        sa.select(network.c.zone_id),
        sa.select(group.c.zone_id).where(group.c.archived_at.is_(None)),
        sa.select(invitation.c.agreed_zone_id).where(invitation.c.agreed_zone_id.is_not(None), invitation.c.action_id.in_(ahead)),
    )
    return set((await conn.execute(used)).scalars())


async def load_rules_version(conn: AsyncConnection) -> str | None:
    """The newest rules that every moment was read again under; "" for none yet, None before the network is founded."""
    return (await conn.execute(sa.select(network.c.rules_version))).scalar_one_or_none()


async def set_rules_version(conn: AsyncConnection, version: str) -> None:
    """From now on, readings under older rules are out of date."""
    await conn.execute(sa.update(network).values(rules_version=version))
