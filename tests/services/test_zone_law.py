"""A moment that zone law has parted: its group is told once and nobody else, and chooses; nothing moves by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain import zones
from coordinator.errors import Conflict, Forbidden, NotFound
from coordinator.services import zone_law
from coordinator.services.zone_law import ask_for_move, find_drifts, keep_instant, plan_reading, read_batch, read_moments
from coordinator.store.database import Database
from coordinator.store.tables import action, group, invitation, job, leg, network, zone_drift
from coordinator.store.zone_law import find_used_zones
from tests.factories import NOON, add_group, add_network, caller_as, count_rows, load_events, open_database

STARTS_AT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONES = {"Minga": "America/La_Paz", "Ujamaa": "Africa/Nairobi", "Kaveh": "Asia/Tehran"}


@dataclass
class World:
    """A confirmed action "a" that Minga proposed, and the ids of its groups by name."""

    database: Database
    ids: dict[str, str]

    async def add_action(self, action_id: str = "a", starts_at: datetime = STARTS_AT, **values: Any) -> None:
        row = {
            "id": action_id, "slug": f"slug-{action_id}", "group_id": self.ids["Minga"], "kind": "silence", "title": "Taps", "story": "",
            "language": "en", "shape": "instant", "duration_minutes": 30, "quarter": "2027-Q1", "state": "confirmed", "practice": False,
            "moving": False, "round": 1, "revision": 4, "sequence": 0, "stamped_at": NOON, "created_at": NOON, "changed_at": NOON,
        } | values  # fmt: skip
        async with self.database.write(NOON) as work:
            await work.conn.execute(sa.insert(action).values(row))
            await work.conn.execute(sa.insert(leg).values(action_id=action_id, leg=1, starts_at=starts_at))
            for name, group_id in self.ids.items():
                agreed = _columns(starts_at, ZONES[name])
                await work.conn.execute(
                    sa.insert(invitation).values(action_id=action_id, group_id=group_id, leg=1, required=False, **agreed)
                )

    async def part(self, name: str, by: timedelta = HOUR, action_id: str = "a") -> None:
        """As if the law of that group's zone had changed: it had agreed to what its clock does not read any more."""
        async with self.database.write(NOON) as work:
            columns = _columns(STARTS_AT, ZONES[name], by)
            await work.conn.execute(sa.update(invitation).where(*self._of(invitation, name, action_id)).values(**columns))

    async def read(self, now: datetime = NOON) -> list[tuple[str, str]]:
        """Reads everything again; (stream, kind) of all that was told."""
        told: list[tuple[str, str]] = []
        after: str | None = ""
        while after is not None:
            async with self.database.write(now) as work:
                after = await read_batch(work, after)
                told += [(event.stream, event.kind) for event in work.events]
        return told

    async def row(self, table: sa.Table, name: str, action_id: str = "a") -> Any:
        async with self.database.read() as conn:
            return (await conn.execute(sa.select(table).where(*self._of(table, name, action_id)))).one_or_none()

    def _of(self, table: sa.Table, name: str, action_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return table.c.action_id == action_id, table.c.group_id == self.ids[name]

    def told(self, name: str, kind: str = zone_law.DRIFTED) -> tuple[str, str]:
        return keys.group_stream(self.ids[name]), kind


def _columns(starts_at: datetime, zone_id: str, by: timedelta = timedelta(0)) -> dict[str, Any]:
    offset = zones.utc_offset(starts_at, zone_id) + by
    wall_time = (starts_at + offset).replace(tzinfo=None)
    return {
        "agreed_wall_time": wall_time.isoformat(timespec="seconds"),
        "agreed_zone_id": zone_id,
        "agreed_utc_offset_s": int(offset.total_seconds()),
        "agreed_tzdata": "2020a",
    }


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            ids = {name: await add_group(work.conn, name, zone_id=zone_id) for name, zone_id in ZONES.items()}
        world = World(database, ids)
        await world.add_action()
        yield world


async def test_read_batch_while_all_keys_are_together_tells_nobody(world: World) -> None:
    assert await world.read() == []
    async with world.database.read() as conn:
        assert await find_drifts(conn, NOON) == []


async def test_read_batch_tells_exactly_the_group_whose_law_changed_and_once(world: World) -> None:
    await world.part("Kaveh")

    assert await world.read() == [world.told("Kaveh")]
    assert await world.read(NOON + 24 * HOUR) == []

    async with world.database.read() as conn:
        assert [(d.agreed.group_name, d.agreed.slug) for d in await find_drifts(conn, NOON)] == [("Kaveh", "slug-a")]
        assert [data for _, _, data in await load_events(conn)] == [
            {"action": "slug-a", "revision": 4, "leg": 1, "at_ms": int(STARTS_AT.timestamp() * 1000), "tzdata": zones.rules_version()}
        ]
    kept = await world.row(zone_drift, "Kaveh")
    assert (kept.starts_at, kept.utc_offset_s, kept.tzdata, kept.asked_at) == (STARTS_AT, 12_600, zones.rules_version(), None)


async def test_read_batch_goes_on_batch_by_batch_and_misses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_law, "BATCH_ACTIONS", 2)
    for action_id in "bcde":
        await world.add_action(action_id)
        await world.part("Ujamaa", action_id=action_id)

    assert await world.read() == [world.told("Ujamaa")] * 4
    async with world.database.read() as conn:
        assert [d.agreed.action_id for d in await find_drifts(conn, NOON)] == list("bcde")


