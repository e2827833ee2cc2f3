"""A mirror segment from outside: set up, stepped, answered and ended by those who may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.world import World
from tests.factories import count_rows


async def test_segment_is_set_up_stepped_answered_and_ended(world: World) -> None:
    told = await world.tell(world.other, "other")
    slug = await world.confirm()
    made = (
        await world.post(f"/groups/{world.group}/meetings", {"spotlight": told, "minutes": 5, "parts": ["echo", "spotlight"]}, "member")
    ).json()
    path = f"/meetings/{made['meeting']}"

    started = (await world.post(f"{path}/step", {"command": "start", "revision": 1}, "member")).json()
    late = (await world.post(f"{path}/step", {"command": "next", "revision": 1}, "custodian")).json()
    answered = await world.post(
        f"{path}/echo", {"share": "A river.", "answer": "We go there.", "reply": "With you.", "action": slug}, "member"
    )
    named = (await world.post(f"{path}/researcher", {"researcher": "heron"}, "member")).json()
    ended = (await world.post(f"{path}/step", {"command": "end", "revision": 2}, "member")).json()
    over = await world.post(f"{path}/step", {"command": "next", "revision": 3}, "member")

    assert (made["state"], made["spotlight"], [part["kind"] for part in made["parts"]]) == ("set_up", told, ["spotlight", "echo"])
    assert (started["late"], started["meeting"]["state"], started["meeting"]["part"]) == (False, "running", 0)
    assert (late["late"], late["meeting"]) == (True, started["meeting"])
    assert answered.status_code == 200, answered.text
    assert (named["next_researcher"], named["echo"]) == ("heron", answered.json()["echo"])
    assert (ended["meeting"]["state"], over.status_code, over.json()["code"]) == ("ended", 409, "meeting_state")
    (echo,) = (await world.get(f"/spotlights/{told}", "member")).json()["echoes"]
    assert (echo["group"]["group"], echo["action"]) == (world.group, slug)
    assert {piece["key"]: piece["words"] for piece in echo["sections"]} == {
        "share": "A river.", "answer": "We go there.", "reply": "With you.",
    }  # fmt: skip
    assert [each["meeting"] for each in (await world.get(f"/groups/{world.group}/meetings", "witness")).json()["meetings"]] == [
        made["meeting"]
    ]


async def test_segment_is_read_in_its_hall_and_run_by_its_group(world: World) -> None:
    met = await world.set_up(await world.tell())

    read = {role: (await world.get(f"/meetings/{met}", role)).status_code for role in ("", "other", "room", "remote", "witness", "steward")}
    run = [
        (await world.post(f"/meetings/{met}/step", {"command": "start", "revision": 1}, role)).status_code
        for role in ("other", "room", "witness", "steward", "member")
    ]

    assert read == {"": 401, "other": 404, "room": 200, "remote": 404, "witness": 200, "steward": 200}  # the remote is another meeting's
    assert run == [404, 403, 403, 403, 200]


@pytest.mark.parametrize(
    ("ending", "body", "faults"),
    [
        ("step", {"command": "explode", "revision": 1}, [("command", "choice_unknown")]),
        ("step", {"command": "start", "revision": 0}, [("revision", "number_out_of_range")]),
        ("step", {"command": "start"}, [("revision", "missing")]),
        ("step", {"command": "start", "revision": "1"}, [("revision", "type_wrong")]),
        ("echo", {"reply": "🌊" * 2560}, [("reply", "too_long")]),
        ("echo", {"reply": "With you.", "language": "tlh"}, [("language", "language_unknown")]),
        ("echo", {"reply": "With you.", "action": "nosuch"}, [("action", "choice_unknown")]),
        ("echo", {"echo": "x"}, [("echo", "key_unknown")]),
        ("researcher", {"researcher": "x" * 500}, [("researcher", "too_long")]),
        ("researcher", {"researcher": ["heron"]}, [("researcher", "type_wrong")]),
    ],
)
async def test_wrong_words_to_a_segment_are_told_their_faults(world: World, ending: str, body: dict[str, Any], faults: list[Any]) -> None:
    met = await world.set_up(await world.tell())
    async with world.database.read() as conn:
        before = await count_rows(conn)

    answer = await world.post(f"/meetings/{met}/{ending}", body, "member")

    assert answer.status_code == 422
    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == faults
    async with world.database.read() as conn:
        assert await count_rows(conn) == before


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"spotlight": "nosuch"}, "spotlight", "spotlight_unknown"),
        ({"spotlight": "x", "minutes": 4}, "minutes", "number_out_of_range"),
        ({"spotlight": "x", "parts": ["dance"]}, "parts", "choice_unknown"),
        ({"spotlight": "x", "parts": "echo"}, "parts", "type_wrong"),
    ],
)
async def test_wrong_segment_is_told_its_fault(world: World, body: dict[str, Any], field: str, code: str) -> None:
    answer = await world.post(f"/groups/{world.group}/meetings", body, "member")

    assert answer.status_code == 422
    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == [(field, code)]
