from __future__ import annotations

import pytest

from tests.api.world import World, open_world
from tests.conftest import FakeClock


async def test_secret_is_exchanged_for_a_token_that_carries_its_role(world: World) -> None:
    answer = await world.post("/session", {"secret": world.links["member"].secret})

    told = answer.json()
    world.tokens["fresh"] = told.pop("token")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "private, no-store")
    assert told == {"grants": [{"link": world.links["member"].id, "role": "member", "group": world.group}]}
    assert (await world.get("/session", "fresh")).json() == told
    assert "set-cookie" not in answer.headers


async def test_code_is_exchanged_in_any_spelling(world: World) -> None:
    answer = await world.post("/session", {"code": " AAAA 2222 "})

    assert [grant["role"] for grant in answer.json()["grants"]] == ["room"]


async def test_link_joins_what_the_token_holds_and_the_token_changes(world: World) -> None:
    answer = await world.post("/session", {"secret": world.links["other"].secret}, "custodian")

    old, world.tokens["joined"] = world.tokens["custodian"], answer.json()["token"]
    assert world.tokens["joined"] != old
    assert {grant["group"] for grant in answer.json()["grants"]} == {world.group, world.other}
    assert (await world.get(f"/groups/{world.group}/links", "joined")).status_code == 200
    assert (await world.get(f"/groups/{world.group}/links", "custodian")).status_code == 401


@pytest.mark.parametrize("body", [{"secret": "x" * 43}, {"code": "zzzz-9999"}, {"secret": "http://127.0.0.1/enter#nope"}])
async def test_unknown_secrets_and_codes_are_one_answer(world: World, body: dict[str, str]) -> None:
    answer = await world.post("/session", body)

    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


async def test_session_without_secret_or_code_says_what_is_missing(world: World) -> None:
    answer = await world.post("/session", {})

    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == [("secret", "missing")]


async def test_cookie_neither_helps_nor_is_touched_by_a_foreign_page(world: World) -> None:
    headers = {"Cookie": f"chorus_session={world.tokens['custodian']}", "Origin": "https://elsewhere.example"}

    answer = await world.post("/session", {"secret": world.links["other"].secret}, headers=headers)

    assert [grant["group"] for grant in answer.json()["grants"]] == [world.other]
    assert (await world.get(f"/groups/{world.group}/links", "custodian")).status_code == 200


async def test_leave_lets_go_of_one_link_then_of_all(world: World) -> None:
    world.tokens["both"] = (await world.post("/session", {"secret": world.links["other"].secret}, "custodian")).json()["token"]

    one = await world.post("/leave", {"link": world.links["other"].id}, "both")
    left = (await world.get("/session", "both")).json()["grants"]
    again = await world.post("/leave", {"link": world.links["other"].id}, "both")
    everything = await world.post("/leave", None, "both")

    assert (one.status_code, again.status_code, everything.status_code) == (204, 404, 204)
    assert [grant["link"] for grant in left] == [world.links["custodian"].id]
    assert (await world.get("/session", "both")).json() == {"grants": []}


async def test_wrong_codes_are_slowed_and_whole_secrets_never(sqlite_database_url: str, clock: FakeClock, empty_valkey: str) -> None:
    async with open_world(sqlite_database_url, clock, empty_valkey) as world:
        answers = [await world.post("/session", {"code": "zzzz-9999"}) for _ in range(21)]
        secret = await world.post("/session", {"secret": world.links["member"].secret})

    assert [answer.status_code for answer in answers] == [404] * 20 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert secret.status_code == 201
