"""Both keepers of bytes keep the same promises: files, and rows on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.blobs import DIRECTORY, HEADER_BYTES, PIECE_BYTES, FileBlobs, RowBlobs, open_blobs
from coordinator.errors import NotFound, Unavailable
from coordinator.ports import Blob, BlobStore
from coordinator.settings import Settings
from coordinator.store.database import Database
from coordinator.store.tables import blob, blob_part
from tests.factories import NOON, count_rows, open_database

SIZES = (0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 400_000)


@pytest.fixture(params=["files", "sqlite", "postgresql"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    if request.param == "files":
        yield FileBlobs(tmp_path / DIRECTORY)
        return
    url = request.getfixturevalue("sqlite_database_url" if request.param == "sqlite" else "postgres_database_url")
    async with open_database(url) as database:
        yield RowBlobs(database)


async def read_whole(blobs: BlobStore, blob_id: str, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([piece async for piece in blobs.read(blob_id, start, stop)])


async def is_gone(blobs: BlobStore, blob_id: str) -> bool:
    try:
        await read_whole(blobs, blob_id)
    except NotFound:
        return await blobs.find(blob_id) is None
    return False


@pytest.mark.parametrize("size", SIZES)
async def test_put_bytes_of_any_size_come_back_as_they_were(blobs: BlobStore, size: int) -> None:
    data = random.Random(size).randbytes(size)

    stored = await blobs.put(data, "audio/webm", NOON)

    assert stored == Blob(stored.id, hashlib.sha256(data).hexdigest(), size, "audio/webm")
    assert await blobs.find(stored.id) == stored
    assert await read_whole(blobs, stored.id) == data


async def test_read_any_range_gives_just_that(blobs: BlobStore, rng: random.Random) -> None:
    data = rng.randbytes(3 * PIECE_BYTES + 17)
    stored = await blobs.put(data, "audio/mp4", NOON)
    edges = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, len(data) - 1, len(data), len(data) + 1, 10**9]

    for start, stop in [
        *((a, b) for a in edges for b in edges),
        *((rng.randrange(len(data)), rng.randrange(len(data))) for _ in range(30)),
    ]:
        assert await read_whole(blobs, stored.id, start, stop) == data[start:stop]


async def test_read_comes_in_pieces_of_bounded_size(blobs: BlobStore) -> None:
    stored = await blobs.put(bytes(1_000_000), "audio/webm", NOON)

    sizes = [len(piece) async for piece in blobs.read(stored.id)]

    assert (sum(sizes), max(sizes)) == (1_000_000, PIECE_BYTES)


async def test_put_twice_gives_two_names_that_nobody_guesses(blobs: BlobStore) -> None:
    first, second = [await blobs.put(b"the same", "audio/webm", NOON) for _ in range(2)]

    assert first.sha256 == second.sha256
    assert first.id != second.id
    assert all(len(bytes.fromhex(each.id)) == 16 for each in (first, second))


async def test_delete_forgets_one_and_twice_is_harmless(blobs: BlobStore) -> None:
    first, second = [await blobs.put(word, "audio/webm", NOON) for word in (b"first", b"second")]

    for _ in range(2):
        await blobs.delete(first.id)

    assert await is_gone(blobs, first.id)
    assert await read_whole(blobs, second.id) == b"second"


@pytest.mark.parametrize("name", ["", "0" * 32, "../../x", "a/b", "\0", "x" * 5_000, "A" * 32, ".", "0" * 31 + "\n"])
async def test_names_that_were_never_given_are_nothing(blobs: BlobStore, name: str) -> None:
    if "\0" in name and isinstance(blobs, RowBlobs):
        pytest.skip("PostgreSQL has no zero in a text, and no name that is read from outside gets here")

    await blobs.delete(name)

    assert await is_gone(blobs, name)


async def test_sweep_forgets_what_is_old_and_not_kept(blobs: BlobStore) -> None:
    hour = timedelta(hours=1)
    old, kept, new = [await blobs.put(b"x", "audio/webm", at) for at in (NOON - 2 * hour, NOON - 2 * hour, NOON - hour / 2)]

    swept = [await blobs.sweep({kept.id}, NOON - hour) for _ in range(2)]

    assert swept == [1, 0]
    assert await is_gone(blobs, old.id)
    assert [await read_whole(blobs, each.id) for each in (kept, new)] == [b"x", b"x"]


async def test_sweep_with_many_orphans_forgets_them_all(blobs: BlobStore) -> None:
    for _ in range(20):
        await blobs.put(b"x", "audio/webm", NOON - timedelta(days=1))

    assert await blobs.sweep({f"{i:032x}" for i in range(40_000)}, NOON) == 20


async def test_put_of_many_at_once_mixes_nothing_up(blobs: BlobStore) -> None:
    words = [f"words of {i}".encode() * 5_000 for i in range(8)]

    stored = await asyncio.gather(*(blobs.put(word, "audio/webm", NOON) for word in words))

    assert [await read_whole(blobs, each.id) for each in stored] == words


# --- files --------------------------------------------------------------------------------------------------------------


def files_of(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


async def test_files_are_for_nobody_elses_eyes(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / DIRECTORY)

    stored = await blobs.put(b"words", "audio/webm", NOON)

    path = tmp_path / DIRECTORY / stored.id
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_files_disk_full_half_way_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    written = 0

    def write(file: int, data: bytes) -> int:
        nonlocal written
        if written > 100_000:
            raise OSError(number, os.strerror(number))
        written += len(data)
        return os.write(file, data)

    blobs = FileBlobs(tmp_path / DIRECTORY, write=write)

    with pytest.raises(Unavailable) as fault:
        await blobs.put(bytes(400_000), "audio/webm", NOON)

    assert fault.value.part == "disk space"
    assert files_of(tmp_path / DIRECTORY) == []


async def test_files_disk_that_takes_little_at_a_time_gets_all_of_it(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / DIRECTORY, write=lambda file, data: os.write(file, data[:1_000]))

    stored = await blobs.put(b"abc" * 10_000, "audio/webm", NOON)

    assert await read_whole(blobs, stored.id) == b"abc" * 10_000


async def test_files_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).write_text("a file where the directory should be")

    with pytest.raises(Unavailable):
        await FileBlobs(tmp_path / DIRECTORY).put(b"x", "audio/webm", NOON)


async def test_files_that_lost_their_end_are_nothing(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / DIRECTORY)
    stored = await blobs.put(bytes(100_000), "audio/webm", NOON)
    path = tmp_path / DIRECTORY / stored.id

    for size in (HEADER_BYTES + 99_999, HEADER_BYTES, 10, 0):
        os.truncate(path, size)
        assert await is_gone(blobs, stored.id)


async def test_files_left_by_a_process_that_was_killed_are_not_seen_and_swept(tmp_path: Path) -> None:
    blobs, draft = FileBlobs(tmp_path / DIRECTORY), tmp_path / DIRECTORY / ("0" * 32 + ".draft")
    await blobs.put(b"x", "audio/webm", NOON)
    draft.write_bytes(b"half a")
    os.utime(draft, (0, 0))

    assert await is_gone(blobs, "0" * 32 + ".draft")
    assert await is_gone(blobs, "0" * 32)
    assert await blobs.sweep([], NOON - timedelta(hours=1)) == 1


async def test_files_deleted_while_somebody_listens_are_heard_to_their_end(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / DIRECTORY)
    stored = await blobs.put(bytes(5 * PIECE_BYTES), "audio/webm", NOON)

    pieces = 0
    async for _ in blobs.read(stored.id):
        await blobs.delete(stored.id)
        pieces += 1

    assert pieces == 5


# --- rows ---------------------------------------------------------------------------------------------------------------


async def test_rows_disk_full_leaves_nothing_behind(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database:
        blobs = RowBlobs(database)

        def fill(connection: sa.Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")

        sa.event.listen(database.engine.sync_engine, "begin", fill)

        with pytest.raises(Unavailable) as fault:
            await blobs.put(bytes(400_000), "audio/webm", NOON)

        async with database.read() as conn:
            assert await count_rows(conn, blob, blob_part) == {"blob": 0, "blob_part": 0}
    assert fault.value.part == "disk space"


async def test_rows_deleted_while_somebody_listens_end_there(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database:
        blobs = RowBlobs(database)
        stored = await blobs.put(bytes(5 * PIECE_BYTES), "audio/webm", NOON)

        reading = blobs.read(stored.id)
        await anext(reading)
        await blobs.delete(stored.id)

        with pytest.raises(NotFound):
            await anext(reading)


def test_open_blobs_follows_the_database(tmp_path: Path) -> None:
    database: Database = object.__new__(Database)  # not asked for anything

    embedded = open_blobs(Settings(data=tmp_path), database)
    scaled = open_blobs(Settings(data=tmp_path, database_url="postgresql+psycopg://db/chorus"), database)

    assert (type(embedded), type(scaled)) == (FileBlobs, RowBlobs)
