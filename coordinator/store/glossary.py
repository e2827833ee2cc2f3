"""Queries of the glossary: the words that a network does not leave to an engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.glossary import Term
from coordinator.store.tables import glossary_term


@dataclass(frozen=True, slots=True)
class KeptTerm:
    """One row of `glossary_term`."""

    id: str
    term: Term
    expires_at: datetime | None


async def find_terms(conn: AsyncConnection) -> list[KeptTerm]:
    """Every term, in the order of its words."""
    rows = await conn.execute(sa.select(glossary_term).order_by(sa.func.lower(glossary_term.c.term), glossary_term.c.id))
    return [KeptTerm(row.id, Term(row.term, row.source, row.target, row.rendering), row.expires_at) for row in rows]


async def insert_term(conn: AsyncConnection, term_id: str, term: Term, now: datetime, expires_at: datetime) -> None:
    """Stores a term."""
    words = {"term": term.term, "source": term.source, "target": term.target, "rendering": term.rendering}
    await conn.execute(sa.insert(glossary_term).values(id=term_id, created_at=now, expires_at=expires_at, **words))


async def delete_term(conn: AsyncConnection, term_id: str) -> int:
    """Deletes a term; returns how many that were (0 or 1)."""
    return (await conn.execute(sa.delete(glossary_term).where(glossary_term.c.id == term_id))).rowcount
