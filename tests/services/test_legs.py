"""Waves and relays from draft to calendar: who follows which leg, what it costs, what moves and what is left, and who hears of which."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.action import Shape, Stage, State
from coordinator.domain.quarters import Quarter
from coordinator.errors import Conflict, Invalid
from coordinator.i18n import read_languages
from coordinator.services.actions import ActionView, load_action
from coordinator.services.candidates import weigh_start
from coordinator.services.feeds import load_action_file, load_public_feed
from coordinator.services.proposals import cancel, draft_action, put_forward, withdraw
from coordinator.services.questions import load_search
from coordinator.services.reminders import remind
from coordinator.services.responses import respond
from coordinator.store.actions import Record, find_record, load_kept
from coordinator.store.database import Database
from coordinator.store.tables import group as group_table
from tests.factories import NOON, add_group, add_network, caller_as, load_events, open_database

LANGUAGES = frozenset({"en", "es", "ar"})
ENGLISH = read_languages()["en"]
FORM: dict[str, Any] = {
    "title": "Six o'clock everywhere",
    "kind": "noise",
    "story": "Pots and pans go round the planet.",
    "duration_minutes": "30",
    "quarter": "2027-Q1",
    "language": "en",
}
PLACES: dict[str, tuple[str, str]] = {  # name → zone, listing; Hidden's clock is the first of all, and nobody else's
    "Minga": ("America/La_Paz", "public"),
    "Quito": ("America/Guayaquil", "public"),
    "Cairo": ("Africa/Cairo", "partners"),
    "Berlin": ("Europe/Berlin", "public"),
    "Hidden": ("Pacific/Kiritimati", "hidden"),
}
SIX = {"shape": "wave", "start": "2027-02-06T18:00"}


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


NUMBERS = {"Berlin": 1, "Minga": 2, "Quito": 3, "Cairo": 1000, "Hidden": 100_000}
WAVE = {"Hidden": utc(2, 6, 4), "Cairo": utc(2, 6, 16), "Berlin": utc(2, 6, 17), "Minga": utc(2, 6, 22), "Quito": utc(2, 6, 23)}


@dataclass
class World:
    """A network of these groups, each with a custodian."""

    database: Database
    ids: dict[str, str]

    def custodian(self, name: str) -> Caller:
        return caller_as("custodian", self.ids[name])

    async def record(self, slug: str) -> Record:
        async with self.database.read() as conn:
            found = await find_record(conn, slug)
        assert found is not None
        return found

    async def view(self, slug: str, caller: Caller, now: datetime = NOON) -> ActionView:
        async with self.database.read() as conn:
            return await load_action(conn, caller, slug, now)

    async def draft(self, **changes: Any) -> str:
        async with self.database.write(NOON) as work:
            return await draft_action(work, self.custodian("Minga"), self.ids["Minga"], FORM | changes, LANGUAGES)

    async def put(self, slug: str, now: datetime = NOON, **raw: Any) -> None:
        async with self.database.write(now) as work:
            await put_forward(work, self.custodian("Minga"), slug, raw)

    async def agree(self, slug: str, now: datetime = NOON) -> None:
        for name in self.ids:
            async with self.database.write(now) as work:
                if (await self.record(slug)).invited(self.ids[name]) is not None and name != "Minga":
                    await respond(work, self.custodian(name), self.ids[name], slug, {"response": "consent"})

    async def confirm(self, **raw: Any) -> str:
        slug = await self.draft(shape=raw.get("shape", "instant"))
        await self.put(slug, **raw)
        await self.agree(slug)
        return slug

    async def starts(self, slug: str) -> dict[str, datetime | None]:
        """Group's name → its agreed instant, by the rows alone."""
        record = await self.record(slug)
        legs = {leg.leg: leg.starts_at for leg in record.legs}
        return {name: legs[i.leg] for name, group_id in self.ids.items() if (i := record.invited(group_id)) is not None}

    async def relist(self, name: str, listing: str) -> None:
        async with self.database.write(NOON) as work:
            await work.conn.execute(sa.update(group_table).where(group_table.c.id == self.ids[name]).values(listing=listing))

    async def legs_told(self, stream: str) -> list[list[int]]:
        async with self.database.read() as conn:
            return [[leg["leg"] for leg in data["legs"]] for _, _, data in await load_events(conn, stream) if "legs" in data]


