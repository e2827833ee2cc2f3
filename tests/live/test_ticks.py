"""Whole seconds left, once a second, to those who asked: for walls that run no script of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.listing import Seen
from coordinator.live.protocol import Room
from coordinator.live.session import Session
from coordinator.live.ticks import Ticks, pick_target, seconds_left, wait_for_second
from coordinator.live.topic import Member
from coordinator.services.actions import LegView
from coordinator.store import tables
from coordinator.store.database import Database
from coordinator.store.eventlog import Event
from tests.browser.harness import make_action, make_row
from tests.conftest import NOON, FakeClock
from tests.factories import add_group, caller_as, open_database
from tests.live.untrusting import Notebook

SILENCE = "silence-k7f29m"
TEN_MINUTES = NOON + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("left_ms", "shown"), [(10_000, 10), (9_999.5, 10), (9_000, 9), (1, 1), (0, 0), (-1, 0), (-999, 0), (-1_000, -1), (3_600_000, 3_600)]
)
def test_seconds_left_are_the_ceiling(left_ms: float, shown: int) -> None:
    assert seconds_left(1_000_000 + left_ms, 1_000_000) == shown


@given(st.floats(0, 5_000), st.floats(0.1, 1.0))
async def test_wait_ends_just_after_a_whole_second_even_when_timers_are_early(start_ms: float, share: float) -> None:
    now_ms = start_ms

    async def sleep_too_little(delay_s: float) -> None:
        nonlocal now_ms
        now_ms += max(delay_s * 1000 * share, 0.01)

    await wait_for_second(lambda: now_ms, sleep_too_little)

    assert now_ms // 1000 == start_ms // 1000 + 1
    assert now_ms % 1000 <= 0.02


@pytest.fixture
async def database(sqlite_database_url: str) -> AsyncIterator[Database]:
    async with open_database(sqlite_database_url) as opened:
        yield opened


async def add_action(database: Database, **values: Any) -> str:
    """A confirmed action in ten minutes, of one public group; returns that group."""
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, listing="public")
        row: dict[str, Any] = {
            "id": "a1",
            "slug": SILENCE,
            "group_id": group_id,
            "kind": "silence",
            "title": "Silence",
            "story": "",
            "language": "en",
            "shape": "instant",
            "duration_minutes": 30,
            "quarter": "2027-Q1",
            "state": "confirmed",
            "practice": False,
            "moving": False,
            "round": 1,
            "revision": 1,
            "sequence": 0,
            "stamped_at": NOON,
            "created_at": NOON,
            "changed_at": NOON,
        }
        await work.conn.execute(sa.insert(tables.action).values(row | values))
        await work.conn.execute(sa.insert(tables.leg).values(action_id="a1", leg=1, starts_at=TEN_MINUTES))
        await work.conn.execute(sa.insert(tables.invitation).values(action_id="a1", group_id=group_id, leg=1, required=False))
    return group_id


def wall(room: Room | None, caller: Caller = NOBODY, *, on: bool = True) -> Member:
    member = Member(Notebook(), Session(caller, 0.0))
    member.session.room = room
    member.session.ticking = on
    return member


def shown(member: Member) -> list[int | None]:
    assert isinstance(member.viewer, Notebook)
    return [frame["left_s"] for frame in member.viewer.frames]


def make_ticks(database: Database, clock: FakeClock, *members: Member) -> Ticks:
    return Ticks(database, members, clock.now, lambda: clock.now().timestamp() * 1000)


async def test_walls_that_asked_get_the_seconds_of_their_room(database: Database, clock: FakeClock) -> None:
    group_id = await add_action(database)
    public, own = wall(Room(SILENCE)), wall(Room(SILENCE, group_id), caller_as("room", group_id))
    without_room, silent, unknown = wall(None), wall(Room(SILENCE), on=False), wall(Room("unknown-slug"))
    ticks = make_ticks(database, clock, public, own, without_room, silent, unknown)

    await ticks.tell()
    clock.advance(seconds=1)
    await ticks.tell()

    assert [shown(w) for w in (public, own, without_room, silent, unknown)] == [[600, 599], [600, 599], [None, None], [], [None, None]]


async def test_practice_is_unknown_to_the_public(database: Database, clock: FakeClock) -> None:
    group_id = await add_action(database, practice=True)
    public, own = wall(Room(SILENCE)), wall(Room(SILENCE, group_id), caller_as("room", group_id))

    await make_ticks(database, clock, public, own).tell()

    assert (shown(public), shown(own)) == ([None], [600])


@pytest.mark.parametrize(("kind", "seconds"), [("action.moved", 1), ("response.given", 6)])
async def test_moment_that_moved_is_shown_at_its_event_or_soon_after(database: Database, clock: FakeClock, kind: str, seconds: int) -> None:
    await add_action(database)
    member = wall(Room(SILENCE))
    ticks = make_ticks(database, clock, member)
    await ticks.tell()

    async with database.write(NOON) as work:
        await work.conn.execute(sa.update(tables.leg).values(starts_at=TEN_MINUTES + timedelta(hours=1)))
    ticks.notice(Event("public", 1, "0" * 32, kind, {}, NOON))
    clock.advance(seconds=seconds)
    await ticks.tell()

    assert shown(member) == [600, 4200 - seconds]


async def test_ticks_cost_one_query_for_all_walls_of_a_room(database: Database, clock: FakeClock) -> None:
    await add_action(database)
    walls = [wall(Room(SILENCE)) for _ in range(5)]
    ticks = make_ticks(database, clock, *walls)
    reads = 0
    read = database.read

    def count() -> Any:
        nonlocal reads
        reads += 1
        return read()

    database.read = count  # type: ignore[method-assign]  # the real one, counted

    for _ in range(3):
        await ticks.tell()

    assert reads == 1
    assert [shown(w) for w in walls] == [[600, 600, 600]] * 5


async def test_waiting_uses_the_loop(clock: FakeClock) -> None:
    before = asyncio.get_running_loop().time()

    await wait_for_second(lambda: 999.0 + (asyncio.get_running_loop().time() - before) * 1000)

    assert asyncio.get_running_loop().time() - before >= 0.001


def test_target_of_several_legs_is_a_groups_own_and_for_others_the_one_that_the_room_shows() -> None:
    first, second = NOON, NOON + timedelta(hours=5)
    legs = (LegView(1, first, None, 60), LegView(2, second, None, -240))
    rows = tuple(make_row(seen=Seen(f"g{leg}", "Minga", "La Paz", "America/La_Paz"), leg=leg) for leg in (1, 2))
    wave = make_action(first, legs=legs, rows=rows)
    later = first + timedelta(hours=2)

    targets = [pick_target(wave, group_id, now) for group_id, now in ((None, first), (None, later), ("g1", later), ("g2", first))]

    assert targets == [first, second, first, second]
