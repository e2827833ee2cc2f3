"""How is a network kept in one file, and brought back from it?

A backup is a zip of `manifest.json`, `tables/<name>.jsonl` (one row a line), `blobs/<id>` (stored bytes that a row names), `blobs.jsonl`
(what is known of each) and, when the network keeps its own, `secret.key`. It is the same wherever rows and bytes lie, so restoring is also
how a network moves from SQLite and files to PostgreSQL, or back. It is read from one snapshot while the network runs, and read back before
it gets its name: a file that bears the name is whole.

Files are in no snapshot: bytes that are gone by the time they are read were taken back meanwhile, if no row names them any more; else they
are missing, and the manifest says so. Format 1 held those bytes alone that lay in the database, as tables like any other.

Positions of clients need no care: a restored log has other events at its next positions, which the tags of cursors tell.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from coordinator.errors import ChorusError
from coordinator.ports import Blob
from coordinator.store.migrate import SCRIPTS, VERSION, migrate_url
from coordinator.store.tables import BLOB_COLUMNS, blob, blob_part

FORMAT = 2
FORMAT_WITHOUT_BLOBS = 1
MANIFEST = "manifest.json"
BLOBS, BLOB_LIST = "blobs/", "blobs.jsonl"
BLOB_TABLES = frozenset({blob.name, blob_part.name})
SECRET_MEMBER = "secret.key"  # noqa: S105 - the member's name, not the secret
BATCH_ROWS = 500


class NotABackup(ChorusError):
    """The file is no backup of Chorus, is damaged, or was made by a newer Chorus; `why` says which."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path} cannot be restored: {why}")


class DatabaseInUse(ChorusError):
    """The database to restore into holds rows already."""

    def __init__(self) -> None:
        super().__init__("the database holds a network already; --replace puts the backup in its place, after a copy of what is there")


class NothingToBackUp(ChorusError):
    """The database has no tables of ours."""

    def __init__(self) -> None:
        super().__init__("there is no network in this database yet")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself. `rows` counts the rows of each table, `blobs` the stored bytes; `missing` names those not found."""

    format: int
    revision: str
    made_at: str
    database: str
    rows: Mapping[str, int]
    blobs: int = 0
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """One blob on its way: what is known of it, and its bytes."""

    id: str
    sha256: str
    content_type: str
    created_at_us: int
    data: bytes

    @property
    def blob(self) -> Blob:
        """As a store of bytes knows it."""
        return Blob(self.id, self.sha256, len(self.data), self.content_type)

    @property
    def said(self) -> dict[str, Any]:
        """Its line in the list."""
        return {"id": self.id, "sha256": self.sha256, "content_type": self.content_type, "created_at_us": self.created_at_us}


class Shelf(Protocol):
    """Where stored bytes lie. `connection` sees the database that is read or filled, for a shelf that is part of it."""

    def read(self, connection: sa.Connection, blob_id: str) -> Stored | None:
        """A blob; None when it is not there, or is not what was stored."""
        ...

    def put(self, connection: sa.Connection, stored: Stored) -> None:
        """Keeps a blob under the id that it has; durable when `connection` commits."""
        ...


def write_backup(url: sa.URL, path: Path, now: datetime, shelf: Shelf | None, secret_key_file: Path | None = None) -> Manifest:
    """Writes the database at `url` and the bytes on `shelf` to `path` (0600), which is replaced only once the new file was read back whole.

    Blocking. `url` may name an async driver. Without a shelf, bytes stay where they lie. Raises NothingToBackUp.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(draft, "xb", opener=_private) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = _write_members(url, archive, now, shelf, secret_key_file)
            file.flush()
            os.fsync(file.fileno())
        read_manifest(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _write_members(url: sa.URL, archive: zipfile.ZipFile, now: datetime, shelf: Shelf | None, secret_key_file: Path | None) -> Manifest:
    rows: dict[str, int] = {}
    with snapshot(url) as connection:
        if not sa.inspect(connection).has_table(VERSION.name):
            raise NothingToBackUp
        revision = str(connection.execute(sa.select(VERSION.c.version_num)).scalar_one())
        tables = [table for table in _tables(connection) if table.name not in BLOB_TABLES]
        for table in tables:
            with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
                rows[table.name] = _write_lines(member.write, connection.execute(sa.select(table)).mappings())
        blobs, absent = _write_blobs(connection, tables, archive, shelf) if shelf else (0, set())
    if secret_key_file is not None and secret_key_file.exists():
        archive.writestr(SECRET_MEMBER, secret_key_file.read_bytes())
    missing = sorted(absent & _still_named(url)) if absent else []
    manifest = Manifest(FORMAT, revision, now.isoformat(), url.get_backend_name(), rows, blobs, missing)
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def _write_blobs(connection: sa.Connection, tables: Sequence[sa.Table], archive: zipfile.ZipFile, shelf: Shelf) -> tuple[int, set[str]]:
    """Writes what rows name, one blob in memory at a time; returns how many, and the ids of those not found."""
    lines, absent = [], set()
    for blob_id in sorted(_named(connection, tables)):
        stored = shelf.read(connection, blob_id)
        if stored is None:
            absent.add(blob_id)
            continue
        archive.writestr(BLOBS + blob_id, stored.data, zipfile.ZIP_STORED)  # sound is as small as it gets
        lines.append(stored.said)
    with archive.open(BLOB_LIST, "w") as member:
        return _write_lines(member.write, lines), absent


def _named(connection: sa.Connection, tables: Sequence[sa.Table]) -> set[str]:
    """The ids of all stored bytes that a row names; an older database may lack some of the columns."""
    columns = {(column.table.name, column.name) for column in BLOB_COLUMNS}
    naming = [column for table in tables for column in table.columns if (table.name, column.name) in columns]
    return {found for column in naming for found in connection.execute(sa.select(column).where(column.is_not(None))).scalars()}


def _still_named(url: sa.URL) -> set[str]:
    with snapshot(url) as connection:
        return _named(connection, _tables(connection))


@contextmanager
def snapshot(url: sa.URL) -> Iterator[sa.Connection]:
    """A connection that sees one state of the database for as long as it lasts."""
    engine = _make_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _make_engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url.set(drivername="sqlite"), poolclass=sa.NullPool)
        sa.event.listen(engine, "connect", _leave_begin_to_us)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    return sa.create_engine(url, poolclass=sa.NullPool, isolation_level="REPEATABLE READ")