async def open_world(database: Database, **zones: str) -> World:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        ids = {
            name: await add_group(work.conn, name, zone_id=zones.get(name, zone_id), place=name, listing=listing, alias_name="Reed")
            if listing == "hidden"
            else await add_group(work.conn, name, zone_id=zones.get(name, zone_id), place=name, listing=listing)
            for name, (zone_id, listing) in PLACES.items()
        }
    return World(database, ids)


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database:
        yield await open_world(database)


# --- put forward and agreed -------------------------------------------------------------------------------------------


async def test_wave_put_forward_asks_every_group_about_its_own_leg_and_its_own_burden(world: World) -> None:
    slug = await world.draft(shape="wave")

    await world.put(slug, **SIX)

    record = await world.record(slug)
    assert (record.action.shape, record.action.state, record.starts) == (Shape.WAVE, State.PROPOSED, ())
    assert [(leg.leg, leg.offered_at, leg.utc_offset_minutes) for leg in record.legs] == [
        (1, WAVE["Berlin"], 60), (2, WAVE["Minga"], -240), (3, WAVE["Quito"], -300), (1000, WAVE["Cairo"], 120), (100_000, WAVE["Hidden"], 840)
    ]  # fmt: skip
    for name, number in NUMBERS.items():
        invited = record.invited(world.ids[name])
        async with world.database.read() as conn:
            weighed = weigh_start(await load_search(conn, world.custodian("Minga"), slug, NOON, WAVE[name]), WAVE[name])
        assert invited is not None
        burden = next(
            row.burden for row in weighed.rows if row.seen is not None and row.seen.name == (name if name != "Hidden" else "Reed")
        )
        assert (invited.leg, invited.offered_leg, invited.offered_burden) == (number, number, burden)


async def test_wave_agreed_stands_at_one_wall_time_and_is_written_so_for_every_group(world: World) -> None:
    slug = await world.confirm(**SIX)

    record = await world.record(slug)
    assert await world.starts(slug) == WAVE
    assert {i.sentence.wall_time for i in record.invitations if i.sentence is not None} == {datetime(2027, 2, 6, 18)}
    assert len({i.sentence.zone_id for i in record.invitations if i.sentence is not None}) == len(PLACES)
    assert (record.offers, record.action.offered_start, record.action.agreed_start) == ((), "", "2027-02-06T18:00 first")
    assert all(i.burden is not None and i.offered_leg is None and i.moved_from_at is None for i in record.invitations)


async def test_relay_lets_each_group_follow_its_lightest_instant(world: World) -> None:
    early, late = utc(2, 4, 17), utc(2, 4, 23)

    slug = await world.confirm(shape="relay", start=[late.isoformat(), early.isoformat(), "2027-02-04T23:00:00Z"])

    starts = await world.starts(slug)
    assert starts == {"Cairo": early, "Berlin": early, "Hidden": early, "Minga": late, "Quito": late}  # of equals the earlier
    assert [leg.starts_at for leg in (await world.record(slug)).legs] == [early, late]


async def test_wave_deadline_is_two_days_before_the_first_clock_of_all_whoever_is_invited(sqlite_database_url: str) -> None:
    faults = []
    for hidden in ("Pacific/Kiritimati", "Pacific/Niue"):
        async with open_database(sqlite_database_url) as database:
            world = await open_world(database, Hidden=hidden) if not faults else World(database, await rezone(database, hidden))
            slug = await world.draft(shape="wave")
            with pytest.raises(Invalid) as caught:
                await world.put(slug, **SIX, deadline="2027-02-04T04:01:00Z")
            await world.put(slug, **SIX, deadline="2027-02-04T04:00:00Z")
        faults.append([(p.field, p.code, p.value, p.remedy) for p in caught.value.problems])

    assert faults[0] == faults[1] == [("deadline", "deadline_too_late", "2027-02-04T04:01:00+00:00", ("2027-02-04T04:00:00+00:00",))]


