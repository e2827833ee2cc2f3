"""Queries of recordings on their way: uploads and the parts that have arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.upload import Upload, UploadDraft
from coordinator.store.dialect import insert
from coordinator.store.tables import upload, upload_chunk


def _upload(row: Any) -> Upload:
    return Upload(row.id, row.group_id, row.size_bytes, row.sha256, row.finished_at, row.expires_at)


async def insert_upload(
    conn: AsyncConnection, upload_id: str, group_id: str, draft: UploadDraft, *, now: datetime, expires_at: datetime
) -> None:
    """Begins an upload without any part."""
    said = {"size_bytes": draft.size_bytes, "sha256": draft.sha256, "content_type": draft.content_type}
    await conn.execute(sa.insert(upload).values(id=upload_id, group_id=group_id, **said, created_at=now, expires_at=expires_at))


async def find_upload(conn: AsyncConnection, upload_id: str, *, lock: bool = False) -> Upload | None:
    """The upload; None when it is unknown."""
    chosen = sa.select(upload).where(upload.c.id == upload_id)
    row = (await conn.execute(chosen.with_for_update() if lock else chosen)).first()
    return None if row is None else _upload(row)


async def find_open_uploads(conn: AsyncConnection, group_id: str, now: datetime) -> list[Upload]:
    """What this group is sending, oldest first."""
    open_ = (upload.c.group_id == group_id, upload.c.finished_at.is_(None), upload.c.expires_at > now)
    return [_upload(row) for row in await conn.execute(sa.select(upload).where(*open_).order_by(upload.c.created_at, upload.c.id))]


async def finish(conn: AsyncConnection, upload_id: str, now: datetime) -> None:
    """Marks an upload as whole: it takes no more parts."""
    await conn.execute(sa.update(upload).where(upload.c.id == upload_id).values(finished_at=now))


async def find_chunks(conn: AsyncConnection, upload_id: str) -> dict[int, tuple[str, str]]:
    """The parts that have arrived, in order: number → (SHA-256, id of the blob)."""
    chosen = sa.select(upload_chunk).where(upload_chunk.c.upload_id == upload_id).order_by(upload_chunk.c.number)
    return {row.number: (row.sha256, row.blob_id) for row in await conn.execute(chosen)}


async def put_chunk(conn: AsyncConnection, upload_id: str, number: int, sha256: str, blob_id: str) -> None:
    """Notes that a part has arrived, in the place of an earlier one of its number."""
    row = insert(conn, upload_chunk).values(upload_id=upload_id, number=number, sha256=sha256, blob_id=blob_id)
    keys = [upload_chunk.c.upload_id, upload_chunk.c.number]
    await conn.execute(row.on_conflict_do_update(index_elements=keys, set_={"sha256": sha256, "blob_id": blob_id}))


async def delete_chunks(conn: AsyncConnection, upload_id: str) -> None:
    """Forgets all parts; the bytes are the caller's to delete."""
    await conn.execute(sa.delete(upload_chunk).where(upload_chunk.c.upload_id == upload_id))


async def delete_upload(conn: AsyncConnection, upload_id: str) -> None:
    """Forgets an upload with its parts."""
    await conn.execute(sa.delete(upload).where(upload.c.id == upload_id))
