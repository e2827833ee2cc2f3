"""Queries of the one network row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.network import Network, NetworkDraft
from coordinator.store.dialect import insert
from coordinator.store.tables import network

ONLY = 1


async def find_network(conn: AsyncConnection) -> Network | None:
    """The network; None before the first start has stored it."""
    row = (await conn.execute(sa.select(network).where(network.c.id == ONLY))).first()
    return _network(row) if row else None


def _network(row: Any) -> Network:
    return Network(
        row.name, row.host, row.zone_id, row.default_language, row.numerals, row.threshold_percent, row.tolerance_ms, row.created_at
    )


async def insert_network(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Stores the network unless there is one: what was stored first stays."""
    await conn.execute(insert(conn, network).values(id=ONLY, **values).on_conflict_do_nothing())


async def lock_network(conn: AsyncConnection) -> None:
    """Waits until no other transaction holds it: for rules over many rows that no unique index can keep."""
    await conn.execute(sa.select(network.c.id).where(network.c.id == ONLY).with_for_update())


async def change_network(conn: AsyncConnection, draft: NetworkDraft) -> None:
    """Stores what a steward changed; the host is not among it."""
    await conn.execute(
        sa.update(network)
        .where(network.c.id == ONLY)
        .values(
            name=draft.name,
            zone_id=draft.zone_id,
            default_language=draft.default_language,
            numerals=dict(draft.numerals),
            threshold_percent=draft.threshold_percent,
            tolerance_ms=draft.tolerance_ms,
        )
    )


async def load_glossary_revision(conn: AsyncConnection) -> int:
    """How often the glossary has changed."""
    return int((await conn.execute(sa.select(network.c.glossary_revision).where(network.c.id == ONLY))).scalar_one())


async def raise_glossary_revision(conn: AsyncConnection) -> int:
    """Says that the glossary has changed; returns the new revision."""
    raised = sa.update(network).where(network.c.id == ONLY).values(glossary_revision=network.c.glossary_revision + 1)
    return int((await conn.execute(raised.returning(network.c.glossary_revision))).scalar_one())