async def rezone(database: Database, zone_id: str) -> dict[str, str]:
    async with database.write(NOON) as work:
        await work.conn.execute(sa.update(group_table).where(group_table.c.name == "Hidden").values(zone_id=zone_id))
        return {row.name: row.id for row in await work.conn.execute(sa.select(group_table))}


async def test_wave_over_a_skipped_time_asks_about_the_groups_whose_clocks_are_seen(world: World) -> None:
    slug = await world.draft(shape="wave")
    night = {"shape": "wave", "start": "2027-03-28T02:30"}

    with pytest.raises(Invalid) as caught:
        await world.put(slug, **night)
    unwritten = (await world.record(slug)).legs
    await world.relist("Berlin", "hidden")
    await world.put(slug, **night)

    assert [(p.field, p.code, p.remedy) for p in caught.value.problems] == [("gap", "wave_gap", ("Berlin",))]
    assert unwritten == ()
    assert {leg.utc_offset_minutes: leg.offered_at for leg in (await world.record(slug)).legs}[60] == utc(3, 28, 1, 30)


async def test_wave_over_a_skipped_time_takes_the_answer(world: World) -> None:
    slug = await world.draft(shape="wave")

    await world.put(slug, start="2027-03-28T02:30", gap="later")
    await world.agree(slug)

    assert (await world.starts(slug))["Berlin"] == utc(3, 28, 1, 30)
    invited = (await world.record(slug)).invited(world.ids["Berlin"])
    assert invited is not None
    assert invited.sentence is not None
    assert invited.sentence.wall_time == datetime(2027, 3, 28, 3, 30)


async def test_move_of_a_wave_to_another_shape_is_refused(world: World) -> None:
    slug = await world.confirm(**SIX)

    with pytest.raises(Invalid) as caught:
        await world.put(slug, shape="instant", start="2027-02-20T18:00:00Z")

    assert [(p.field, p.code, p.remedy) for p in caught.value.problems] == [("shape", "choice_unknown", ("wave",))]


# --- moved, left, withdrawn -------------------------------------------------------------------------------------------


async def test_move_of_a_wave_keeps_the_number_of_an_offset_and_leaves_what_nobody_follows(world: World) -> None:
    slug = await world.confirm(**SIX)
    feed = await read_feed(world)
    await world.put(slug, start="2027-03-28T18:00")  # Berlin is an hour nearer to Cairo by then

    offered = await world.record(slug)
    assert {name: i.offered_leg for name in PLACES if (i := offered.invited(world.ids[name]))} == {
        "Minga": 2, "Quito": 3, "Cairo": 4, "Berlin": 4, "Hidden": 100_000
    }  # fmt: skip
    assert await world.starts(slug) == WAVE
    await world.agree(slug)

    record = await world.record(slug)
    assert (await world.starts(slug))["Berlin"] == utc(3, 28, 16)
    assert [(leg.leg, leg.stands, leg.left_by) for leg in record.legs if leg.leg in (1, 4, 1000)] == [
        (1, False, (world.ids["Berlin"],)),
        (4, True, ()),  # Cairo's, which was for partners, is another one since everybody sees it
        (1000, False, (world.ids["Cairo"],)),
    ]
    assert {name: i.moved_from_at for name in PLACES if (i := record.invited(world.ids[name]))} == WAVE
    assert len(record.starts) == 4
    after = await read_feed(world)
    assert {uid: status for uid, (status, _) in feed.items()} == {f"{record.action.id}-{leg}@chorus.test": "CONFIRMED" for leg in (1, 2, 3)}
    assert after == {
        f"{record.action.id}-1@chorus.test": ("CANCELLED", WAVE["Berlin"]),
        f"{record.action.id}-2@chorus.test": ("CONFIRMED", utc(3, 28, 22)),
        f"{record.action.id}-3@chorus.test": ("CONFIRMED", utc(3, 28, 23)),
        f"{record.action.id}-4@chorus.test": ("CONFIRMED", utc(3, 28, 16)),
    }
    assert (await world.view(slug, NOBODY)).at(NOON).legs[0].leg == 4  # a leg that was left is nowhere but in calendars


