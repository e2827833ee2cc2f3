"""The one place where the two databases differ in SQL: INSERT … ON CONFLICT comes from each dialect's own module."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert(conn: AsyncConnection, table: sa.Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` (same shape on both)."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)
