"""Queries of idempotency keys."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.dialect import insert
from coordinator.store.tables import idempotency

UNANSWERED = 0


async def claim(conn: AsyncConnection, scope: str, key: str, request_hash: str, *, now: datetime, expires_at: datetime) -> bool:
    """Takes a key that is free or whose time has passed; False when it is taken. Waits for another transaction that is taking it."""
    await conn.execute(sa.delete(idempotency).where(*_named(scope, key), idempotency.c.expires_at <= now))
    row = {"scope": scope, "key": key, "request_hash": request_hash, "status": UNANSWERED, "headers": {}, "body": b""}
    statement = insert(conn, idempotency).values(**row, created_at=now, expires_at=expires_at).on_conflict_do_nothing()
    # counted by what comes back: psycopg gives no row count for such an insert
    return (await conn.execute(statement.returning(idempotency.c.key))).first() is not None


async def find(conn: AsyncConnection, scope: str, key: str) -> Any:
    """The row of a key that is taken; None for one that is free."""
    return (await conn.execute(sa.select(idempotency).where(*_named(scope, key)))).one_or_none()


async def answer(
    conn: AsyncConnection, scope: str, key: str, request_hash: str, *, status: int, headers: dict[str, str], body: bytes
) -> None:
    """Keeps what was answered under a key that is ours."""
    mine = (*_named(scope, key), idempotency.c.request_hash == request_hash)
    await conn.execute(sa.update(idempotency).where(*mine).values(status=status, headers=headers, body=body))


async def forget_words(conn: AsyncConnection, names: Collection[str]) -> None:
    """Empties every kept answer that names one of these (ids of random signs): what is deleted may not be read in a repeated answer."""
    written = [name.encode() for name in names]
    for row in (await conn.execute(sa.select(idempotency).where(sa.func.length(idempotency.c.body) > 0))).all():
        if any(name in row.body for name in written):
            await conn.execute(sa.update(idempotency).where(*_named(row.scope, row.key)).values(body=b""))


def _named(scope: str, key: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return idempotency.c.scope == scope, idempotency.c.key == key
