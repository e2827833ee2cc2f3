"""How many rooms are gathered: roughly, and never by a city that its group does not list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from coordinator.domain.access import NOBODY
from coordinator.keys import PRESENCE_KEY
from coordinator.live import presence
from coordinator.live.presence import OTHERS, Presences, count_rooms, describe, merge, read_reports, round_down
from coordinator.live.protocol import Presence, Room
from coordinator.live.session import Session
from coordinator.live.topic import Member
from coordinator.redisbus import connect
from coordinator.store.database import Database
from coordinator.store.eventlog import Event
from tests.conftest import NOON
from tests.factories import add_group, open_database
from tests.live.untrusting import Notebook

SILENCE = "silence-k7f29m"


def sit(group_id: str | None, action: str | None = SILENCE) -> Member:
    member = Member(Notebook(), Session(NOBODY, 0.0))
    member.session.room = None if action is None else Room(action, group_id)
    return member


def told(member: Member) -> list[dict[str, Any]]:
    assert isinstance(member.viewer, Notebook)
    return member.viewer.frames


@given(st.integers(0, 10**6))
def test_number_of_rooms_is_rounded_down_by_steps(rooms: int) -> None:
    rough = round_down(rooms)

    assert rough <= rooms
    assert rough == round_down(rough)
    assert (rough == 0) == (rooms == 0)
    assert rooms < max(2, rough * 2.5) or rough == presence.STEPS[-1]


def test_rooms_are_counted_by_zone_and_the_others_as_one() -> None:
    members = [sit("ke"), sit("ke"), sit("hidden"), sit(None), sit("ke", "other-action"), sit("ke", None)]

    counts = count_rooms(members, {"ke": "Africa/Nairobi"})

    assert counts == {SILENCE: {"Africa/Nairobi": 2, OTHERS: 2}, "other-action": {"Africa/Nairobi": 1}}


def test_reports_of_processes_add_up() -> None:
    assert merge([{"a": {"x": 1, OTHERS: 2}}, {"a": {"x": 3}, "b": {"y": 1}}]) == {"a": {"x": 4, OTHERS: 2}, "b": {"y": 1}}


def test_frame_names_zones_in_order_and_rounds() -> None:
    assert describe("a", {"B/b": 7, "A/a": 1, OTHERS: 4}) == Presence("a", {"A/a": 1, "B/b": 5}, 2)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b'{"at_ms":1}', b'{"at_ms":"x","counts":{}}', b'{"at_ms":1e6,"counts":{"a":{"z":"1"}}}']
)
def test_report_that_is_none_is_passed_over(body: bytes) -> None:
    assert read_reports({b"p": body}, now_ms=1e6, but=b"q") == []


def test_old_report_and_own_report_are_passed_over() -> None:
    fresh, old = b'{"at_ms":1000000,"counts":{"a":{"z":1}}}', b'{"at_ms":1,"counts":{"a":{"z":1}}}'

    assert read_reports({b"own": fresh, b"dead": old, b"other": fresh}, now_ms=1e6, but=b"own") == [{"a": {"z": 1}}]


@pytest.fixture
async def database(sqlite_database_url: str) -> AsyncIterator[Database]:
    async with open_database(sqlite_database_url) as opened:
        yield opened


@pytest.fixture
async def redis(empty_valkey: str) -> AsyncIterator[Redis]:
    client = connect(empty_valkey)
    yield client
    await client.aclose()


class Time:
    def __init__(self) -> None:
        self.ms = 1e6

    def now(self) -> float:
        return self.ms


async def add_groups(database: Database) -> tuple[str, str, str]:
    async with database.write(NOON) as work:
        return (
            await add_group(work.conn, "Nairobi", zone_id="Africa/Nairobi", listing="public"),
            await add_group(work.conn, "Partners", zone_id="Asia/Kathmandu", listing="partners"),
            await add_group(work.conn, "Hidden", zone_id="Africa/Nairobi", listing="hidden"),
        )


async def test_unlisted_groups_are_among_the_others(database: Database) -> None:
    public, partners, hidden = await add_groups(database)
    members = [sit(public), sit(partners), sit(hidden), sit(None)]

    await Presences(database, None, members, Time().now).tell()

    frame = {"type": "presence", "action": SILENCE, "zones": {"Africa/Nairobi": 1}, "others": 2}
    assert [told(m) for m in members] == [[frame]] * 4
    assert "Kathmandu" not in json.dumps(frame)


async def test_presence_is_told_when_it_changes_or_a_room_comes(database: Database) -> None:
    public, *_ = await add_groups(database)
    members = [sit(public)]
    presences = Presences(database, None, members, Time().now)

    await presences.tell()
    await presences.tell()
    members.append(sit(public))
    await presences.tell()
    await presences.tell()

    assert [f["zones"]["Africa/Nairobi"] for f in told(members[0])] == [1, 2]
    assert [f["zones"]["Africa/Nairobi"] for f in told(members[1])] == [2]


async def test_rooms_of_another_action_hear_nothing_of_this_one(database: Database) -> None:
    members = [sit(None), sit(None, "other-action"), sit(None, None)]

    await Presences(database, None, members, Time().now).tell()

    assert [[f["action"] for f in told(m)] for m in members] == [[SILENCE], ["other-action"], []]


async def test_group_that_hides_itself_is_gone_with_the_next_frame(database: Database) -> None:
    public, *_ = await add_groups(database)
    members = [sit(public)]
    presences = Presences(database, None, members, Time().now)
    await presences.tell()

    async with database.write(NOON) as work:
        await work.conn.exec_driver_sql("UPDATE \"group\" SET listing = 'hidden'")
    presences.notice(Event("partners", 1, "0" * 32, "group.changed", {}, NOON))
    await presences.tell()

    assert told(members[0])[-1] == {"type": "presence", "action": SILENCE, "zones": {}, "others": 1}


async def test_processes_add_up_through_redis_until_one_leaves_or_is_silent(database: Database, redis: Redis) -> None:
    public, *_ = await add_groups(database)
    time, here, there = Time(), [sit(public)], [sit(public), sit(None)]
    ours, theirs = Presences(database, redis, here, time.now), Presences(database, redis, there, time.now)

    await theirs.tell()
    await ours.tell()
    together = told(here[0])[-1]
    time.ms += presence.FORGOTTEN_MS + 1
    await ours.tell()
    alone = told(here[0])[-1]
    await theirs.tell()
    await theirs.leave()
    await ours.tell()

    assert together == {"type": "presence", "action": SILENCE, "zones": {"Africa/Nairobi": 2}, "others": 1}
    assert alone == {"type": "presence", "action": SILENCE, "zones": {"Africa/Nairobi": 1}, "others": 0}
    assert await redis.hlen(PRESENCE_KEY) == 1  # type: ignore[misc]  # redis-py types one command for both its clients
    assert await redis.ttl(PRESENCE_KEY) > 0


async def test_presence_is_told_without_redis(database: Database) -> None:
    dead = connect("unix:///nonexistent/valkey.sock")
    members = [sit(None)]

    await Presences(database, dead, members, Time().now).tell()

    assert told(members[0]) == [{"type": "presence", "action": SILENCE, "zones": {}, "others": 1}]
    await dead.aclose()