def _leave_begin_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")  # tables are filled one after the other, and checked at the end


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """The tables as they are in this database, parents before children, without Alembic's own."""
    found = sa.MetaData()
    found.reflect(connection)
    tables = [table for table in found.sorted_tables if table.name != VERSION.name]
    for column in (column for table in tables for column in table.columns if isinstance(column.type, sa.JSON)):
        column.type = sa.JSON(none_as_null=bool(column.nullable))
    return tables


def _write_lines(write: Callable[[bytes], object], rows: Iterable[Mapping[Any, Any]]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the answer
        write(json.dumps(dict(row), ensure_ascii=False, separators=(",", ":"), default=_as_json).encode() + b"\n")
    return count


def _as_json(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"no backup knows how to write {type(value).__name__}")


def read_manifest(path: Path) -> Manifest:
    """What a backup says about itself, after every member was read and its checksum compared. Raises NotABackup."""
    try:
        with zipfile.ZipFile(path) as archive:
            if (broken := archive.testzip()) is not None:
                raise NotABackup(path, f"{broken} is damaged")
            manifest = Manifest(**json.loads(archive.read(MANIFEST)))
            _check_blobs(archive, manifest, path)
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError) as fault:
        raise NotABackup(path, f"it is no backup of Chorus ({type(fault).__name__})") from fault
    if manifest.format not in (FORMAT_WITHOUT_BLOBS, FORMAT) or not _is_known(manifest.revision):
        raise NotABackup(path, "it was made by a newer Chorus")
    return manifest


def _check_blobs(archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
    """Every blob has the digest that its line names, and there is a line for each."""
    for stored in (found := _list_blobs(archive)):
        if hashlib.sha256(archive.read(BLOBS + stored["id"])).hexdigest() != stored["sha256"]:
            raise NotABackup(path, f"{BLOBS}{stored['id']} is damaged")
    if len(found) != manifest.blobs:
        raise NotABackup(path, f"it has {len(found)} blobs instead of {manifest.blobs}")


def _list_blobs(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    """What is known of each blob; nothing where none were asked for."""
    return [json.loads(line) for line in archive.read(BLOB_LIST).splitlines()] if BLOB_LIST in archive.namelist() else []


def _is_known(revision: str) -> bool:
    return revision.isalnum() and any((SCRIPTS / "versions").glob(f"{revision}_*.py"))


def restore_backup(path: Path, url: sa.URL, shelf: Shelf) -> Manifest:
    """Fills the empty database at `url` and the shelf from a backup and migrates it to HEAD; all or nothing, but for bytes that no row names.

    Blocking. Nobody else may use the database meanwhile. Raises NotABackup, DatabaseInUse, Unavailable where the bytes find no room.
    """
    manifest = read_manifest(path)
    migrate_url(url, target=manifest.revision)
    with zipfile.ZipFile(path) as archive, snapshot(url) as connection:
        tables = _tables(connection)
        if any(connection.execute(sa.select(sa.exists().select_from(table))).scalar() for table in tables):
            raise DatabaseInUse
        for table in tables:
            if manifest.format == FORMAT_WITHOUT_BLOBS or table.name not in BLOB_TABLES:
                _fill(connection, table, archive, manifest.rows.get(table.name, 0), path)
        for said in _list_blobs(archive):
            shelf.put(connection, Stored(**said, data=archive.read(BLOBS + said["id"])))
        _check_references(connection, path)
    migrate_url(url)
    return manifest


def _fill(connection: sa.Connection, table: sa.Table, archive: zipfile.ZipFile, wanted: int, path: Path) -> None:
    of_bytes = [column.name for column in table.columns if isinstance(column.type, sa.LargeBinary)]
    filled = 0
    with archive.open(f"tables/{table.name}.jsonl") as member:
        rows = (_read_row(line, of_bytes) for line in member)
        for batch in iter(lambda: list(islice(rows, BATCH_ROWS)), []):
            connection.execute(sa.insert(table), batch)
            filled += len(batch)
    if filled != wanted:
        raise NotABackup(path, f"it has {filled} rows of {table.name} instead of {wanted}")


def _read_row(line: bytes, of_bytes: Iterable[str]) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(line)
    return row | {name: base64.b64decode(row[name]) for name in of_bytes if row[name] is not None}


def _check_references(connection: sa.Connection, path: Path) -> None:
    """SQLite only: PostgreSQL never stopped watching."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
        raise NotABackup(path, "rows in it point nowhere")


def remove_tables(url: sa.URL) -> None:
    """Removes every table with all it holds; a backup was made before."""
    with snapshot(url) as connection:
        found = sa.MetaData()
        found.reflect(connection)
        found.drop_all(connection)


def read_secret_key(path: Path) -> bytes | None:
    """The secret key in a backup, if its network kept one of its own."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(SECRET_MEMBER) if SECRET_MEMBER in archive.namelist() else None
