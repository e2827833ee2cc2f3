"""A sound's own address gives real bytes, whole or by ranges, from both keepers of bytes, to whoever may hear them and to nobody else."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from coordinator.blobs import FileBlobs, RowBlobs
from coordinator.ports import BlobStore
from coordinator.store import tables
from tests.conftest import FakeClock
from tests.factories import NOON
from tests.mirror_rows import add_spotlight
from tests.pages.world import Pages, open_pages
from tests.voice_rows import add_voice, make_tone, store_sounds

WEBM, MP4 = make_tone(1.5), make_tone(1.5, "mp4", "aac")


@dataclass
class Sounds:
    """The application with a stored note of the public group."""

    pages: Pages
    row: dict[str, Any]

    def path(self, coding: str = "webm") -> str:
        return f"/sounds/{self.row[f'{coding}_id']}.{coding}"

    async def get(self, coding: str = "webm", role: str = "", **headers: str) -> httpx.Response:
        return await self.pages.get(self.path(coding), role, **{name.replace("_", "-"): value for name, value in headers.items()})

    async def change(self, **values: Any) -> None:
        async with self.pages.world.database.write(NOON) as work:
            await work.conn.execute(sa.update(tables.voice_note).values(**values))


@pytest.fixture(params=["files", "rows"])
async def sounds(request: pytest.FixtureRequest, sqlite_database_url: str, clock: FakeClock, tmp_path: Any) -> AsyncIterator[Sounds]:
    async with open_pages(sqlite_database_url, clock) as pages:
        world = pages.world
        blobs: BlobStore = FileBlobs(tmp_path / "blobs") if request.param == "files" else RowBlobs(world.database)
        world.app.state.runtime = dataclasses.replace(world.app.state.runtime, blobs=blobs)
        stored = await store_sounds(blobs, WEBM, MP4)
        async with world.database.write(NOON) as work:
            row = await add_voice(work.conn, world.group, await add_spotlight(work.conn, world.group), **stored)
        yield Sounds(pages, row)


async def test_sound_whole_with_its_type_and_name(sounds: Sounds) -> None:
    webm, mp4 = await sounds.get(), await sounds.get("mp4", accept_encoding="gzip")

    assert (webm.status_code, webm.content, mp4.status_code, mp4.content) == (200, WEBM, 200, MP4)
    assert (webm.headers["content-type"], mp4.headers["content-type"]) == ("audio/webm", "audio/mp4")
    assert webm.headers["content-disposition"] == 'inline; filename="voice.webm"'
    assert webm.headers["content-length"] == str(len(WEBM))
    assert webm.headers["accept-ranges"] == "bytes"
    assert webm.headers["cache-control"] == "public, max-age=5"
    assert "content-encoding" not in mp4.headers


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, len(WEBM)),
        ("bytes=0-0", 0, 1),
        ("bytes=100-299", 100, 300),
        ("bytes=100-99999999", 100, len(WEBM)),
        ("bytes=-50", len(WEBM) - 50, len(WEBM)),
        ("bytes=-99999999", 0, len(WEBM)),
    ],
)
async def test_sound_range_gives_those_bytes(sounds: Sounds, asked: str, start: int, stop: int) -> None:
    answer = await sounds.get(range=asked)

    assert (answer.status_code, answer.content) == (206, WEBM[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(WEBM)}"
    assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("asked", [f"bytes={len(WEBM)}-", "bytes=99999999-", "bytes=-0"])
async def test_sound_range_of_nothing_says_how_much_there_is(sounds: Sounds, asked: str) -> None:
    answer = await sounds.get(range=asked)

    assert (answer.status_code, answer.headers["content-range"], answer.content) == (416, f"bytes */{len(WEBM)}", b"")


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=a-b", "bytes=", "bytes=0-1,5-9", "seconds=1-2", "bytes=-", "bytes=1" + "0" * 40 + "-"]
)
async def test_sound_range_that_cannot_be_read_gives_the_whole(sounds: Sounds, asked: str) -> None:
    answer = await sounds.get(range=asked)

    assert (answer.status_code, answer.content) == (200, WEBM)


async def test_sound_range_holds_only_for_the_same_bytes(sounds: Sounds) -> None:
    etag = (await sounds.get()).headers["etag"]

    same = await sounds.get(range="bytes=0-9", if_range=etag)
    other = await sounds.get(range="bytes=0-9", if_range='"another"')
    kept = await sounds.get(if_none_match=f'"x", {etag}')
    whatever = await sounds.get(if_none_match="*")

    assert (same.status_code, same.content) == (206, WEBM[:10])
    assert (other.status_code, other.content) == (200, WEBM)
    assert (kept.status_code, kept.content) == (304, b"")
    assert (whatever.status_code, whatever.content) == (304, b"")


async def test_sound_head_says_all_and_sends_nothing(sounds: Sounds) -> None:
    answer = await sounds.pages.client.head(sounds.path(), headers={"Range": "bytes=0-9"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["content-type"]) == (str(len(WEBM)), "audio/webm")


async def test_sound_of_partners_is_kept_by_nobody_and_found_by_no_one_else(sounds: Sounds) -> None:
    await sounds.change(public=False)

    partner, public = await sounds.get(role="other"), await sounds.get()

    assert (partner.status_code, partner.headers["cache-control"]) == (200, "private, no-cache")
    unknown = await sounds.pages.get(f"/sounds/{'0' * 32}.webm")
    assert (public.status_code, unknown.status_code) == (404, 404)
    assert public.text == unknown.text


async def test_sound_withdrawn_is_gone_with_the_next_request_also_for_who_has_it(sounds: Sounds) -> None:
    etag = (await sounds.get()).headers["etag"]
    await sounds.change(state="withdrawn")

    answers = [await sounds.get(role=role, if_none_match=etag) for role in ("", "other", "member", "steward")]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


async def test_sound_by_a_wrong_name_is_not_found(sounds: Sounds) -> None:
    names = (f"{sounds.row['webm_id']}.mp4", f"{sounds.row['id']}.webm", f"{sounds.row['webm_id']}.ogg", "..%2f..%2fetc.webm")

    assert [(await sounds.pages.get(f"/sounds/{name}")).status_code for name in names] == [404] * 4


async def test_sound_whose_bytes_are_lost_is_not_found(sounds: Sounds) -> None:
    await sounds.pages.world.app.state.runtime.blobs.delete(sounds.row["webm_id"])

    assert (await sounds.get()).status_code == 404


async def test_sound_leaves_no_id_in_the_log(sounds: Sounds) -> None:
    with capture_logs() as logged:
        await sounds.get()

    assert not any(sounds.row["webm_id"] in str(line) for line in logged)
