"""The revisions make exactly `tables.py`, lose no row, take turns, and cost nothing when there is nothing to do."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

from coordinator.store.engine import make_engine
from coordinator.store.migrate import HEAD, SCRIPTS, BrokenReferences, SchemaUnknown, load_revision, migrate, migrate_url, needs_migration
from coordinator.store.tables import metadata
from tests.store.rows import AT, count_rows, fill_every_table, load_rows, row_of

REVISIONS = sorted(path.name[:4] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))
BATCH_REVISION = '''
"""Makes every table anew, as a batch migration on SQLite does."""
import sqlalchemy as sa
from alembic import op
from coordinator.store.tables import metadata

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None

def upgrade() -> None:
    for table in metadata.sorted_tables:
        with op.batch_alter_table(table.name, recreate="always" if op.get_bind().dialect.name == "sqlite" else "auto") as batch:
            batch.add_column(sa.Column("added", sa.Text, nullable=False, server_default="new"))
    {also}
'''


@pytest.fixture
async def engine(bare_database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = make_engine(bare_database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
async def twin(request: pytest.FixtureRequest, bare_database_url: str, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """The same tables made from `tables.py` itself, on the same kind of database."""
    url = sa.make_url(bare_database_url)
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str(tmp_path / "twin.db"))
    else:
        url = sa.make_url(request.getfixturevalue("postgres_database_url"))
    opened = make_engine(url.render_as_string(hide_password=False))
    async with opened.begin() as conn:
        await conn.run_sync(metadata.create_all)
    yield opened
    await opened.dispose()


def with_revision(tmp_path: Path, also: str = "pass") -> Path:
    scripts = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_batch.py").write_text(BATCH_REVISION.format(head=HEAD, also=also))
    return scripts


async def test_migrate_empty_database_makes_what_the_tables_describe(engine: AsyncEngine) -> None:
    applied = await migrate(engine)

    async with engine.connect() as conn:
        differences = await conn.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_server_default": sync.dialect.name != "sqlite"}), metadata
            )
        )
    assert applied == REVISIONS
    assert differences == []


async def test_migrate_empty_database_has_the_same_constraints_as_the_tables(engine: AsyncEngine, twin: AsyncEngine) -> None:
    await migrate(engine)

    assert await read_constraints(engine) == await read_constraints(twin)


async def read_constraints(engine: AsyncEngine) -> list[tuple[str, str]]:
    """Checks, keys and indexes in the database's own words: Alembic compares no checks and no ON DELETE."""
    queries = {
        "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' AND sql IS NOT NULL",
        "postgresql": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 16000"
        " AND conrelid <> coalesce(to_regclass('alembic_version'), 0::regclass)",
    }
    async with engine.connect() as conn:
        rows = (await conn.exec_driver_sql(queries[engine.dialect.name])).all()
    return sorted((str(name), part) for name, text in rows for part in split_definition(text))


def split_definition(text: str) -> list[str]:
    """A CREATE TABLE as its parts in any order: a revision may add a column, and name constraints before or after the columns."""
    return [part.strip().rstrip(",").replace('"', "") for part in re.split(r"\n|, (?![^()]*\))", text) if part.strip()]


async def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_migrate_again_applies_nothing(engine: AsyncEngine) -> None:
    before = await needs_migration(engine)
    await migrate(engine)

    assert before
    assert await load_revision(engine) == HEAD
    assert not await needs_migration(engine)
    assert await migrate(engine) == []


def test_migrate_at_head_does_not_load_alembic(sqlite_url: str) -> None:
    migrate_url(sa.make_url(sqlite_url))
    program = (
        "import asyncio, sys\n"
        "from coordinator.store.engine import make_engine\n"
        "from coordinator.store.migrate import migrate\n"
        "async def main():\n"
        "    engine = make_engine(sys.argv[1])\n"
        "    print(await migrate(engine), 'alembic' in sys.modules)\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
    )

    run = subprocess.run([sys.executable, "-c", program, sqlite_url], check=True, capture_output=True, text=True)

    assert run.stdout == "[] False\n"


