"""The same key twice does its work once and answers alike; with another body it is refused."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.world import PROPOSAL, World
from tests.factories import count_rows, load_events

KEY = "tap-2027-01-04"


async def counted(world: World) -> tuple[dict[str, int], int]:
    async with world.database.read() as conn:
        return await count_rows(conn), len(await load_events(conn))


async def test_same_key_and_body_have_one_effect_and_one_answer(world: World) -> None:
    path = f"/groups/{world.group}/actions"
    first = await world.post(path, PROPOSAL, "custodian", key=KEY)
    after = await counted(world)

    again = await world.post(path, dict(reversed(PROPOSAL.items())), "custodian", key=KEY)

    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert await counted(world) == after


async def test_same_key_with_another_body_is_refused(world: World) -> None:
    path = f"/groups/{world.group}/actions"
    await world.post(path, PROPOSAL, "custodian", key=KEY)
    after = await counted(world)

    other = await world.post(path, PROPOSAL | {"title": "Another"}, "custodian", key=KEY)

    assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
    assert await counted(world) == after


async def test_same_key_with_another_file_or_question_is_refused(world: World) -> None:
    head = b"name,city,zone,language,availability,quiet,blocked\n"
    first, second = head + b"Jirani,Nairobi,Africa/Nairobi,en,,,\n", head + b"Mahalla,Cairo,Africa/Cairo,ar,,,\n"

    statuses = [
        (await world.post(path, data, "steward", key=KEY)).status_code
        for path, data in (
            ("/groups/import", first),
            ("/groups/import", first),
            ("/groups/import", second),
            ("/groups/import?listing=public", first),
        )
    ]

    assert statuses == [201, 201, 422, 422]


async def test_same_key_of_another_session_or_command_is_another_key(world: World) -> None:
    one = await world.post(f"/groups/{world.group}/actions", PROPOSAL, "custodian", key=KEY)
    two = await world.post(f"/groups/{world.group}/actions", PROPOSAL, "member", key=KEY)
    three = await world.post(f"/groups/{world.other}/actions", PROPOSAL, "other", key=KEY)

    assert len({answer.json()["slug"] for answer in (one, two, three)}) == 3


async def test_key_of_a_refused_command_may_be_used_again(world: World) -> None:
    path = f"/groups/{world.group}/actions"

    refused = await world.post(path, PROPOSAL | {"title": ""}, "custodian", key=KEY)
    mended = await world.post(path, PROPOSAL, "custodian", key=KEY)

    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_doubles_at_the_same_time_have_one_effect(world: World) -> None:
    path = f"/groups/{world.group}/actions"

    answers = await asyncio.gather(*(world.post(path, PROPOSAL, "custodian", key=KEY) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    async with world.database.read() as conn:
        from coordinator.store.tables import action  # one table

        assert await count_rows(conn, action) == {"action": 1}


async def test_secret_is_shown_once_even_to_a_repeated_request(world: World) -> None:
    path = f"/groups/{world.group}/links"
    first = await world.post(path, {"role": "member"}, "custodian", key=KEY)
    after = await counted(world)

    again = await world.post(path, {"role": "member"}, "custodian", key=KEY)

    assert (again.status_code, again.json()["code"]) == (409, "shown_once")
    assert first.json()["secret"] not in again.text
    assert await counted(world) == after


@pytest.mark.parametrize("key", ["short", "x" * 129, "with\tab-and-more"])
async def test_key_that_is_none_is_a_fault_of_its_own_field(world: World, key: str) -> None:
    answer = await world.post(f"/groups/{world.group}/actions", PROPOSAL, "custodian", key=key)

    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == [("idempotency_key", "idempotency_key_malformed")]


async def test_answer_kept_for_a_revoked_link_is_given_to_nobody(world: World) -> None:
    path = f"/groups/{world.group}/actions"
    await world.post(path, PROPOSAL, "member", key=KEY)
    await world.post(f"/links/{world.links['member'].id}/revoke", None, "custodian")

    assert (await world.post(path, PROPOSAL, "member", key=KEY)).status_code == 401
