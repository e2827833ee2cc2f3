"""Migration keeps a copy, restore replaces only when asked to, and neither touches a network that runs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator import upkeep
from coordinator.embedded import SECRET_FILE, CannotServe, DataLock, read_or_make_secret_key
from coordinator.settings import Settings
from coordinator.shelves import open_shelf
from coordinator.store.backup import BLOB_TABLES, DatabaseInUse, NothingToBackUp, Stored, read_manifest, snapshot
from coordinator.store.migrate import HEAD
from coordinator.store.tables import blob, blob_part, to_microseconds
from coordinator.upkeep import database_url, find_revision, keep_copy, run_backup, run_migrate, run_restore
from tests.store.rows import BLOB_ID, BYTES, fill_every_table, load_rows

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
STORED = Stored(BLOB_ID, hashlib.sha256(BYTES).hexdigest(), "audio/webm", to_microseconds(NOW), BYTES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An embedded network with a key, a row in every table, and its stored bytes in a file."""
    made = Settings(data=tmp_path / "data")
    made.data.mkdir()
    read_or_make_secret_key(made.data)
    run_migrate(made, NOW)
    with snapshot(database_url(made)) as connection:
        fill_every_table(connection)
        for table in (blob_part, blob):
            connection.execute(sa.delete(table))
        open_shelf(made).put(connection, STORED)
    return made


def rows_of(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row but of stored bytes, which lie in files or in rows."""
    with snapshot(database_url(settings)) as connection:
        return {name: rows for name, rows in load_rows(connection).items() if name not in BLOB_TABLES}


def bytes_of(settings: Settings) -> Stored | None:
    with snapshot(database_url(settings)) as connection:
        return open_shelf(settings).read(connection, BLOB_ID)


def copies(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.data / upkeep.BACKUPS).glob("*"))


def rename_network(settings: Settings, name: str) -> None:
    with snapshot(database_url(settings)) as connection:
        connection.execute(sa.text("UPDATE network SET name = :name"), {"name": name})


def test_migrate_makes_the_tables_once_and_copies_nothing_that_is_not_there(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)

    assert find_revision(database_url(settings)) is None
    assert run_migrate(settings, NOW) == [f"{number:04}" for number in range(1, int(HEAD) + 1)]
    assert run_migrate(settings, NOW) == []
    assert copies(settings) == []


def test_migrate_of_an_older_database_keeps_a_copy_first(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "HEAD", "0002")
    monkeypatch.setattr(upkeep, "migrate_url", lambda url: ["0002"])

    assert run_migrate(settings, NOW) == ["0002"]
    assert copies(settings) == ["20270104T120000-before-0002.zip"]
    assert (
        read_manifest(settings.data / upkeep.BACKUPS / copies(settings)[0]).blobs == 0
    )  # no migration touches files: they stay where they are


def test_keep_copy_keeps_the_newest_few(settings: Settings) -> None:
    few = Settings(data=settings.data, backups_kept=2)

    for minutes in range(4):
        keep_copy(few, NOW + timedelta(minutes=minutes), "test", None)

    assert copies(settings) == ["20270104T120200-test.zip", "20270104T120300-test.zip"]


def test_backup_before_the_first_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUp):
        run_backup(Settings(data=tmp_path), tmp_path / "b.zip", NOW)

    assert list(tmp_path.iterdir()) == []


def test_restore_on_a_new_machine_brings_rows_and_key(settings: Settings, tmp_path: Path) -> None:
    new = Settings(data=tmp_path / "new")
    run_backup(settings, tmp_path / "b.zip", NOW)

    run_restore(new, tmp_path / "b.zip", NOW, replace=False)

    assert rows_of(new) == rows_of(settings)
    assert (new.data / SECRET_FILE).read_text() == (settings.data / SECRET_FILE).read_text()
    assert sorted(path.name for path in new.data.iterdir()) == ["blobs", "chorus.db", "chorus.lock", SECRET_FILE]
    assert bytes_of(new) == STORED


def test_restore_over_a_network_needs_to_be_asked_for_and_keeps_a_copy(settings: Settings, tmp_path: Path) -> None:
    run_backup(settings, tmp_path / "b.zip", NOW)
    kept = rows_of(settings)
    rename_network(settings, "renamed")

    with pytest.raises(DatabaseInUse):
        run_restore(settings, tmp_path / "b.zip", NOW, replace=False)
    assert rows_of(settings) != kept

    run_restore(settings, tmp_path / "b.zip", NOW, replace=True)
    assert (rows_of(settings), bytes_of(settings)) == (kept, STORED)
    assert copies(settings) == ["20270104T120000-before-restore.zip"]
    assert read_manifest(settings.data / upkeep.BACKUPS / copies(settings)[0]).blobs == 1


def test_restore_while_the_network_runs_is_refused(settings: Settings, tmp_path: Path) -> None:
    run_backup(settings, tmp_path / "b.zip", NOW)
    running = DataLock(settings.data)
    running.acquire()

    with pytest.raises(CannotServe, match="Another `chorus serve`"):
        run_restore(settings, tmp_path / "b.zip", NOW, replace=True)

    running.release()
    assert copies(settings) == []


def test_restore_moves_a_network_to_postgresql_over_it_and_back(settings: Settings, postgres_url: str, tmp_path: Path) -> None:
    target = Settings(data=tmp_path / "new", database_url=postgres_url)
    run_backup(settings, tmp_path / "b.zip", NOW)

    run_restore(target, tmp_path / "b.zip", NOW, replace=False)
    rename_network(target, "renamed")
    run_restore(target, tmp_path / "b.zip", NOW, replace=True)

    assert (rows_of(target), bytes_of(target)) == (rows_of(settings), STORED)

    run_backup(target, tmp_path / "c.zip", NOW)
    back = Settings(data=tmp_path / "back")
    run_restore(back, tmp_path / "c.zip", NOW, replace=False)
    assert (rows_of(back), bytes_of(back)) == (rows_of(settings), STORED)
