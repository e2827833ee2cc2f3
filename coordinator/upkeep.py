"""What happens to a network's data before and beside its running: migration, backup, restore.

Each public function is one `chorus` command, run to its end in a process of its own. First start and demo are `beginnings.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import structlog

from coordinator.embedded import SECRET_FILE, DataLock, prepare_data_directory
from coordinator.settings import Settings
from coordinator.shelves import open_shelf
from coordinator.store import backup
from coordinator.store.backup import DatabaseInUse, Manifest, Shelf
from coordinator.store.migrate import HEAD, VERSION, migrate_url

BACKUPS = "backups"

log = structlog.get_logger(__name__)


def run_migrate(settings: Settings, now: datetime) -> list[str]:
    """Brings the database to HEAD and returns the revisions applied; a database with tables is backed up first.

    Without the files beside it: no migration touches them, and ten copies of all that was ever said would fill a small disk.
    Raises SchemaUnknown when a newer Chorus has used it.
    """
    url = database_url(settings)
    revision = find_revision(url)
    if revision == HEAD:
        return []
    if revision is not None:
        keep_copy(settings, now, f"before-{HEAD}", shelf=None if settings.embedded_database else open_shelf(settings))
    return migrate_url(url)


def database_url(settings: Settings) -> sa.URL:
    """The database's URL, taken apart."""
    return sa.make_url(settings.effective_database_url)


def find_revision(url: sa.URL) -> str | None:
    """The revision that the database stands at, found without loading Alembic; None when it has no tables of ours."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None  # connecting would make the file
    with backup.snapshot(url) as connection:
        if not sa.inspect(connection).has_table(VERSION.name):
            return None
        return connection.execute(sa.select(VERSION.c.version_num)).scalar_one_or_none()


def run_backup(settings: Settings, path: Path, now: datetime) -> Manifest:
    """Writes the network to one file while it runs; an existing file is replaced once the new one is whole. Raises NothingToBackUp."""
    url = database_url(settings)
    if find_revision(url) is None:
        raise backup.NothingToBackUp
    return backup.write_backup(url, path, now, open_shelf(settings), settings.data / SECRET_FILE)


def keep_copy(settings: Settings, now: datetime, why: str, shelf: Shelf | None) -> Path:
    """A backup in the data directory, before something that cannot be taken back; only the newest few are kept."""
    folder = settings.data / BACKUPS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%S}-{why}.zip"
    backup.write_backup(database_url(settings), path, now, shelf, settings.data / SECRET_FILE)
    log.info("backup.kept", file=path.name)
    for old in sorted(folder.glob("*.zip"))[: -settings.backups_kept]:
        old.unlink()
    return path


def run_restore(settings: Settings, path: Path, now: datetime, *, replace: bool) -> Manifest:
    """Puts the network in the backup at `path` into the database of `settings`, and its secret key into the data directory.

    What is there is replaced only if asked for, and copied first. Raises NotABackup, DatabaseInUse, and CannotServe while
    `chorus serve` runs on the data directory; processes elsewhere must have been stopped by whoever asks.
    """
    backup.read_manifest(path)
    prepare_data_directory(settings.data)
    with _locked(settings.data):
        url = database_url(settings)
        if find_revision(url) is not None:
            if not replace:
                raise DatabaseInUse
            keep_copy(settings, now, "before-restore", open_shelf(settings))
        put_back = _restore_file if url.get_backend_name() == "sqlite" else _restore_tables
        manifest = put_back(path, url, open_shelf(settings))
        _restore_key(settings.data, path)
    return manifest


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    lock = DataLock(data)
    try:
        lock.acquire()
        yield
    finally:
        lock.release()


def _restore_file(path: Path, url: sa.URL, shelf: Shelf) -> Manifest:
    """SQLite: a new file is filled beside the old one and takes its name in one step."""
    old = Path(url.database or "")
    new = old.with_name(f".{old.name}.restoring")
    _remove_database(new)
    manifest = backup.restore_backup(path, url.set(database=str(new)), shelf)
    # Merge the write-ahead log, so that the file alone is the database; then the old one's must go before its name is taken.
    with sa.create_engine(f"sqlite:///{new}", poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    _remove_database(old)
    new.replace(old)
    _remove_database(new)
    return manifest


def _remove_database(file: Path) -> None:
    for suffix in ("-wal", "-shm", ""):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _restore_tables(path: Path, url: sa.URL, shelf: Shelf) -> Manifest:
    backup.remove_tables(url)
    return backup.restore_backup(path, url, shelf)


def _restore_key(data: Path, path: Path) -> None:
    """The network's own key belongs to its data; one that is set from outside (CHORUS_SECRET_KEY) stays with whoever set it."""
    key = backup.read_secret_key(path)
    if key is None:
        return
    draft = data / f".{SECRET_FILE}.restoring"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    draft.replace(data / SECRET_FILE)