def test_migrate_filled_database_batch_keeps_every_row(bare_database_url: str, tmp_path: Path) -> None:
    url = sa.make_url(bare_database_url)
    migrate_url(url)
    sync_url = url.set(drivername="sqlite") if url.get_backend_name() == "sqlite" else url
    plain = sa.create_engine(sync_url, poolclass=sa.NullPool)
    with plain.begin() as connection:
        counts = fill_every_table(connection)
        rows = load_rows(connection)

    applied = migrate_url(url, with_revision(tmp_path))

    with plain.begin() as connection:
        assert applied == ["9999"]
        assert count_rows(connection) == counts == {table.name: 1 for table in metadata.sorted_tables}
        assert load_rows(connection) == rows
        assert connection.execute(sa.text('SELECT DISTINCT added FROM "group"')).scalars().all() == ["new"]


def test_migrate_that_orphans_rows_is_rolled_back_whole(sqlite_url: str, tmp_path: Path) -> None:
    url = sa.make_url(sqlite_url)
    migrate_url(url)
    plain = sa.create_engine(url.set(drivername="sqlite"), poolclass=sa.NullPool)
    with plain.begin() as connection:
        counts = fill_every_table(connection)
    scripts = with_revision(tmp_path, """op.execute('DELETE FROM "group"')""")

    with pytest.raises(BrokenReferences) as fault:
        migrate_url(url, scripts)

    with plain.begin() as connection:
        assert fault.value.tables == [
            "action", "busy_calendar", "echo", "invitation", "link", "meeting", "no_go", "packet", "rendering", "rota", "spotlight", "text", "upload", "voice_note",
            "voice_report", "zone_drift",
        ]  # fmt: skip
        assert count_rows(connection) == counts
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD
        assert "added" not in {column["name"] for column in sa.inspect(connection).get_columns("group")}


async def test_migrate_from_the_first_revision_keeps_every_row(bare_database_url: str) -> None:
    url = sa.make_url(bare_database_url)
    migrate_url(url, target="0001")
    plain = sa.create_engine(url.set(drivername=url.drivername.replace("+aiosqlite", "")), poolclass=sa.NullPool)
    old = sa.MetaData()
    with plain.begin() as connection:
        old.reflect(connection)
        for table in [metadata.tables[t.name] for t in old.sorted_tables if t.name in metadata.tables]:
            row = {name: value for name, value in row_of(table).items() if name in old.tables[table.name].columns}
            connection.execute(sa.insert(table).values(**row))
        connection.execute(sa.update(old.tables["action"]).values(moved_from_at=7))
        before = {t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in old.sorted_tables}

    applied = migrate_url(url)

    with plain.begin() as connection:
        after = count_rows(connection)
        chosen = connection.execute(sa.text("SELECT agreed_start, offered_start FROM action")).one()
        followed = connection.execute(sa.text("SELECT moved_from_at, offered_leg = leg FROM invitation")).one()
    assert applied == REVISIONS[1:]
    assert (tuple(chosen), tuple(followed)) == ((AT.isoformat(), AT.isoformat()), (7, True))
    assert {name: after[name] for name in before if name in after} == {name: 1 for name in before if name in after}


async def test_migrate_several_processes_at_once_apply_it_once(engine: AsyncEngine) -> None:
    applied = await asyncio.gather(*(asyncio.to_thread(migrate_url, engine.url) for _ in range(4)))

    assert sorted(applied) == [[], [], [], REVISIONS]


async def test_migrate_database_of_a_newer_chorus_is_refused(engine: AsyncEngine) -> None:
    await migrate(engine)
    async with engine.execution_options(write=True).begin() as conn:
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = 'future'")

    with pytest.raises(SchemaUnknown) as fault:
        await migrate(engine)

    assert fault.value.revision == "future"