@pytest.mark.parametrize(
    "change",
    [
        sa.update(action).values(state="cancelled"),
        sa.update(leg).values(starts_at=NOON - HOUR),
        sa.update(leg).values(starts_at=NOON),
        sa.update(group).values(archived_at=NOON),
        sa.update(invitation).values(agreed_wall_time=None),
    ],
)
async def test_read_batch_leaves_alone_what_is_no_moment_to_come(world: World, change: sa.Update) -> None:
    await world.part("Kaveh")
    async with world.database.write(NOON) as work:
        await work.conn.execute(change)

    assert await world.read() == []


async def test_read_batch_after_another_change_of_law_tells_again_and_asks_anew(world: World) -> None:
    await world.part("Kaveh")
    await world.read()
    async with world.database.write(NOON) as work:
        await ask_for_move(work, caller_as("custodian", world.ids["Kaveh"]), world.ids["Kaveh"], "slug-a")
        await work.conn.execute(sa.update(zone_drift).values(utc_offset_s=3_600))  # as if that had been told

    assert await world.read() == [world.told("Kaveh")]
    assert (await world.row(zone_drift, "Kaveh")).asked_at is None


async def test_read_batch_after_the_change_was_taken_back_forgets_it_and_tells_the_next_one(world: World) -> None:
    await world.part("Kaveh")
    await world.read()
    await world.part("Kaveh", timedelta(0))

    assert await world.read() == []
    assert await world.row(zone_drift, "Kaveh") is None

    await world.part("Kaveh")
    assert await world.read() == [world.told("Kaveh")]


async def test_read_batch_of_a_zone_that_the_rules_lack_tells_nobody_and_goes_on(world: World) -> None:
    await world.part("Kaveh")
    async with world.database.write(NOON) as work:
        lost = sa.update(invitation).where(invitation.c.group_id == world.ids["Ujamaa"]).values(agreed_zone_id="Asia/Shangri-La")
        await work.conn.execute(lost)

    assert await world.read() == [world.told("Kaveh")]
    async with world.database.read() as conn:
        assert {type(d.reading).__name__ for d in await find_drifts(conn, NOON)} == {"Parted", "Lawless"}
        assert "Asia/Shangri-La" in await find_used_zones(conn, NOON)


async def test_read_batch_with_older_rules_than_the_network_was_read_under_keeps_silent(world: World) -> None:
    await world.part("Kaveh")
    await world.read()
    await world.part("Kaveh", timedelta(0))
    async with world.database.write(NOON) as work:
        assert (await work.conn.execute(sa.select(network.c.rules_version))).scalar_one() == zones.rules_version()
        await work.conn.execute(sa.update(network).values(rules_version="2999a"))

    assert await world.read() == []
    assert await world.row(zone_drift, "Kaveh") is not None, "what was told under newer rules stands"


async def test_read_moments_before_the_network_is_founded_does_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        await read_moments(work, {})

        assert (work.events, await count_rows(work.conn, job)) == ([], {"job": 0})