async def read_feed(world: World, slug: str = "") -> dict[str, tuple[str, datetime]]:
    """UID → status and start of every entry of the public feed, or of one action's file."""
    async with world.database.read() as conn:
        made = await (load_action_file(conn, slug, ENGLISH, "https://chorus.test", NOON) if slug else load_public_feed(conn, ENGLISH, "https://chorus.test", NOON))  # fmt: skip
    events = icalendar.Calendar.from_ical(made.body).walk("VEVENT")
    assert len({str(event["UID"]) for event in events}) == len(events)
    return {str(event["UID"]): (str(event["STATUS"]), event.decoded("DTSTART")) for event in events}


async def test_action_file_holds_every_public_leg(world: World) -> None:
    slug = await world.confirm(**SIX)

    assert await read_feed(world, slug) == await read_feed(world)


async def test_move_taken_back_leaves_everything_as_it_stood_and_its_new_numbers_are_gone(world: World) -> None:
    slug = await world.confirm(shape="relay", start=["2027-02-04T17:00:00Z"])
    before = await world.record(slug)
    await world.put(slug, start=["2027-02-11T17:00:00Z", "2027-02-11T23:00:00Z"])
    async with world.database.write(NOON) as work:
        await withdraw(work, world.custodian("Minga"), slug)

    record = await world.record(slug)
    assert ([i.leg for i in record.invitations], record.starts) == ([i.leg for i in before.invitations], before.starts)
    assert (record.offers, {i.offered_leg for i in record.invitations}, record.action.offered_start) == ((), {None}, "")
    await world.put(slug, start=["2027-02-11T17:00:00Z", "2027-02-12T23:00:00Z", "2027-02-13T17:00:00Z"])
    assert 2 not in {leg.leg for leg in (await world.record(slug)).legs if leg.offered_at is not None} or len(record.legs) == 2


# --- who may see which leg --------------------------------------------------------------------------------------------


async def test_legs_are_shown_to_those_who_may_know_a_clock_of_theirs(world: World) -> None:
    slug = await world.confirm(**SIX)

    seen = {
        name: [leg.leg for leg in (await world.view(slug, caller)).legs]
        for name, caller in {
            "public": NOBODY,
            "partner": world.custodian("Cairo"),
            "proposer": world.custodian("Minga"),
            "hidden": world.custodian("Hidden"),
            "steward": caller_as("steward"),
        }.items()
    }

    assert seen == {
        "public": [1, 2, 3],
        "partner": [1000, 1, 2, 3],
        "proposer": [1000, 1, 2, 3],
        "hidden": [100_000, 1000, 1, 2, 3],
        "steward": [100_000, 1000, 1, 2, 3],
    }
    row = next(r for r in (await world.view(slug, world.custodian("Minga"))).rows if r.seen.name == "Reed")
    assert (row.leg, row.starts_at, row.offered_leg, row.offered_at, row.moved_from_at) == (None, None, None, None, None)
    assert await world.legs_told("public") == [[1, 2, 3]] * 6
    assert await world.legs_told("partners") == [[1000, 1, 2, 3]] * 6
    assert await world.legs_told(f"group:{world.ids['Hidden']}") == [[100_000]] * 6
    assert await world.legs_told(f"group:{world.ids['Cairo']}") == []


async def test_leg_of_an_offer_is_shown_by_those_who_are_asked_to_follow_it(world: World) -> None:
    slug = await world.confirm(**SIX)
    await world.relist("Berlin", "hidden")
    await world.put(slug, start="2027-03-28T18:00")  # Berlin, which hides, goes with Cairo then

    partner = {leg.leg: (leg.starts_at, leg.offered_at) for leg in (await world.view(slug, world.custodian("Quito"))).legs}
    public = {leg.leg: (leg.starts_at, leg.offered_at) for leg in (await world.view(slug, NOBODY)).legs}

    assert partner == {
        1000: (WAVE["Cairo"], utc(3, 28, 16)),
        2: (WAVE["Minga"], utc(3, 28, 22)),
        3: (WAVE["Quito"], utc(3, 28, 23)),
    }
    assert public == {number: instants for number, instants in partner.items() if number != 1000}


