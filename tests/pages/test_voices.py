"""A group's voice notes through their page, as a browser without script sends them."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from coordinator.blobs import FileBlobs
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.domain.voice_note import MAX_BYTES
from coordinator.keys import IDEMPOTENCY_FIELD, SESSION_COOKIE
from coordinator.pages import voices as voices_page
from coordinator.store.tables import metadata, upload, upload_chunk, voice_note
from tests.api.world import BASE, half_sent
from tests.factories import NOON
from tests.mirror_rows import add_spotlight, spotlight_id
from tests.pages.plain_form import read_form
from tests.pages.world import Pages, text_of_page
from tests.services.test_voicing import END

PAGE = "voices"
SOUND = b"RIFF\x24\0\0\0WAVEfmt " + bytes(700_000)


async def send(
    pages: Pages,
    data: bytes,
    role: str = "member",
    spotlight: str = "",
    meeting: str = "",
    origin: str = BASE,
    key: str = "",
    name: str = "note.wav",
) -> httpx.Response:
    return await pages.client.post(
        pages.desk(PAGE),
        files={"sound": (name, data, "audio/wav")},
        data={"spotlight": spotlight, "meeting": meeting} | ({IDEMPOTENCY_FIELD: key} if key else {}),
        headers={"Origin": origin, "Cookie": f"{SESSION_COOKIE}={pages.world.tokens[role]}"},
    )


async def uploads_left(pages: Pages) -> int:
    async with pages.world.database.read() as conn:
        return len((await conn.execute(sa.select(upload.c.id).where(upload.c.finished_at.is_(None)))).all())


async def rows(pages: Pages) -> list[sa.Row[tuple[object, ...]]]:
    async with pages.world.database.read() as conn:
        return list(await conn.execute(sa.select(voice_note)))


async def ready(pages: Pages, **values: object) -> str:
    """A note that a worker has read; its id."""
    await send(pages, SOUND)
    async with pages.world.database.write(NOON) as work:
        heard = {"state": "ready", "duration_ms": 2_800, "expires_at": END} | values
        await work.conn.execute(sa.update(voice_note).values(**heard))
    return str((await rows(pages))[0].id)


async def test_file_becomes_a_voice_note_through_the_uploads(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        slug = await add_spotlight(work.conn, pages.world.group)

    answer = await send(pages, SOUND, spotlight=slug)

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk(PAGE))
    (voice,) = await rows(pages)
    assert (voice.state, voice.group_id, voice.spotlight_id is not None) == ("uploaded", pages.world.group, True)
    async with pages.world.database.read() as conn:
        assert len((await conn.execute(sa.select(upload_chunk.c.number))).all()) > 1
    assert "It has arrived and is being read." in text_of_page(await pages.get(pages.desk(PAGE), "member"))


async def test_page_alone_may_ask_for_the_microphone_and_play_what_it_recorded(pages: Pages) -> None:
    here, elsewhere = await pages.get(pages.desk(PAGE), "member"), await pages.get(pages.desk(""), "member")

    assert "microphone=(self)" in here.headers["permissions-policy"]
    assert here.headers["content-security-policy"].endswith("; media-src 'self' blob:")
    assert "microphone=()" in elsewhere.headers["permissions-policy"]
    assert "blob:" not in elsewhere.headers["content-security-policy"]


async def test_page_names_what_a_recording_is_for_also_after_one_that_was_not_taken(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        slug = await add_spotlight(work.conn, pages.world.group)
    asked = await pages.get(f"{pages.desk(PAGE)}?spotlight={slug}&meeting=m1", "member")
    returned = await send(pages, b"", spotlight=slug, meeting="m1")

    for page in (asked, returned):
        assert f'name="spotlight" value="{slug}"' in page.text
        assert 'name="meeting" value="m1"' in page.text


async def test_file_for_a_meeting_that_is_not_the_groups_is_refused(pages: Pages) -> None:
    assert (await send(pages, SOUND, meeting="m1")).status_code == 404
    assert await rows(pages) == []


async def test_file_empty_or_too_large_is_refused_in_words_and_nothing_kept(pages: Pages) -> None:
    empty, large = await send(pages, b""), await send(pages, bytes(MAX_BYTES + 1))

    assert (empty.status_code, large.status_code) == (422, 422)
    assert "there is nothing in this file" in text_of_page(empty)
    assert "this file is too large" in text_of_page(large)
    assert await rows(pages) == []


async def test_file_from_another_origin_or_by_a_witness_is_refused(pages: Pages) -> None:
    answers = [await send(pages, SOUND, origin="https://elsewhere.example"), await send(pages, SOUND, role="witness")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert await rows(pages) == []


async def test_file_sent_again_with_the_key_of_its_form_is_one_note(pages: Pages) -> None:
    form = read_form(await pages.get(pages.desk(PAGE), "member"), pages.desk(PAGE))

    first, again = await send(pages, SOUND, key=form.key), await send(pages, SOUND, key=form.key)
    other = await send(pages, SOUND + b"x", key=form.key)

    assert [(answer.status_code, answer.headers["location"]) for answer in (first, again)] == [(303, pages.desk(PAGE))] * 2
    assert other.status_code == 422
    assert len(await rows(pages)) == 1
    assert (await send(pages, SOUND, key="another-key")).status_code == 303
    assert len(await rows(pages)) == 2


@pytest.mark.parametrize("name", ["../../x", "..\\..\\x.webm", "a\r\nX-Evil: 1\r\n\r\n.webm", "note\u202egnp.webm", "\x00", "x" * 255, ""])
async def test_file_of_any_name_is_read_by_its_bytes_and_its_name_kept_nowhere(pages: Pages, name: str) -> None:
    answer = await send(pages, SOUND, name=name)

    assert answer.status_code == (303 if name else 422)  # without a name it is no file
    assert len(await rows(pages)) == (1 if name else 0)
    assert "x-evil" not in answer.headers
    async with pages.world.database.read() as conn:
        stored = [str(tuple(row)) for table in metadata.sorted_tables for row in await conn.execute(sa.select(table))]
    assert [row for row in stored for part in ("../x", "X-Evil", "gnp.webm", "x" * 40) if part in row] == []


async def test_file_for_which_there_is_no_room_is_said_leaves_nothing_and_can_be_sent_again(pages: Pages, tmp_path: Path) -> None:
    room = 3 * CHUNK_BYTES

    def write(file: int, data: bytes) -> int:
        nonlocal room
        room -= len(data)
        if room < 0:
            raise OSError(errno.ENOSPC, "no space left")
        return os.write(file, data)

    app = pages.world.app
    app.state.runtime = dataclasses.replace(app.state.runtime, blobs=FileBlobs(tmp_path / "blobs", write=write))

    full = await send(pages, SOUND, key="tap-2027-01-04")

    assert full.status_code == 503
    assert "<h1" in full.text
    assert (await rows(pages), await uploads_left(pages)) == ([], 0)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    room = 2 * len(SOUND)
    assert (await send(pages, SOUND, key="tap-2027-01-04")).status_code == 303
    assert len(await rows(pages)) == 1


async def test_file_of_which_half_arrives_leaves_nothing(pages: Pages) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="sound"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        + SOUND
        + b"\r\n--b--\r\n"
    )

    assert await half_sent(pages.world.app, pages.desk(PAGE), body, pages.world.tokens["member"], "multipart/form-data; boundary=b") != 303

    assert (await rows(pages), await uploads_left(pages)) == ([], 0)
    assert (await send(pages, SOUND)).status_code == 303


async def test_words_that_turn_the_direction_of_writing_are_refused_and_line_breaks_of_any_kind_taken(pages: Pages) -> None:
    path = pages.desk(f"{PAGE}/{await ready(pages)}/words")

    turned = await pages.send(path, {"language": "es", "words": "Les \u202eoímos."}, "member")
    unseen = await pages.send(path, {"language": "es", "words": "Les\x00 oímos."}, "member")
    taken = await pages.send(path, {"language": "es", "words": "Les oímos.\r\nSet-Cookie: x\rSomos."}, "member")

    assert (turned.status_code, unseen.status_code, taken.status_code) == (422, 422, 303)
    assert "turn the direction of writing" in text_of_page(turned)
    assert "cannot be seen" in text_of_page(unseen)
    assert "Les oímos. Set-Cookie: x Somos." in text_of_page(await pages.get(pages.desk(PAGE), "member"))


async def test_file_sent_twice_at_once_is_one_note(pages: Pages) -> None:
    answers = await asyncio.gather(*(send(pages, SOUND, key="tap-2027-01-04") for _ in range(3)))

    assert [answer.status_code for answer in answers] == [303] * 3
    assert len(await rows(pages)) == 1
    assert await uploads_left(pages) == 0


async def test_file_sent_again_while_the_first_is_finished_makes_no_second_note(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_yet(*_: Any, **__: Any) -> bool:
        return False

    await send(pages, SOUND, key="tap-2027-01-04")
    monkeypatch.setattr(voices_page, "was_done", not_yet)  # as it was a moment before the first one's last transaction

    again = await send(pages, SOUND, key="tap-2027-01-04")

    assert (again.status_code, len(await rows(pages))) == (303, 1)
    async with pages.world.database.read() as conn:
        assert len((await conn.execute(sa.select(upload.c.id))).all()) == 1


async def test_file_that_failed_can_be_sent_again_with_the_same_key(pages: Pages) -> None:
    empty = await send(pages, b"", key="tap-2027-01-04")
    unknown = await send(pages, SOUND, spotlight="nowhere", key="tap-2027-01-04")

    assert (empty.status_code, unknown.status_code) == (422, 404)
    assert await uploads_left(pages) == 0
    assert (await send(pages, SOUND, key="tap-2027-01-04")).status_code == 303
    assert len(await rows(pages)) == 1


async def test_quiet_note_tells_its_own_group_to_record_again(pages: Pages) -> None:
    await ready(pages, source_lufs=-35.1)
    assert "It came very quiet" in text_of_page(await pages.get(pages.desk(PAGE), "member"))

    async with pages.world.database.write(NOON) as work:
        await work.conn.execute(sa.update(voice_note).values(source_lufs=-34.9))
    assert "It came very quiet" not in text_of_page(await pages.get(pages.desk(PAGE), "member"))


async def test_steward_sees_how_notes_stand_and_none_of_their_words(pages: Pages) -> None:
    voice_id = await ready(pages)
    await pages.send(pages.desk(f"{PAGE}/{voice_id}/words"), {"language": "es", "words": "Les oímos."}, "member")

    seen = await pages.get(pages.desk(PAGE), "steward")

    assert (seen.status_code, "Les oímos." in seen.text) == (200, False)
    assert "Only your group knows of it." in text_of_page(seen)


async def test_refused_note_says_why(pages: Pages) -> None:
    await ready(pages, state="refused", refusal="sound_silent", duration_ms=None)

    assert "nothing can be heard" in text_of_page(await pages.get(pages.desk(PAGE), "member"))


async def test_note_is_given_words_published_and_taken_back_without_script(pages: Pages) -> None:
    voice_id = await ready(pages)
    path = pages.desk(f"{PAGE}/{voice_id}")

    assert f"{path}/publish" not in (await pages.get(pages.desk(PAGE), "custodian")).text
    bad = await pages.send(f"{path}/words", {"language": "es", "words": "Les <b>oímos</b>.", "times": "3 1"}, "member")
    assert bad.status_code == 422
    assert "Les &lt;b&gt;oímos&lt;/b&gt;." in bad.text
    assert (await pages.send(f"{path}/words", {"language": "es", "words": "Les oímos."}, "member")).status_code == 303
    member_sees = (await pages.get(pages.desk(PAGE), "member")).text
    assert "\n0 2.8</textarea>" in member_sees  # adjusted times are not spread anew by the next correction
    assert f"{path}/publish" not in member_sees
    assert f"{path}/publish" in (await pages.get(pages.desk(PAGE), "custodian")).text
    assert (await pages.send(f"{path}/publish", {"public": "on"}, "member")).status_code == 403
    assert (await pages.send(f"{path}/publish", {"public": "on"})).status_code == 303
    assert [(row.state, row.public) for row in await rows(pages)] == [("published", True)]
    assert (await pages.send(f"{path}/withdraw", {})).status_code == 303
    assert [(row.state, row.text_id) for row in await rows(pages)] == [("withdrawn", None)]


async def test_inbox_shows_what_was_sent_and_lets_the_custodian_answer(pages: Pages) -> None:
    voice_id = await ready(pages)
    async with pages.world.database.write(NOON) as work:
        slug = await add_spotlight(work.conn, pages.world.other)
        await work.conn.execute(sa.update(voice_note).values(spotlight_id=await spotlight_id(work.conn, slug)))
    path = pages.desk(f"{PAGE}/{voice_id}")
    await pages.send(f"{path}/words", {"language": "es", "words": "Les oímos."}, "member")
    assert (await pages.send(f"{path}/offer", {}, "member")).status_code == 303

    theirs = pages.desk(PAGE, group=pages.world.other)
    seen = await pages.get(theirs, "other")
    assert "Sent to you" in text_of_page(seen)
    assert "Les oímos." in seen.text
    assert (await pages.send(f"{theirs}/{voice_id}/accept", {}, "other")).status_code == 303
    assert [row.state for row in await rows(pages)] == ["published"]


# --- written instead ------------------------------------------------------------------------------------------------------

LINES = "El río es nuestro.\n<b>Les oímos.</b>"


async def write(pages: Pages, role: str = "member", **form: str) -> httpx.Response:
    return await pages.send(pages.desk(f"{PAGE}/write"), {"language": "es", "words": LINES} | form, role)


async def test_written_note_is_made_published_and_heard_without_a_sound(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        slug = await add_spotlight(work.conn, pages.world.other)

    offered = await pages.get(f"{pages.desk(PAGE)}?spotlight={slug}", "member")
    answer = await write(pages, spotlight=slug, span="month")

    assert f'<option value="{slug}" selected>' in offered.text
    assert "can still tell who wrote it" in text_of_page(offered)
    (voice,) = await rows(pages)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{pages.desk(PAGE)}#{voice.id}")
    seen = await pages.get(pages.desk(PAGE), "custodian")
    assert "Written, not recorded. Words, too, can tell who wrote them." in text_of_page(seen)
    assert "It can be heard until Wednesday 3 February 2027." in text_of_page(seen)
    assert "&lt;b&gt;Les oímos.&lt;/b&gt;" in seen.text
    assert 'name="times"' not in seen.text
    assert (await pages.send(pages.desk(f"{PAGE}/{voice.id}/publish"), {})).status_code == 303
    heard = await pages.get(pages.desk(f"spotlights/{slug}", group=pages.world.other), "other")
    assert "Voices from elsewhere about this" in text_of_page(heard)
    assert "Written, not recorded." in text_of_page(heard)
    assert '<audio controls preload="none" hidden>' in heard.text
    assert "/sounds/" not in heard.text


async def test_written_note_with_faults_comes_back_with_all_that_was_typed(pages: Pages) -> None:
    answer = await write(pages, words="ñ" * 301, until="2028-01-01", span="month")

    assert answer.status_code == 422
    assert "Words: this has 301 characters. Up to 300 fit." in text_of_page(answer)
    assert "Until: 2028-01-01 is too far off. The last possible day is 2027-07-07." in text_of_page(answer)
    assert "ñ" * 301 in answer.text
    assert 'value="2028-01-01"' in answer.text
    assert '<option value="month" selected>' in answer.text
    assert 'href="#words"' in answer.text
    assert await rows(pages) == []


async def test_written_note_by_a_witness_or_from_elsewhere_is_refused(pages: Pages) -> None:
    assert (await write(pages, "witness")).status_code == 403
    elsewhere = await pages.send(
        pages.desk(f"{PAGE}/write"), {"language": "es", "words": LINES}, "member", origin="https://elsewhere.example"
    )
    assert elsewhere.status_code == 403
    assert (await pages.get(pages.desk(f"{PAGE}/write"), "member")).status_code == 303
    assert await rows(pages) == []


async def test_last_day_is_chosen_and_changed_within_its_bound(pages: Pages) -> None:
    voice_id = await ready(pages)
    path = pages.desk(f"{PAGE}/{voice_id}/end")

    late = await pages.send(path, {"span": "month", "until": "2027-12-01"}, "member")
    taken = await pages.send(path, {"span": "longest", "until": "٢٠٢٧-٠٢-١٤"}, "member")

    assert late.status_code == 422
    assert f'href="#until{voice_id}"' in late.text
    assert f'id="until{voice_id}"' in late.text
    assert taken.status_code == 303
    assert "It can be heard until Sunday 14 February 2027." in text_of_page(await pages.get(pages.desk(PAGE), "member"))


async def test_page_with_several_notes_gives_each_field_an_id_of_its_own(pages: Pages) -> None:
    await write(pages)
    await write(pages)

    page = (await pages.get(pages.desk(PAGE), "member")).text

    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