async def test_plan_reading_plans_once_a_day_and_at_once_under_other_rules(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def planned_after(now: datetime) -> list[tuple[str, datetime]]:
        async with world.database.write(now) as work:
            await plan_reading(work)
            rows = await work.conn.execute(sa.select(job.c.key, job.c.due_at).order_by(job.c.due_at, job.c.key))
            return [(row.key, row.due_at) for row in rows]

    ours, midnight = zones.rules_version(), NOON + 12 * HOUR
    first = [(ours, NOON), (f"{ours}:2027-01-05", midnight)]
    assert [await planned_after(NOON), await planned_after(NOON + HOUR)] == [first, first]

    await world.read()
    monkeypatch.setattr(zones, "rules_version", lambda: "2999a")
    assert await planned_after(NOON + HOUR) == [
        first[0], ("2999a", NOON + HOUR), first[1], ("2999a:2027-01-05", midnight),
    ]  # fmt: skip


async def test_read_moments_plans_the_next_batch_until_the_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_law, "BATCH_ACTIONS", 1)
    await world.add_action("b")

    async with world.database.write(NOON) as work:
        await read_moments(work, {})
        await read_moments(work, {"after": "a"})
        await read_moments(work, {"after": "b"})
        planned = list((await work.conn.execute(sa.select(job.c.ref).order_by(job.c.due_at, job.c.key))).scalars())

    assert planned == [{"after": "a"}, {"after": "b"}, {}], "and then tomorrow's"


# --- the choice -----------------------------------------------------------------------------------------------------------


async def choose(world: World, do: Any, name: str, role: str = "custodian") -> list[tuple[str, str]]:
    async with world.database.write(NOON) as work:
        await do(work, caller_as(role, world.ids[name]), world.ids[name], "slug-a")
        return [(event.stream, event.kind) for event in work.events]


async def test_keep_instant_rewrites_the_sentence_of_that_group_and_nothing_that_others_see(world: World) -> None:
    await world.part("Kaveh")
    await world.read()
    async with world.database.read() as conn:
        before = [(await conn.execute(sa.select(table))).all() for table in (action, leg)]
    others = [await world.row(invitation, name) for name in ("Minga", "Ujamaa")]

    assert await choose(world, keep_instant, "Kaveh") == [world.told("Kaveh", zone_law.KEPT)]

    kept = await world.row(invitation, "Kaveh")
    assert (kept.agreed_wall_time, kept.agreed_zone_id, kept.agreed_utc_offset_s, kept.agreed_tzdata) == (
        "2027-02-06T20:30:00", "Asia/Tehran", 12_600, zones.rules_version(),
    )  # fmt: skip
    async with world.database.read() as conn:
        assert [(await conn.execute(sa.select(table))).all() for table in (action, leg)] == before
    assert [await world.row(invitation, name) for name in ("Minga", "Ujamaa")] == others
    assert await world.row(zone_drift, "Kaveh") is None
    assert await world.read() == []


async def test_ask_for_move_is_heard_by_the_proposer_and_moves_nothing(world: World) -> None:
    await world.part("Kaveh")
    await world.read()

    told = await choose(world, ask_for_move, "Kaveh")

    assert sorted(told) == sorted([world.told("Kaveh", zone_law.ASKED), world.told("Minga", zone_law.ASKED)])
    assert (await world.row(zone_drift, "Kaveh")).asked_at == NOON
    assert (await world.row(invitation, "Kaveh")).agreed_tzdata == "2020a"
    assert await world.read() == [], "what was asked is not told again"
    async with world.database.read() as conn:
        assert (await conn.execute(sa.select(action.c.moving, action.c.revision))).one() == (False, 4)


async def test_ask_for_move_then_keep_takes_the_question_back(world: World) -> None:
    await world.part("Kaveh")

    await choose(world, ask_for_move, "Kaveh")
    await choose(world, keep_instant, "Kaveh")

    assert await world.row(zone_drift, "Kaveh") is None


@pytest.mark.parametrize("do", [keep_instant, ask_for_move])
async def test_choice_without_a_change_of_law_right_or_invitation_is_refused(world: World, do: Any) -> None:
    with pytest.raises(Conflict, match="moment_whole"):
        await choose(world, do, "Kaveh")
    await world.part("Kaveh")
    with pytest.raises(Forbidden):
        await choose(world, do, "Kaveh", role="member")
    async with world.database.write(NOON) as work:
        stranger = await add_group(work.conn, "Stranger")
        with pytest.raises(NotFound):
            await do(work, caller_as("custodian", stranger), stranger, "slug-a")
        with pytest.raises(NotFound):
            await do(work, caller_as("custodian", stranger), stranger, "slug-unknown")
        await work.conn.execute(sa.update(leg).values(starts_at=NOON))
        with pytest.raises(Conflict, match="moment_whole"):
            await do(work, caller_as("custodian", world.ids["Kaveh"]), world.ids["Kaveh"], "slug-a")


async def test_choice_with_a_lapsed_lease_is_still_the_groups(world: World) -> None:
    await world.part("Kaveh")

    assert await choose(world, keep_instant, "Kaveh", role="lapsed") == [world.told("Kaveh", zone_law.KEPT)]