async def test_stage_and_moment_of_a_reader_are_those_of_the_legs_it_sees(world: World) -> None:
    slug = await world.confirm(**SIX)
    during_hidden, between = WAVE["Hidden"] + timedelta(minutes=1), WAVE["Berlin"] + timedelta(hours=2)

    hidden, partner = world.custodian("Hidden"), world.custodian("Cairo")
    stages = [(await world.view(slug, reader, during_hidden)).stage for reader in (hidden, partner, NOBODY)]
    at = {
        name: (await world.view(slug, NOBODY, now)).at(now).starts_at
        for name, now in {"first": NOON, "between": between, "after": utc(3, 1, 0)}.items()
    }

    assert stages == [Stage.LIVE, Stage.AHEAD, Stage.AHEAD]
    assert (await world.view(slug, NOBODY, between)).stage is Stage.LIVE
    assert at == {"first": WAVE["Berlin"], "between": WAVE["Minga"], "after": WAVE["Quito"]}
    assert (await world.view(slug, hidden)).of_group(world.ids["Hidden"]).starts_at == WAVE["Hidden"]


# --- what a hidden leg must not tell by its hour -----------------------------------------------------------------------


async def test_cancel_is_refused_from_the_first_leg_that_the_proposer_sees_and_not_before(world: World) -> None:
    first, second = await world.confirm(**SIX), await world.confirm(**SIX)

    async with world.database.write(WAVE["Cairo"] - timedelta(seconds=1)) as work:  # the hidden group has acted hours ago
        await cancel(work, world.custodian("Minga"), first, {"reason": "The square is closed."})
    async with world.database.write(WAVE["Cairo"]) as work:
        with pytest.raises(Conflict) as caught:
            await cancel(work, world.custodian("Minga"), second, {"reason": "The square is closed."})

    assert ((await world.record(first)).action.state, caught.value.code) == (State.CANCELLED, "already_started")


@pytest.mark.parametrize("first_at", [utc(1, 12, 4, 10), utc(1, 11, 16, 40)])  # the hidden group's evening, and another hour
async def test_usual_deadline_does_not_tell_when_a_relay_begins_for_hidden_groups_alone(world: World, first_at: datetime) -> None:
    slug = await world.draft(shape="relay")

    await world.put(slug, shape="relay", start=[first_at.isoformat(), "2027-01-14T22:30:00Z"])

    assert (await world.record(slug)).action.deadline_at == NOON + timedelta(days=4)


async def test_action_is_kept_from_the_first_leg_that_partners_see(database_url: str) -> None:
    async with open_database(database_url) as database:
        await check_kept(await open_world(database))


async def check_kept(world: World) -> None:
    slug = await world.confirm(**SIX)
    quarter = [Quarter(2027, 1)]

    async with world.database.read() as conn:
        kept = [len(await load_kept(conn, quarter, at)) for at in (WAVE["Hidden"], WAVE["Cairo"] - timedelta(seconds=1), WAVE["Cairo"])]
    for name in PLACES:
        await world.relist(name, "hidden")
    async with world.database.read() as conn:
        alone = [len(await load_kept(conn, quarter, at)) for at in (WAVE["Hidden"] - timedelta(seconds=1), WAVE["Hidden"])]

    assert (kept, alone) == ([0, 0, 1], [0, 1])
    assert (await world.record(slug)).action.state is State.CONFIRMED


async def test_reminder_of_a_leg_reaches_its_groups_and_that_of_the_first_seen_leg_the_partners(world: World) -> None:
    slug = await world.confirm(**SIX)
    record = await world.record(slug)

    for leg in record.legs:
        assert leg.starts_at is not None
        us = (leg.starts_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        ref = {"action": record.action.id, "leg": leg.leg, "before_s": 86_400, "starts_at_us": us}
        async with world.database.write(leg.starts_at - timedelta(days=1)) as work:
            await remind(work, ref)

    async with world.database.read() as conn:
        told = [(stream, data["leg"]) for stream, kind, data in await load_events(conn) if kind == "reminder.due"]
    assert sorted(told) == sorted([("partners", 1000), *((f"group:{world.ids[name]}", number) for name, number in NUMBERS.items())])
