"""A backup holds every row of every table, says when it is damaged, and restores into either kind of database."""

from __future__ import annotations

import json
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.store import backup
from coordinator.store.backup import DatabaseInUse, NotABackup, NothingToBackUp, read_manifest, restore_backup, snapshot, write_backup
from coordinator.store.migrate import HEAD, migrate_url
from tests.store.rows import fill_every_table, load_rows

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def filled(bare_database_url: str) -> sa.URL:
    """A migrated database with a row in every table."""
    url = sa.make_url(bare_database_url)
    migrate_url(url)
    with snapshot(url) as connection:
        fill_every_table(connection)
    return url


def rows_in(url: sa.URL) -> dict[str, list[tuple[object, ...]]]:
    with snapshot(url) as connection:
        return load_rows(connection)


def other_kind(url: sa.URL, request: pytest.FixtureRequest, tmp_path: Path) -> sa.URL:
    if url.get_backend_name() == "sqlite":
        return sa.make_url(request.getfixturevalue("postgres_url"))
    return sa.make_url(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")


def test_backup_restores_every_row_in_a_new_database_of_its_kind(filled: sa.URL, tmp_path: Path) -> None:
    path, before = tmp_path / "b.zip", rows_in(filled)
    write_backup(filled, path, NOW)
    backup.remove_tables(filled)

    restore_backup(path, filled)

    assert rows_in(filled) == before
    assert all(len(rows) == 1 for rows in before.values())


def test_backup_moves_a_network_to_the_other_kind_of_database(filled: sa.URL, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path, target = tmp_path / "b.zip", other_kind(filled, request, tmp_path)

    write_backup(filled, path, NOW)
    restore_backup(path, target)

    assert rows_in(target) == rows_in(filled)


def test_backup_says_what_it_holds_and_is_its_owners_alone(filled: sa.URL, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"

    manifest = write_backup(filled, path, NOW)

    assert read_manifest(path) == manifest
    assert (manifest.revision, manifest.made_at, manifest.database) == (HEAD, NOW.isoformat(), filled.get_backend_name())
    assert set(manifest.rows.values()) == {1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_backup_sees_one_state_while_others_write(filled: sa.URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows written after the snapshot began are in none of its tables."""
    real, written = backup._tables, []

    def write_in_between(connection: sa.Connection) -> list[sa.Table]:
        tables = real(connection)
        connection.execute(sa.select(sa.text("count(*)")).select_from(tables[0])).all()
        if not written:
            written.append(True)
            with snapshot(filled) as writer:
                writer.execute(sa.text("INSERT INTO stream (stream, head, floor) VALUES ('later', 1, 0)"))
        return tables

    monkeypatch.setattr(backup, "_tables", write_in_between)

    manifest = write_backup(filled, tmp_path / "b.zip", NOW)

    assert len(rows_in(filled)["stream"]) == 2
    assert manifest.rows["stream"] == 1


def test_backup_carries_the_networks_own_key(filled: sa.URL, tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("k" * 43)

    write_backup(filled, tmp_path / "with.zip", NOW, key)
    write_backup(filled, tmp_path / "without.zip", NOW, tmp_path / "missing.key")

    assert backup.read_secret_key(tmp_path / "with.zip") == b"k" * 43
    assert backup.read_secret_key(tmp_path / "without.zip") is None


def test_backup_of_a_database_without_tables_is_refused_and_leaves_no_file(bare_database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_text("an older backup")

    with pytest.raises(NothingToBackUp):
        write_backup(sa.make_url(bare_database_url), path, NOW)

    assert path.read_text() == "an older backup"


def test_restore_into_a_database_with_rows_is_refused_and_changes_nothing(filled: sa.URL, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    write_backup(filled, path, NOW)
    before = rows_in(filled)

    with pytest.raises(DatabaseInUse):
        restore_backup(path, filled)

    assert rows_in(filled) == before


@pytest.mark.parametrize("harm", ["truncate", "flip", "text", "missing", "newer", "no_manifest"])
def test_restore_of_a_damaged_file_is_refused_before_anything_is_touched(sqlite_url: str, tmp_path: Path, harm: str) -> None:
    url, path, target = sa.make_url(sqlite_url), tmp_path / "b.zip", tmp_path / "target.db"
    migrate_url(url)
    with snapshot(url) as connection:
        fill_every_table(connection)
    write_backup(url, path, NOW)
    spoil(path, harm)

    with pytest.raises(NotABackup):
        restore_backup(path, url.set(database=str(target)))

    assert not target.exists()


def spoil(path: Path, harm: str) -> None:
    raw = bytearray(path.read_bytes())
    match harm:
        case "truncate":
            path.write_bytes(raw[: len(raw) // 2])
        case "flip":
            with zipfile.ZipFile(path) as archive:
                offset = archive.getinfo("tables/event.jsonl").header_offset
            raw[offset + 30 + len("tables/event.jsonl") + 40] ^= 0xFF
            path.write_bytes(raw)
        case "text":
            path.write_text("not a zip")
        case "missing":
            path.unlink()
        case "newer" | "no_manifest":
            _rewrite_manifest(path, None if harm == "no_manifest" else "9999")


def _rewrite_manifest(path: Path, revision: str | None) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    if revision is not None:
        members["manifest.json"] = json.dumps(manifest | {"revision": revision}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_restore_with_rows_missing_is_undone(sqlite_url: str, tmp_path: Path) -> None:
    url, path, target = sa.make_url(sqlite_url), tmp_path / "b.zip", sa.make_url(f"sqlite+aiosqlite:///{tmp_path / 'target.db'}")
    migrate_url(url)
    with snapshot(url) as connection:
        fill_every_table(connection)
    write_backup(url, path, NOW)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["tables/rota.jsonl"] = b""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)

    with pytest.raises(NotABackup, match="0 rows of rota instead of 1"):
        restore_backup(path, target)

    assert all(rows == [] for rows in rows_in(target).values())
