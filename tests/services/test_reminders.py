"""Reminders come before their leg, to those invited and nobody else; stale ones stay silent; an empty quarter is told of once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.keys import JOB_QUARTER, JOB_REMIND, PARTNERS, PUBLIC, group_stream
from coordinator.services.reminders import REMINDER, plan_quarter_notice, plan_reminders, quarter_notice, remind
from coordinator.store.actions import find_record_by_id
from coordinator.store.database import Database
from coordinator.store.tables import action, invitation, job, leg, to_microseconds
from tests.factories import NOON, add_group, add_network, load_events

STARTS_AT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK_S, DAY_S, HOUR_S = 604_800, 86_400, 3_600


@dataclass
class World:
    database: Database
    ids: list[str]

    async def add_action(self, *starts: datetime, **values: Any) -> None:
        """A confirmed action "a" with a leg each; every group is invited to the first leg, the last group to the last."""
        row = {
            "id": "a", "slug": "taps-k7f2", "group_id": self.ids[0], "kind": "silence", "title": "Taps", "story": "", "language": "en",
            "shape": "instant", "duration_minutes": 30, "quarter": "2027-Q1", "state": "confirmed", "practice": False, "moving": False,
            "round": 1, "revision": 4, "sequence": 0, "stamped_at": NOON, "created_at": NOON, "changed_at": NOON,
        } | values  # fmt: skip
        async with self.database.write(NOON) as work:
            await work.conn.execute(sa.insert(action).values(row))
            for number, starts_at in enumerate(starts, 1):
                await work.conn.execute(sa.insert(leg).values(action_id="a", leg=number, starts_at=starts_at))
            invited = self.ids[:1] if row["practice"] else self.ids
            for group_id in invited:
                number = len(starts) if group_id == self.ids[-1] else 1
                await work.conn.execute(sa.insert(invitation).values(action_id="a", group_id=group_id, leg=number, required=False))

    async def change(self, table: sa.Table, **values: Any) -> None:
        async with self.database.write(NOON) as work:
            await work.conn.execute(sa.update(table).values(**values))

    async def plan(self, now: datetime) -> None:
        async with self.database.write(now) as work:
            record = await find_record_by_id(work.conn, "a")
            assert record is not None
            await plan_reminders(work, record)

    async def planned(self, kind: str = JOB_REMIND) -> list[Any]:
        async with self.database.read() as conn:
            return list((await conn.execute(sa.select(job).where(job.c.kind == kind).order_by(job.c.due_at, job.c.key))).all())

    async def remind_at(self, now: datetime, before_s: int, number: int = 1, starts_at: datetime = STARTS_AT) -> list[str]:
        """The streams that hear of it."""
        ref = {"action": "a", "leg": number, "before_s": before_s, "starts_at_us": to_microseconds(starts_at)}
        async with self.database.read() as conn:
            before = len(await load_events(conn))
        async with self.database.write(now) as work:
            await remind(work, ref)
            told = [(e.stream, e.kind) for e in work.events]
        async with self.database.read() as conn:
            assert len(await load_events(conn)) == before + len(told)
        assert {kind for _, kind in told} <= {REMINDER}
        return sorted(stream for stream, _ in told)

    def streams(self, *numbers: int) -> list[str]:
        return sorted([PARTNERS, *(group_stream(self.ids[n]) for n in numbers)])


@pytest.fixture
async def world(database: Database) -> World:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        ids = [await add_group(work.conn, name) for name in ("Minga", "Ujamaa", "Kaveh")]
    return World(database, ids)


async def test_plan_reminders_plans_all_three_of_each_leg_once(world: World) -> None:
    await world.add_action(STARTS_AT, STARTS_AT + 3 * HOUR)

    await world.plan(NOON)
    await world.plan(NOON)

    jobs = await world.planned()
    assert [(j.ref["leg"], j.ref["before_s"]) for j in jobs] == [
        (1, WEEK_S), (2, WEEK_S), (1, DAY_S), (2, DAY_S), (1, HOUR_S), (2, HOUR_S),
    ]  # fmt: skip
    assert [j.due_at for j in jobs if j.ref["leg"] == 1] == [STARTS_AT - 7 * DAY, STARTS_AT - DAY, STARTS_AT - HOUR]


async def test_plan_reminders_leaves_out_what_is_past(world: World) -> None:
    await world.add_action(STARTS_AT)

    await world.plan(STARTS_AT - DAY)

    assert [j.ref["before_s"] for j in await world.planned()] == [HOUR_S]


async def test_plan_reminders_after_a_move_plans_the_new_instant_too(world: World) -> None:
    await world.add_action(STARTS_AT)
    await world.plan(NOON)
    await world.change(leg, starts_at=STARTS_AT + DAY)

    await world.plan(NOON)

    assert len(await world.planned()) == 6


async def test_plan_reminders_of_a_proposal_plans_nothing(world: World) -> None:
    await world.add_action(state="proposed")
    async with world.database.write(NOON) as work:
        await work.conn.execute(sa.insert(leg).values(action_id="a", leg=1, offered_at=STARTS_AT))

    await world.plan(NOON)

    assert await world.planned() == []


async def test_remind_tells_each_invited_group_and_the_partners_once(world: World) -> None:
    await world.add_action(STARTS_AT)

    assert await world.remind_at(STARTS_AT - DAY, DAY_S) == world.streams(0, 1, 2)

    async with world.database.read() as conn:
        events = await load_events(conn)
    told = {"action": "taps-k7f2", "revision": 4, "leg": 1, "at_ms": int(STARTS_AT.timestamp() * 1000), "before_s": DAY_S}
    assert [data for _, _, data in events] == [told] * 4
    assert PUBLIC not in {stream for stream, _, _ in events}


async def test_remind_of_a_later_leg_tells_its_own_groups_only(world: World) -> None:
    later = STARTS_AT + 3 * HOUR
    await world.add_action(STARTS_AT, later)

    assert await world.remind_at(STARTS_AT - DAY, DAY_S) == world.streams(0, 1)
    assert await world.remind_at(later - DAY, DAY_S, 2, later) == [group_stream(world.ids[2])]


async def test_remind_of_a_practice_tells_its_own_group_only(world: World) -> None:
    await world.add_action(STARTS_AT, practice=True)

    assert await world.remind_at(STARTS_AT - HOUR, HOUR_S) == [group_stream(world.ids[0])]


@pytest.mark.parametrize("state", ["cancelled", "withdrawn", "lapsed", "proposed", "draft"])
async def test_remind_of_an_action_that_does_not_stand_is_silent(world: World, state: str) -> None:
    await world.add_action(STARTS_AT, state=state)

    assert await world.remind_at(STARTS_AT - DAY, DAY_S) == []


async def test_remind_of_an_instant_that_moved_is_silent_and_of_the_standing_one_is_not(world: World) -> None:
    await world.add_action(STARTS_AT + DAY, moving=True)

    assert await world.remind_at(STARTS_AT - DAY, DAY_S) == []
    assert await world.remind_at(STARTS_AT, DAY_S, starts_at=STARTS_AT + DAY) == world.streams(0, 1, 2)


async def test_remind_of_an_action_that_is_gone_is_silent(world: World) -> None:
    assert await world.remind_at(STARTS_AT - DAY, DAY_S) == []


@pytest.mark.parametrize(
    ("late_by", "before_s", "speaks"),
    [
        (6 * DAY - timedelta(seconds=1), WEEK_S, True),
        (6 * DAY, WEEK_S, False),  # the reminder of the day before is due as well
        (23 * HOUR, DAY_S, False),
        (HOUR - timedelta(seconds=1), HOUR_S, True),
        (HOUR, HOUR_S, False),  # it has begun
    ],
)
async def test_remind_after_the_worker_was_away_only_the_newest_speaks(
    world: World, late_by: timedelta, before_s: int, speaks: bool
) -> None:
    await world.add_action(STARTS_AT)

    told = await world.remind_at(STARTS_AT - timedelta(seconds=before_s) + late_by, before_s)

    assert bool(told) == speaks


async def test_plan_quarter_notice_plans_three_weeks_into_the_networks_quarters(world: World) -> None:
    async with world.database.write(NOON) as work:
        await work.conn.exec_driver_sql("UPDATE network SET zone_id = 'America/La_Paz'")
        for _ in range(2):
            await plan_quarter_notice(work)

    assert [(j.key, j.due_at) for j in await world.planned(JOB_QUARTER)] == [
        ("2027-Q1", datetime(2027, 1, 22, 4, 0, tzinfo=UTC)),
        ("2027-Q2", datetime(2027, 4, 22, 4, 0, tzinfo=UTC)),
    ]


async def test_plan_quarter_notice_before_the_network_is_founded_plans_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        await plan_quarter_notice(work)
        rows = (await work.conn.execute(sa.select(job))).all()

    assert rows == []


@pytest.mark.parametrize(
    ("values", "speaks"),
    [
        ({"state": "confirmed"}, False),
        ({"state": "proposed"}, False),
        ({"state": "draft"}, True),
        ({"state": "cancelled"}, True),
        ({"practice": True}, True),
        ({"quarter": "2027-Q2"}, True),
    ],
)
async def test_quarter_notice_speaks_to_partners_when_no_action_stands(world: World, values: dict[str, Any], speaks: bool) -> None:
    await world.add_action(STARTS_AT, **values)

    async with world.database.write(NOON + 18 * DAY) as work:
        await quarter_notice(work, {"quarter": "2027-Q1"})
        told = [(e.stream, e.kind, dict(e.data)) for e in work.events]

    assert told == ([(PARTNERS, REMINDER, {"quarter": "2027-Q1"})] if speaks else [])


async def test_quarter_notice_of_a_quarter_that_is_over_is_silent_and_plans_on(world: World) -> None:
    async with world.database.write(datetime(2027, 4, 1, tzinfo=UTC)) as work:
        await quarter_notice(work, {"quarter": "2027-Q1"})
        told = list(work.events)

    assert told == []
    assert [j.key for j in await world.planned(JOB_QUARTER)] == ["2027-Q2", "2027-Q3"]
