"""A recording arrives whole over a line that breaks, or nothing of it is kept: on both databases, with both stores of bytes."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.blobs import FileBlobs, RowBlobs
from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.domain.voice_note import MAX_BYTES
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, Unavailable
from coordinator.ports import Blob, BlobStore
from coordinator.services.uploads import (
    KEPT_FOR,
    OPEN_MOST,
    begin_upload,
    finish_upload,
    give_up,
    keep_chunk,
    load_progress,
)
from coordinator.services.voices import VOICES_MOST
from coordinator.store.database import Database
from coordinator.store.tables import job, upload, upload_chunk, voice_note
from coordinator.store.voices import find_blobs_in_use
from tests.factories import NOON, add_group, caller_as, count_rows, load_events, open_database
from tests.store.rows import row_of

SOUND = random.Random(1).randbytes(3 * CHUNK_BYTES + 1_234)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class World:
    """A group that records, and where its bytes go."""

    database: Database
    blobs: BlobStore
    group_id: str
    caller: Caller

    async def begin(self, data: bytes = SOUND, **changes: object) -> str:
        raw = {"size": len(data), "sha256": digest(data), "content_type": "audio/webm"} | changes
        async with self.database.write(NOON) as work:
            return await begin_upload(work, self.caller, self.group_id, raw)

    async def send(self, upload_id: str, numbers: Iterable[int] | None = None, data: bytes = SOUND) -> None:
        for number in range(-(-len(data) // CHUNK_BYTES)) if numbers is None else numbers:
            chunk = data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
            await self.keep(upload_id, number, chunk)

    async def keep(self, upload_id: str, number: int, chunk: bytes, sha256: str = "", **more: Any) -> None:
        caller = more.pop("caller", self.caller)
        at = more.pop("now", NOON)
        await keep_chunk(
            self.database, self.blobs, caller, upload_id, number=number, data=chunk, sha256=sha256 or digest(chunk), now=at, **more
        )

    async def finish(self, upload_id: str, **raw: object) -> str:
        return await finish_upload(self.database, self.blobs, self.caller, upload_id, raw, now=NOON)

    async def missing(self, upload_id: str) -> tuple[int, ...]:
        async with self.database.read() as conn:
            return (await load_progress(conn, self.caller, upload_id, NOON)).missing

    async def count(self, *named: sa.Table) -> dict[str, int]:
        async with self.database.read() as conn:
            return await count_rows(conn, *named)

    async def chunk_blobs(self) -> list[str]:
        async with self.database.read() as conn:
            return list((await conn.execute(sa.select(upload_chunk.c.blob_id))).scalars())

    async def orphans(self) -> int:
        """How many stored bytes nothing names."""
        async with self.database.read() as conn:
            used = await find_blobs_in_use(conn)
        return await self.blobs.sweep(used, NOON + timedelta(days=1))


@pytest.fixture(params=["files, sqlite", "rows, sqlite", "rows, postgresql"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    where, _, engine = request.param.partition(", ")
    url = request.getfixturevalue("sqlite_database_url" if engine == "sqlite" else "postgres_database_url")
    async with open_database(url) as database:
        blobs: BlobStore = FileBlobs(tmp_path / "blobs") if where == "files" else RowBlobs(database)
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
        yield World(database, blobs, group_id, caller_as("member", group_id))


async def test_upload_in_order_becomes_a_voice_note_and_a_job(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id)

    voice_id = await world.finish(upload_id, public="on")

    async with world.database.read() as conn:
        voice = (await conn.execute(sa.select(voice_note))).one()
        planned = (await conn.execute(sa.select(job.c.kind, job.c.key, job.c.ref))).all()
        told = await load_events(conn)
    assert (voice.id, voice.group_id, voice.upload_id, voice.state, voice.public) == (voice_id, world.group_id, upload_id, "uploaded", True)
    assert voice.expires_at == NOON + timedelta(days=184)
    assert [tuple(row) for row in planned] == [(keys.JOB_SOUND, voice_id, {"voice": voice_id})]
    data = {"voice": voice_id, "group": world.group_id, "state": "uploaded", "revision": 1}
    assert told == [(keys.group_stream(world.group_id), "voice.changed", data)]
    assert await world.orphans() == 0


async def test_upload_out_of_order_with_breaks_and_repeats_is_the_same(world: World, rng: random.Random) -> None:
    upload_id = await world.begin()
    for _ in range(12):
        await world.send(upload_id, [rng.randrange(4)])
    await world.send(upload_id, await world.missing(upload_id))

    await world.finish(upload_id)

    assert await world.missing(upload_id) == ()
    assert await world.count(upload_chunk) == {"upload_chunk": 4}
    assert await world.orphans() == 0


async def test_upload_says_what_is_missing_after_a_reload(world: World) -> None:
    first = await world.begin()
    await world.send(first, [0, 2])

    again = await world.begin()

    assert again == first
    assert await world.missing(again) == (1, 3)


async def test_upload_finished_twice_is_one_voice_note(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id)

    ids = [
        await world.finish(upload_id),
        await world.finish(upload_id),
        *await asyncio.gather(world.finish(upload_id), world.finish(upload_id)),
    ]
    await world.send(upload_id, [0])

    assert len(set(ids)) == 1
    assert await world.count(voice_note, job) == {"voice_note": 1, "job": 1}
    assert await world.orphans() == 0


async def test_upload_finished_at_once_from_two_tabs_is_one_voice_note(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id)

    ids = await asyncio.gather(*(world.finish(upload_id) for _ in range(3)))

    assert len(set(ids)) == 1
    assert await world.count(voice_note) == {"voice_note": 1}


async def test_chunk_sent_twice_at_once_is_kept_once(world: World) -> None:
    upload_id = await world.begin()

    await asyncio.gather(*(world.send(upload_id, [1]) for _ in range(3)))

    assert await world.missing(upload_id) == (0, 2, 3)
    assert await world.count(upload_chunk) == {"upload_chunk": 1}
    assert await world.orphans() == 0


async def test_chunk_that_came_meanwhile_stays_for_whoever_is_reading_it(world: World) -> None:
    upload_id, first = await world.begin(), world.blobs
    kept: list[str] = []

    class Slow:
        """A store of bytes that is so slow that the same part comes by another way."""

        async def put(self, data: bytes, content_type: str, now: datetime) -> Blob:
            world.blobs = first
            await world.send(upload_id, [0])
            kept.extend(await world.chunk_blobs())
            return await first.put(data, content_type, now)

        async def delete(self, blob_id: str) -> None:
            await first.delete(blob_id)

    world.blobs = cast(BlobStore, Slow())
    await world.send(upload_id, [0])

    assert await world.chunk_blobs() == kept
    assert await world.orphans() == 0


async def test_upload_not_all_there_cannot_be_finished(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id, [0, 3])

    with pytest.raises(Conflict) as fault:
        await world.finish(upload_id)

    assert (fault.value.code, fault.value.details) == ("upload_incomplete", {"missing": "2"})
    assert await world.count(voice_note) == {"voice_note": 0}


async def test_upload_of_other_bytes_than_were_said_begins_anew(world: World) -> None:
    upload_id = await world.begin(sha256=digest(b"something else"))
    await world.send(upload_id)

    with pytest.raises(Invalid) as fault:
        await world.finish(upload_id)

    assert [p.code for p in fault.value.problems] == ["upload_differs"]
    assert await world.missing(upload_id) == (0, 1, 2, 3)
    assert await world.orphans() == 0


async def test_chunk_sent_again_with_other_bytes_takes_the_place_of_the_first(world: World) -> None:
    upload_id = await world.begin()
    await world.keep(upload_id, 1, b"x" * CHUNK_BYTES)
    await world.send(upload_id)

    assert await world.finish(upload_id)
    assert await world.orphans() == 0


@pytest.mark.parametrize(
    ("number", "chunk", "sha256", "code"),
    [
        (4, b"x", "", "chunk_unknown"),
        (-1, b"x", "", "chunk_unknown"),
        (0, b"x", "", "chunk_size"),
        (0, b"x" * (CHUNK_BYTES + 1), "", "chunk_size"),
        (0, b"x" * CHUNK_BYTES, "0" * 64, "chunk_differs"),
        (0, b"x" * CHUNK_BYTES, "no digest", "digest_malformed"),
    ],
)
async def test_chunk_that_does_not_fit_leaves_nothing(world: World, number: int, chunk: bytes, sha256: str, code: str) -> None:
    upload_id = await world.begin()

    with pytest.raises(Invalid) as fault:
        await world.keep(upload_id, number, chunk, sha256)

    assert [p.code for p in fault.value.problems] == [code]
    assert await world.missing(upload_id) == (0, 1, 2, 3)
    assert await world.orphans() == 0


async def test_upload_of_another_group_is_as_unknown_as_none(world: World) -> None:
    upload_id = await world.begin()
    async with world.database.write(NOON) as work:
        other = caller_as("custodian", await add_group(work.conn, "Another"))

    for caller, name in ((other, upload_id), (NOBODY, upload_id), (world.caller, "unknown"), (world.caller, "../../x")):
        with pytest.raises(NotFound):
            await world.keep(name, 0, SOUND[:CHUNK_BYTES], caller=caller)
        with pytest.raises(NotFound):
            await finish_upload(world.database, world.blobs, caller, name, {}, now=NOON)
    await give_up(world.database, world.blobs, other, upload_id, now=NOON)
    assert await world.count(upload) == {"upload": 1}


async def test_begin_by_a_guest_or_nobody_is_refused(world: World) -> None:
    for caller, fault in (
        (NOBODY, NotSignedIn),
        (caller_as("witness", world.group_id), Forbidden),
        (caller_as("member", "other"), Forbidden),
    ):
        world.caller = caller
        with pytest.raises(fault):
            await world.begin()
    assert await world.count(upload) == {"upload": 0}


async def test_begin_more_than_a_group_may_send_at_once_is_refused(world: World) -> None:
    for number in range(OPEN_MOST):
        await world.begin(sha256=digest(bytes([number])))

    with pytest.raises(Conflict) as fault:
        await world.begin()

    assert fault.value.code == "uploads_open"


async def test_begin_with_the_quota_of_notes_used_up_is_refused_until_one_goes(world: World) -> None:
    bare = dict.fromkeys(("upload_id", "text_id", "spotlight_id", "meeting_id", "to_group_id")) | {"group_id": world.group_id}
    async with world.database.write(NOON) as work:
        for number in range(VOICES_MOST):
            row = {**row_of(voice_note), **bare, "id": f"v{number}", "expires_at": NOON + timedelta(days=1)}
            await work.conn.execute(sa.insert(voice_note).values(**row))

    with pytest.raises(Conflict) as fault:
        await world.begin()
    async with world.database.write(NOON) as work:
        await work.conn.execute(sa.update(voice_note).where(voice_note.c.id == "v0").values(state="withdrawn"))

    assert fault.value.code == "voices_kept"
    assert await world.begin()


async def test_begin_too_large_is_refused_before_a_byte(world: World) -> None:
    with pytest.raises(Invalid) as fault:
        await world.begin(size=MAX_BYTES + 1)

    assert [(p.field, p.code) for p in fault.value.problems] == [("size", "sound_too_big")]


async def test_give_up_forgets_what_had_arrived_and_twice_is_harmless(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id, [0, 1])

    for _ in range(2):
        await give_up(world.database, world.blobs, world.caller, upload_id, now=NOON)

    assert await world.count(upload, upload_chunk) == {"upload": 0, "upload_chunk": 0}
    assert await world.orphans() == 0


async def test_give_up_what_is_finished_is_too_late(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id)
    await world.finish(upload_id)

    with pytest.raises(Conflict):
        await give_up(world.database, world.blobs, world.caller, upload_id, now=NOON)


async def test_upload_never_finished_runs_out(world: World) -> None:
    upload_id = await world.begin()

    with pytest.raises(NotFound):
        await world.keep(upload_id, 0, SOUND[:CHUNK_BYTES], now=NOON + KEPT_FOR)


@pytest.mark.parametrize("raw", [{"spotlight": "unknown"}, {"spotlight": "../../x"}, {"meeting": "unknown"}])
async def test_finish_about_what_is_not_there_is_refused_and_can_be_tried_again(world: World, raw: dict[str, str]) -> None:
    upload_id = await world.begin()
    await world.send(upload_id)

    with pytest.raises(NotFound):
        await world.finish(upload_id, **raw)

    assert await world.finish(upload_id)


async def test_chunk_for_which_there_is_no_room_can_be_sent_again(sqlite_database_url: str, tmp_path: Path) -> None:
    full = True

    def write(file: int, data: bytes) -> int:
        if full:
            raise OSError(errno.ENOSPC, "no space left")
        return os.write(file, data)

    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
        world = World(database, FileBlobs(tmp_path / "blobs", write=write), group_id, caller_as("member", group_id))
        upload_id = await world.begin()
        with pytest.raises(Unavailable):
            await world.send(upload_id, [0])
        assert await world.missing(upload_id) == (0, 1, 2, 3)
        full = False
        await world.send(upload_id)

        assert await world.finish(upload_id)


async def test_finish_after_stored_bytes_were_lost_asks_for_them_anew(world: World) -> None:
    upload_id = await world.begin()
    await world.send(upload_id)
    async with world.database.read() as conn:
        lost = (await conn.execute(sa.select(upload_chunk.c.blob_id).where(upload_chunk.c.number == 2))).scalar_one()
    await world.blobs.delete(lost)

    with pytest.raises(Invalid):
        await world.finish(upload_id)
    await world.send(upload_id)

    assert await world.finish(upload_id)
