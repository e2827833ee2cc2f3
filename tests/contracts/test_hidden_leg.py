"""A leg that only a hidden group follows: nothing that others read holds it, and nothing changes for them when it begins or ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from coordinator.keys import PARTNERS, PUBLIC
from coordinator.services.snapshots import load_snapshot
from coordinator.store import tables
from tests.api.world import API, World, open_world
from tests.conftest import FakeClock
from tests.factories import caller_as, load_events

WAVE = {"start": "2027-02-10T18:00"}
LEGS = {
    "Pacific/Kiritimati": datetime(2027, 2, 10, 4, tzinfo=UTC),
    "America/Guatemala": datetime(2027, 2, 11, 0, tzinfo=UTC),
}  # first of all, last of all
MINUTES = {"Pacific/Kiritimati": 840, "America/Guatemala": -360}
A_SECOND = timedelta(seconds=1)
LONG_AFTER = timedelta(minutes=30) + A_SECOND  # the action is over


async def agree_on_wave(world: World) -> tuple[str, str]:
    """A wave that all agreed to, and a draft of the next quarter, whose candidates show what everybody has carried."""
    slug, draft = await world.draft(shape="wave"), await world.draft(quarter="2027-Q2")
    assert (await world.post(f"/actions/{slug}/put-forward", WAVE, "custodian")).status_code == 200
    for role, group in (("other", world.other), ("hidden", world.hidden)):
        await world.post(f"/actions/{slug}/response", {"group": group, "response": "consent"}, role)
    return slug, draft


async def read_everything(world: World, slug: str, draft: str) -> Mapping[tuple[str, str], str]:
    """What partners and the public read of the wave: (role, address) → bytes, times left in words excepted."""
    shared = (
        f"{API}/actions/{slug}",
        f"{API}/actions/{slug}/moment.json",
        f"{API}/actions?quarter=2027-Q1",
        "/en/calendar.ics",
        f"/en/actions/{slug}.ics",
    )
    own = {"custodian": (f"{API}/actions/{draft}/candidates",)}
    return {
        (role, path): (await world.client.get(path, headers=world.headers(role))).text.replace("\r\n ", "")
        for role in ("", "other", "custodian")
        for path in (*shared, *own.get(role, ()))
    }


async def move_hidden_group(world: World, zone_id: str, **values: str) -> None:
    """Elsewhere, and with other hours than the rest, so that the wave costs it something and the ledger changes when it is kept."""
    noons = {"windows": [{"days": ["WE"], "from": "12:00", "to": "14:00", "level": "preferred"}], "quiet": [], "blocked": []}
    changed = {"zone_id": zone_id, "availability": noons, **values}
    async with world.database.write(world.clock.now()) as work:
        await work.conn.execute(sa.update(tables.group).where(tables.group.c.id == world.hidden).values(changed))


@pytest.mark.parametrize("zone_id", LEGS)
async def test_nobody_else_reads_a_leg_of_a_hidden_group_or_when_it_begins_and_ends(
    sqlite_database_url: str, clock: FakeClock, zone_id: str
) -> None:
    begins = LEGS[zone_id]
    async with open_world(sqlite_database_url, clock) as world:
        await move_hidden_group(world, zone_id)
        slug, draft = await agree_on_wave(world)
        clock.set(begins - A_SECOND)
        before = await read_everything(world, slug, draft)
        clock.set(begins + A_SECOND)
        during = await read_everything(world, slug, draft)
        clock.set(begins + LONG_AFTER)
        after = await read_everything(world, slug, draft)
        own = (await world.get(f"/actions/{slug}/moment.json", "hidden")).json()
        async with world.database.read() as conn:
            told = [data for stream, _, data in await load_events(conn) if stream in (PUBLIC, PARTNERS)]
            told += [await load_snapshot(conn, PARTNERS, caller_as("custodian", world.other), begins)]

    hidden = next(leg for leg in own["legs"] if leg["utc_offset"] == MINUTES[zone_id])
    assert hidden["at_ms"] == int(begins.timestamp() * 1000)
    assert before == during == after
    secrets = (
        str(hidden["at_ms"]),
        f"{begins:%Y-%m-%dT%H:%M}",
        f"{begins:%Y%m%dT%H%M%S}",
        f'"leg":{hidden["leg"]}',
        f"-{hidden['leg']}@",
        str(MINUTES[zone_id]),
    )
    everything = [*before.items(), (("events", ""), json.dumps(told, separators=(",", ":")))]
    assert [(where, secret) for where, text in everything for secret in secrets if secret in text] == []


async def test_the_same_test_finds_the_leg_of_a_group_that_lists_itself(sqlite_database_url: str, clock: FakeClock) -> None:
    """The check above can fail: with the group in sight, its leg is read and its beginning changes what is read."""
    begins = LEGS["Pacific/Kiritimati"]
    async with open_world(sqlite_database_url, clock) as world:
        await move_hidden_group(world, "Pacific/Kiritimati", listing="public")
        slug, draft = await agree_on_wave(world)
        clock.set(begins - A_SECOND)
        before = await read_everything(world, slug, draft)
        clock.set(begins + A_SECOND)
        during = await read_everything(world, slug, draft)

    changed = {where for where in before if before[where] != during[where]}
    assert {("custodian", f"{API}/actions/{draft}/candidates"), ("", f"{API}/actions/{slug}")} <= changed
    assert f"{begins:%Y-%m-%dT%H:%M}" in before["", f"{API}/actions/{slug}"]
