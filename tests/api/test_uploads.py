"""A recording comes in through the API over a line that breaks; every fault is a problem, and another's upload is as unknown as none."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from coordinator.blobs import RowBlobs
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.keys import SESSION_COOKIE
from coordinator.store.tables import upload, upload_chunk, voice_note
from tests.api.world import BASE, World, half_sent
from tests.factories import count_rows

OURS = {"Origin": BASE}  # a page of ours, whose reader has no link
SOUND = bytes(range(256)) * 600  # three parts
ROLES_THAT_TELL = {"custodian", "member"}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def begin(world: World, role: str = "member", **changes: Any) -> httpx.Response:
    body = {"size": len(SOUND), "sha256": digest(SOUND), "content_type": "audio/webm"} | changes
    return await world.post(f"/groups/{world.group}/uploads", body, role)


async def send(world: World, upload_id: str, number: int, role: str = "member", *, sha256: str | None = None) -> httpx.Response:
    chunk = SOUND[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
    return await world.post(f"/uploads/{upload_id}/chunks/{number}", chunk, role, params={"sha256": sha256 or digest(chunk)})


async def test_upload_by_parts_in_any_order_becomes_a_voice_note(world: World) -> None:
    begun = await begin(world)
    upload_id = begun.json()["upload"]

    for number in (2, 0, 2):
        assert (await send(world, upload_id, number)).status_code == 204
    after_break = (await begin(world)).json()
    early = await world.post(f"/uploads/{upload_id}/finish", {}, "member")
    await send(world, upload_id, 1)
    ended = [await world.post(f"/uploads/{upload_id}/finish", {"public": True}, "member") for _ in range(2)]
    shown = (await world.get(f"/uploads/{upload_id}", "member")).json()

    assert begun.status_code == 201
    assert begun.json() == {"upload": upload_id, "size": len(SOUND), "chunk_bytes": CHUNK_BYTES, "missing": [0, 1, 2], "finished": False}
    assert (after_break["upload"], after_break["missing"]) == (upload_id, [1])
    assert early.status_code == 409
    assert [answer.status_code for answer in ended] == [201, 201]
    assert ended[0].json() == ended[1].json()
    assert (shown["missing"], shown["finished"]) == ([], True)


@pytest.mark.parametrize("role", ["", "steward", "custodian", "lapsed", "member", "witness", "room", "remote"])
async def test_upload_is_begun_by_those_who_may_tell_alone(world: World, role: str) -> None:
    answer = (
        await begin(world, role)
        if role
        else await world.post(f"/groups/{world.group}/uploads", {"size": 1, "sha256": digest(b"x")}, headers=OURS)
    )

    assert answer.status_code == (201 if role in ROLES_THAT_TELL else 403 if role else 401)


async def test_upload_of_another_group_is_as_unknown_as_none(world: World) -> None:
    upload_id = (await begin(world)).json()["upload"]

    for name, role in ((upload_id, "witness"), ("nosuchid", "member")):
        answers = [
            await world.get(f"/uploads/{name}", role),
            await send(world, name, 0, role),
            await world.post(f"/uploads/{name}/finish", {}, role),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert (await world.post(f"/uploads/{upload_id}/finish", {}, headers=OURS)).status_code == 401


@pytest.mark.parametrize(
    ("number", "body", "sha256", "status", "code"),
    [
        ("3", b"x", digest(b"x"), 422, "chunk_unknown"),
        ("0", b"x", digest(b"x"), 422, "chunk_size"),
        ("0", SOUND[:CHUNK_BYTES], "0" * 64, 422, "chunk_differs"),
        ("0", SOUND[:CHUNK_BYTES], "", 422, "digest_malformed"),
        ("0", bytes(CHUNK_BYTES + 1), "0" * 64, 413, ""),
        ("-1", b"x", "", 404, ""),
        ("1.5", b"x", "", 404, ""),
        ("٣", b"x", "", 404, ""),
        ("9" * 400, b"x", "", 404, ""),
    ],
)
async def test_chunk_that_does_not_fit_is_a_problem(world: World, number: str, body: bytes, sha256: str, status: int, code: str) -> None:
    upload_id = (await begin(world)).json()["upload"]

    answer = await world.post(f"/uploads/{upload_id}/chunks/{number}", body, "member", params={"sha256": sha256})

    assert answer.status_code == status
    assert [problem["code"] for problem in answer.json().get("problems", [])] == ([code] if code else [])
    async with world.database.read() as conn:
        assert await count_rows(conn, upload_chunk) == {"upload_chunk": 0}


async def test_chunk_of_which_half_arrives_is_not_there_and_can_be_sent_again(world: World) -> None:
    upload_id = (await begin(world)).json()["upload"]
    chunk = SOUND[:CHUNK_BYTES]
    path = f"/api/v1/uploads/{upload_id}/chunks/0?sha256={digest(chunk)}"

    assert await half_sent(world.app, path, chunk, world.tokens["member"], "application/octet-stream") != 204

    assert (await world.get(f"/uploads/{upload_id}", "member")).json()["missing"] == [0, 1, 2]
    assert (await send(world, upload_id, 0)).status_code == 204
    assert (await world.get(f"/uploads/{upload_id}", "member")).json()["missing"] == [1, 2]


async def test_begin_with_faults_names_them_all(world: World) -> None:
    answer = await begin(world, size=7 * 2**20, sha256="../../x")

    assert answer.status_code == 422
    assert [(problem["field"], problem["code"]) for problem in answer.json()["problems"]] == [
        ("size", "sound_too_big"),
        ("sha256", "digest_malformed"),
    ]


async def test_give_up_forgets_the_upload(world: World) -> None:
    upload_id = (await begin(world)).json()["upload"]
    await send(world, upload_id, 0)

    answers = [await world.post(f"/uploads/{upload_id}/give-up", None, "member") for _ in range(2)]

    async with world.database.read() as conn:
        assert await count_rows(conn, upload, upload_chunk, voice_note) == {"upload": 0, "upload_chunk": 0, "voice_note": 0}
    assert [answer.status_code for answer in answers] == [204, 204]


async def test_foreign_page_cannot_send(world: World) -> None:
    upload_id = (await begin(world)).json()["upload"]

    cookie = {"Cookie": f"{SESSION_COOKIE}={world.tokens['member']}", "Origin": "https://evil.example"}
    answer = await world.post(f"/uploads/{upload_id}/finish", {}, headers=cookie)

    assert answer.status_code == 403


async def test_bytes_lie_where_the_settings_say(world: World) -> None:
    assert isinstance(world.app.state.runtime.blobs, RowBlobs)  # a test's database is named by its URL, as on several machines
