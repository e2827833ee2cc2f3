"""How does a database get its tables, and the tables of a newer Chorus?

The revisions are in `migrations/versions/`. They run on a connection of their own, all in one transaction: on SQLite with foreign
keys off before BEGIN (a batch migration drops and renames tables, and with keys on that silently deletes the children) and checked
before COMMIT. Two processes that start together take turns: BEGIN IMMEDIATE, or an advisory lock on PostgreSQL.

A new revision: change `tables.py`, then `python -m coordinator.store.migrate "what changes"`, read what was written, raise HEAD.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from coordinator.errors import ChorusError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0008"  # the newest revision, known without loading Alembic; a test keeps it true
SCRIPTS = Path(__file__).parent / "migrations"
VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
WAIT_S = 60  # for another process that is migrating
ADVISORY_LOCK = 0x43686F727573  # "Chorus"
POSTGRES_OPTIONS = f"-c lock_timeout={WAIT_S}s -c timezone=UTC"


class SchemaUnknown(ChorusError):
    """The database stands at `revision`, which this Chorus does not know: it was used by a newer one."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(f"the database is at revision {revision}, which this Chorus does not know; start the newer Chorus that made it")


class BrokenReferences(ChorusError):
    """A migration left rows that point nowhere; it was rolled back. `tables` names where."""

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables
        super().__init__(f"rows without their parent in: {', '.join(tables)}")


async def load_revision(engine: AsyncEngine) -> str | None:
    """The revision the database stands at; None when it has no tables of ours yet."""
    async with engine.connect() as conn:
        if not await conn.run_sync(lambda sync: sa.inspect(sync).has_table(VERSION.name)):
            return None
        return (await conn.execute(sa.select(VERSION.c.version_num))).scalar_one_or_none()


async def needs_migration(engine: AsyncEngine) -> bool:
    """Whether `migrate` would change anything. One query, no Alembic."""
    return await load_revision(engine) != HEAD


async def migrate(engine: AsyncEngine) -> list[str]:
    """Brings the database to HEAD and returns the revisions applied, oldest first; empty when there was nothing to do.

    Raises SchemaUnknown, BrokenReferences. Either all revisions are applied or none. Safe in several processes at once.
    """
    if not await needs_migration(engine):
        return []
    return await asyncio.to_thread(migrate_url, engine.url)


def migrate_url(url: sa.URL, scripts: Path = SCRIPTS, target: str = "head") -> list[str]:
    """As `migrate`, blocking, on a connection of its own to `url` (the driver may be an async one), up to revision `target`."""
    engine = _make_engine(url)
    try:
        with engine.begin() as connection:
            applied = _run_revisions(connection, scripts, target)
            _check_references(connection)
        return applied
    finally:
        engine.dispose()


def _make_engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"options": POSTGRES_OPTIONS})
    engine = sa.create_engine(url.set(drivername="sqlite"), poolclass=sa.NullPool, connect_args={"timeout": WAIT_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN off
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _run_revisions(connection: sa.Connection, scripts: Path, target: str = "head") -> list[str]:
    from alembic import command  # deferred: most starts have nothing to migrate, and loading Alembic takes a third of a second
    from alembic.util import CommandError  # deferred, as above

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    applied: list[str] = []
    try:
        command.upgrade(_make_config(connection, scripts, applied), target)
    except CommandError as error:
        raise SchemaUnknown(_read_revision(connection)) from error
    return applied


def _make_config(connection: sa.Connection, scripts: Path, applied: list[str]) -> Config:
    from alembic.config import Config  # deferred, as above

    config = Config(attributes={"connection": connection, "applied": applied})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


def _read_revision(connection: sa.Connection) -> str:
    return str(connection.execute(sa.select(VERSION.c.version_num)).scalar())


def _check_references(connection: sa.Connection) -> None:
    """SQLite only: PostgreSQL never stopped watching."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise BrokenReferences(sorted({row[0] for row in broken}))


def write_revision(message: str) -> None:
    """Writes the revision that leads from HEAD to `tables.py`, to be read and corrected by whoever asked for it."""
    from alembic import command  # deferred, as above

    engine = _make_engine(sa.make_url("sqlite://").set(database=":memory:"))
    with engine.begin() as connection:
        _run_revisions(connection, SCRIPTS)
        config = _make_config(connection, SCRIPTS, [])
        command.revision(config, message, autogenerate=True, rev_id=f"{int(HEAD) + 1:04}")


if __name__ == "__main__":
    write_revision(sys.argv[1])
