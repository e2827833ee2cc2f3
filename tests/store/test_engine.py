"""Two ways to begin: writers take their place at once, readers are never locked out and see one state."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from coordinator.store.database import Database
from coordinator.store.engine import is_sqlite, make_engine
from coordinator.store.tables import heartbeat, stream
from tests.factories import NOON, open_database

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "secure_delete": 1}


async def insert_stream(conn: sa.ext.asyncio.AsyncConnection, name: str) -> None:
    await conn.execute(sa.insert(stream).values(stream=name, head=0, floor=0))


async def count_streams(conn: sa.ext.asyncio.AsyncConnection) -> int:
    return (await conn.execute(sa.select(sa.func.count()).select_from(stream))).scalar_one()


async def test_sqlite_connection_has_the_pragmas_of_durability(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.read() as conn:
        found = {name: (await conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in PRAGMAS}

    assert found == PRAGMAS


async def test_postgres_connection_has_timeouts_and_utc(postgres_database_url: str) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone", "synchronous_commit")

    async with open_database(postgres_database_url) as database, database.read() as conn:
        found = [(await conn.exec_driver_sql(f"SHOW {name}")).scalar_one() for name in names]

    assert found == ["5s", "2s", "10s", "UTC", "on"]


async def test_sqlite_writer_holds_its_place_from_the_first_moment(sqlite_database_url: str) -> None:
    engine, other = make_engine(sqlite_database_url), make_engine(sqlite_database_url)
    writer = engine.execution_options(write=True)
    try:
        async with writer.begin(), other.connect() as late:
            await late.exec_driver_sql("PRAGMA busy_timeout=0")
            await late.rollback()

            with pytest.raises(sa.exc.OperationalError, match="locked"):
                await (await late.execution_options(write=True)).begin()
    finally:
        await engine.dispose()
        await other.dispose()


async def test_read_while_a_writer_holds_the_database_is_not_locked_out(database: Database) -> None:
    async with database.write(NOON) as work:
        await insert_stream(work.conn, "public")

        async with asyncio.timeout(1), database.read() as conn:
            assert await count_streams(conn) == 0

    async with database.read() as conn:
        assert await count_streams(conn) == 1


async def test_read_sees_one_state_though_others_commit_meanwhile(database: Database) -> None:
    async with database.read() as conn:
        before = await count_streams(conn)
        async with database.write(NOON) as work:
            await insert_stream(work.conn, "public")
        after = await count_streams(conn)

    assert (before, after) == (0, 0)


async def test_read_that_writes_is_refused_on_postgres(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url) as database:
        with pytest.raises(sa.exc.DBAPIError, match="read-only"):
            async with database.read() as conn:
                await insert_stream(conn, "public")


async def test_foreign_keys_are_watched(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write(NOON) as work:
            await work.conn.exec_driver_sql("INSERT INTO session_grant (session_id, link_id, granted_at) VALUES ('nobody', 'nothing', 0)")


async def test_a_read_only_moment_after_a_write_uses_a_plain_begin(sqlite_database_url: str) -> None:
    """The pool hands the writer's connection to the next reader: the option must not stick to it."""
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await work.conn.execute(sa.insert(heartbeat).values(process="web", at=NOON, detail={}))
        async with database.read() as first, database.read() as second:
            assert await count_streams(first) == await count_streams(second) == 0


async def test_is_sqlite_tells_them_apart(database_url: str) -> None:
    engine = make_engine(database_url)

    assert is_sqlite(engine) == database_url.startswith("sqlite")
    await engine.dispose()
