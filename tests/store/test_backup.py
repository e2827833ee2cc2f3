"""A backup holds every row of every table, says when it is damaged, and restores into either kind of database."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.blobs import DIRECTORY, FileBlobs
from coordinator.ports import Blob
from coordinator.shelves import FileShelf, RowShelf
from coordinator.store import backup
from coordinator.store.backup import (
    DatabaseInUse,
    NotABackup,
    NothingToBackUp,
    Shelf,
    Stored,
    read_manifest,
    restore_backup,
    snapshot,
    write_backup,
)
from coordinator.store.migrate import HEAD, migrate_url
from coordinator.store.tables import BLOB_COLUMNS, blob, blob_part, metadata, upload_chunk, voice_note
from tests.store.rows import BLOB_ID, fill_every_table, load_rows

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
    write_backup(filled, path, NOW, RowShelf())
    backup.remove_tables(filled)

    restore_backup(path, filled, RowShelf())

    assert rows_in(filled) == before
    assert all(len(rows) == 1 for rows in before.values())


def test_backup_moves_a_network_to_the_other_kind_of_database(filled: sa.URL, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path, target = tmp_path / "b.zip", other_kind(filled, request, tmp_path)

    write_backup(filled, path, NOW, RowShelf())
    restore_backup(path, target, RowShelf())

    assert rows_in(target) == rows_in(filled)


def test_backup_says_what_it_holds_and_is_its_owners_alone(filled: sa.URL, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"

    manifest = write_backup(filled, path, NOW, RowShelf())

    assert read_manifest(path) == manifest
    assert (manifest.revision, manifest.made_at, manifest.database) == (HEAD, NOW.isoformat(), filled.get_backend_name())
    assert (set(manifest.rows.values()), manifest.blobs, manifest.missing) == ({1}, 1, [])
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

    manifest = write_backup(filled, tmp_path / "b.zip", NOW, RowShelf())

    assert len(rows_in(filled)["stream"]) == 2
    assert manifest.rows["stream"] == 1


def test_backup_carries_the_networks_own_key(filled: sa.URL, tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("k" * 43)

    write_backup(filled, tmp_path / "with.zip", NOW, RowShelf(), key)
    write_backup(filled, tmp_path / "without.zip", NOW, RowShelf(), tmp_path / "missing.key")

    assert backup.read_secret_key(tmp_path / "with.zip") == b"k" * 43
    assert backup.read_secret_key(tmp_path / "without.zip") is None


def test_backup_of_a_database_without_tables_is_refused_and_leaves_no_file(bare_database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_text("an older backup")

    with pytest.raises(NothingToBackUp):
        write_backup(sa.make_url(bare_database_url), path, NOW, RowShelf())

    assert path.read_text() == "an older backup"


def test_restore_into_a_database_with_rows_is_refused_and_changes_nothing(filled: sa.URL, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    write_backup(filled, path, NOW, RowShelf())
    before = rows_in(filled)

    with pytest.raises(DatabaseInUse):
        restore_backup(path, filled, RowShelf())

    assert rows_in(filled) == before


@pytest.mark.parametrize("harm", ["truncate", "flip", "text", "missing", "newer", "no_manifest"])
def test_restore_of_a_damaged_file_is_refused_before_anything_is_touched(sqlite_url: str, tmp_path: Path, harm: str) -> None:
    url, path, target = sa.make_url(sqlite_url), tmp_path / "b.zip", tmp_path / "target.db"
    migrate_url(url)
    with snapshot(url) as connection:
        fill_every_table(connection)
    write_backup(url, path, NOW, RowShelf())
    spoil(path, harm)

    with pytest.raises(NotABackup):
        restore_backup(path, url.set(database=str(target)), RowShelf())

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
    write_backup(url, path, NOW, RowShelf())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["tables/rota.jsonl"] = b""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)

    with pytest.raises(NotABackup, match="0 rows of rota instead of 1"):
        restore_backup(path, target, RowShelf())

    assert all(rows == [] for rows in rows_in(target).values())


# --- stored bytes -------------------------------------------------------------------------------------------------------


def shelves(tmp_path: Path) -> dict[str, Shelf]:
    return {"rows": RowShelf(), "files": FileShelf(tmp_path / "from" / DIRECTORY)}


def lay(url: sa.URL, shelf: Shelf) -> Stored:
    """Puts the bytes that the rows name on this shelf alone; returns them."""
    with snapshot(url) as connection:
        stored = RowShelf().read(connection, BLOB_ID)
        assert stored is not None
        for table in (blob_part, blob):
            connection.execute(sa.delete(table))
        shelf.put(connection, stored)
    return stored


def take(url: sa.URL, shelf: Shelf) -> Stored | None:
    with snapshot(url) as connection:
        return shelf.read(connection, BLOB_ID)


@pytest.mark.parametrize("source", ["files", "rows"])
@pytest.mark.parametrize("target", ["files", "rows"])
def test_backup_brings_stored_bytes_wherever_they_lay_to_wherever_they_are_to_lie(
    filled: sa.URL, request: pytest.FixtureRequest, tmp_path: Path, source: str, target: str
) -> None:
    path, new = tmp_path / "b.zip", other_kind(filled, request, tmp_path)
    shelf = {"files": FileShelf(tmp_path / "to" / DIRECTORY), "rows": RowShelf()}[target]
    stored = lay(filled, shelves(tmp_path)[source])

    made = write_backup(filled, path, NOW, shelves(tmp_path)[source])
    restore_backup(path, new, shelf)

    assert (made.blobs, take(new, shelf)) == (1, stored)
    with snapshot(new) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(blob)).scalar_one() == (target == "rows")


@pytest.mark.parametrize("shelf", ["files", "rows"])
def test_backup_holds_no_bytes_that_no_row_names(filled: sa.URL, tmp_path: Path, shelf: str) -> None:
    lay(filled, shelves(tmp_path)[shelf])
    with snapshot(filled) as connection:
        shelves(tmp_path)[shelf].put(connection, Stored("f" * 32, hashlib.sha256(b"x").hexdigest(), "audio/webm", 7, b"x"))

    assert write_backup(filled, tmp_path / "b.zip", NOW, shelves(tmp_path)[shelf]).blobs == 1


@pytest.mark.parametrize("harm", ["gone", "cut", "changed"])
def test_backup_of_a_network_whose_bytes_are_amiss_names_them(filled: sa.URL, tmp_path: Path, harm: str) -> None:
    shelf, file = shelves(tmp_path)["files"], tmp_path / "from" / DIRECTORY / BLOB_ID
    lay(filled, shelf)
    whole = file.read_bytes()
    file.unlink()
    if harm != "gone":
        file.write_bytes(whole[:-1] + (b"!" if harm == "changed" else b""))

    made = write_backup(filled, tmp_path / "b.zip", NOW, shelf)

    assert (made.blobs, made.missing) == (0, [BLOB_ID])


def test_backup_of_bytes_that_are_taken_back_meanwhile_misses_nothing(filled: sa.URL, tmp_path: Path) -> None:
    class Withdrawing(FileShelf):
        def read(self, connection: sa.Connection, blob_id: str) -> Stored | None:
            with snapshot(filled) as another:
                another.execute(sa.update(voice_note).values(webm_id=None, mp4_id=None))
                another.execute(sa.delete(upload_chunk))
            (tmp_path / DIRECTORY / blob_id).unlink()
            return super().read(connection, blob_id)

    lay(filled, FileShelf(tmp_path / DIRECTORY))

    made = write_backup(filled, tmp_path / "b.zip", NOW, Withdrawing(tmp_path / DIRECTORY))

    assert (made.blobs, made.missing, made.rows["voice_note"]) == (0, [], 1)


def test_restore_of_other_bytes_than_their_line_says_is_refused(filled: sa.URL, tmp_path: Path) -> None:
    path, target = tmp_path / "b.zip", tmp_path / "to"
    write_backup(filled, path, NOW, RowShelf())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data + b"!" if name.startswith("blobs/") else data)

    with pytest.raises(NotABackup, match=f"blobs/{BLOB_ID} is damaged"):
        restore_backup(path, sa.make_url(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"), FileShelf(target))

    assert not target.exists()


def test_restore_leaves_bytes_that_are_there_already(tmp_path: Path) -> None:
    shelf, file = FileShelf(tmp_path), tmp_path / BLOB_ID
    kept = Blob(BLOB_ID, hashlib.sha256(b"sound").hexdigest(), 5, "audio/webm")
    FileBlobs(tmp_path).keep(kept, b"sound", NOW)
    before = file.stat().st_ino

    with sa.create_engine("sqlite://").connect() as connection:
        shelf.put(connection, Stored(BLOB_ID, kept.sha256, kept.content_type, 0, b"sound"))

    assert file.stat().st_ino == before


def test_restore_of_a_backup_from_before_there_were_blobs_in_it(filled: sa.URL, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Format 1 kept what lay in the database among its tables."""
    path, target = tmp_path / "b.zip", other_kind(filled, request, tmp_path)
    write_backup(filled, path, NOW, None)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with snapshot(filled) as connection:
        for table in (blob, blob_part):
            rows = [
                {c.name: getattr(row, c.name) for c in table.columns}
                for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"'))
            ]
            members[f"tables/{table.name}.jsonl"] = b"".join(json.dumps(row, default=backup._as_json).encode() + b"\n" for row in rows)
    said = json.loads(members["manifest.json"])
    rows = said["rows"] | {"blob": 1, "blob_part": 1}
    older = {name: said[name] for name in ("revision", "made_at", "database")} | {"format": 1, "rows": rows}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | {"manifest.json": json.dumps(older).encode()}).items():
            archive.writestr(name, data)

    restore_backup(path, target, RowShelf())

    assert rows_in(target) == rows_in(filled)


def test_every_column_that_names_stored_bytes_is_known() -> None:
    """A new one has to be found by the backup, and kept from the sweep."""
    columns = [column for table in metadata.sorted_tables for column in table.columns if isinstance(column.type, sa.String)]
    naming = {column for column in columns if column.type.length == 32 and not column.primary_key and not column.unique}

    assert naming == set(BLOB_COLUMNS)
