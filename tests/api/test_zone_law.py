"""A moment that zone law has parted, in the API: its own group reads it and chooses; partners and the public read nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain import zones
from coordinator.store.tables import invitation
from tests.api.world import World

HIDDEN_NOW = {"wall_time": "2027-02-10T12:00:00", "zone": "America/Guatemala", "utc_offset_minutes": -360, "tzdata": zones.rules_version()}


async def part(world: World, group_id: str) -> None:
    """As if the group had agreed to an hour later than its clock reads now."""
    async with world.database.write(world.clock.now()) as work:
        await work.conn.execute(
            sa.update(invitation)
            .where(invitation.c.group_id == group_id)
            .values(agreed_wall_time="2027-02-10T13:00:00", agreed_utc_offset_s=-18_000, agreed_tzdata="2020a")
        )


async def rows(world: World, slug: str, role: str) -> dict[str, dict[str, Any]]:
    """Name → row of every group that this role reads."""
    return {row["group"]["name"]: row for row in (await world.get(f"/actions/{slug}", role)).json()["groups"]}


@pytest.fixture
async def slug(world: World) -> str:
    slug = await world.confirm()
    await part(world, world.hidden)
    return slug


async def test_drift_is_read_by_its_own_group_alone(world: World, slug: str) -> None:
    before = {role: (await world.get(f"/actions/{slug}", role)).content for role in ("", "other", "custodian", "room")}

    own = (await rows(world, slug, "hidden"))["Colectivo Quetzaltenango"]

    assert (own["agreed"]["wall_time"], own["drift"], own["asks_move"]) == ("2027-02-10T13:00:00", HIDDEN_NOW, False)
    for role in ("", "other", "custodian"):
        assert all(row["drift"] is None and not row["asks_move"] for row in (await rows(world, slug, role)).values())
    async with world.database.write(world.clock.now()) as work:  # the keys together again: others read the very same bytes
        whole = {"agreed_wall_time": "2027-02-10T12:00:00", "agreed_utc_offset_s": -21_600}
        await work.conn.execute(sa.update(invitation).where(invitation.c.group_id == world.hidden).values(**whole))
    assert {role: (await world.get(f"/actions/{slug}", role)).content for role in before} == before


async def test_keep_instant_answers_with_the_hour_that_it_now_is(world: World, slug: str) -> None:
    others = (await world.get(f"/actions/{slug}", "other")).content

    kept = await world.post(f"/actions/{slug}/keep-instant", {"group": world.hidden}, "hidden")
    again = await world.post(f"/actions/{slug}/keep-instant", {"group": world.hidden}, "hidden")

    own = {row["group"]["name"]: row for row in kept.json()["groups"]}["Colectivo Quetzaltenango"]
    assert (kept.status_code, own["agreed"], own["drift"]) == (200, HIDDEN_NOW, None)
    assert (again.status_code, again.json()["code"]) == (409, "moment_whole")
    assert (await world.get(f"/actions/{slug}", "other")).content == others


async def test_ask_for_move_is_read_by_the_proposer_without_saying_where(world: World, slug: str) -> None:
    others = (await world.get(f"/actions/{slug}", "other")).content

    asked = await world.post(f"/actions/{slug}/ask-for-move", {"group": world.hidden}, "hidden")

    assert asked.status_code == 200
    assert (await rows(world, slug, "hidden"))["Colectivo Quetzaltenango"]["asks_move"]
    proposer = (await rows(world, slug, "custodian"))[""]
    assert (proposer["asks_move"], proposer["drift"], proposer["agreed"], proposer["group"]["zone"]) == (True, None, None, None)
    assert (await world.get(f"/actions/{slug}", "other")).content == others


async def test_choice_of_another_group_is_refused(world: World, slug: str) -> None:
    for command in ("keep-instant", "ask-for-move"):
        foreign = await world.post(f"/actions/{slug}/{command}", {"group": world.hidden}, "custodian")
        nobody = await world.post(f"/actions/{slug}/{command}", {"group": world.hidden})

        assert (foreign.status_code, nobody.status_code) == (403, 403)
    assert (await rows(world, slug, "hidden"))["Colectivo Quetzaltenango"]["drift"] == HIDDEN_NOW
