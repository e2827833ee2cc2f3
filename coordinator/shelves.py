"""How does a backup read stored bytes where they lie, and put them back? One blob at a time, in files or in rows: blocking, unlike a `BlobStore`.

Bytes keep their ids when they come back, since rows name them by these.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import sqlalchemy as sa

from coordinator.blobs import DIRECTORY, FileBlobs, part_rows
from coordinator.settings import Settings
from coordinator.store.backup import Shelf, Stored
from coordinator.store.tables import blob, blob_part, from_microseconds, to_microseconds


def open_shelf(settings: Settings) -> Shelf:
    """The shelf that goes with these settings, as `blobs.open_blobs` is the store that does."""
    return FileShelf(settings.data / DIRECTORY) if settings.embedded_database else RowShelf()


class FileShelf:
    """Bytes in files of one directory."""

    def __init__(self, directory: Path) -> None:
        self._files = FileBlobs(directory)

    def read(self, _connection: sa.Connection, blob_id: str) -> Stored | None:
        """See the protocol."""
        found = self._files.load(blob_id)
        if found is None:
            return None
        kept, data, at = found
        return Stored(blob_id, kept.sha256, kept.content_type, to_microseconds(at), data)

    def put(self, _connection: sa.Connection, stored: Stored) -> None:
        """See the protocol. Files come before the rows that name them; should those never come, the sweep finds them."""
        if self._files.load(stored.id) is None:
            self._files.keep(stored.blob, stored.data, from_microseconds(stored.created_at_us))


class RowShelf:
    """Bytes in rows of the database itself."""

    def read(self, connection: sa.Connection, blob_id: str) -> Stored | None:
        """See the protocol."""
        row = connection.execute(sa.select(blob).where(blob.c.id == blob_id)).first()
        if row is None:
            return None
        parts = sa.select(blob_part.c.data).where(blob_part.c.blob_id == blob_id).order_by(blob_part.c.part)
        data = b"".join(bytes(part) for part in connection.execute(parts).scalars())
        whole = len(data) == row.size_bytes and hashlib.sha256(data).hexdigest() == row.sha256
        return Stored(blob_id, row.sha256, row.content_type, to_microseconds(row.created_at), data) if whole else None

    def put(self, connection: sa.Connection, stored: Stored) -> None:
        """See the protocol: in the transaction that fills the tables."""
        kept = stored.blob
        row = {"id": kept.id, "sha256": kept.sha256, "size_bytes": kept.size_bytes, "content_type": kept.content_type}
        connection.execute(sa.insert(blob).values(**row, created_at=from_microseconds(stored.created_at_us)))
        if parts := part_rows(kept.id, stored.data):
            connection.execute(sa.insert(blob_part), parts)
