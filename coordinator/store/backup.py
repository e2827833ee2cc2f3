"""How is a network kept in one file, and brought back from it?

A backup is a zip of `manifest.json`, `tables/<name>.jsonl` (one row a line) and, when the network keeps its own, `secret.key`. It is the
same for SQLite and PostgreSQL, so restoring is also how a network moves from one to the other. It is read from one snapshot while the
network runs, and read back before it gets its name: a file that bears the name is whole.

Positions of clients need no care: a restored log has other events at its next positions, which the tags of cursors tell.
"""

from __future__ import annotations

import base64
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from coordinator.errors import ChorusError
from coordinator.store.migrate import SCRIPTS, VERSION, migrate_url

FORMAT = 1
MANIFEST = "manifest.json"
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
    """What a backup says about itself. `rows` counts the rows of each table."""

    format: int
    revision: str
    made_at: str
    database: str
    rows: Mapping[str, int]


def write_backup(url: sa.URL, path: Path, now: datetime, secret_key_file: Path | None = None) -> Manifest:
    """Writes the database at `url` to `path` (0600), which is replaced only once the new file was read back whole.

    Blocking. `url` may name an async driver. Raises NothingToBackUp.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(draft, "xb", opener=_private) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = _write_members(url, archive, now, secret_key_file)
            file.flush()
            os.fsync(file.fileno())
        read_manifest(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _write_members(url: sa.URL, archive: zipfile.ZipFile, now: datetime, secret_key_file: Path | None) -> Manifest:
    rows: dict[str, int] = {}
    with snapshot(url) as connection:
        if not sa.inspect(connection).has_table(VERSION.name):
            raise NothingToBackUp
        revision = str(connection.execute(sa.select(VERSION.c.version_num)).scalar_one())
        for table in _tables(connection):
            with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
                rows[table.name] = _write_lines(member.write, connection.execute(sa.select(table)).mappings())
    if secret_key_file is not None and secret_key_file.exists():
        archive.writestr(SECRET_MEMBER, secret_key_file.read_bytes())
    manifest = Manifest(FORMAT, revision, now.isoformat(), url.get_backend_name(), rows)
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


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


def _write_lines(write: Callable[[bytes], object], rows: Iterable[sa.RowMapping]) -> int:
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
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError) as fault:
        raise NotABackup(path, f"it is no backup of Chorus ({type(fault).__name__})") from fault
    if manifest.format != FORMAT or not _is_known(manifest.revision):
        raise NotABackup(path, "it was made by a newer Chorus")
    return manifest


def _is_known(revision: str) -> bool:
    return revision.isalnum() and any((SCRIPTS / "versions").glob(f"{revision}_*.py"))


def restore_backup(path: Path, url: sa.URL) -> Manifest:
    """Fills the empty database at `url` from a backup and migrates it to HEAD; all or nothing.

    Blocking. Nobody else may use the database meanwhile. Raises NotABackup, DatabaseInUse.
    """
    manifest = read_manifest(path)
    migrate_url(url, target=manifest.revision)
    with zipfile.ZipFile(path) as archive, snapshot(url) as connection:
        tables = _tables(connection)
        if any(connection.execute(sa.select(sa.exists().select_from(table))).scalar() for table in tables):
            raise DatabaseInUse
        for table in tables:
            _fill(connection, table, archive, manifest.rows.get(table.name, 0), path)
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
