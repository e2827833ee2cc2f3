"""How a database is opened: one engine, two ways to begin, the pragmas and timeouts that durability needs.

SQLite: WAL, `synchronous=FULL` (an acknowledged commit survives power loss), BEGIN IMMEDIATE for writers and a plain BEGIN for
readers. A deferred upgrade from read to write fails at once, whatever the busy timeout (`database is locked` after 0.000 s, measured).
PostgreSQL: READ COMMITTED, timeouts on statements, locks and idle transactions.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 5_000
WAL_KEPT_BYTES = 64 * 1024 * 1024  # what a burst of writing left beyond this goes at the next checkpoint
POSTGRES_OPTIONS = "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"
POOL_SIZE = 8


def make_engine(database_url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///path` or `postgresql+psycopg://…`. The caller disposes of it."""
    if database_url.startswith("sqlite"):
        return _make_sqlite_engine(database_url)
    return create_async_engine(
        database_url,
        pool_size=POOL_SIZE,
        max_overflow=2,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": POSTGRES_OPTIONS},
    )


def _make_sqlite_engine(database_url: str) -> AsyncEngine:
    engine = create_async_engine(
        database_url, pool_size=POOL_SIZE, max_overflow=2, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
    )
    sa.event.listen(engine.sync_engine, "connect", _prepare_connection)
    sa.event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN off: `_begin` says which kind
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "secure_delete=ON",
        "temp_store=MEMORY",
        f"journal_size_limit={WAL_KEPT_BYTES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def one_snapshot(engine: AsyncEngine) -> AsyncEngine:
    """The same engine for readers whose statements must all see one state: the first one fixes it until the end of the transaction.

    SQLite's WAL does that anyway; PostgreSQL's READ COMMITTED looks anew with every statement.
    """
    return engine if is_sqlite(engine) else engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def is_sqlite(engine: AsyncEngine) -> bool:
    """Whether the database is one file beside us."""
    return engine.dialect.name == "sqlite"
