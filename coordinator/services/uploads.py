"""A recording arrives: begun, sent in parts over a line that breaks, and finished when all of it is there and is what was recorded.

Parts are stored before the database says so, and forgotten after it no longer does: whatever happens in between leaves bytes that
nothing names, which the sweep finds. So most of these open transactions of their own, around the work with the store of bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.upload import CHUNK_BYTES, Upload, read_digest, read_upload
from coordinator.errors import Conflict, Invalid, NotFound, problem
from coordinator.ports import BlobStore
from coordinator.services.voices import About, check_room, read_about, start_voice
from coordinator.store import uploads as store
from coordinator.store import voices
from coordinator.store.database import Database, Work
from coordinator.store.ids import new_row_id

KEPT_FOR = timedelta(hours=24)  # of an upload that is never finished
OPEN_MOST = 4
CHUNK_TYPE = "application/octet-stream"
Also = Callable[[Work], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has come: the numbers of the parts of `chunk_bytes` that are still to be sent, none when it is finished."""

    upload_id: str
    size_bytes: int
    chunk_bytes: int
    missing: tuple[int, ...]
    is_finished: bool


async def begin_upload(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> str:
    """Says what will be sent; returns the id to send it under. The same recording, begun again, goes on where it was.

    Raises Invalid with every fault. Conflicts: `uploads_open`, `voices_kept` when the group has too many.
    """
    caller.require(Right.TELL, group_id)
    draft = read_upload(raw)
    under_way = await store.find_open_uploads(work.conn, group_id, work.now)
    for upload in under_way:
        if (upload.sha256, upload.size_bytes) == (draft.sha256, draft.size_bytes):
            return upload.id
    if len(under_way) >= OPEN_MOST:
        raise Conflict("uploads_open", most=str(OPEN_MOST))
    await check_room(work, group_id)
    upload_id = new_row_id()
    await store.insert_upload(work.conn, upload_id, group_id, draft, now=work.now, expires_at=work.now + KEPT_FOR)
    return upload_id


async def load_progress(conn: AsyncConnection, caller: Caller, upload_id: str, now: datetime) -> Progress:
    """What is there and what is not. Raises NotFound."""
    upload = await _load(conn, caller, upload_id, now)
    arrived = await store.find_chunks(conn, upload_id)
    is_finished = upload.finished_at is not None
    return Progress(upload.id, upload.size_bytes, CHUNK_BYTES, () if is_finished else upload.missing(arrived), is_finished)


async def keep_chunk(
    database: Database, blobs: BlobStore, caller: Caller, upload_id: str, *, number: int, data: bytes, sha256: str, now: datetime
) -> None:
    """Keeps one part. The same one again is harmless, so is one that comes after the whole was finished.

    Raises NotFound, Invalid (`chunk_unknown`, `chunk_size`, `chunk_differs`), Unavailable when there is no room.
    """
    async with database.read() as conn:
        upload = await _load(conn, caller, upload_id, now)
        arrived = await store.find_chunks(conn, upload_id)
    upload.check_chunk(number, data, sha256)
    if upload.finished_at is not None or arrived.get(number, ("", ""))[0] == read_digest(sha256):
        return
    blob = await blobs.put(data, CHUNK_TYPE, now)
    replaced = blob.id
    try:
        async with database.write(now) as work:
            replaced = await _note_chunk(work, upload_id, number, blob.sha256, blob.id)
    finally:  # of the two, the one that is not named: this one, if the transaction failed
        if replaced:
            await blobs.delete(replaced)


async def _note_chunk(work: Work, upload_id: str, number: int, sha256: str, blob_id: str) -> str:
    """Returns the id of the bytes that are not needed (any more); empty when there are none.

    Of the same part that comes twice at once the first is kept: whoever finishes may be reading it.
    """
    upload = await store.find_upload(work.conn, upload_id, lock=True)
    if upload is None or not upload.is_open(work.now):
        return blob_id
    digest, before = (await store.find_chunks(work.conn, upload_id)).get(number, ("", ""))
    if digest == sha256:
        return blob_id
    await store.put_chunk(work.conn, upload_id, number, sha256, blob_id)
    return before


async def finish_upload(
    database: Database,
    blobs: BlobStore,
    caller: Caller,
    upload_id: str,
    raw: Mapping[str, object],
    *,
    now: datetime,
    also: Also | None = None,
) -> str:
    """Turns the parts into a voice note that a worker will read; returns its id. Twice returns the same.

    `raw` says what it is about: see `read_about`; `also` is done in the transaction that makes the note. Raises NotFound, Invalid
    (`upload_differs`, and then all parts are to be sent anew), Conflict (`upload_incomplete`, `changed_meanwhile`).
    """
    async with database.read() as conn:
        upload = await _load(conn, caller, upload_id, now)
        if voice := await voices.find_voice(conn, voices.with_upload(upload_id)):
            return voice.id
        about = await read_about(conn, upload.group_id, raw)
        arrived = await store.find_chunks(conn, upload_id)
    if missing := upload.missing(arrived):
        raise Conflict("upload_incomplete", missing=str(len(missing)))
    blob_ids = [blob_id for _, blob_id in arrived.values()]
    if await hash_all(blobs, blob_ids) != upload.sha256:
        await _begin_anew(database, blobs, upload_id, blob_ids, now)
        raise Invalid(problem("sound", "upload_differs"))
    async with database.write(now) as work:
        return await _finish(work, upload, blob_ids, about, also)


async def _finish(work: Work, before: Upload, blob_ids: list[str], about: About, also: Also | None) -> str:
    """Of two that finish at once, one makes the note and the other finds it."""
    upload = await store.find_upload(work.conn, before.id, lock=True)
    if voice := await voices.find_voice(work.conn, voices.with_upload(before.id)):
        return voice.id
    arrived = await store.find_chunks(work.conn, before.id)
    if upload is None or not upload.is_open(work.now) or [blob_id for _, blob_id in arrived.values()] != blob_ids:
        raise Conflict("changed_meanwhile")
    if also is not None:
        await also(work)
    await store.finish(work.conn, upload.id, work.now)
    return await start_voice(work, upload.group_id, upload.id, about)


async def _begin_anew(database: Database, blobs: BlobStore, upload_id: str, blob_ids: Iterable[str], now: datetime) -> None:
    async with database.write(now) as work:
        await store.delete_chunks(work.conn, upload_id)
    for blob_id in blob_ids:
        await blobs.delete(blob_id)


async def give_up(database: Database, blobs: BlobStore, caller: Caller, upload_id: str, *, now: datetime) -> None:
    """Forgets an upload that is not finished, with what has arrived of it: the speaker's second thought. Twice is harmless."""
    try:
        async with database.write(now) as work:
            upload = await _load(work.conn, caller, upload_id, now)
            arrived = await store.find_chunks(work.conn, upload_id)
            if upload.finished_at is not None:
                raise Conflict("changed_meanwhile")
            await store.delete_upload(work.conn, upload_id)
    except NotFound:
        return
    for _, blob_id in arrived.values():
        await blobs.delete(blob_id)


async def hash_all(blobs: BlobStore, blob_ids: Iterable[str]) -> str:
    """SHA-256 over stored bytes, one after the other; empty when some of them are gone."""
    digest = hashlib.sha256()
    try:
        for blob_id in blob_ids:
            async for piece in blobs.read(blob_id):
                digest.update(piece)
    except NotFound:
        return ""
    return digest.hexdigest()


async def _load(conn: AsyncConnection, caller: Caller, upload_id: str, now: datetime) -> Upload:
    """The upload, if it is one of the caller's groups' and has not run out: another's is as unknown as none."""
    upload = await store.find_upload(conn, upload_id)
    if upload is None or not caller.may(Right.TELL, upload.group_id) or (upload.finished_at is None and not upload.is_open(now)):
        raise NotFound("upload")
    return upload
