"""How many rooms are gathered? Counted in each process, merged through Redis, told roughly, and only by cities that groups list publicly.

A hint for the eye: rounded down, at most one frame a second, and without Redis each process tells of its own rooms alone.
"""

from __future__ import annotations

import asyncio
import secrets
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.listing import Listing
from coordinator.keys import PRESENCE_KEY
from coordinator.live.protocol import Presence, encode
from coordinator.live.topic import Member
from coordinator.services.groups import load_cards
from coordinator.store.database import Database
from coordinator.store.eventlog import Event

STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
RENEW_MS = 10_000
FORGOTTEN_MS = 30_000
KEY_EXPIRES_S = 60
REDIS_WITHIN_S = 0.25

OTHERS = ""  # in place of a zone: rooms of groups that are not listed publicly, and public room pages
Counts = dict[str, dict[str, int]]  # action → zone or OTHERS → rooms

log = structlog.get_logger(__name__)


class Report(msgspec.Struct):
    """What one process tells the others; `at_ms` is UTC."""

    at_ms: float
    counts: Counts


def round_down(rooms: int) -> int:
    """The number of rooms as "at least": 1, 2, 5, 10, 20, 50, …"""
    return STEPS[bisect_right(STEPS, rooms) - 1]


def count_rooms(members: Iterable[Member], zones: Mapping[str, str]) -> Counts:
    """Room pages by action and zone; `zones` holds the groups that are listed publicly."""
    counts: Counts = {}
    for member in members:
        room = member.session.room
        if room is not None:
            zone = OTHERS if room.group is None else zones.get(room.group, OTHERS)
            rooms = counts.setdefault(room.action, {})
            rooms[zone] = rooms.get(zone, 0) + 1
    return counts


def merge(reports: Iterable[Counts]) -> Counts:
    """The sums over all processes."""
    merged: dict[str, Counter[str]] = {}
    for report in reports:
        for action, rooms in report.items():
            merged.setdefault(action, Counter()).update(rooms)
    return {action: dict(rooms) for action, rooms in merged.items()}


def describe(action: str, rooms: Mapping[str, int]) -> Presence:
    """The frame of one action, zones in alphabetical order."""
    named = {zone: round_down(count) for zone, count in sorted(rooms.items()) if zone != OTHERS}
    return Presence(action, named, round_down(rooms.get(OTHERS, 0)))


async def load_public_zones(conn: AsyncConnection, group_ids: Collection[str]) -> dict[str, str]:
    """Group → zone, of those groups that list themselves publicly."""
    cards = await load_cards(conn, group_ids)
    return {group_id: card.zone_id for group_id, card in cards.items() if card.listing is Listing.PUBLIC}


class Presences:
    """Keeps count for this process. One task calls `tell` about once a second."""

    def __init__(self, database: Database, redis: Redis | None, members: Collection[Member], now_ms: Callable[[], float]) -> None:
        self._database = database
        self._redis = redis
        self._members = members
        self._now_ms = now_ms
        self._process = secrets.token_hex(8)
        self._zones: dict[str, str] = {}
        self._asked: set[str] = set()  # groups whose listing is known
        self._asked_ms = 0.0
        self._shared: Counts = {}  # as last written to Redis
        self._shared_ms = 0.0
        self._told: dict[str, tuple[bytes, int]] = {}  # action → frame and how many of our rooms got it

    def notice(self, event: Event) -> None:
        """A group may have changed its listing: ask anew."""
        if event.kind.startswith("group."):
            self._asked.clear()

    async def tell(self) -> None:
        """Sends each action's presence to its rooms here when it has changed, or a room has come."""
        rooms = [member for member in self._members if member.session.room is not None]
        if not rooms and not self._shared and not self._told:
            return
        await self._learn_zones({m.session.room.group for m in rooms if m.session.room and m.session.room.group})
        merged = await self._exchange(count_rooms(rooms, self._zones))
        self._send(rooms, merged)

    async def leave(self) -> None:
        """Takes this process out of the others' count."""
        if self._redis is not None and self._shared:
            await self._ask_redis(self._redis.hdel(PRESENCE_KEY, self._process))

    def _send(self, rooms: Collection[Member], merged: Counts) -> None:
        by_action: dict[str, list[Member]] = {}
        for member in rooms:
            if member.session.room is not None:
                by_action.setdefault(member.session.room.action, []).append(member)
        told = {action: (encode(describe(action, merged.get(action, {}))), len(here)) for action, here in by_action.items()}
        for action, here in by_action.items():
            if told[action] != self._told.get(action):
                for member in here:
                    member.viewer.offer(told[action][0])
        self._told = told

    async def _learn_zones(self, group_ids: set[str]) -> None:
        if group_ids <= self._asked and self._now_ms() - self._asked_ms < RENEW_MS:
            return
        async with self._database.read() as conn:
            self._zones = await load_public_zones(conn, group_ids)
        self._asked, self._asked_ms = group_ids, self._now_ms()

    async def _exchange(self, own: Counts) -> Counts:
        if self._redis is None:
            return own
        now_ms = self._now_ms()
        if own != self._shared or now_ms - self._shared_ms > RENEW_MS:
            report = msgspec.json.encode(Report(now_ms, own))
            await self._ask_redis(self._redis.hset(PRESENCE_KEY, self._process, report))  # type: ignore[arg-type]  # bytes are fine, redis-py's stubs say str
            await self._ask_redis(self._redis.expire(PRESENCE_KEY, KEY_EXPIRES_S))
            self._shared, self._shared_ms = own, now_ms
        raw = await self._ask_redis(self._redis.hgetall(PRESENCE_KEY))
        others = read_reports(raw if isinstance(raw, dict) else {}, now_ms, but=self._process.encode())
        return merge([own, *others])

    async def _ask_redis(self, command: object) -> object:
        try:
            async with asyncio.timeout(REDIS_WITHIN_S):
                return await command  # type: ignore[misc]  # redis-py types one command for both its clients
        except (RedisError, OSError) as error:
            log.debug("live.presence_alone", error=type(error).__name__)
            return None


def read_reports(raw: Mapping[bytes, bytes], now_ms: float, but: bytes) -> list[Counts]:
    """What the other processes told lately; what is not a report is passed over, since anybody on that Redis may write there."""
    reports = []
    for process, body in raw.items():
        try:
            report = msgspec.json.decode(body, type=Report)
        except msgspec.DecodeError:
            continue
        if process != but and now_ms - report.at_ms < FORGOTTEN_MS:
            reports.append(report.counts)
    return reports
