"""Where do renewed zone rules lie, and how does a process take them up?

With everything in the data directory: in `zones/<release>-<digest>/`, and `zones/current` names the one to use. Scaled out: in a row of
the database, which each process unpacks for itself. Whether a table can be used was asked before it is kept (`formats/zone_wheels.py`).
Rules that came with Chorus itself are used where they are newer, and where the kept ones cannot be reached.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import zoneinfo
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
import structlog

from coordinator.domain import zones
from coordinator.formats.zone_wheels import PYTZ, TABLE_NAME, TZDATA, ZoneTable, pack_table, unpack_table
from coordinator.settings import Settings
from coordinator.store.backup import snapshot
from coordinator.store.tables import zone_rules

DIRECTORY, CURRENT = "zones", "current"
INDEX = "index"  # the release, then every zone, a line each
KEPT = 2  # the one in use, and the one before it: a process that has not started anew may still open a zone of it
CONNECT_TIMEOUT_S = "5"

log = structlog.get_logger(__name__)


def keep_rules(settings: Settings, table: ZoneTable, now: datetime) -> None:
    """Keeps a table as the one to use from the next start of a process on; whole, or not at all."""
    if settings.embedded_database:
        _keep_directory(settings.data / DIRECTORY, table)
    else:
        _keep_row(sa.make_url(settings.database_url), table, now)


def take_up_rules(settings: Settings) -> None:
    """Has this process compute with the kept rules, if there are any and none newer came with Chorus. Before it does anything else."""
    directory = _find_directory(settings.data / DIRECTORY) if settings.embedded_database else _unpack_row(settings)
    if directory is None:
        return
    version, *zone_ids = (directory / INDEX).read_text().split()
    if zones.release_order(version) >= zones.release_order(zones.rules_version()):
        zones.use_rules(version, zone_ids, partial(_open_table, directory / PYTZ), tzdata=version)
        zoneinfo.reset_tzpath(to=[directory / TZDATA])
        zoneinfo.ZoneInfo.clear_cache()


def _open_table(directory: Path, name: str) -> BinaryIO:
    return (directory / name).open("rb")


# --- in the data directory ------------------------------------------------------------------------------------------------


def _find_directory(root: Path) -> Path | None:
    """Where the rules to use lie, as an absolute path, which zoneinfo wants; None where there are none that could be."""
    try:
        name = (root / CURRENT).read_text()
    except OSError:
        return None
    directory = (root / name).resolve() if TABLE_NAME.fullmatch(name) else None
    return directory if directory is not None and (directory / INDEX).exists() else None


def _keep_directory(root: Path, table: ZoneTable) -> None:
    """A directory that bears its name is whole; only then is it named as the one to use."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    before, target = _find_directory(root), root / table.name
    if before == target.resolve():
        return
    if not target.exists():
        draft = root / f".{table.name}.{os.getpid()}"
        _write_table(draft, table)
        os.sync()  # a thousand small files: one by one would take long on a slow disk
        draft.rename(target)
    _write_whole(root / CURRENT, table.name)
    _remove_older(root, keep={target.name, *([before.name] if before else [])})


def _write_table(directory: Path, table: ZoneTable) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    for path, data in table.members():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (directory / INDEX).write_text("\n".join([table.version, *table.zone_ids]))


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _remove_older(root: Path, keep: set[str]) -> None:
    for old in root.iterdir():
        if old.is_dir() and old.name not in keep:
            shutil.rmtree(old, ignore_errors=True)


# --- in the database --------------------------------------------------------------------------------------------------------


def _unpack_row(settings: Settings) -> Path | None:
    """The rules of the database in a directory of this process's own, gone with it."""
    archive = _find_row(sa.make_url(settings.database_url))
    if archive is None:
        return None
    directory = Path(tempfile.mkdtemp(prefix="chorus-zones-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    _write_table(directory, unpack_table(archive))
    return directory


def _find_row(url: sa.URL) -> bytes | None:
    """The newest archive; None where there is none, and no table for it yet. A database that is away must not keep rooms from counting."""
    if url.get_backend_name() == "sqlite":
        if not Path(url.database or "").exists():
            return None  # connecting would make the file
    else:
        url = url.update_query_dict({"connect_timeout": CONNECT_TIMEOUT_S})
    try:
        with snapshot(url) as connection:
            if not sa.inspect(connection).has_table(zone_rules.name):
                return None
            newest = sa.select(zone_rules.c.archive).order_by(zone_rules.c.stored_at.desc(), zone_rules.c.name).limit(1)
            found = connection.execute(newest).scalar_one_or_none()
            return None if found is None else bytes(found)
    except sa.exc.SQLAlchemyError as fault:
        log.error("zones.database_away", error=type(fault).__name__)
        return None


def _keep_row(url: sa.URL, table: ZoneTable, now: datetime) -> None:
    with snapshot(url) as connection:
        connection.execute(sa.delete(zone_rules).where(zone_rules.c.name == table.name))
        row = {"name": table.name, "version": table.version, "archive": pack_table(table), "stored_at": now}
        connection.execute(sa.insert(zone_rules).values(row))
        kept = connection.execute(sa.select(zone_rules.c.name).order_by(zone_rules.c.stored_at.desc())).scalars().all()[:KEPT]
        connection.execute(sa.delete(zone_rules).where(zone_rules.c.name.not_in(kept)))
