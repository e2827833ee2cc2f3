"""Which action does a room show? Choosing is pure; loading is held against a real database and the listing of groups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordinator.domain.access import NOBODY, Caller
from coordinator.errors import Forbidden, NotFound, NotSignedIn
from coordinator.services.proposals import cancel, draft_action, practise, put_forward
from coordinator.services.responses import respond
from coordinator.services.rooms import Shown, choose, load_action_room, load_group_room, load_public_room
from coordinator.store.database import Database
from tests.browser.harness import make_action
from tests.factories import NOON, add_group, add_network, caller_as, open_database

MOMENT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC)
THANKS = timedelta(minutes=30)
FORM: dict[str, Any] = {
    "title": "Keep the taps open",
    "kind": "silence",
    "story": "At every tap.",
    "duration_minutes": "30",
    "quarter": "2027-Q1",
    "language": "en",
}


# --- choosing -----------------------------------------------------------------------------------------------------------


def shown(slug: str, starts_at: datetime, **changes: Any) -> Shown:
    action = make_action(starts_at, slug=slug, **changes)
    return Shown(action, action.legs[0], starts_at)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(days=-3), "first"),  # both ahead: the nearer one
        (timedelta(minutes=1), "first"),  # it is held
        (timedelta(minutes=59), "first"),  # its thanks are said
        (timedelta(minutes=61), "second"),
        (timedelta(hours=6), None),
    ],
)
def test_choose_follows_one_action_to_the_end_of_its_thanks_and_moves_on(after: timedelta, expected: str | None) -> None:
    both = [shown("second", MOMENT + timedelta(hours=3)), shown("first", MOMENT)]

    found = choose(both, MOMENT + after)

    assert (found and found.action.slug) == expected


def test_choose_counts_down_to_the_next_while_a_long_one_is_held() -> None:
    long_one = shown("long", MOMENT, duration=timedelta(hours=12))
    next_one = shown("next", MOMENT + timedelta(hours=5))

    assert choose([long_one, next_one], MOMENT + timedelta(hours=3)) is long_one
    assert choose([long_one, next_one], MOMENT + timedelta(hours=4)) is next_one
    assert choose([long_one, next_one], MOMENT + timedelta(hours=5)) is next_one
    assert choose([long_one, next_one], MOMENT + timedelta(hours=6)) is long_one


def test_choose_of_nothing_is_nothing() -> None:
    assert choose([], MOMENT) is None


def test_over_at_of_an_action_shorter_than_its_now_ends_with_the_thanks_after_now() -> None:
    assert shown("short", MOMENT, duration=timedelta(0)).over_at == MOMENT + timedelta(seconds=10) + THANKS


# --- loading ------------------------------------------------------------------------------------------------------------


@dataclass
class World:
    database: Database
    ids: dict[str, str]

    def custodian(self, name: str) -> Caller:
        return caller_as("custodian", self.ids[name])

    async def confirm(self) -> str:
        async with self.database.write(NOON) as work:
            slug = await draft_action(work, self.custodian("Minga"), self.ids["Minga"], FORM, frozenset({"en"}))
            await put_forward(work, self.custodian("Minga"), slug, {"start": MOMENT.isoformat()})
            for name in ("Cairo", "Quiet"):
                await respond(work, self.custodian(name), self.ids[name], slug, {"response": "consent", "reason": ""})
        return slug


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            ids = {
                "Minga": await add_group(work.conn, "Minga", listing="public"),
                "Cairo": await add_group(work.conn, "Cairo", zone_id="Africa/Cairo", place="Cairo"),
                "Quiet": await add_group(work.conn, "Quiet", zone_id="Asia/Tehran", place="Tehran", alias_name="Reed", listing="hidden"),
            }
        yield World(database, ids)


async def test_public_room_shows_the_confirmed_action_with_public_groups_only(world: World) -> None:
    slug = await world.confirm()

    async with world.database.read() as conn:
        room = await load_public_room(conn, NOON)

    assert room.shown is not None
    assert (room.shown.action.slug, room.shown.starts_at, room.moves_on) == (slug, MOMENT, True)
    assert ([seen.name for seen in room.seen], room.others) == (["Minga"], 2)


async def test_group_room_shows_partners_too_and_never_a_hidden_ones_zone(world: World) -> None:
    await world.confirm()

    async with world.database.read() as conn:
        room = await load_group_room(conn, caller_as("room", world.ids["Minga"]), world.ids["Minga"], NOON)

    assert {(seen.name, seen.zone_id, seen.own) for seen in room.seen} == {
        ("Minga", "America/La_Paz", True),
        ("Cairo", "Africa/Cairo", False),
        ("Reed", None, False),
    }


async def test_group_room_is_refused_to_others(world: World) -> None:
    async with world.database.read() as conn:
        with pytest.raises(NotSignedIn):
            await load_group_room(conn, NOBODY, world.ids["Minga"], NOON)
        with pytest.raises(Forbidden):
            await load_group_room(conn, caller_as("room", world.ids["Cairo"]), world.ids["Minga"], NOON)


async def test_practice_is_shown_in_its_own_groups_room_only(world: World) -> None:
    starts_at = NOON + timedelta(minutes=3)
    async with world.database.write(NOON) as work:
        slug = await draft_action(work, world.custodian("Minga"), world.ids["Minga"], FORM | {"practice": "1"}, frozenset({"en"}))
        await practise(work, world.custodian("Minga"), slug, {"start": starts_at.isoformat()})

    async with world.database.read() as conn:
        own = await load_group_room(conn, caller_as("room", world.ids["Minga"]), world.ids["Minga"], NOON)
        partner = await load_group_room(conn, caller_as("room", world.ids["Cairo"]), world.ids["Cairo"], NOON)
        public = await load_public_room(conn, NOON)
        with pytest.raises(NotFound):
            await load_action_room(conn, slug, NOON)

    assert own.shown is not None
    assert (own.shown.action.slug, own.shown.action.practice) == (slug, True)
    assert len(own.seen) == 3  # partners' days to look at while practising
    assert (partner.shown, public.shown) == (None, None)


async def test_action_room_stays_with_its_action_even_when_it_is_cancelled(world: World) -> None:
    slug = await world.confirm()
    async with world.database.write(NOON) as work:
        await cancel(work, world.custodian("Minga"), slug, {"reason": "The dam broke."})

    async with world.database.read() as conn:
        room = await load_action_room(conn, slug, NOON)
        public = await load_public_room(conn, NOON)

    assert room.shown is not None
    assert (room.shown.action.state, room.shown.action.cancel_reason, room.moves_on) == ("cancelled", "The dam broke.", False)
    assert public.shown is None


async def test_action_room_without_an_agreed_moment_is_not_found(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await draft_action(work, world.custodian("Minga"), world.ids["Minga"], FORM, frozenset({"en"}))
        await put_forward(work, world.custodian("Minga"), slug, {"start": MOMENT.isoformat()})

    async with world.database.read() as conn:
        with pytest.raises(NotFound):
            await load_action_room(conn, slug, NOON)
