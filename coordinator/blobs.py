"""Where do stored bytes lie? In files of the data directory when everything runs on one machine, in rows of the database otherwise.

Both keep the promises of the port `BlobStore`: whole or not at all, durable before it is said, named by nobody's guess.

A file is written under a name that no reader looks for, flushed to the disk, and only then given its own. It begins with a line about
itself, so that a file and what is known of it cannot part.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from coordinator.errors import NotFound, Unavailable
from coordinator.ports import Blob, BlobStore
from coordinator.settings import Settings
from coordinator.store.database import Database
from coordinator.store.ids import new_blob_id
from coordinator.store.tables import EPOCH, blob, blob_part

DIRECTORY = "blobs"
HEADER_BYTES = 256
PIECE_BYTES = 64 * 1_024  # of reading, and of a row
DRAFT = ".draft"
ID = re.compile(r"[0-9a-f]{32}")
MODE = 0o600
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
LISTED_AT_ONCE = 500  # SQLite takes only so many values in one statement

Write = Callable[[int, bytes], int]


def open_blobs(settings: Settings, database: Database) -> BlobStore:
    """The store that goes with these settings: whoever has a database elsewhere may have several machines, which share no files."""
    return FileBlobs(settings.data / DIRECTORY) if settings.embedded_database else RowBlobs(database)


class FileBlobs:
    """Bytes in files of one directory, which is made when it is first needed. `write` is the system's, unless a test has a full disk."""

    def __init__(self, directory: Path, *, write: Write = os.write) -> None:
        self._directory = directory
        self._write = write

    async def put(self, data: bytes, content_type: str, now: datetime) -> Blob:
        """See the port. `now` becomes the file's own time, by which it is swept."""
        return await asyncio.to_thread(self._put, data, content_type, now)

    async def find(self, blob_id: str) -> Blob | None:
        """See the port."""
        return await asyncio.to_thread(self._find, blob_id)

    async def read(self, blob_id: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """See the port. A file that is deleted meanwhile is read to its end all the same."""
        found = await self.find(blob_id)
        if found is None:
            raise NotFound("blob")
        with _opened(self._path(blob_id)) as file:
            for place, size in _pieces(start, found.size_bytes if stop is None else min(stop, found.size_bytes), PIECE_BYTES):
                piece = await asyncio.to_thread(os.pread, file, size, HEADER_BYTES + place)
                if len(piece) != size:
                    raise NotFound("blob")
                yield piece

    async def delete(self, blob_id: str) -> None:
        """See the port."""
        if ID.fullmatch(blob_id):
            await asyncio.to_thread(self._path(blob_id).unlink, missing_ok=True)

    async def sweep(self, kept: Collection[str], before: datetime) -> int:
        """See the port."""
        return await asyncio.to_thread(self._sweep, frozenset(kept), before.timestamp())

    def load(self, blob_id: str) -> tuple[Blob, bytes, datetime] | None:
        """What is known of a blob, its bytes and when they were stored; None when it is not there or not what it was. Blocking."""
        stored = self._find(blob_id)
        if stored is None:
            return None
        with contextlib.suppress(FileNotFoundError):  # deleted just now
            data = self._path(blob_id).read_bytes()[HEADER_BYTES:]
            at = datetime.fromtimestamp(self._path(blob_id).stat().st_mtime, UTC)
            return (stored, data, at) if hashlib.sha256(data).hexdigest() == stored.sha256 else None
        return None

    def _put(self, data: bytes, content_type: str, now: datetime) -> Blob:
        stored = Blob(new_blob_id(), hashlib.sha256(data).hexdigest(), len(data), content_type)
        self.keep(stored, data, now)
        return stored

    def keep(self, stored: Blob, data: bytes, now: datetime) -> None:
        """Stores bytes under the id that they have. Blocking; raises Unavailable."""
        path = self._path(stored.id)
        draft = path.with_suffix(DRAFT)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write_draft(draft, _header(stored) + data, now.timestamp())
            draft.rename(path)
            _flush_directory(path.parent)
        except OSError as fault:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
                path.unlink(missing_ok=True)
            raise Unavailable("disk space" if fault.errno in DISK_FULL else "stored bytes") from fault

    def _write_draft(self, draft: Path, whole: bytes, at: float) -> None:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            rest = memoryview(whole)
            while rest:
                rest = rest[self._write(file, bytes(rest[:PIECE_BYTES])) :]
            os.utime(file, (at, at))
            os.fsync(file)
        finally:
            os.close(file)

    def _find(self, blob_id: str) -> Blob | None:
        """None too for a file that is not as long as it says: a disk that lost its end."""
        if not ID.fullmatch(blob_id):
            return None
        try:
            with _opened(self._path(blob_id)) as file:
                said = json.loads(os.pread(file, HEADER_BYTES, 0))
                found = Blob(blob_id, said["sha256"], said["size"], said["type"])
                return found if os.fstat(file).st_size == HEADER_BYTES + found.size_bytes else None
        except (NotFound, ValueError, KeyError):
            return None

    def _sweep(self, kept: frozenset[str], before: float) -> int:
        if not self._directory.exists():
            return 0
        swept = 0
        for path in list(self._directory.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                if path.name not in kept and path.stat().st_mtime < before:
                    path.unlink()
                    swept += 1
        return swept

    def _path(self, blob_id: str) -> Path:
        return self._directory / blob_id


def _header(stored: Blob) -> bytes:
    said = json.dumps({"sha256": stored.sha256, "size": stored.size_bytes, "type": stored.content_type}).encode()
    return said.ljust(HEADER_BYTES - 1) + b"\n"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise NotFound("blob") from None
    try:
        yield file
    finally:
        os.close(file)


def _flush_directory(directory: Path) -> None:
    """A name is durable when its directory is."""
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _pieces(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """(place, length) from `start` up to `stop`, each within one part of `size`."""
    place = max(start, 0)
    while place < stop:
        length = min(size - place % size, stop - place)
        yield place, length
        place += length


def part_rows(blob_id: str, data: bytes) -> list[dict[str, Any]]:
    """The rows of `blob_part` that hold these bytes."""
    return [
        {"blob_id": blob_id, "part": number, "data": data[place : place + PIECE_BYTES]}
        for number, place in enumerate(range(0, len(data), PIECE_BYTES))
    ]


@dataclass(frozen=True, slots=True)
class RowBlobs:
    """Bytes in rows of PIECE_BYTES, so that a range is read without the rest."""

    database: Database

    async def put(self, data: bytes, content_type: str, now: datetime) -> Blob:
        """See the port: one transaction."""
        stored = Blob(new_blob_id(), hashlib.sha256(data).hexdigest(), len(data), content_type)
        parts = part_rows(stored.id, data)
        try:
            async with self.database.write(now) as work:
                row = {"sha256": stored.sha256, "size_bytes": stored.size_bytes, "content_type": content_type, "created_at": now}
                await work.conn.execute(sa.insert(blob).values(id=stored.id, **row))
                if parts:
                    await work.conn.execute(sa.insert(blob_part), parts)
        except sa.exc.OperationalError as fault:  # the database's disk is full: it took all of it back
            raise Unavailable("disk space") from fault
        return stored

    async def find(self, blob_id: str) -> Blob | None:
        """See the port."""
        async with self.database.read() as conn:
            row = (await conn.execute(sa.select(blob).where(blob.c.id == blob_id))).first()
        return None if row is None else Blob(row.id, row.sha256, row.size_bytes, row.content_type)

    async def read(self, blob_id: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """See the port: a short transaction for each piece, since whoever listens may be slow."""
        found = await self.find(blob_id)
        if found is None:
            raise NotFound("blob")
        for place, size in _pieces(start, found.size_bytes if stop is None else min(stop, found.size_bytes), PIECE_BYTES):
            part, offset = divmod(place, PIECE_BYTES)
            async with self.database.read() as conn:
                query = sa.select(blob_part.c.data).where(blob_part.c.blob_id == blob_id, blob_part.c.part == part)
                data = (await conn.execute(query)).scalar_one_or_none()
            if data is None:
                raise NotFound("blob")
            yield bytes(data[offset : offset + size])

    async def delete(self, blob_id: str) -> None:
        """See the port."""
        await self._delete([blob_id])

    async def sweep(self, kept: Collection[str], before: datetime) -> int:
        """See the port."""
        async with self.database.read() as conn:
            old = (await conn.execute(sa.select(blob.c.id).where(blob.c.created_at < before))).scalars().all()
        orphans = sorted(set(old) - set(kept))
        await self._delete(orphans)
        return len(orphans)

    async def _delete(self, ids: list[str]) -> None:
        for start in range(0, len(ids), LISTED_AT_ONCE):
            async with self.database.write(EPOCH) as work:  # nothing is told of it, so no instant matters
                await work.conn.execute(sa.delete(blob).where(blob.c.id.in_(ids[start : start + LISTED_AT_ONCE])))
